"""Casts of lists: every layout, four states, and errors that name the row."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featurekit.backends.missing import END_INTEGER, MISSING_INTEGER, NO_LIST_INTEGER
from featurekit.errors import CorruptSourceError, DTypeMismatchError, RowError
from featurekit.io.adapter import open_source
from featurekit.io.cast_lists import NUM_RESERVED
from featurekit.io.casting import cast_accepted, cast_column

FOUR_STATES = [["a", ""], [], None, [None, "b"]]


def cast(array: pa.Array, dtype: str) -> pa.Array:
    found = cast_column(array, dtype, column="x", file="f", first_row=10)
    found.validate(full=True)
    return found


def layouts(rows: list[object], kind: pa.DataType) -> list[pa.Array]:
    plain = pa.array(rows, pa.list_(kind))
    return [
        plain,
        plain.cast(pa.large_list(kind)),
        pa.concat_arrays([plain, plain]).slice(len(rows)),
        pa.concat_arrays([plain, plain]).slice(0, len(rows)),
    ]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary()])
def test_four_states_of_texts_in_every_layout(kind: pa.DataType) -> None:
    rows = FOUR_STATES
    if kind == pa.binary():
        rows = [
            None if row is None else [one and one.encode() for one in row]
            for row in FOUR_STATES
        ]
    for array in layouts(rows, kind):
        found = cast(array, "list<string>")
        assert found.type == pa.large_list(pa.large_string())
        assert found.to_pylist() == FOUR_STATES


def test_dictionaries_inside_of_lists_stay() -> None:
    elements = pa.array(["a", None, "b", "a"]).dictionary_encode()
    array = pa.ListArray.from_arrays(pa.array([0, 2, None, 2, 4], pa.int32()), elements)
    found = cast(array, "list<string>")
    assert pa.types.is_dictionary(found.type.value_type)
    assert found.to_pylist() == [["a", None], [], None, ["b", "a"]]


@pytest.mark.parametrize(
    ("dtype", "kind", "rows"),
    [
        ("list<int64>", pa.int8(), [[1, -1], [None], [], None]),
        ("list<int64>", pa.uint64(), [[2**63 - 1]]),
        ("list<int64>", pa.bool_(), [[True, False]]),
        ("list<float32>", pa.float64(), [[1.5, None], None, []]),
        ("list<float32>", pa.int64(), [[2**24, 3]]),
        ("list<float32>", pa.null(), [[], None, [None]]),
    ],
)
def test_elements_are_cast_as_columns_are(dtype, kind, rows) -> None:
    found = cast(pa.array(rows, pa.list_(kind)), dtype)
    assert found.type.value_type == (pa.int64() if "int" in dtype else pa.float32())
    assert found.to_pylist() == rows


def test_lists_of_fixed_size_and_columns_without_any_list() -> None:
    flat = pa.array([1, 2, 3, 4, 5, 6], pa.int64())
    fixed = pa.FixedSizeListArray.from_arrays(
        flat, 2, mask=pa.array([False, True, False])
    )
    assert cast(fixed, "list<int64>").to_pylist() == [[1, 2], None, [5, 6]]
    assert cast(fixed.slice(1), "list<int64>").to_pylist() == [None, [5, 6]]
    assert cast(pa.nulls(2), "list<string>").to_pylist() == [None, None]


def test_what_lies_under_a_missing_list_is_not_read() -> None:
    hidden = pa.Array.from_buffers(
        pa.list_(pa.int64()),
        3,
        [pa.py_buffer(b"\x05"), pa.py_buffer(np.array([0, 1, 3, 4], np.int32))],
        children=[pa.array([1, -(2**63), -(2**63), 2])],
    )
    assert cast(hidden, "list<int64>").to_pylist() == [[1], None, [2]]


def test_a_bad_element_names_its_row() -> None:
    rows = [[1.0], [], None, [2.0, 1e39], [1e39], []]
    with pytest.raises(RowError) as found:
        cast(pa.array(rows), "list<float32>")
    error = found.value
    assert (error.code, error.row, error.column) == ("OUT_OF_RANGE", 13, "x")
    assert error.rows == (13, 14) and error.got == [2.0, 1e39]
    assert "2 values of 6 have elements that are too large for float32" in str(error)


def test_bad_text_in_a_list() -> None:
    array = pa.array([[b"a"], [b"b", b"\xff"]])
    with pytest.raises(RowError, match="BAD_UTF8") as found:
        cast(array, "list<string>")
    assert found.value.row == 11


@pytest.mark.parametrize("value", [MISSING_INTEGER, END_INTEGER, NO_LIST_INTEGER])
def test_integers_that_tensors_reserve(value: int) -> None:
    with pytest.raises(RowError, match="RESERVED_VALUE") as found:
        cast(pa.array([[5], [1, value]]), "list<int64>")
    assert found.value.row == 11
    smallest = MISSING_INTEGER + NUM_RESERVED
    assert value < smallest
    assert cast(pa.array([[smallest]]), "list<int64>").to_pylist() == [[smallest]]


def test_bad_rows_are_set_apart() -> None:
    batch = pa.record_batch({"x": pa.array([[1], [2**63], [3]], pa.list_(pa.uint64()))})
    found, errors = cast_accepted(batch, {"x": "list<int64>"}, {})
    assert found.column("x").to_pylist() == [[1], None, [3]]
    assert [(error.code, error.row) for error in errors] == [("INT_OVERFLOW", 1)]


@pytest.mark.parametrize(
    ("array", "dtype", "hint"),
    [
        (pa.array(["a"]), "list<string>", "single value"),
        (pa.array([[["a"]]]), "list<string>", "elements"),
        (pa.array([[1.5]]), "list<string>", "elements"),
        (pa.array([["a"]]), "string", "fk.strings"),
        (pa.array([[1]]), "float32", "fk.numerics"),
    ],
)
def test_types_that_are_no_such_lists(array: pa.Array, dtype: str, hint: str) -> None:
    with pytest.raises(DTypeMismatchError, match=hint):
        cast(array, dtype)


def test_offsets_that_reach_behind_the_elements() -> None:
    broken = pa.Array.from_buffers(
        pa.list_(pa.int64()),
        2,
        [None, pa.py_buffer(np.array([0, 5, 2], np.int32))],
        children=[pa.array([1, 2])],
    )
    with pytest.raises(CorruptSourceError):
        cast(broken, "list<int64>")


def test_parquet_and_chunks(tmp_path) -> None:
    rows = [["a"], None, [], ["b", None], ["c"] * 3]
    table = pa.table({"x": pa.chunked_array([rows[:2], rows[2:]])})
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=2)
    for source in (open_source(tmp_path / "rows.parquet"), open_source(table)):
        read = [
            value
            for task in source.plan_tasks(rows_per_task=2)
            for batch in task.read({"x": "list<string>"})
            for value in batch.column("x").to_pylist()
        ]
        assert read == rows
