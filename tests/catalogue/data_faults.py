"""Bad sources and bad rows: located errors (D of the catalogue)."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from catalogue.fault import AGE, Fault, MakeFile, MakeRows, csv, features, parquet
from cli.running import write_parquet

NAN = float("nan")
CAST = "rows.parquet"
NUMBER = features('"age": fk.numeric("age")')
INTEGER = features('"a": fk.integer("n").hash_buckets(9)')
TEXT = features('"a": fk.string("s").hash_buckets(9)')
LISTS = features('"a": fk.strings("l").hash_buckets(9).pad(2)')
TIME = features('"a": fk.timestamp("t", tz="Europe/Paris").hour()')


def damaged(change: Callable[[bytes], bytes], name: str = CAST) -> MakeFile:
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


def linked(folder: Path) -> list[Path]:
    file = write_parquet(folder, {"age": [1.0]})
    link = folder / "link.parquet"
    link.symlink_to(file)
    return [file, link]


def other_schema(folder: Path) -> list[Path]:
    write_parquet(folder, {"age": [1.0]}, "a.parquet")
    write_parquet(folder, {"age": ["x"]}, "b.parquet")
    return [folder / "a.parquet", folder / "b.parquet"]


def two_formats(folder: Path) -> list[Path]:
    return [write_parquet(folder, {"age": [1.0]}), csv("age\n1\n")(folder)]


def memory(**columns: Any) -> MakeRows:
    """A table in memory."""
    return lambda folder: pa.table(columns)


def twice_named(folder: Path) -> Path:
    both = [pa.array([1.0]), pa.array([2.0])]
    return write_parquet(folder, pa.Table.from_arrays(both, names=["age", "age"]))


def bad_offsets() -> pa.Array:
    good = pa.array(["ab", "c"])
    offsets = pa.py_buffer(np.array([0, 9, 3], np.int32))
    return pa.Array.from_buffers(pa.string(), 2, [None, offsets, good.buffers()[2]])


def bad_codes() -> pa.Array:
    codes = pa.array([0, 7], pa.int32())
    return pa.DictionaryArray.from_arrays(codes, pa.array(["a"]), safe=False)


def bad_text() -> pa.Array:
    offsets = pa.py_buffer(np.array([0, 1, 2], np.int32))
    return pa.Array.from_buffers(
        pa.string(), 2, [None, offsets, pa.py_buffer(b"a\xff")]
    )


def row(number: int, column: str = "age", file: str = CAST, **more: str) -> Any:
    return {"file": file, "row": number, "column": column, **more}


def times(*values: int, unit: str = "s") -> pa.Array:
    return pa.array(values, pa.timestamp(unit))


DEEP = pa.array([[[1.0]]], pa.list_(pa.list_(pa.float64())))
KINDS = {
    "a list": pa.array([[1.0]]),
    "a large list": pa.array([[1.0]], pa.large_list(pa.float64())),
    "a list of fixed size": pa.array([[1.0]], pa.list_(pa.float64(), 1)),
    "a struct": pa.array([{"x": 1.0}]),
    "a map": pa.array([[("k", 1.0)]], pa.map_(pa.string(), pa.float64())),
    "a duration": pa.array([1], pa.duration("s")),
    "a time of day": pa.array([1], pa.time64("us")),
    "a decimal": pa.array([1], pa.decimal128(9, 2)),
    "bytes": pa.array([b"1"]),
    "text": pa.array(["1"]),
    "a timestamp": pa.array([1], pa.timestamp("us", "UTC")),
}
LONG_CSV = "age\n" + "1\n" * 100_000 + "x\n"
NO_NUMBERS = {
    "NA": "D25", "null": "D25", "None": "D25", "0x10": "D26", "1_000": "D26",
    '"1,000"': "D26", '"1,5"': "D26", "1.2.3": "D26", "١": "D26",
}  # fmt: skip

DATA_FAULTS = [
    # The files.
    Fault("D1 nothing matches", "EMPTY_SOURCE", {"file": "*.nothing"},
          rows=lambda folder: folder / "*.nothing"),
    Fault("D2 one file twice", "DUPLICATE_SOURCE", {"file": CAST}, rows=twice),
    Fault("D2 one file by a link", "DUPLICATE_SOURCE", {"file": "link.parquet"},
          rows=linked),
    Fault("D5 the footer is cut off", "CORRUPT_SOURCE", {"file": CAST},
          rows=damaged(lambda data: data[:-20])),
    Fault("D5 an empty file", "CORRUPT_SOURCE", {"file": CAST},
          rows=damaged(lambda data: b"")),
    Fault("D5 no magic bytes", "CORRUPT_SOURCE", {"file": CAST},
          rows=damaged(lambda data: b"xxxx" + data[4:-4] + b"xxxx")),
    Fault("D6 a bit of a page", "CORRUPT_SOURCE", {"file": CAST}, ("row group 0",),
          rows=damaged(flip)),
    Fault("D8 files of two schemas", "SCHEMA_MISMATCH",
          {"file": "b.parquet", "column": "age"}, ("a.parquet", "double", "string"),
          rows=other_schema),
    Fault("D8 files of two formats", "MIXED_FORMATS", {"file": "rows.csv"},
          (CAST,), rows=two_formats),
    Fault("D9 no such column", "MISSING_COLUMN", {"file": CAST, "column": "age"},
          ("did you mean 'aeg'?",), rows=parquet(aeg=[1.0])),
    Fault("D11 a column twice", "DUPLICATE_COLUMN",
          {"file": "rows.csv", "column": "age"}, ("2 times",),
          rows=csv("age,b,age\n1,2,3\n")),
    Fault("D11 a column twice in Parquet", "DUPLICATE_COLUMN",
          {"file": CAST, "column": "age"}, ("2 times",), rows=twice_named),
    Fault("D23 text for a number", "DTYPE_MISMATCH", {"file": CAST, "column": "age"},
          ("string", "float32"), rows=parquet(age=["1"])),
    Fault("D35 lists in lists", "DTYPE_MISMATCH", {"file": CAST, "column": "age"},
          ("list",), rows=parquet(age=DEEP)),
    *(Fault(f"D44 {words} for a number", "DTYPE_MISMATCH",
            {"file": CAST, "column": "age"},
            (str(values.type).partition("<")[0], "float32"),
            rows=parquet(age=values)) for words, values in KINDS.items()),
    Fault("D40 a decimal", "DTYPE_MISMATCH", {"file": CAST, "column": "age"},
          ("decimal128(9, 2)", "which rounds"), rows=parquet(age=KINDS["a decimal"])),
    Fault("D46 gzip that is cut off", "CORRUPT_SOURCE", {"file": "rows.csv.gz"},
          rows=csv(gzip.compress(b"age\n" + b"1\n" * 9999)[:-9], "rows.csv.gz")),
    Fault("D46 Parquet named CSV", "CORRUPT_SOURCE", {"file": "rows.csv"},
          ("Parquet",), rows=damaged(lambda data: data, "rows.csv")),
    Fault("D46 text named gzip", "CORRUPT_SOURCE", {"file": "rows.csv.gz"},
          rows=csv("age\n1\n", "rows.csv.gz")),
    # The memory of arrays.
    Fault("D30 offsets that lead outside", "CORRUPT_SOURCE", {"column": "s"}, (),
          TEXT, lambda folder: pa.table({"s": bad_offsets()})),
    Fault("D30 an array that claims to be text", "BAD_UTF8",
          {"column": "s", "row": 1}, ("UTF-8",), TEXT,
          lambda folder: pa.table({"s": bad_text()})),
    Fault("D31 half of a character", "BAD_UTF8", {"column": "s", "row": 1}, ("UTF-8",),
          TEXT, lambda folder: {"s": ["a", "\ud800"]}),
    Fault("D41 a code without an entry", "CORRUPT_SOURCE", {"column": "s"}, ("0..7",),
          TEXT, lambda folder: pa.table({"s": bad_codes()})),
    # The rows.
    Fault("D14 a missing element", "NULL_NOT_ALLOWED", row(1, "l", feature="a"),
          ("an element of the list is missing", "drop_missing()"), LISTS,
          parquet(l=[["x"], ["y", None]]), convert_only=True),
    Fault("D15 a missing list", "NULL_NOT_ALLOWED", row(1, "l", feature="a"),
          ("the list is missing", "missing_as_empty()"), LISTS,
          parquet(l=[["x"], None]), convert_only=True),
    Fault("D38 ids and weights of different lengths", "WEIGHT_MISMATCH",
          row(1, "l, w", feature="a"), ("one weight for each id",),
          features('"a": fk.strings("l").hash_buckets(9).weighted(fk.numerics("w"))'),
          parquet(l=[["x"], ["y", "z"]], w=[[1.0], [1.0]]), convert_only=True),
    Fault("D12 a missing value", "NULL_NOT_ALLOWED", row(2, feature="age"),
          ("missing", "fill()"), NUMBER, parquet(age=[1.0, 2.0, None]),
          convert_only=True),
    Fault("D16 a NaN where it is an error", "NAN_NOT_ALLOWED", row(1, feature="age"),
          ("NaN",), features('"age": fk.numeric("age", nan="error")'),
          parquet(age=[1.0, NAN]), convert_only=True),
    Fault("D16 a NaN where it is missing", "NULL_NOT_ALLOWED", row(1, feature="age"),
          (), NUMBER, parquet(age=[1.0, NAN]), convert_only=True),
    Fault("D17 too large for float32", "OUT_OF_RANGE", row(1), ("1e+40", "3.4028235e"),
          rows=parquet(age=[1.0, 1e40])),
    Fault("D17 a result too large for float32", "OUT_OF_RANGE", row(1, feature="age"),
          ("does not fit float32", "clip()"),
          features('"age": fk.numeric("age").standardize(mean=0, std=1e-30)'),
          parquet(age=[1.0, 1e30]), convert_only=True),
    Fault("S17 a default beyond the ids", "OUT_OF_RANGE",
          row(1, "n", feature="a"), ("0 to 2",),
          features('"a": fk.integer("n").fill(3).identity(3)'), parquet(n=[0, None]),
          convert_only=True),
    Fault("D18 an integer that float32 rounds", "LOSSY_CAST", row(1),
          ("16777217", "2**24"), rows=parquet(age=[1, 16_777_217])),
    Fault("D19 an integer beyond 64 bits", "INT_OVERFLOW", row(1, "n"),
          (str(2**63),), INTEGER, parquet(n=pa.array([1, 2**63], pa.uint64()))),
    Fault("D19 an integer beyond 64 bits in CSV", "INT_OVERFLOW",
          row(1, "n", "rows.csv"), (str(2**63),), INTEGER, csv(f"n\n1\n{2**63}\n")),
    Fault("D19 the integer that is reserved", "RESERVED_VALUE", row(1, "n"),
          ("write a null",), INTEGER, parquet(n=[1, -(2**63)])),
    *(Fault(f"D20 the id {bad} of 3", "OUT_OF_RANGE", row(2, "n", feature="a"),
            (f"got {bad}", "0 to 2"), features('"a": fk.integer("n").identity(3)'),
            parquet(n=[0, 2, bad]), convert_only=True) for bad in (3, -1, 2**40)),
    Fault("D24 text after 100,000 numbers", "PARSE", row(100_000, file="rows.csv"),
          ("'x'",), rows=csv(LONG_CSV)),
    *(Fault(f"{number} {text} is no number", "PARSE", row(1, file="rows.csv"),
            (text.strip('"'),), rows=csv(f"age,b\n1,x\n{text},y\n"))
      for text, number in NO_NUMBERS.items()),
    Fault("D26 a number too large", "OUT_OF_RANGE", row(0, file="rows.csv"), ("1e400",),
          rows=csv("age\n1e400\n")),
    Fault("D27 a row with too many fields", "CSV_SYNTAX",
          {"file": "rows.csv", "row": 1}, ("line 3 has 3 fields", "2 fields"),
          rows=csv("age,b\n1,2\n1,2,3\n")),
    Fault("D27 a row with too few fields", "CSV_SYNTAX", {"file": "rows.csv", "row": 1},
          ("line 3 has 1 fields",), rows=csv("age,b\n1,2\n1\n")),
    Fault("D27 a quote that is not closed", "CSV_SYNTAX", {"file": "rows.csv"},
          rows=csv('age,b\n1,"2\n3,4\n')),
    Fault("D28 an empty CSV file", "CORRUPT_SOURCE", {"file": "rows.csv"}, ("empty",),
          rows=csv("")),
    Fault("D29 text that is not UTF-8", "BAD_UTF8", row(1, "s", "rows.csv"),
          ("UTF-8", "Latin-1"), TEXT, csv(b"s,b\nx,y\n\xff,z\n")),
    Fault("D39 a time that is none", "PARSE", row(1, "t", "rows.csv"), ("noon",),
          TIME, csv("t\n2024-06-01 12:00\n2024-06-01 noon\n")),
    Fault("D39 a time that happened twice", "TZ_AMBIGUOUS", row(1, "t", "rows.csv"),
          ("02:30",), TIME, csv("t,b\n2024-06-01 12:00,1\n2024-10-27 02:30,1\n")),
    Fault("D39 a time that never happened", "TZ_AMBIGUOUS", row(0, "t", "rows.csv"),
          ("02:30",), TIME, csv("t,b\n2024-03-31 02:30,1\n")),
    Fault("D39 nanoseconds", "LOSSY_CAST", row(1, "t"), (), TIME,
          parquet(t=times(0, 1, unit="ns"))),
    Fault("D39 beyond 64 bits of microseconds", "OUT_OF_RANGE",
          {"row": 1, "column": "t"},
          ("294246",), TIME, lambda folder: pa.table({"t": times(0, 2**62)})),
    Fault("D48 another form of the same word", "OUT_OF_VOCABULARY",
          row(1, "s", feature="a"), ("num_oov",),
          features('"a": fk.string("s").vocabulary(["é"], num_oov=0)'),
          parquet(s=["é", "e\u0301"]), convert_only=True),
    Fault("D49 a label that is NaN", "NULL_NOT_ALLOWED", row(1, "y", feature="label"),
          (), features(AGE, label='fk.numeric("y")'),
          parquet(age=[1.0, 2.0], y=[0.0, NAN])),
    Fault("D49 a weight that is NaN", "NULL_NOT_ALLOWED", row(1, "w", feature="weight"),
          (), features(AGE, weight='fk.numeric("w")'),
          parquet(age=[1.0, 2.0], w=[0.0, NAN]), convert_only=True),
]  # fmt: skip
