"""Presence and range of columns with missing and unusual values."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurekit.analyzers.accumulator import create
from featurekit.plan.statistics import Presence, Range


def extract(kind: str, values: object, value_type: str = "number") -> object:
    found = create(kind, value_type)
    found.add(values if isinstance(values, pa.Array) else pa.array(values))
    return found.extract()


def test_presence_keeps_null_and_nan_apart() -> None:
    values = pa.array([1.0, None, math.nan, math.inf, -math.inf, None])
    assert extract("presence", values) == Presence(6, 2, 1, 2)


def test_presence_of_strings_and_integers() -> None:
    assert extract("presence", ["", None, "nan"], "string") == Presence(3, 1, 0, 0)
    assert extract("presence", [0, None], "integer") == Presence(2, 1, 0, 0)


def test_presence_of_all_null_columns() -> None:
    for value_type in ("number", "integer", "string"):
        assert extract("presence", pa.nulls(4), value_type) == Presence(4, 4, 0, 0)


def test_presence_of_dictionaries_with_null_entries() -> None:
    entries, indices = pa.array(["x", None]), pa.array([0, 1, None, 1])
    column = pa.DictionaryArray.from_arrays(indices, entries)
    assert extract("presence", column, "string") == Presence(4, 3, 0, 0)


def test_range_ignores_what_is_not_finite() -> None:
    values = pa.array([2.0, None, math.nan, math.inf, -math.inf, -3.5])
    assert extract("range", values) == Range(2, -3.5, 2.0)


def test_range_has_one_zero() -> None:
    for values in ([-0.0], [-0.0, 0.0], [0.0, -0.0]):
        found = extract("range", values)
        assert math.copysign(1, found.minimum) == 1
        assert math.copysign(1, found.maximum) == 1


def test_range_of_nothing() -> None:
    assert extract("range", pa.array([math.nan, None])) == Range(0, 0.0, 0.0)


def test_range_of_one_sign_does_not_start_at_zero() -> None:
    assert extract("range", [5, 7], "integer") == Range(2, 5.0, 7.0)
    assert extract("range", [-5.0, -7.0]) == Range(2, -7.0, -5.0)


def test_range_tells_large_integers_apart_until_the_end() -> None:
    first, second = create("range", "integer"), create("range", "integer")
    first.add(pa.array([2**53]))
    second.add(pa.array([2**53 + 1]))
    assert first != second
    assert first.extract() == second.extract()


@pytest.mark.proves(72)
@given(st.lists(st.none() | st.floats()))
def test_presence_and_range_equal_numpy(values: list) -> None:
    column = pa.array(values, pa.float64())
    present = np.array([v for v in values if v is not None], np.float64)
    finite = present[np.isfinite(present)]
    assert extract("presence", column) == Presence(
        len(values),
        len(values) - len(present),
        int(np.isnan(present).sum()),
        int(np.isinf(present).sum()),
    )
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 0.0)
    assert extract("range", column) == Range(len(finite), low, high)
