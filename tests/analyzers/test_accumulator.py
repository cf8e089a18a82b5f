"""Requests that make no sense, columns that do not fit, bytes that are damaged."""

import numpy as np
import pyarrow as pa
import pytest

from featurekit.analyzers.accumulator import KINDS, create
from featurekit.errors import DTypeMismatchError, RowError, StatisticsError
from featurekit.plan.statistics import Presence


@pytest.mark.parametrize(
    ("kind", "value_type", "options", "code"),
    [
        ("median", "number", {}, "STATISTIC_KIND"),
        ("moments", "string", {}, "STATISTIC_VALUE_TYPE"),
        ("vocabulary", "number", {}, "STATISTIC_VALUE_TYPE"),
        ("moments", "text", {}, "STATISTIC_VALUE_TYPE"),
        ("quantiles", "number", {}, "STATISTIC_OPTION"),
        ("quantiles", "number", {"num_buckets": 0}, "STATISTIC_OPTION"),
        ("quantiles", "number", {"num_buckets": 2, "limit": 1}, "STATISTIC_OPTION"),
        ("quantile_values", "number", {}, "STATISTIC_OPTION"),
        (
            "quantile_values",
            "string",
            {"probabilities": (0.5,)},
            "STATISTIC_VALUE_TYPE",
        ),
        ("vocabulary", "string", {"max_size": 0}, "STATISTIC_OPTION"),
        ("vocabulary", "string", {"min_count": True}, "STATISTIC_OPTION"),
        ("presence", "string", {"max_size": 3}, "STATISTIC_OPTION"),
    ],
)
def test_impossible_requests(
    kind: str, value_type: str, options: dict[str, int], code: str
) -> None:
    with pytest.raises(StatisticsError) as caught:
        create(kind, value_type, **options)
    assert caught.value.code == code


BY_KEY = {kind for kind in KINDS if kind.endswith("_by_key")}
"""These receive structs of numbers and keys; see `test_by_key.py`."""
MISFITS = {
    "string": [pa.array([1]), pa.array([1]).dictionary_encode()],
    "integer": [pa.array([1.0]), pa.array(["1"]), pa.array([True])],
    "number": [pa.array(["1"]), pa.array([["1"]]), pa.array([[[1.0]]])],
}


@pytest.mark.parametrize(
    ("kind", "value_type", "column"),
    [
        (kind, value_type, column)
        for kind, cls in KINDS.items()
        if kind not in BY_KEY
        for value_type in cls.value_types
        for column in MISFITS[value_type]
    ],
    ids=lambda value: str(getattr(value, "type", value)),
)
def test_columns_of_another_type(kind: str, value_type: str, column: pa.Array) -> None:
    needed = {
        "quantiles": {"num_buckets": 2},
        "quantile_values": {"probabilities": (0.5,)},
    }
    options = needed.get(kind, {})
    found = create(kind, value_type, **options)
    before = found.encode()
    with pytest.raises(DTypeMismatchError, match=value_type):
        found.add(column)
    assert found.encode() == before


def test_unsigned_integers() -> None:
    found = create("moments", "integer")
    found.add(pa.array([1, 2], pa.uint64()))
    with pytest.raises(RowError, match="INTEGER_RANGE"):
        found.add(pa.array([2**63], pa.uint64()))
    as_number = create("range", "number")
    as_number.add(pa.array([2**63], pa.uint64()))
    assert as_number.extract().maximum == 2.0**63


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.uint16(), pa.int32(), pa.float16(), pa.float32()], ids=str
)
def test_narrow_numbers(kind: pa.DataType) -> None:
    found = create("moments", "number")
    found.add(pa.array(np.array([1, 2], kind.to_pandas_dtype()), kind))
    assert found.extract().mean == 1.5


def test_numbers_in_a_dictionary() -> None:
    found = create("moments", "number")
    found.add(pa.array([1.0, None, 3.0, 1.0]).dictionary_encode())
    assert found.extract().mean == 5 / 3


def test_merging_different_requests() -> None:
    first = create("quantiles", "number", num_buckets=4)
    for other in (
        create("quantiles", "number", num_buckets=5),
        create("quantiles", "integer", num_buckets=4),
        create("range", "number"),
    ):
        with pytest.raises(StatisticsError, match="STATISTIC_MERGE"):
            first.merge(other)


@pytest.mark.parametrize(
    ("kind", "value_type", "options", "column"),
    [
        ("presence", "number", {}, pa.array([1.0])),
        ("moments", "number", {}, pa.array([1.0])),
        ("range", "integer", {}, pa.array([1])),
        ("quantiles", "number", {"num_buckets": 2}, pa.array([1.0, 2.0])),
        ("vocabulary", "string", {}, pa.array(["a", "bc"])),
        ("vocabulary", "integer", {}, pa.array([1, 2])),
    ],
)
def test_damaged_bytes(
    kind: str, value_type: str, options: dict[str, int], column: pa.Array
) -> None:
    found = create(kind, value_type, **options)
    found.add(column)
    data = found.encode()
    cut = [data[:length] for length in range(len(data))]
    for damaged in [*cut, data + b"\0", b"FKA2" + data[4:]]:
        with pytest.raises(StatisticsError, match="STATISTIC_STATE"):
            KINDS[kind].decode(damaged)


def test_decoding_another_request() -> None:
    data = create("quantiles", "number", num_buckets=4).encode()
    with pytest.raises(StatisticsError, match="STATISTIC_MERGE"):
        create("quantiles", "number", num_buckets=5).merge(
            KINDS["quantiles"].decode(data)
        )
    with pytest.raises(StatisticsError, match="STATISTIC_STATE"):
        KINDS["moments"].decode(data)


def test_unsorted_runs_are_refused() -> None:
    found = create("quantiles", "number", num_buckets=2)
    found.add(pa.array([1.0, 2.0]))
    data = bytearray(found.encode())
    data[-32:-24], data[-24:-16] = data[-24:-16], data[-32:-24]
    with pytest.raises(StatisticsError, match="not sorted"):
        KINDS["quantiles"].decode(bytes(data))


def test_accumulators_print_and_compare() -> None:
    found = create("vocabulary", "string", max_size=3)
    assert repr(found) == "VocabularyAccumulator('string', max_size=3, min_count=1)"
    assert found != create("vocabulary", "string")
    assert found != 1
    with pytest.raises(TypeError):
        hash(found)


LISTS = [
    ("number", [[1.0, 5.0], None, [], [2.0, None], [float("nan")]], {}),
    ("integer", [[1, 5, 1], None, [], [2, None]], {}),
    ("string", [["a", "b"], None, [], ["a", None]], {}),
]


@pytest.mark.parametrize(("value_type", "rows", "options"), LISTS)
@pytest.mark.parametrize(
    "kind", sorted(set(KINDS) - {"presence", "document_frequencies", *BY_KEY})
)
def test_every_element_of_a_list_counts(kind, value_type, rows, options) -> None:
    if value_type not in KINDS[kind].value_types:
        pytest.skip("not defined for this type")
    if kind == "quantiles":
        options = {"num_buckets": 3}
    if kind == "quantile_values":
        options = {"probabilities": (0.5,)}
    lists, elements = (
        create(kind, value_type, **options),
        create(kind, value_type, **options),
    )
    array = pa.array(rows, from_pandas=False)
    lists.add(array.slice(0, 2))
    lists.add(array.slice(2).cast(pa.large_list(array.type.value_type)))
    elements.add(
        pa.array([one for row in rows for one in row or []], from_pandas=False)
    )
    assert lists == elements


def test_presence_of_lists_counts_rows() -> None:
    counted = create("presence", "number")
    counted.add(pa.array([[1.0, None], None, [], [float("nan"), float("inf")]]))
    assert counted.extract() == Presence(rows=4, nulls=1, nans=1, infinities=1)
