import math

import numpy as np
import pyarrow as pa
import pytest

from featurekit.backends.missing import (
    END_FLOAT_BITS,
    END_INTEGER,
    END_TEXT,
    MISSING_FLOAT_BITS,
    MISSING_INTEGER,
    MISSING_TEXT,
    NO_LIST_FLOAT_BITS,
    NO_LIST_INTEGER,
    NO_LIST_TEXT,
    is_missing,
    to_tensors,
)
from featurekit.errors import DTypeMismatchError


def test_floats_keep_nan_apart_from_missing() -> None:
    odd_nan = np.array([0xFFC12345], np.uint32).view(np.float32)
    marker = np.array([MISSING_FLOAT_BITS], np.uint32).view(np.float32)
    values = np.concatenate([odd_nan, marker, np.float32([1.5, -0.0, np.inf, 2**-149])])
    nulls = pa.array([None, math.nan], pa.float32(), from_pandas=False)
    column = pa.concat_arrays([pa.array(values, from_pandas=False), nulls])
    found = to_tensors(pa.record_batch({"x": column}))["x"]
    assert found.dtype == np.float32
    assert is_missing(found).tolist() == [False] * 6 + [True, False]
    assert found.view(np.uint32).tolist() == [
        *(0x7FC00000, 0x7FC00000, 0x3FC00000, 0x80000000, 0x7F800000, 1),
        *(MISSING_FLOAT_BITS, 0x7FC00000),
    ]
    assert math.isnan(found[6])


def test_the_marker_is_a_quiet_nan() -> None:
    marker = np.array([MISSING_FLOAT_BITS], np.uint32).view(np.float32)
    assert marker.copy().view(np.uint32)[0] == MISSING_FLOAT_BITS
    assert MISSING_FLOAT_BITS & 0x7FC00000 == 0x7FC00000


def test_integers() -> None:
    column = pa.array([0, None, 2**63 - 1, -(2**63) + 1])
    found = to_tensors(pa.record_batch({"i": column}))["i"]
    assert found.dtype == np.int64
    assert found.tolist() == [0, MISSING_INTEGER, 2**63 - 1, -(2**63) + 1]
    assert is_missing(found).tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary()],
    ids=str,
)
def test_text(kind: pa.DataType) -> None:
    column = pa.array(["é", None, "", "x"], pa.string()).cast(kind).slice(1)
    found = to_tensors(pa.record_batch({"s": column}))["s"]
    assert found.tolist() == [MISSING_TEXT, b"", b"x"]
    assert is_missing(found).tolist() == [True, False, False]


def test_dictionaries_with_null_codes_and_null_entries() -> None:
    column = pa.DictionaryArray.from_arrays(
        pa.array([0, None, 1, 2], pa.int32()), pa.array(["a", None, ""])
    )
    found = to_tensors(pa.record_batch({"s": column}))["s"]
    assert found.tolist() == [b"a", MISSING_TEXT, MISSING_TEXT, b""]


def test_the_text_marker_is_no_text() -> None:
    with pytest.raises(UnicodeDecodeError):
        MISSING_TEXT.decode()


def test_empty_batch() -> None:
    columns = {"x": pa.float32(), "i": pa.int64(), "s": pa.string()}
    batch = pa.record_batch(
        {name: pa.array([], kind) for name, kind in columns.items()}
    )
    found = to_tensors(batch)
    assert {name: values.shape for name, values in found.items()} == {
        "x": (0,),
        "i": (0,),
        "s": (0,),
    }


def test_lists_are_rows_of_a_matrix() -> None:
    batch = pa.record_batch(
        {
            "i": pa.array([[5, None], None, [], [7]], pa.large_list(pa.int64())),
            "s": pa.array([["a"], [None], None, []], pa.list_(pa.string())),
            "x": pa.array([[np.nan, None], [], None, [1.5]], pa.list_(pa.float32())),
        }
    )
    found = to_tensors(batch)
    missing, end, no_list = MISSING_INTEGER, END_INTEGER, NO_LIST_INTEGER
    rows = [[5, missing], [no_list, end], [end, end], [7, end]]
    assert found["i"].tolist() == rows
    words = [[b"a"], [MISSING_TEXT], [NO_LIST_TEXT], [END_TEXT]]
    assert found["s"].tolist() == words
    ordinary, end, no_list = 0x7FC00000, END_FLOAT_BITS, NO_LIST_FLOAT_BITS
    number = np.float32(1.5).view(np.uint32)
    assert found["x"].view(np.uint32).tolist() == [
        [ordinary, MISSING_FLOAT_BITS],
        [end, end],
        [no_list, end],
        [number, end],
    ]


@pytest.mark.parametrize(
    "kind",
    [
        pa.float64(),
        pa.int32(),
        pa.list_(pa.int32()),
        pa.list_(pa.list_(pa.int64())),
    ],
)
def test_other_types_are_refused(kind: pa.DataType) -> None:
    with pytest.raises(DTypeMismatchError) as raised:
        to_tensors(pa.record_batch({"bad": pa.array([], kind)}))
    assert raised.value.column == "bad"
