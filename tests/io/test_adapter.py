"""Every container and every layout of the same table gives the same batches."""

import collections
import datetime as dt
import pickle
import subprocess
import sys

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featurekit.errors import (
    CorruptSourceError,
    DTypeMismatchError,
    EmptySourceError,
    MissingColumnError,
    RowError,
    SourceError,
)
from featurekit.io.adapter import open_source
from featurekit.io.sources import Source

DUCKDB = duckdb.connect()
COLUMNS = {"s": "string", "n": "int64", "x": "float32", "t": "timestamp"}
SCHEMA = pa.schema(
    [
        ("x", pa.float64()),
        ("t", pa.timestamp("us", "UTC")),
        ("n", pa.int64()),
        ("s", pa.string()),
    ]
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "x": st.none() | st.floats(width=32),
            "t": st.none()
            | st.datetimes(
                dt.datetime(1900, 1, 1),
                dt.datetime(2200, 1, 1),
                timezones=st.just(dt.UTC),
            ),
            "n": st.none() | st.integers(-(2**63) + 1, 2**63 - 1),
            "s": st.none() | st.sampled_from(["a", "b", ""]) | TEXT,
        }
    ),
    min_size=1,
    max_size=12,
)


def table_of(rows) -> pa.Table:
    return pa.Table.from_pylist(rows, SCHEMA)


def bits(source: Source, columns=None, *, rows_per_task=5, batch_rows=3) -> dict:
    """The columns as plain lists, floats as their bits, so that NaN compares."""
    columns = columns or COLUMNS
    found = {name: [] for name in columns}
    for task in source.plan_tasks(rows_per_task=rows_per_task):
        for batch in task.read(columns, {}, batch_rows=batch_rows):
            batch.validate(full=True)
            assert batch.schema.names == list(columns)
            assert 0 < batch.num_rows <= batch_rows
            for name, array in zip(columns, batch.columns, strict=True):
                found[name] += values_of(array)
    return found


def values_of(array: pa.Array) -> list:
    if pa.types.is_floating(array.type):
        assert array.type == pa.float32()
        numbers = array.fill_null(0).to_numpy()
        # One NaN: which one is not part of the meaning.
        numbers = np.where(np.isnan(numbers), np.float32("nan"), numbers)
        array = pc.if_else(array.is_valid(), pa.array(numbers.view(np.int32)), None)
    return array.to_pylist()


def one_by_one(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table.slice(i, 1) for i in range(table.num_rows)])


def padded(table: pa.Table) -> pa.Table:
    odd = table.slice(0, 1)
    return pa.concat_tables([odd, table, odd]).combine_chunks().slice(1, table.num_rows)


def with_text(kind):
    def convert(table: pa.Table) -> pa.Table:
        return table.set_column(3, "s", table["s"].cast(kind))

    return convert


def encoded(table: pa.Table) -> pa.Table:
    parts = [table.slice(0, 2), table.slice(2)]
    return pa.concat_tables(
        part.set_column(3, "s", part["s"].dictionary_encode()) for part in parts
    )


def null_in_dictionary(table: pa.Table) -> pa.Table:
    text = table["s"].combine_chunks()
    codes = pa.array(range(len(text)), pa.uint16())
    return table.set_column(3, "s", pa.DictionaryArray.from_arrays(codes, text))


LAYOUTS = {
    "one by one": one_by_one,
    "offset": padded,
    "empty chunks": lambda t: pa.concat_tables([t.slice(0, 0), t, t.slice(0, 0)]),
    "large_string": with_text(pa.large_string()),
    "string_view": with_text(pa.string_view()),
    "binary": with_text(pa.binary()),
    "dictionary": encoded,
    "view chunks": lambda t: one_by_one(with_text(pa.string_view())(t)),
    "dictionary chunks": lambda t: one_by_one(encoded(t)),
    "null in dictionary": null_in_dictionary,
    "zone": lambda t: t.set_column(
        1, "t", t["t"].cast(pa.timestamp("us", "Asia/Tokyo"))
    ),
}


def pandas_arrow(table: pa.Table) -> pd.DataFrame:
    return table.to_pandas(types_mapper=pd.ArrowDtype)


def pandas_nullable(table: pa.Table) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "x": pd.array(table["x"].to_pylist(), dtype="object"),
            "t": pd.array(table["t"].to_pylist(), dtype="datetime64[us, UTC]"),
            "n": pd.array(table["n"].to_pylist(), dtype="Int64"),
            "s": pd.array(table["s"].to_pylist(), dtype="str"),
        }
    )


CONTAINERS = {
    "table": lambda t: t,
    "batch": lambda t: t.combine_chunks().to_batches()[0],
    "reader": lambda t: t.to_reader(max_chunksize=4),
    "dataset": pads.dataset,
    "dict of lists": lambda t: t.to_pydict(),
    "dict of arrays": lambda t: {n: t[n] for n in t.column_names},
    "dict of numpy": lambda t: (
        {
            **t.to_pydict(),
            "n": np.ma.array(
                t["n"].combine_chunks().fill_null(0).to_numpy(),
                mask=t["n"].is_null().to_numpy(),
            ),
            "s": np.array(t["s"].to_pylist(), dtype=object),
            "t": t["t"].to_numpy(),
        }
        | ({"t": pl.from_arrow(t)["t"]})
    ),
    "list of dicts": lambda t: t.to_pylist(),
    "tuple of mappings": lambda t: tuple(map(collections.OrderedDict, t.to_pylist())),
    "polars": pl.from_arrow,
    "polars lazy": lambda t: pl.from_arrow(t).lazy(),
    "polars categorical": lambda t: pl.from_arrow(t).with_columns(
        pl.col("s").cast(pl.Categorical)
    ),
    "pandas arrow": pandas_arrow,
}


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_every_layout_gives_the_same_batches(rows):
    table = table_of(rows)
    source = open_source(table)
    expected = bits(source)
    for name, layout in LAYOUTS.items():
        other = open_source(layout(table))
        assert bits(other) == expected, name
        if name not in ("binary", "zone"):
            assert other.fingerprint() == source.fingerprint(), name
    assert bits(source, rows_per_task=1) == expected
    assert bits(source, rows_per_task=1000, batch_rows=1000) == expected


@pytest.mark.proves(89)
@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_every_container_gives_the_same_batches(rows):
    table = table_of(rows)
    expected = bits(open_source(table))
    for name, container in CONTAINERS.items():
        assert bits(open_source(container(table))) == expected, name


@pytest.mark.proves(89)
@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_parquet_files_give_the_same_batches(tmp_path_factory, rows):
    table = table_of(rows)
    expected = bits(open_source(table))
    folder = tmp_path_factory.mktemp("parquet")
    for number, options in enumerate(
        [{"use_dictionary": True}, {"use_dictionary": False, "row_group_size": 2}]
    ):
        path = folder / f"{number}.parquet"
        pq.write_table(table, path, **options)
        assert bits(open_source(path)) == expected


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_duckdb_relations_give_the_same_batches(rows):
    made = table_of(rows)
    expected = bits(open_source(made))
    DUCKDB.register("made", made)
    assert bits(open_source(DUCKDB.sql("select * from made"))) == expected
    assert bits(open_source(DUCKDB.execute("select * from made"))) == expected


def test_pandas_nullable_columns_keep_null():
    rows = [{"x": None, "t": None, "n": 2**53 + 1, "s": "a"}, {"s": None, "n": None}]
    table = table_of(rows)
    assert bits(open_source(pandas_nullable(table))) == bits(open_source(table))


def column(values, dtype):
    data = values if isinstance(values, pd.DataFrame | dict) else {"c": values}
    [task] = open_source(data).plan_tasks()
    [batch] = task.read({"c": dtype}, {})
    return batch.column(0)


def states(array: pa.Array) -> list[str]:
    nan = pc.is_nan(array).to_pylist()
    return [{None: "null", True: "nan", False: "value"}[state] for state in nan]


FLOAT64 = pd.array([1.5, None, 2.5], dtype="Float64")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pd.DataFrame({"c": [1.5, None, float("nan")]}), ["value", "nan", "nan"]),
        (
            pd.DataFrame({"c": pd.Series([1.5, None, np.nan], dtype=object)}),
            ["value", "null", "null"],
        ),
        (pd.DataFrame({"c": FLOAT64}), ["value", "null", "value"]),
        (
            pd.DataFrame(
                {"c": pd.array([1.5, None], dtype=pd.ArrowDtype(pa.float64()))}
            ),
            ["value", "null"],
        ),
        ({"c": [1.5, None, float("nan")]}, ["value", "null", "nan"]),
        ({"c": np.array([1.5, np.nan])}, ["value", "nan"]),
        ({"c": np.array([1.5, np.nan], dtype=">f4")}, ["value", "nan"]),
        ({"c": np.array([1.5, np.nan], dtype=np.float16)}, ["value", "nan"]),
        ({"c": pd.Series([1.5, np.nan])}, ["value", "nan"]),
        (
            [{"c": 1.5}, {}, {"c": None}, {"c": float("nan")}],
            ["value", "null", "null", "nan"],
        ),
        ({"c": pl.Series([1.5, None, float("nan")])}, ["value", "null", "nan"]),
    ],
)
def test_none_and_nan_stay_apart(values, expected):
    [task] = open_source(values).plan_tasks()
    [batch] = task.read({"c": "float32"}, {})
    assert states(batch.column(0)) == expected


def test_numpy_float_arrays_with_a_mask():
    values = np.ma.array([1.5, np.nan, 2.0], mask=[False, False, True])
    assert states(column(values, "float32")) == ["value", "nan", "null"]


@pytest.mark.parametrize(
    "series",
    [
        pd.Series(["a", None, "b"]),
        pd.Series(["a", np.nan, "b"], dtype=object),
        pd.Series(["a", pd.NA, "b"], dtype="string"),
        pd.Series(["a", None, "b"], dtype="category"),
        pd.Series(["a", None, "b"], dtype=pd.ArrowDtype(pa.string_view())),
    ],
)
def test_pandas_text_of_every_dtype(series):
    assert column(pd.DataFrame({"c": series}), "string").to_pylist() == ["a", None, "b"]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_pandas_and_numpy_timestamps(unit):
    times = np.array(["2013-07-01T12:30", "NaT"], dtype=f"datetime64[{unit}]")
    expected = [1372681800_000000, None]
    frame = pd.DataFrame({"c": pd.Series(times).dt.tz_localize("UTC")})
    assert column(frame, "timestamp").to_pylist() == expected
    [task] = open_source({"c": times}).plan_tasks()
    [batch] = task.read({"c": "timestamp"}, {"c": "UTC"})
    assert batch.column(0).to_pylist() == expected


def test_pandas_ints_with_missing_values_are_refused_as_float():
    frame = pd.DataFrame({"c": [1, None, 3]})
    with pytest.raises(DTypeMismatchError, match="convert_dtypes"):
        column(frame, "int64")
    assert column(frame.convert_dtypes(), "int64").to_pylist() == [1, None, 3]


def test_large_python_integers():
    assert column([2**63 - 1, None], "int64").to_pylist() == [2**63 - 1, None]
    for value in (2**63, 2**70):
        with pytest.raises(RowError, match="INT_OVERFLOW"):
            column([1, value], "int64")


def test_duckdb_hugeint_sums_are_int64():
    relation = duckdb.sql("select sum(i) c from range(10) t(i)")
    assert column_of(relation, "int64") == [45]


def column_of(data, dtype):
    [task] = open_source(data).plan_tasks()
    [batch] = task.read({"c": dtype}, {})
    return batch.column(0).to_pylist()


def test_unusable_columns_are_errors_only_when_they_are_read():
    data = {"ok": [1, 2, 3], "mixed": [1, 2, "x"], "objects": [object()] * 3}
    source = pickle.loads(pickle.dumps(open_source(data)))
    [task] = source.plan_tasks()
    [batch] = pickle.loads(pickle.dumps(task)).read({"ok": "int64"}, {})
    assert batch.column(0).to_pylist() == [1, 2, 3]
    for check in (source.check, lambda columns: list(task.read(columns, {}))):
        with pytest.raises(DTypeMismatchError) as caught:
            check({"mixed": "int64"})
        assert (caught.value.column, caught.value.row) == ("mixed", 2)
    with pytest.raises(DTypeMismatchError):
        source.check({"objects": "int64"})


def test_lone_surrogates_are_bad_utf8():
    with pytest.raises(RowError) as caught:
        column(["a", "\ud800"], "string")
    assert (caught.value.code, caught.value.row) == ("BAD_UTF8", 1)


def test_broken_foreign_arrays_are_refused_before_anything_reads_them():
    offsets = pa.py_buffer(np.array([0, 5, 2], np.int32))
    buffers = [None, offsets, pa.py_buffer(b"abcdef")]
    broken = pa.Array.from_buffers(pa.string(), 2, buffers)
    source = open_source(pa.table({"c": broken, "d": [1, 2]}))
    source.fingerprint()
    assert bits(source, {"d": "int64"}) == {"d": [1, 2]}
    with pytest.raises(CorruptSourceError):
        source.check({"c": "string"})


def test_bad_utf8_is_the_error_of_its_row_in_any_chunking():
    raw = pa.array([b"a", b"\xff", b"b"])
    text = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    table = pa.table({"c": text})
    for data in (table, one_by_one(table)):
        source = open_source(data)
        with pytest.raises(RowError) as caught:
            bits(source, {"c": "string"})
        assert (caught.value.code, caught.value.row) == ("BAD_UTF8", 1)


@pytest.mark.parametrize(
    "data",
    [
        None,
        3,
        b"a.parquet",
        [1, 2],
        pd.Series([1]),
        pl.Series([1]),
        pa.array([1]),
        object(),
    ],
)
def test_other_objects_are_refused(data):
    with pytest.raises(SourceError) as caught:
        open_source(data)
    assert caught.value.code == "UNSUPPORTED_SOURCE"
    assert "list of dicts" in str(caught.value)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"a": [1], "b": [1, 2]}, "LENGTH_MISMATCH"),
        ({"a": "text"}, "BAD_COLUMN"),
        ({"a": 1}, "BAD_COLUMN"),
        ({1: [1]}, "BAD_COLUMN_NAME"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "DUPLICATE_COLUMN"),
        (pd.DataFrame([[1, 2]]), "BAD_COLUMN_NAME"),
        ([{"a": 1}, 7], "BAD_ROW"),
    ],
)
def test_malformed_containers_are_refused(data, code):
    with pytest.raises(SourceError) as caught:
        open_source(data)
    assert caught.value.code == code


def test_empty_containers():
    with pytest.raises(EmptySourceError):
        open_source([])
    for data in (
        {},
        {"a": []},
        pd.DataFrame({"a": []}),
        pa.table({"a": pa.array([], "int64")}),
    ):
        source = open_source(data)
        assert source.plan_tasks() == []
        assert source.fingerprint().startswith("sha256:")
    with pytest.raises(MissingColumnError):
        open_source({}).check({"a": "int64"})


def test_a_source_is_returned_as_it_is():
    source = open_source({"a": [1]})
    assert open_source(source) is source


def test_tasks_carry_only_their_slice():
    source = open_source({"c": np.arange(100_000), "s": ["text"] * 100_000})
    tasks = source.plan_tasks(rows_per_task=1000)
    assert len(tasks) == 100
    content = pickle.dumps(tasks[42])
    assert len(content) < 40_000
    again = pickle.loads(content)
    assert (again.index, again.first_row, again.num_rows) == (42, 42_000, 1000)
    [batch] = again.read({"c": "int64"}, {})
    assert batch.column(0)[0].as_py() == 42_000
    assert again.describe() == "<dict> rows 42000-42999"


def test_row_numbers_count_from_the_start_of_the_table():
    values = [1.0] * 30
    values[17] = 1e40
    with pytest.raises(RowError) as caught:
        bits(open_source({"x": values}), {"x": "float32"})
    assert (caught.value.row, caught.value.file) == (17, "<dict>")


def test_fingerprints_see_values_nulls_names_and_types():
    tables = [
        {"a": [1, 2]},
        {"a": [1, 3]},
        {"a": [1, None]},
        {"a": [1, 0]},
        {"b": [1, 2]},
        {"a": [1.0, 2.0]},
        {"a": ["1", "2"]},
        {"a": ["1", None]},
        {"a": ["1", ""]},
        {"a": [1]},
    ]
    found = {open_source(table).fingerprint() for table in tables}
    assert len(found) == len(tables)


def test_no_container_library_is_needed():
    code = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in ("pandas", "polars", "duckdb", "tensorflow"):
            raise ImportError(name)
sys.meta_path.insert(0, Absent())
from featurekit.io.adapter import open_source
open_source({"a": [1.5, None]}).fingerprint()
"""
    subprocess.run([sys.executable, "-c", code], check=True)
