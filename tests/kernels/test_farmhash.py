"""FarmHash64: golden values, kernel against plain Python, Arrow layouts."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featurekit.backends import farmhash_reference as reference
from featurekit.kernels.farmhash import (
    fingerprint_cat64,
    fingerprint_cat64_arrays,
    fingerprint_integers,
    fingerprint_strings,
)

CROSS_START = 0xDECAFCAFFE

# Buckets of 1000, as TensorFlow's to_hash_bucket_fast gives them.
STRINGS = {"A": 564, "B": 528, "C": 7, "D": 295, "E": 12, "": 263, "hello": 296}
STRINGS |= {"日本": 883}
INTEGERS = {0: 735, 1: 849, -1: 430, 10: 862, 2**40: 378, -5: 816}
CROSSES = {
    ("A", 101): 891,
    ("A", "101"): 847,
    ("B", 101): 754,
    ("", -1): 969,
    ("A", "B"): 330,
    ("B", "A"): 722,
    ("A", "B", "C"): 195,
}


def _cross(values: tuple[str | int, ...]) -> int:
    h = CROSS_START
    for value in values:
        v = reference.fingerprint64(value.encode()) if isinstance(value, str) else value
        h = reference.fingerprint_cat64(h, v)
    return h


@pytest.mark.parametrize(("text", "bucket"), STRINGS.items())
def test_golden_strings(text: str, bucket: int) -> None:
    assert reference.fingerprint64(text.encode()) % 1000 == bucket
    assert int(fingerprint_strings(pa.array([text]))[0]) % 1000 == bucket


@pytest.mark.parametrize(("value", "bucket"), INTEGERS.items())
def test_golden_integers(value: int, bucket: int) -> None:
    assert int(fingerprint_integers(np.array([value]))[0]) % 1000 == bucket


@pytest.mark.parametrize(("values", "bucket"), CROSSES.items())
def test_golden_crosses(values: tuple[str | int, ...], bucket: int) -> None:
    assert _cross(values) % 1000 == bucket


def test_every_length_equals_the_reference() -> None:
    rng = np.random.default_rng(7)
    values = [rng.bytes(size) for size in range(301)]
    found = fingerprint_strings(pa.array(values, pa.binary()))
    assert found.tolist() == [reference.fingerprint64(value) for value in values]


@settings(deadline=None)  # the first call may compile
@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_integers_hash_as_decimal_text(values: list[int]) -> None:
    texts = pa.array([str(value) for value in values], pa.string())
    found = fingerprint_integers(np.array(values, np.int64))
    np.testing.assert_array_equal(found, fingerprint_strings(texts))


def test_integer_limits() -> None:
    limits = [-(2**63), 2**63 - 1, 0, -1, 9, 10, -10]
    expected = [reference.fingerprint64(str(value).encode()) for value in limits]
    assert fingerprint_integers(np.array(limits)).tolist() == expected


@settings(deadline=None)  # the first call may compile
@given(st.integers(0, 2**64 - 1), st.integers(-(2**63), 2**64 - 1))
def test_cat_equals_the_reference(h: int, v: int) -> None:
    expected = reference.fingerprint_cat64(h, v)
    assert fingerprint_cat64(np.uint64(h), np.uint64(v % 2**64)) == expected
    found = fingerprint_cat64_arrays(
        np.array([h], np.uint64), np.array([v % 2**64], np.uint64)
    )
    assert found.tolist() == [expected]


def test_cat_takes_python_integers() -> None:
    assert fingerprint_cat64(CROSS_START, -1) == reference.fingerprint_cat64(
        CROSS_START, 2**64 - 1
    )


VALUES = ["x", None, "", "hello", "日本", "x" * 100, None, "y"]
LAYOUTS = {
    "string": pa.string(),
    "large_string": pa.large_string(),
    "string_view": pa.string_view(),
    "binary": pa.binary(),
    "large_binary": pa.large_binary(),
    "dictionary": pa.dictionary(pa.int8(), pa.string()),
    "dictionary of large": pa.dictionary(pa.uint32(), pa.large_string()),
}


@pytest.mark.parametrize("dtype", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("cut", [slice(0, 8), slice(1, 6), slice(3, 3), slice(6, 7)])
def test_layout_does_not_change_the_hash(dtype: pa.DataType, cut: slice) -> None:
    array = pa.array(VALUES, pa.string()).cast(dtype)[cut]
    expected = [
        0 if value is None else reference.fingerprint64(value.encode())
        for value in VALUES[cut]
    ]
    assert fingerprint_strings(array).tolist() == expected


def test_null_in_a_dictionary_is_null() -> None:
    array = pa.DictionaryArray.from_arrays(
        pa.array([0, 1, None], pa.int32()), pa.array(["A", None])
    )
    assert (fingerprint_strings(array) % np.uint64(1000)).tolist() == [564, 0, 0]


def test_empty_dictionary_and_other_types() -> None:
    nulls = pa.DictionaryArray.from_arrays(
        pa.array([None], pa.int32()), pa.array([], pa.string())
    )
    assert fingerprint_strings(nulls).tolist() == [0]
    with pytest.raises(TypeError, match="int64"):
        fingerprint_strings(pa.array([1]))
