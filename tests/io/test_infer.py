"""Suggested dtypes are ones that the casts accept, with honest counts."""

import datetime as dt
import decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurekit.errors import SourceError
from featurekit.io.adapter import open_source
from featurekit.io.infer import MAX_DISTINCT, infer_schema


def infer(data, **options):
    return {one.name: one for one in infer_schema(open_source(data), **options)}


def test_typed_columns():
    day = dt.date(2013, 1, 1)
    table = pa.table(
        {
            "int": pa.array([3, None, -2, 3], pa.int16()),
            "float": pa.array([0.5, float("nan"), None, -1.5]),
            "bool": [True, False, None, True],
            "text": ["b", "a", None, ""],
            "encoded": pa.array(["b", "a", None, "b"]).dictionary_encode(),
            "date": [day, None, None, day + dt.timedelta(1)],
            "naive": pa.array([0, 1, 2, 3], pa.timestamp("ms")),
            "zoned": pa.array([0, 1, 2, 3], pa.timestamp("s", "Asia/Tokyo")),
            "price": pa.array([decimal.Decimal("1.50")] * 4),
            "count": pa.array([decimal.Decimal(7)] * 4),
            "list": [[1], None, [], [2]],
            "null": pa.nulls(4),
        }
    )
    found = infer(table)
    assert list(found) == table.column_names
    assert {name: one.dtype for name, one in found.items()} == {
        "int": "int64",
        "float": "float32",
        "bool": "int64",
        "text": "string",
        "encoded": "string",
        "date": "timestamp",
        "naive": "timestamp",
        "zoned": "timestamp",
        "price": None,
        "count": "int64",
        "list": None,
        "null": "string",
    }
    one = found["int"]
    assert (one.rows, one.nulls, one.distinct, one.minimum, one.maximum) == (
        4,
        1,
        2,
        -2,
        3,
    )
    assert one.examples == (3, -2)
    one = found["float"]
    assert (one.nulls, one.nans, one.distinct, one.minimum, one.maximum) == (
        1,
        1,
        2,
        -1.5,
        0.5,
    )
    for name in ("text", "encoded"):
        assert found[name].nulls == 1
    assert (found["text"].minimum, found["text"].maximum) == ("", "b")
    assert (found["encoded"].minimum, found["encoded"].maximum) == ("a", "b")
    assert found["date"].maximum == (15706 + 1) * 86_400_000_000
    assert [n for n, one in found.items() if one.needs_zone] == ["naive"]
    assert "decimal" in found["price"].note
    assert "list" in found["list"].note
    assert found["null"].note == "all values are missing"


CSV = """id,code,price,when,local,late,na,empty,mixed
1,007,1,2013-01-01T00:00:00Z,2013-01-01 10:00:00,1,NA,,1
2,010,,2013-01-02T00:00:00Z,,2,,,2013-01-01
3,100,2.5,,2013-01-03 10:00:00,x,NA,,x
"""


@pytest.mark.parametrize("rows", [1, 400])
def test_csv_columns(tmp_path, rows):
    head, *lines = CSV.splitlines()
    text = "\n".join([head, *lines * rows]) + "\n"
    (tmp_path / "a.csv").write_text(text)
    found = infer(tmp_path / "a.csv")
    assert {name: one.dtype for name, one in found.items()} == {
        "id": "int64",
        "code": "string",
        "price": "float32",
        "when": "timestamp",
        "local": "timestamp",
        "late": "string",
        "na": "string",
        "empty": "string",
        "mixed": "string",
    }
    assert found["code"].note == "leading zeros would be lost as a number"
    assert found["local"].needs_zone
    assert not found["when"].needs_zone
    assert (found["price"].nulls, found["price"].maximum) == (rows, 2.5)
    assert found["id"].source_type == "csv text"
    columns = {name: one.dtype for name, one in found.items()}
    zones = {name: "UTC" for name, one in found.items() if one.needs_zone}
    source = open_source(tmp_path / "a.csv")
    source.check(columns, zones)
    for task in source.plan_tasks():
        assert sum(b.num_rows for b in task.read(columns, zones)) == 3 * rows


def test_samples_stop_early_across_tasks(tmp_path):
    for name in ("a", "b"):
        table = pa.table({"x": range(100)})
        pq.write_table(table, tmp_path / f"{name}.parquet", row_group_size=10)
    assert infer(tmp_path)["x"].rows == 200
    assert infer(tmp_path, sample_rows=105)["x"].rows == 105
    assert infer(tmp_path, sample_rows=1)["x"].maximum == 0
    with pytest.raises(SourceError, match="sample_rows"):
        infer(tmp_path, sample_rows=0)


def test_distinct_counts_are_capped():
    one = infer({"x": np.arange(MAX_DISTINCT)})["x"]
    assert (one.distinct, one.distinct_capped) == (MAX_DISTINCT, False)
    one = infer({"x": np.arange(MAX_DISTINCT + 1)})["x"]
    assert (one.distinct, one.distinct_capped) == (MAX_DISTINCT, True)


def test_integers_that_no_dtype_holds_are_explained():
    one = infer({"x": pa.array([1, 2**63], pa.uint64())})["x"]
    assert one.dtype is None
    assert "do not fit int64" in one.note


def test_sources_without_rows():
    found = infer({"x": pa.array([], pa.int64())})
    assert (found["x"].dtype, found["x"].rows) == ("int64", 0)


VALUES = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(repr),
    st.datetimes().map(str),
    st.sampled_from(
        ["", "NA", "0x1", "007", "nan", "2013-01-01", "true", "é", "1e999"]
    ),
)


@given(st.lists(VALUES, min_size=1, max_size=5))
def test_the_suggestion_can_always_be_read(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("infer") / "a.csv"
    path.write_text("x,y\n" + "".join(f"{value},1\n" for value in values))
    one = infer(path)["x"]
    assert one.rows == len(values)
    assert one.nulls == values.count("")
    [task] = open_source(path).plan_tasks()
    zones = {"x": "UTC"} if one.needs_zone else {}
    rows = sum(batch.num_rows for batch in task.read({"x": one.dtype}, zones))
    assert rows == len(values)


def test_lists_have_no_dtype_and_say_how_they_are_declared() -> None:
    source = open_source({"tags": [["a"], None, []], "age": [1.0, 2.0, 3.0]})
    tags, age = infer_schema(source)
    assert (tags.dtype, age.dtype) == (None, "float32")
    assert "fk.strings" in tags.note and "list<" in tags.note
    assert (tags.rows, tags.nulls) == (3, 1)
