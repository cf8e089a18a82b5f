"""Vocabulary files: what is written is read, and TensorFlow reads the same."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import featurekit as fk
from featurekit.errors import CorruptRecordError, FeatureKitError, SpecError

ODD = ["a", "", " b ", "\u2028", "\x85", "\x0b", "\0", "日本", "😀", "x" * 300, "\t"]
lines = st.text(st.characters(exclude_characters="\n\r", codec="utf-8"))
texts = st.text(st.characters(codec="utf-8"))


@given(st.lists(lines, min_size=1, unique=True))
def test_lines_round_trip(tmp_path_factory, tokens: list[str]) -> None:
    path = tmp_path_factory.mktemp("v") / "tokens.txt"
    if tokens[0].startswith("\ufeff"):
        tokens = ["a mark at the front only", *tokens]
    fk.write_vocabulary(path, tokens)
    assert fk.read_vocabulary(path) == tokens


@pytest.mark.parametrize("name", ["tokens.tfrecord", "tokens.tfrecord.gz"])
@given(tokens=st.lists(texts, min_size=1, unique=True))
def test_records_hold_any_token(tmp_path_factory, name: str, tokens: list[str]) -> None:
    path = tmp_path_factory.mktemp("v") / name
    fk.write_vocabulary(path, tokens)
    assert fk.read_vocabulary(path) == tokens


def write(path: Path, data: bytes) -> Path:
    file = path / "tokens.txt"
    file.write_bytes(data)
    return file


@pytest.mark.parametrize(
    ("data", "tokens"),
    [
        (b"a\nb", ["a", "b"]),
        (b"a\nb\n", ["a", "b"]),
        (b"a\n\n", ["a", ""]),
        (b"\na\n", ["", "a"]),
        (b"\n", [""]),
        ("a\u2028b\n\x85\n".encode(), ["a\u2028b", "\x85"]),
    ],
)
def test_a_line_ends_with_a_line_feed(tmp_path: Path, data: bytes, tokens: list[str]):
    assert fk.read_vocabulary(write(tmp_path, data)) == tokens


def test_integers(tmp_path: Path) -> None:
    tokens = [0, -5, 2**63 - 1, -(2**63) + 1]
    path = tmp_path / "ids.txt"
    fk.write_vocabulary(path, tokens)
    assert fk.read_vocabulary(path, dtype="int64") == tokens


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the vocabulary is empty"),
        (b"a\nb\r\nc\r\n", "line 2 has a carriage return"),
        (b"a\rb\n", "line 1 has a carriage return"),
        (b"a\nb\na\n", "line 3 repeats line 1"),
        (b"a\n\n\n", "line 3 repeats line 2"),
        (b"a\n\xff\n", "line 2 is not UTF-8"),
        (b"\xef\xbb\xbfa\n", "line 1 begins with a byte order mark"),
    ],
)
def test_bad_lines_are_located(tmp_path: Path, data: bytes, message: str) -> None:
    path = write(tmp_path, data)
    with pytest.raises(SpecError, match=message) as raised:
        fk.read_vocabulary(path)
    assert raised.value.file == str(path)


@pytest.mark.parametrize("line", [b"1.0", b" 1", b"1_0", b"", b"+1", b"9" * 19, b"x"])
def test_bad_integers_are_located(tmp_path: Path, line: bytes) -> None:
    path = write(tmp_path, b"7\n" + line + b"\n")
    with pytest.raises(SpecError, match="line 2 is no integer of 64 bits"):
        fk.read_vocabulary(path, dtype="int64")


def test_a_token_with_a_line_break_is_no_line(tmp_path: Path) -> None:
    path = tmp_path / "tokens.txt"
    for token in ("a\nb", "a\r"):
        with pytest.raises(SpecError, match=r"\.tfrecord"):
            fk.write_vocabulary(path, ["a", token])
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for name in ("no.txt", "no.tfrecord"):
        with pytest.raises(FeatureKitError):
            fk.read_vocabulary(tmp_path / name)


def test_damage_is_found(tmp_path: Path) -> None:
    path = tmp_path / "tokens.tfrecord"
    fk.write_vocabulary(path, ["a", "b"])
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CorruptRecordError):
        fk.read_vocabulary(path)


@pytest.mark.tensorflow
def test_tensorflow_reads_the_same_lines(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    path = tmp_path / "tokens.txt"
    tokens = [token for token in ODD if token]  # TensorFlow refuses an empty line
    fk.write_vocabulary(path, tokens)
    table = tf.lookup.StaticVocabularyTable(
        tf.lookup.TextFileInitializer(
            str(path),
            tf.string,
            tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.int64,
            tf.lookup.TextFileIndex.LINE_NUMBER,
        ),
        1,
    )
    ids = table.lookup(tf.constant([*tokens, "unknown"])).numpy().tolist()
    assert ids == list(range(len(tokens) + 1))
    assert fk.read_vocabulary(path) == tokens
