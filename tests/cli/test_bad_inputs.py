"""Bad specs, bad rows and damaged files: every one is a located error.

One table; the ids are those of the project's catalogue of faults (S: the spec, D: the
data, T: the records, F: the output). Each case writes real files and runs a command
as a user would; nothing may be left behind.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from cli.running import empty_stats, run, write_parquet, write_spec

AGE = '"age": fk.numeric("age").fill(0.0)'
NAN = float("nan")
Make = Callable[[Path], object]


@dataclass(frozen=True)
class Case:
    """A fault and the error that has to name it.

    Args:
        id: The fault.
        code: The error's code.
        where: The location: those parts that must be there, with their values.
        features: The features of the spec.
        others: Other arguments of the spec.
        make: Writes the rows; returns what is passed as SOURCE.
        exit: The exit code.
        convert_only: Whether it concerns records, which analysis does not make.
    """

    id: str
    code: str
    where: dict[str, Any]
    features: str = AGE
    others: dict[str, str] = field(default_factory=dict)
    make: Make = lambda folder: parquet(age=[1.0, 2.0])(folder)
    exit: int = 1
    convert_only: bool = False


def parquet(**columns: Any) -> Make:
    return lambda folder: write_parquet(folder, columns)


def text(content: str | bytes, name: str = "rows.csv") -> Make:
    def write(folder: Path) -> Path:
        file = folder / name
        raw = content if isinstance(content, bytes) else content.encode()
        file.write_bytes(raw)
        return file

    return write


def damaged(change: Callable[[bytes], bytes], name: str = "rows.parquet") -> Make:
    """A Parquet file whose bytes are changed."""

    def write(folder: Path) -> Path:
        values = np.arange(2000, dtype=np.float64) * 1.37
        file = write_parquet(folder, {"age": values}, name)
        file.write_bytes(change(file.read_bytes()))
        return file

    return write


def flip(data: bytes) -> bytes:
    return data[:2000] + bytes([data[2000] ^ 1]) + data[2001:]


def twice(folder: Path) -> list[Path]:
    file = write_parquet(folder, {"age": [1.0]})
    return [file, file]


def other_schema(folder: Path) -> list[Path]:
    write_parquet(folder, {"age": [1.0]}, "a.parquet")
    write_parquet(folder, {"age": ["x"]}, "b.parquet")
    return [folder / "a.parquet", folder / "b.parquet"]


def two_formats(folder: Path) -> list[Path]:
    return [write_parquet(folder, {"age": [1.0]}), text("age\n1\n")(folder)]  # type: ignore[list-item]


LONG_CSV = "age\n" + "1\n" * 100_000 + "x\n"
ROWS = [
    # The spec.
    Case("S2 names that look the same", "SPEC_NAME_COLLISION", {"feature": "e\u0301"},
         features='"\u00e9": fk.numeric("a"), "e\u0301": fk.numeric("b")', exit=2),
    Case("S4 one column, two dtypes", "SPEC_KEY_CONFLICT", {"column": "age"},
         features=f'{AGE}, "b": fk.integer("age").hash_buckets(4)', exit=2),
    Case("S5 a slash in a name", "SPEC_BAD_NAME", {}, features='"a/b": fk.numeric("x")',
         exit=2),
    Case("S10 no tokens", "SPEC_EMPTY_VOCAB", {"column": "x"},
         features='"a": fk.string("x").vocabulary([])', exit=2),
    Case("S11 a token twice", "SPEC_DUPLICATE_TOKEN", {"column": "x"},
         features='"a": fk.string("x").vocabulary(["u", "v", "u"])', exit=2),
    Case("S14 boundaries not sorted", "SPEC_BAD_BOUNDARIES", {"column": "x"},
         features='"a": fk.numeric("x").buckets([1, 3, 2])', exit=2),
    Case("S14 a boundary that is NaN", "SPEC_BAD_BOUNDARIES", {"column": "x"},
         features='"a": fk.numeric("x").buckets([1, float("nan")])', exit=2),
    Case("S16 no buckets", "SPEC_BAD_VALUE", {"column": "x"},
         features='"a": fk.string("x").hash_buckets(0)', exit=2),
    Case("S17 an embedding of width 0", "SPEC_BAD_VALUE", {"column": "x"},
         features='"a": fk.string("x").hash_buckets(9).embedding(0)', exit=2),
    Case("S18 a std of 0", "SPEC_BAD_SCALE", {"column": "x"},
         features='"a": fk.numeric("x").standardize(mean=0, std=0)', exit=2),
    Case("S8 a split by a key that is not there", "SPEC_UNKNOWN_REFERENCE", {},
         others={"split": "fk.key_split(train=0.5, dev=0.5)"}, exit=2),
    Case("S26 no statistics", "STATS_MISSING", {"column": "age"},
         features='"age": fk.numeric("age").standardize()', exit=2,
         convert_only=True),
    # The files.
    Case("D1 nothing matches", "EMPTY_SOURCE", {"file": "*.nothing"},
         make=lambda folder: folder / "*.nothing"),
    Case("D2 one file twice", "DUPLICATE_SOURCE", {"file": "rows.parquet"}, make=twice),
    Case("D5 the footer is cut off", "CORRUPT_SOURCE", {"file": "rows.parquet"},
         make=damaged(lambda data: data[:-20])),
    Case("D5 an empty file", "CORRUPT_SOURCE", {"file": "rows.parquet"},
         make=damaged(lambda data: b"")),
    Case("D6 a bit of a page", "CORRUPT_SOURCE", {"file": "rows.parquet"},
         make=damaged(flip)),
    Case("D8 files of two schemas", "SCHEMA_MISMATCH",
         {"file": "b.parquet", "column": "age"}, make=other_schema),
    Case("D8 files of two formats", "MIXED_FORMATS", {"file": "rows.csv"},
         make=two_formats),
    Case("D9 no such column", "MISSING_COLUMN",
         {"file": "rows.parquet", "column": "age"}, make=parquet(aeg=[1.0])),
    Case("D11 a column twice", "DUPLICATE_COLUMN",
         {"file": "rows.csv", "column": "age"}, make=text("age,b,age\n1,2,3\n")),
    Case("D23 text for a number", "DTYPE_MISMATCH",
         {"file": "rows.parquet", "column": "age"}, make=parquet(age=["1"])),
    Case("D44 a list", "DTYPE_MISMATCH", {"file": "rows.parquet", "column": "age"},
         make=parquet(age=[[1.0]])),
    Case("D46 gzip that is cut off", "CORRUPT_SOURCE", {"file": "rows.csv.gz"},
         make=text(gzip.compress(b"age\n" + b"1\n" * 9999)[:-9], "rows.csv.gz")),
    Case("D46 a wrong suffix", "CORRUPT_SOURCE", {"file": "rows.csv"},
         make=damaged(lambda data: data, "rows.csv")),
    # The rows.
    Case("D12 a missing value", "NULL_NOT_ALLOWED",
         {"file": "rows.parquet", "row": 2, "column": "age", "feature": "age"},
         features='"age": fk.numeric("age")', make=parquet(age=[1.0, 2.0, None]),
         convert_only=True),
    Case("D16 a NaN", "NAN_NOT_ALLOWED",
         {"file": "rows.parquet", "row": 1, "column": "age", "feature": "age"},
         features='"age": fk.numeric("age", nan="error")', make=parquet(age=[1.0, NAN]),
         convert_only=True),
    Case("D17 too large for float32", "OUT_OF_RANGE",
         {"file": "rows.parquet", "row": 1, "column": "age"},
         make=parquet(age=[1.0, 1e40])),
    Case("D18 an integer that float32 rounds", "LOSSY_CAST",
         {"file": "rows.parquet", "row": 1, "column": "age"},
         make=parquet(age=[1, 16_777_217])),
    Case("D19 an integer beyond 64 bits", "INT_OVERFLOW",
         {"file": "rows.parquet", "row": 1, "column": "n"},
         features='"a": fk.integer("n").hash_buckets(9)',
         make=parquet(n=pa.array([1, 2**63], pa.uint64()))),
    Case("D20 an id out of range", "OUT_OF_RANGE",
         {"file": "rows.parquet", "row": 2, "column": "n", "feature": "a"},
         features='"a": fk.integer("n").identity(3)', make=parquet(n=[0, 2, 3]),
         convert_only=True),
    Case("D24 text after 100,000 numbers", "PARSE",
         {"file": "rows.csv", "row": 100_000, "column": "age"}, make=text(LONG_CSV)),
    Case("D25 NA is text", "PARSE", {"file": "rows.csv", "row": 1, "column": "age"},
         make=text("age,b\n1,x\nNA,y\n")),
    Case("D26 a decimal comma", "PARSE",
         {"file": "rows.csv", "row": 0, "column": "age"},
         make=text('age,b\n"1,5",x\n')),
    Case("D27 a row with too many fields", "CSV_SYNTAX", {"file": "rows.csv", "row": 1},
         make=text("age,b\n1,2\n1,2,3\n")),
    Case("D27 a quote that is not closed", "CSV_SYNTAX", {"file": "rows.csv"},
         make=text('age,b\n1,"2\n3,4\n')),
    Case("D28 an empty CSV file", "CORRUPT_SOURCE", {"file": "rows.csv"},
         make=text("")),
    Case("D29 text that is not UTF-8", "BAD_UTF8",
         {"file": "rows.csv", "row": 1, "column": "s"},
         features='"a": fk.string("s").hash_buckets(9)',
         make=text(b"s,b\nx,y\n\xff,z\n")),
    Case("D39 a time that is none", "PARSE",
         {"file": "rows.csv", "row": 1, "column": "t"},
         features='"a": fk.timestamp("t", tz="Europe/Paris").hour()',
         make=text("t\n2024-06-01 12:00\n2024-06-01 noon\n")),
    Case("D39 a time that happened twice", "TZ_AMBIGUOUS",
         {"file": "rows.csv", "row": 1, "column": "t"},
         features='"a": fk.timestamp("t", tz="Europe/Paris").hour()',
         make=text("t,b\n2024-06-01 12:00,1\n2024-10-27 02:30,1\n")),
    Case("D48 a word out of the vocabulary", "OUT_OF_VOCABULARY",
         {"file": "rows.parquet", "row": 1, "column": "s", "feature": "a"},
         features='"a": fk.string("s").vocabulary(["é"], num_oov=0)',
         make=parquet(s=["é", "e\u0301"]),
         convert_only=True),
]  # fmt: skip


@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.id)
@pytest.mark.parametrize("command", ["analyze", "convert"])
def test_bad_input_is_a_located_error(case: Case, command: str, tmp_path: Path) -> None:
    if command == "analyze" and case.convert_only:
        return
    spec = write_spec(tmp_path, case.features, **case.others)
    made = case.make(tmp_path)
    sources = made if isinstance(made, list) else [made]
    output = tmp_path / ("out" if command == "convert" else "found.json")
    more = ["--stats", empty_stats(tmp_path)] if command == "convert" else []
    done = run(command, "--spec", spec, "--output", output, *more,
               *sources, "--json")  # fmt: skip
    found = done.error
    assert (found["code"], done.code) == (case.code, case.exit)
    where = {"file": "spec.py"} if case.code.startswith("SPEC") else {}
    for name, value in {**where, **case.where}.items():
        got = Path(found[name]).name if name == "file" else found[name]
        assert got == value, (name, found)
    # The same, for people: where, and no traceback.
    assert done.stderr.startswith(f"error {case.code}: ")
    for name in case.where:
        assert f"  {name} " in done.stderr
    assert not output.exists()
