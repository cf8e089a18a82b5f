"""Odd specs and odd data that are right: each has one result (S and D)."""

import gzip
import os
import pickle
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from catalogue.fault import Result, csv, ids
from cli.running import write_parquet

import featurekit as fk
from featurekit.errors import SourceError, StatisticsError
from featurekit.io.adapter import open_source
from featurekit.spec.serialize import (
    spec_from_proto,
    spec_from_text,
    spec_to_proto,
    spec_to_text,
)

TOKENS = ["a\nb", "a\rb", "", " a", "a ", " ", "\0", "\u2028", "[UNK]", "-1", "日本"]
AGE = fk.numeric("age").fill(0.0)
N = fk.integer("n").fill(0).hash_buckets(1000)
S = fk.string("s").fill("").hash_buckets(1000)


def copies(spec: fk.FeatureSpec) -> list[fk.FeatureSpec]:
    """The spec after a trip through each of its notations."""
    texts = [
        spec_from_text(spec_to_text(spec, form=form), form=form)
        for form in ("json", "textproto")
    ]
    return [*texts, spec_from_proto(spec_to_proto(spec))]


def s5_any_other_name(folder: Path) -> None:
    names = ["日本", "e\u0301", "a b", "a.b", "[x]", "…", "\u202e", "x" * 256]
    spec = fk.FeatureSpec({name: fk.numeric(name).fill(0.0) for name in names})
    assert all(copy == spec for copy in copies(spec))
    rows = {name: [float(at)] for at, name in enumerate(names)}
    fk.convert(spec, fk.Stats({}), rows, folder / "records")
    found = fk.load(folder / "records").to_numpy()
    assert {name: found[name].tolist() for name in names} == rows


def s13_any_token(folder: Path) -> None:
    spec = fk.FeatureSpec({"out": fk.string("s").vocabulary([*TOKENS, b"\xff"])})
    for copy in copies(spec):
        assert copy == spec
        assert ids(folder, copy.features["out"], {"s": TOKENS}) == [*range(len(TOKENS))]


def d15_states_of_a_list(folder: Path) -> None:
    """Missing, empty, and a list of an empty text are three things."""
    tags = fk.strings("l")
    spec = fk.FeatureSpec(
        {
            "length": tags.length().fill(-1.0),
            "ids": tags.missing_as_empty().vocabulary([""]).pad(1),
        }
    )
    rows = {"l": [None, [], [""]]}
    fk.convert(spec, fk.Stats({}), rows, folder / "records")
    found = fk.load(folder / "records").to_numpy()
    assert found["length"].tolist() == [-1.0, 0.0, 1.0]
    assert found["ids"].tolist() == [[0], [0], [1]]


def d36_ragged_and_empty_lists(folder: Path) -> None:
    rows = {"l": pa.array([[], [1, 2, 3], [], [4]], pa.list_(pa.int64()))}
    lists = fk.integers("l").identity(9)
    padded = [[0, 0], [2, 3], [0, 0], [5, 0]]
    assert ids(folder / "ragged", lists.pad(2), rows) == padded
    empty = {"l": pa.array([[], []], pa.list_(pa.int64()))}
    assert ids(folder / "empty", lists.length(maximum=3), empty) == [0, 0]


def d37_a_list_of_ten_million(folder: Path) -> None:
    values = pa.array(np.arange(10**7) % 5)
    rows = pa.table({"l": pa.ListArray.from_arrays(pa.array([0, 10**7]), values)})
    column = fk.integers("l").identity(5).counts()
    assert ids(folder, column, rows) == [[2e6] * 5]


def s15_boundaries_are_compared_in_float64(folder: Path) -> None:
    column = fk.numeric("x").buckets([0.1, 0.1 + 1e-12])
    values = np.array([0.1, np.nextafter(np.float32(0.1), np.float32(0))], np.float32)
    assert ids(folder, column, {"x": values}) == [2, 0]
    spread = fk.numeric("x").standardize(mean=0.0, std=3.0).buckets([0.1, 0.1 + 1e-12])
    exact = float(np.float32(0.3)) / 3.0  # 0.10000000397…, a float64
    assert ids(folder / "b", spread, {"x": np.float32([0.3])}) == [2]
    assert exact > 0.1 + 1e-12


def s26_statistics_of_another_spec(folder: Path) -> None:
    rows = {"x": [1.0, 2.0]}
    stats = fk.analyze(fk.FeatureSpec({"a": fk.numeric("x").standardize()}), rows)
    other = fk.FeatureSpec({"a": fk.numeric("x").fill(0.0).standardize()})
    with pytest.raises(StatisticsError, match="run analyze with this spec") as found:
        fk.convert(other, stats, rows, folder / "records")
    assert (found.value.code, found.value.column) == ("STATS_MISSING", "x")
    assert not (folder / "records").exists()


def s27_ten_thousand_features(folder: Path) -> None:
    columns = (fk.numeric(f"x{at}").fill(0.0).buckets([0.0]) for at in range(10_000))
    spec = fk.FeatureSpec({f"f{at}": column for at, column in enumerate(columns)})
    assert spec_from_proto(spec_to_proto(spec)) == spec
    assert len(fk.compile(spec).nodes) == 40_000


def d3_no_rows(folder: Path) -> None:
    source = write_parquet(folder, {"age": pa.array([], pa.float64())})
    learned = fk.FeatureSpec({"out": fk.numeric("age").standardize()})
    with pytest.raises(StatisticsError) as found:
        fk.compile(learned, fk.analyze(learned, source))
    assert (found.value.code, found.value.column) == ("STATS_EMPTY", "age")
    assert ids(folder, AGE, source) == []


def d4_one_file_of_no_rows(folder: Path) -> None:
    none = write_parquet(folder, {"age": pa.array([], pa.float64())}, "a.parquet")
    some = write_parquet(folder, {"age": [1.0, 2.0]}, "b.parquet")
    assert ids(folder, AGE, [none, some]) == [1.0, 2.0]


def d7_pages_without_checksums(folder: Path) -> None:
    file = folder / "rows.parquet"
    pq.write_table(pa.table({"age": [1.0]}), file, write_page_checksum=False)
    assert ids(folder, AGE, file) == [1.0]


def d8_columns_in_another_order(folder: Path) -> None:
    one = write_parquet(folder, {"age": [1.0], "b": [0]}, "a.parquet")
    two = write_parquet(folder, {"b": [0], "age": [2.0]}, "b.parquet")
    assert ids(folder, AGE, [one, two]) == [1.0, 2.0]


def d10_a_column_more(folder: Path) -> None:
    assert ids(folder, AGE, write_parquet(folder, {"b": [[1]], "age": [1.0]})) == [1.0]


def d13_null_becomes_the_default(folder: Path) -> None:
    rows = {"age": pa.array([1.0, None, None])}
    spec = fk.FeatureSpec({"out": fk.numeric("age").fill(7.0)})
    presence = fk.analyze(spec, rows)["presence(fk.numeric('age'))"]
    assert presence.nulls == 2
    assert ids(folder, spec.features["out"], rows) == [1.0, 7.0, 7.0]


def d16_nan_and_infinities(folder: Path) -> None:
    rows = {"x": pa.array([1.0, float("nan"), float("inf"), -float("inf"), None])}
    kept = fk.numeric("x", nan="keep").fill(0.0)
    assert str(ids(folder, kept, rows)) == "[1.0, nan, inf, -inf, 0.0]"
    missing = fk.numeric("x").fill(5.0)
    assert ids(folder / "b", missing, rows)[1] == 5.0
    spec = fk.FeatureSpec({"a": fk.numeric("x").standardize()})
    assert fk.analyze(spec, rows)["moments(fk.numeric('x'))"].mean == 1.0


def d17_too_small_for_float32(folder: Path) -> None:
    found = ids(folder, fk.numeric("x"), {"x": [1e-50, -1e-50, 1e-40]})
    assert np.float32(found).view(np.uint32).tolist() == [0, 2**31, 0]


def d21_large_ids_beside_a_null(folder: Path) -> None:
    known = fk.integer("n").fill(-1).vocabulary([2**53, 2**53 + 1, -1], num_oov=0)
    rows = {"n": [2**53 + 1, None, 2**53]}
    assert ids(folder, known, write_parquet(folder, rows)) == [1, 2, 0]
    assert ids(folder / "b", known, [{"n": 2**53 + 1}, {}, {"n": 2**53}]) == [1, 2, 0]


def d22_smaller_types_widen(folder: Path) -> None:
    kinds = [pa.int8(), pa.int16(), pa.int32(), pa.uint8(), pa.uint16(), pa.uint32()]
    day = fk.integer("n").identity(5)
    for at, kind in enumerate([*kinds, pa.date32(), pa.decimal128(10, 0)]):
        rows = {"n": pa.array([1, 4], pa.int32()).cast(kind)}
        assert ids(folder / str(at), day, rows) == [1, 4]
    for at, kind in enumerate([*kinds, pa.float16()]):
        rows = {"n": pa.array(np.array([1, 4], kind.to_pandas_dtype()), kind)}
        assert ids(folder / f"x{at}", fk.numeric("n"), rows) == [1.0, 4.0]
    assert ids(folder / "bool", fk.numeric("n"), {"n": [True, False]}) == [1.0, 0.0]


def d25_text_stays_text(folder: Path) -> None:
    words = ["NA", "null", "None", "nan", "N/A", "007"]
    file = csv("s,b\n" + "".join(f"{word},1\n" for word in words) + ",1\n")(folder)
    column = fk.string("s").fill("missing").vocabulary([*words, "missing"], num_oov=0)
    assert ids(folder, column, file) == [*range(7)]


def d26_the_grammar_of_numbers(folder: Path) -> None:
    written = ["1", "-1", "+1", "1.", ".5", "1e3", "-1E-3", "007", "inf", "-inf"]
    file = csv("x\n" + "\n".join(written))(folder)
    wanted = [float(np.float32(float(text))) for text in written]
    assert ids(folder, fk.numeric("x"), file) == wanted


def d27_fields_that_are_odd(folder: Path) -> None:
    words = ["a\nb", "a\0b", "a,b", 'a"b', "a\r\nb"]
    quoted = [f'"{word.replace(chr(34), 2 * chr(34))}",1' for word in words]
    column = fk.string("s").vocabulary(words, num_oov=0)
    for mark in ("", "\ufeff"):
        file = csv(mark + "\r\n".join(["s,b", *quoted, ""]))(folder)
        assert ids(folder / f"out{len(mark)}", column, file) == [*range(5)]


def d32_more_text_than_32_bits_address(folder: Path) -> None:
    codes = pa.array([0] * 40 + [1], pa.int32())
    entries = pa.array(["x" * 2**26, "y"], pa.large_string())  # 40 * 64 MiB
    column = pa.DictionaryArray.from_arrays(codes, entries)
    known = fk.string("s").vocabulary(["y", "x" * 2**26], num_oov=0)
    assert ids(folder, known, pa.table({"s": column})) == [1] * 40 + [0]


def d33_a_text_of_64_mib(folder: Path) -> None:
    large = "x" * 2**26
    found = ids(folder, S, {"s": [large, large + "y", large]})
    assert found[0] == found[2] != found[1]


def d39_times_of_every_unit(folder: Path) -> None:
    moment = datetime(1969, 12, 31, 23, 30, tzinfo=UTC)
    hour = fk.timestamp("t").hour()
    for unit in ("s", "ms", "us", "ns"):
        for zone in ("UTC", "Asia/Tokyo", "+05:30"):
            rows = {"t": pa.array([moment], pa.timestamp(unit, zone))}
            assert ids(folder / unit / zone, hour, rows) == [23]
    naive = {"t": pa.array([moment.replace(tzinfo=None)], pa.timestamp("us"))}
    local = fk.timestamp("t", tz="Asia/Kolkata").minute()
    assert ids(folder / "naive", local, naive) == [30]
    first = {"t": [datetime(1, 1, 1, tzinfo=UTC) + timedelta(hours=5)]}
    assert ids(folder / "first", hour, first) == [5]


def d40_decimals_without_fraction(folder: Path) -> None:
    for kind in (pa.decimal128(38, 0), pa.decimal256(50, 0)):
        rows = {"n": pa.array([Decimal(2**62)], kind)}
        column = fk.integer("n").vocabulary([2**62], num_oov=0)
        assert ids(folder / str(kind), column, rows) == [0]


WORDS = ["a", "b", None, "a", "", "b"]
WANTED_WORDS = ["a", "b", "", "a", "", "b"]


def _same_words(folder: Path, *layouts: pa.Array | pa.ChunkedArray) -> None:
    column = fk.string("s").fill("").vocabulary(["a", "b", ""], num_oov=0)
    wanted = [["a", "b", ""].index(word) for word in WANTED_WORDS]
    for at, layout in enumerate(layouts):
        assert ids(folder / str(at), column, pa.table({"s": layout})) == wanted


def d41_dictionaries(folder: Path) -> None:
    codes = pa.array([3, 0, 2, 3, 1, None], pa.int16())
    entries = pa.array(["b", "", None, "a", "unused", "b"])
    odd = pa.DictionaryArray.from_arrays(codes, entries)
    column = fk.string("s").fill("?").vocabulary(["a", "b", "", "?"], num_oov=0)
    assert ids(folder / "odd", column, pa.table({"s": odd})) == [0, 1, 3, 0, 2, 3]
    _same_words(folder, pa.array(WORDS).dictionary_encode())


def d42_slices(folder: Path) -> None:
    longer = ["x", None, *WORDS, "y"]
    kinds = [pa.string(), pa.large_string(), pa.binary(), pa.string_view()]
    arrays = [pa.array(longer, pa.string()).cast(kind) for kind in kinds]
    arrays.append(pa.array(longer).dictionary_encode())
    _same_words(folder, *(array.slice(2, len(WORDS)) for array in arrays))


def d43_chunks(folder: Path) -> None:
    for at, cuts in enumerate(([], [0], [1, 1, 4], [6], [0, 3, 6])):
        edges = [0, *cuts, len(WORDS)]
        parts = [WORDS[a:b] for a, b in pairwise(edges)]
        chunks = pa.chunked_array([pa.array(part, pa.string()) for part in parts])
        _same_words(folder / str(at), chunks)


def d44_views_and_nothing(folder: Path) -> None:
    _same_words(folder, pa.array(WORDS, pa.string_view()), pa.array(WORDS))
    assert ids(folder / "null", AGE, pa.table({"age": pa.nulls(2)})) == [0.0, 0.0]


def d45_a_pickle_in_a_type(folder: Path) -> None:
    class Boom:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(folder / "run"),)

    name = "arrow.py_extension_type"
    claims = {
        "ARROW:extension:name": name,
        "ARROW:extension:metadata": pickle.dumps(Boom()),
    }
    schema = pa.schema([pa.field("age", pa.float64(), metadata=claims)])
    file = write_parquet(folder, pa.table({"age": [1.0]}, schema=schema))
    assert ids(folder, AGE, file) == [1.0]
    assert not (folder / "run").exists()


def d46_several_gzip_members(folder: Path) -> None:
    packed = gzip.compress(b"age\n1\n") + gzip.compress(b"2\n")
    assert ids(folder, AGE, csv(packed, "rows.csv.gz")(folder)) == [1.0, 2.0]


def d47_a_file_that_changes(folder: Path) -> None:
    file = write_parquet(folder, {"age": [1.0]})
    source = open_source(file)
    write_parquet(folder, {"age": [1.0, 2.0]})
    with pytest.raises(SourceError) as found:
        ids(folder, AGE, source)
    assert (found.value.code, found.value.file) == ("SOURCE_CHANGED", str(file))


def d48_no_text_is_changed(folder: Path) -> None:
    words = ["é", "e\u0301", "É", "ﬁ", "fi", "Ａ", "A", "a", "a ", "ß", "ss"]
    column = fk.string("s").vocabulary(words, num_oov=0)
    assert ids(folder, column, {"s": words}) == [*range(len(words))]


def d50_an_integer_and_its_text(folder: Path) -> None:
    # Values of TensorFlow's to_hash_bucket_fast and crossed_column, 1000 buckets.
    assert ids(folder / "n", N, {"n": [0, 1, -1, 10, 2**40]}) == [
        *(735, 849, 430, 862, 378)
    ]
    text = {"s": ["0", "1", "-1", "10", str(2**40)]}
    assert ids(folder / "s", S, text) == [735, 849, 430, 862, 378]
    rows = {"s": ["A"], "n": [101], "t": ["101"]}
    crossed = fk.cross(fk.string("s"), fk.integer("n")).hash_buckets(1000)
    assert ids(folder / "int", crossed, rows) == [891]
    crossed = fk.cross(fk.string("s"), fk.string("t")).hash_buckets(1000)
    assert ids(folder / "text", crossed, rows) == [847]


RESULTS = [
    Result(name[0].upper() + name.replace("_", " ")[1:], check)
    for name, check in list(globals().items())
    if name[:1] in "sd" and name[1:2].isdigit()
]
