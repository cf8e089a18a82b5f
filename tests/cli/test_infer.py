import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from cli.running import empty_stats, run, write_parquet
from rich.cells import cell_len

import featurekit as fk
from featurekit.io.adapter import open_source
from featurekit.io.infer import infer_schema
from featurekit.io.starter_spec import starter_spec
from featurekit.spec.load import load_spec

N = 200


def columns(rows: int = N, seed: int = 0) -> dict[str, Any]:
    """Every kind of column, with missing values and values that are easy to lose."""
    draw = np.random.default_rng(seed)
    start = dt.datetime(2024, 3, 30, tzinfo=dt.UTC)
    gaps = draw.random(rows) < 0.1

    def holes(values: Any) -> pa.Array:
        return pa.array(values, mask=gaps)

    return {
        "price": holes(draw.normal(1000, 20, rows)),
        "delta": np.where(gaps, np.nan, draw.normal(0, 1, rows)),
        "inf": np.where(gaps, np.inf, draw.normal(0, 1, rows)),
        "flag": draw.random(rows) < 0.5,
        "grade": holes(draw.integers(1, 5, rows)),
        "count": draw.integers(0, 1000, rows),
        "user_id": draw.integers(0, 150, rows),
        "big": draw.integers(2**60, 2**62, rows),
        "edge": np.where(gaps, -(2**63) + 1, 2**63 - 1),
        "city": holes(draw.choice(["Oslo", "Łódź", "", '"q"', "it's"], rows)),
        "many": pa.array([f"n{value}" for value in draw.integers(0, 150, rows)]),
        "key": pa.array([f"k{row}" for row in range(rows)]),
        "seen": pa.array([start + dt.timedelta(hours=row) for row in range(rows)]),
        "naive": pa.array([dt.datetime(2024, 1, 1, row % 24) for row in range(rows)]),
        "day": pa.array([dt.date(2024, 1, 1 + row % 28) for row in range(rows)]),
        "gone": holes([start] * rows),
        "nothing": pa.nulls(rows),
        "list": [[1]] * rows,
        "seen_hour": draw.normal(0, 1, rows),
        "é": draw.normal(0, 1, rows),
        "e\u0301": draw.normal(0, 1, rows),
        "a/b": draw.normal(0, 1, rows),
        "tab\tand \x1b[31m": draw.normal(0, 1, rows),
        "label": draw.integers(0, 2, rows),
    }


def read_by_everything(spec: Path, source: Path, folder: Path) -> fk.FeatureSpec:
    """Analysis and conversion of the source by the spec; no row may be lost."""
    stats, out = folder / "stats.json", folder / "out"
    analyzed = run("analyze", "--spec", spec, "--output", stats, source, "--json")
    assert analyzed.code == 0, analyzed.stderr
    converted = run("convert", "--spec", spec, "--stats", stats, "--output", out,
                    source, "--json")  # fmt: skip
    assert converted.code == 0, converted.stderr
    found = converted.json
    assert found["rows_written"] + found["rows_filtered"] == found["rows_read"]
    assert run("verify", out).code == 0
    return load_spec(spec)


@pytest.mark.proves(80)
@pytest.mark.parametrize("label", [None, "label", "price", "grade", "city"])
def test_the_spec_works_on_the_data_unchanged(
    label: str | None, tmp_path: Path
) -> None:
    source = write_parquet(tmp_path, columns())
    spec = tmp_path / "spec.py"
    more = [] if label is None else ["--label", label]
    done = run("infer", source, "--output", spec, *more)
    assert done.code == 0, done.stderr
    found = read_by_everything(spec, source, tmp_path)
    expected = {
        "price": "fk.numeric('price').fill(",
        "grade": "fk.integer('grade').fill(0).vocabulary().one_hot()",
        "count": "fk.numeric('count').fill(",
        "user_id": "fk.integer('user_id').fill(",
        "many": "fk.string('many').fill('').vocabulary().embedding(",
        "seen_hour": "fk.numeric('seen_hour')",
        "seen_hour_2": "fk.timestamp('seen', tz='UTC').hour().one_hot()",
    }
    for name, text in expected.items():
        if name != label:
            assert repr(found.features[name]).startswith(text)
    # What cannot be a feature stays as a comment.
    assert not {"nothing", "list", "a/b", "gone", "key"} & found.features.keys()
    text = spec.read_text(encoding="utf-8")
    assert text.count("# left out, ") == 5
    assert "\x1b" not in text.replace(repr("\x1b"), "")


@pytest.mark.parametrize("rows", [1, 2, 30])
def test_few_rows(rows: int, tmp_path: Path) -> None:
    source = write_parquet(tmp_path, {n: c[:rows] for n, c in columns().items()})
    assert run("infer", source, "--output", tmp_path / "spec.py").code == 0
    read_by_everything(tmp_path / "spec.py", source, tmp_path)


def test_csv(tmp_path: Path) -> None:
    source = tmp_path / "rows.csv"
    lines = [f"{i},{i / 7},{i % 3:03d},NA,2024-01-0{1 + i % 9}\n" for i in range(120)]
    source.write_text("n,x,code,none,t\n" + "".join(lines))
    csv = ["--csv-null", "NA"]
    spec, stats, out = tmp_path / "s.py", tmp_path / "s.pb", tmp_path / "out"
    assert run("infer", source, "--output", spec, *csv).code == 0
    found = load_spec(spec).features
    assert list(found) == ["n", "x", "code", "t_hour", "t_day_of_week", "t_month"]
    assert run("analyze", "--spec", spec, "--output", stats, source, *csv).code == 0
    done = run("convert", "--spec", spec, "--stats", stats, "--output", out, source,
               *csv, "--json")  # fmt: skip
    assert done.json["rows_written"] == 120


def test_table_and_json(tmp_path: Path) -> None:
    source = write_parquet(tmp_path, columns())
    done = run("infer", source)
    assert done.code == 0
    assert f"{N} rows, 24 columns" in done.stdout
    assert "\x1b" not in done.stdout
    assert max(map(cell_len, done.stdout.splitlines())) <= 100
    found = {one["name"]: one for one in run("infer", source, "--json").json["columns"]}
    assert (found["grade"]["dtype"], found["list"]["dtype"]) == ("int64", None)
    assert found["inf"]["maximum"] == "inf"


def test_sample(tmp_path: Path) -> None:
    source = write_parquet(tmp_path, {"x": list(range(100))})
    [found] = run("infer", source, "--sample-rows", 7, "--json").json["columns"]
    assert found["rows"] == 7


def test_a_file_is_not_replaced(tmp_path: Path) -> None:
    source = write_parquet(tmp_path, {"x": [1.5]})
    spec = tmp_path / "spec.py"
    spec.write_text("mine")
    done = run("infer", source, "--output", spec)
    assert (done.code, spec.read_text()) == (3, "mine")
    assert "--force" in done.stderr
    assert run("infer", source, "--output", spec, "--force").code == 0
    assert load_spec(spec).features.keys() == {"x"}
    assert run("infer", source, "--output", tmp_path / "spec.json").code == 2


@pytest.mark.parametrize("content", [{"x": pa.nulls(3)}, {"x": pa.array([], "f8")}])
def test_nothing_to_declare(content: Any, tmp_path: Path) -> None:
    source = write_parquet(tmp_path, content)
    done = run("infer", source, "--output", tmp_path / "spec.py", "--json")
    assert (done.code, done.error["code"]) == (1, "NO_FEATURES")
    assert not (tmp_path / "spec.py").exists()
    assert run("infer", source).code == 0


def test_unknown_label_and_zone(tmp_path: Path) -> None:
    source = write_parquet(tmp_path, {"x": [1.5], "y": [1]})
    spec = tmp_path / "spec.py"
    done = run("infer", source, "--output", spec, "--label", "z", "--json")
    assert (done.code, done.error["code"]) == (2, "BAD_LABEL")
    assert done.error["column"] == "z"
    assert run("infer", source, "--output", spec, "--tz", "Mars").code == 2
    assert not spec.exists()


def test_more_values_than_are_counted() -> None:
    rows = {"s": [f"v{i}" for i in range(10_001)] * 2}
    text = starter_spec(infer_schema(open_source(rows)))
    assert 'fk.string("s").fill("").hash_buckets(32768).embedding(' in text
    assert "more than 10,000 distinct" in text


def test_stats_of_nothing_still_convert(tmp_path: Path) -> None:
    # D3: a source without rows gives a dataset without records.
    source = write_parquet(tmp_path, {"x": pa.array([], "f8")})
    spec = tmp_path / "spec.py"
    spec.write_text(
        "import featurekit as fk\nspec = fk.FeatureSpec({'x': fk.numeric('x')})\n"
    )
    done = run("convert", "--spec", spec, "--stats", empty_stats(tmp_path),
               "--output", tmp_path / "out", source, "--json")  # fmt: skip
    assert (done.code, done.json["rows_read"]) == (0, 0)
    assert run("inspect", tmp_path / "out").code == 0
    assert run("verify", tmp_path / "out").code == 0
