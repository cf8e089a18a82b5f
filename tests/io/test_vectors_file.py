"""Vectors from files, and the rows of an embedding that they become."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

import featurekit as fk
from featurekit.errors import SpecError

TOKENS = ["the", "é", "New York", "日本"]
NUMBERS = np.random.default_rng(3).normal(size=(4, 5)).astype(np.float32)


def as_text(header: bool, end: str = "\n") -> bytes:
    lines = ["4 5"] * header
    for token, row in zip(TOKENS, NUMBERS, strict=True):
        lines.append(" ".join([token, *(repr(float(one)) for one in row)]))
    return (end.join(lines) + end).encode()


def as_table() -> pa.Table:
    return pa.table({"token": TOKENS, "vector": pa.array(NUMBERS.tolist())})


WRITERS: dict[str, Any] = {
    "words.vec": lambda path: path.write_bytes(as_text(header=True)),
    "glove.txt": lambda path: path.write_bytes(as_text(header=False)),
    "spaces.vec": lambda path: path.write_bytes(as_text(header=True, end=" \r\n")),
    "words.npz": lambda path: np.savez(path, tokens=TOKENS, vectors=NUMBERS),
    "words.parquet": lambda path: pq.write_table(as_table(), path),
    "words.arrow": lambda path: feather.write_feather(as_table(), str(path)),
}


@pytest.mark.proves(65)
@pytest.mark.parametrize("name", WRITERS)
def test_every_form_gives_the_same_bits(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name)
    found = fk.read_vectors(tmp_path / name)
    assert list(found) == TOKENS
    assert np.stack(list(found.values())).tobytes() == NUMBERS.tobytes()


def test_integers_as_tokens(tmp_path: Path) -> None:
    values = [[1.0], [2.0]]
    np.savez(tmp_path / "ids.npz", tokens=[2**40, -1], vectors=values)
    table = pa.table({"token": [2**40, -1], "vector": values})
    pq.write_table(table, tmp_path / "ids.parquet")
    spec = fk.FeatureSpec({"i": fk.integer("i").vocabulary([-1, 7, 2**40])})
    for name in ("ids.npz", "ids.parquet"):
        vectors = fk.read_vectors(tmp_path / name)
        found = fk.given_vectors(fk.id_meanings(spec, "i"), vectors, np.zeros)
        assert found.table.tolist() == [[2.0], [0.0], [1.0], [0.0]]
        assert found.given.tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    ("content", "row", "message"),
    [
        (b"", None, "no vector"),
        (b"a 1 2\nb 1\n", 1, "another width"),
        (b"a 1 2\nb 1 2 3\n", 1, None),
        (b"2 2\na 1 2\nb 1\n", 1, "another width"),
        (b"3 2\na 1 2\nb 1 2\n", None, "another length"),
        (b"1 2\na 1 2\nb 1 2\n", None, "another length"),
        (b"a 1 2\na 3 4\n", 1, "repeats"),
        (b"a 1 x\n", 0, "is none"),
        (b"a 1 1_0\n", 0, "is none"),
        (b"a 1 nan\n", 0, "is none"),
        (b"a 1 1e39\n", 0, "not finite"),
        (b"\xff 1 2\n", 0, "not UTF-8"),
        (b"a\nb\n", 0, "another width"),
        (b"a 1 2\n\nb 1 2\n", 1, "another width"),
    ],
)
def test_bad_lines(
    content: bytes, row: int | None, message: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "bad.vec"
    path.write_bytes(content)
    if message is None:  # a token with a space in it
        assert list(fk.read_vectors(path)) == ["a", "b 1"]
        return
    with pytest.raises(SpecError, match=message) as found:
        fk.read_vectors(path)
    assert (found.value.code, found.value.row) == ("VECTORS_FILE", row)
    assert found.value.file == str(path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"tokens": ["a"]}, "vectors"),
        ({"tokens": ["a"], "vectors": [[1.0], [2.0]]}, "no tokens and vectors"),
        ({"tokens": ["a"], "vectors": [1.0]}, "no tokens and vectors"),
        ({"tokens": [1.5], "vectors": [[1.0]]}, "no tokens and vectors"),
        ({"tokens": ["a", "a"], "vectors": [[1.0], [2.0]]}, "repeats"),
        ({"tokens": ["a"], "vectors": [[np.nan]]}, "not finite"),
        ({"tokens": np.array([{}]), "vectors": [[1.0]]}, "cannot be read"),
    ],
)
def test_bad_archives(arrays: dict[str, Any], message: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(SpecError, match=message):
        fk.read_vectors(tmp_path / "bad.npz")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"token": ["a"]}, "'vector' is missing"),
        ({"token": ["a"], "vector": [1.0]}, "no tokens and vectors"),
        ({"token": ["a"], "vector": [["x"]]}, "no tokens and vectors"),
        ({"token": ["a", None], "vector": [[1.0], [1.0]]}, "is missing"),
        ({"token": ["a", "b"], "vector": [[1.0], None]}, "is missing"),
        ({"token": ["a", "b"], "vector": [[1.0], [None]]}, "is missing"),
        ({"token": ["a", "b"], "vector": [[1.0], [1.0, 2.0]]}, "another width"),
        ({"token": ["a"], "vector": [[float("inf")]]}, "not finite"),
    ],
)
def test_bad_tables(columns: dict[str, Any], message: str, tmp_path: Path) -> None:
    pq.write_table(pa.table(columns), tmp_path / "bad.parquet")
    with pytest.raises(SpecError, match=message):
        fk.read_vectors(tmp_path / "bad.parquet")


@pytest.mark.parametrize("name", ["no.vec", "no.npz", "no.parquet", "no.arrow"])
def test_files_that_cannot_be_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        fk.read_vectors(tmp_path / name)
    if name != "no.vec":
        (tmp_path / name).write_bytes(b"something else")
        with pytest.raises(SpecError, match="cannot be read"):
            fk.read_vectors(tmp_path / name)


SPEC = fk.FeatureSpec(
    {
        "s": fk.string("s").vocabulary(["a", "b", "c"], reserved=["[CLS]"]),
        "bag": fk.strings("t").vocabulary(["a", "b"]).pad(3).embedding(2),
        "c": fk.cross(fk.string("s"), fk.integer("i")).hash_buckets(9),
    }
)


@pytest.mark.proves(65)
def test_rows_that_are_given_and_rows_that_are_not() -> None:
    vectors = {"[CLS]": [9, 9], "c": [1.0, 2.0], "A": [3.0, 4.0]}
    fresh = np.arange(10, dtype=np.float32).reshape(5, 2)
    found = fk.given_vectors(fk.id_meanings(SPEC, "s"), vectors, fresh)
    assert found.table.tolist() == [[9, 9], [2, 3], [4, 5], [1, 2], [8, 9]]
    assert found.given.tolist() == [True, False, False, True, False]
    assert (found.coverage, found.unused) == (0.4, 1)
    assert str(found) == "2 of 5 ids have a given vector; 1 vectors are of no id"


def test_a_bag_keeps_its_row_of_padding() -> None:
    vectors = {"a": [1.0, 2.0], "b": [3.0, 4.0]}
    found = fk.given_vectors(fk.id_meanings(SPEC, "bag"), vectors, np.zeros)
    assert found.table.tolist() == [[0, 0], [1, 2], [3, 4], [0, 0]]


@pytest.mark.parametrize(
    ("vectors", "fresh", "message"),
    [
        ({}, np.zeros, "no vector"),
        ({"q": [1.0]}, np.zeros, "no id has a given vector"),
        ({"a": [1.0, 2.0], "b": [1.0]}, np.zeros, "'b' has another shape"),
        ({"a": 1.0}, np.zeros, "'a' has another shape"),
        ({"a": [np.nan]}, np.zeros, "not finite"),
        ({"a": [1e39]}, np.zeros, "not finite"),
        ({"a": [1.0]}, np.zeros((5, 2)), "initial rows have another shape"),
    ],
)
def test_bad_vectors(vectors: dict[str, Any], fresh: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        fk.given_vectors(fk.id_meanings(SPEC, "s"), vectors, fresh)
