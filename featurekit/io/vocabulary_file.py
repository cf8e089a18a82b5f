"""Vocabularies in files: a token per line, or a token per TFRecord.

Lines are what TensorFlow's vocabulary files have; they cannot hold a token with a line
break. Records hold any token; TensorFlow Transform writes them as well.
"""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, TypeAlias, overload
from uuid import uuid4

from featurekit.errors import SpecError
from featurekit.io.tfrecord import TFRecordWriter, read_records
from featurekit.io.tfrecord_writer import Compression

PathLike: TypeAlias = str | os.PathLike[str]

_DECIMAL = re.compile(rb"-?[0-9]+")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@overload
def read_vocabulary(
    path: PathLike, *, dtype: Literal["string"] = "string"
) -> list[str]: ...
@overload
def read_vocabulary(path: PathLike, *, dtype: Literal["int64"]) -> list[int]: ...
def read_vocabulary(
    path: PathLike, *, dtype: Literal["string", "int64"] = "string"
) -> list[str] | list[int]:
    r"""Reads the tokens of a vocabulary file, for `vocabulary(tokens)`.

    The tokens become part of the spec: it does not depend on the file any more.

    Args:
        path: A file that ends in ".tfrecord" or ".tfrecord.gz" has a token per record;
            any other a token per line.
        dtype: "string" for text, "int64" for integers in decimal digits. Defaults to
            "string".

    Raises:
        SpecError: The file cannot be read, or a line is no token: with its number,
            from 1.
        CorruptRecordError: A TFRecord file is damaged.

    Semantics:
        - A line ends with a line feed, and with nothing else: U+2028, U+0085, vertical
          tabs and spaces belong to the token.
        - An empty line is the empty text, which TensorFlow's tables refuse; the end of
          the last line is optional.
        - A carriage return is refused: TensorFlow drops it, others keep it.
        - A byte order mark, bytes that are not UTF-8, and a token that repeats an
          earlier one are refused.

    Example:
        >>> import pathlib, tempfile
        >>> import featurekit as fk
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "cities.txt")
        ...     _ = file.write_text("Paris\nRome\n")
        ...     fk.string("city").vocabulary(fk.read_vocabulary(file))
        fk.string('city').vocabulary(['Paris', 'Rome'])
    """
    name = os.fspath(path)
    try:
        if _form(name) == "lines":
            what, tokens = "line", _split_lines(Path(name).read_bytes(), name)
        else:
            what, tokens = "record", list(read_records(name, compression=_gzip(name)))
    except OSError as error:
        raise SpecError(
            f"the vocabulary cannot be read: {error}", code="VOCABULARY_FILE", file=name
        ) from None
    if not tokens:
        raise SpecError("the vocabulary is empty", code="SPEC_EMPTY_VOCAB", file=name)
    _check_distinct(tokens, what, name)
    if dtype == "int64":
        return [_integer(t, f"{what} {at}", name) for at, t in enumerate(tokens, 1)]
    return [_text(t, f"{what} {at}", name) for at, t in enumerate(tokens, 1)]


def write_vocabulary(path: PathLike, tokens: Iterable[str | bytes | int]) -> None:
    r"""Writes tokens so that `read_vocabulary` gives them again.

    The file is there as a whole or not at all.

    Args:
        path: A file that ends in ".tfrecord" or ".tfrecord.gz" gets a token per record;
            any other a token per line.
        tokens: The tokens in the order of their ids.

    Raises:
        SpecError: A token has a line break, and the file a token per line.

    Example:
        >>> import pathlib, tempfile
        >>> import featurekit as fk
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "words.tfrecord")
        ...     fk.write_vocabulary(file, ["a", "two\nlines", ""])
        ...     fk.read_vocabulary(file)
        ['a', 'two\nlines', '']
    """
    target = Path(path)
    encoded = [_bytes(token) for token in tokens]
    partial = target.with_name(f".{target.name}.{uuid4().hex}.partial")
    try:
        if _form(target.name) == "lines":
            partial.write_bytes(_join_lines(encoded, str(target)))
        else:
            with TFRecordWriter(partial, compression=_gzip(target.name)) as writer:
                for token in encoded:
                    writer.write(token)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _form(name: str) -> Literal["lines", "records"]:
    return "records" if name.endswith((".tfrecord", ".tfrecord.gz")) else "lines"


def _gzip(name: str) -> Compression:
    return "gzip" if name.endswith(".gz") else None


def _bytes(token: str | bytes | int) -> bytes:
    if isinstance(token, bytes):
        return token
    return token.encode() if isinstance(token, str) else b"%d" % token


def _split_lines(data: bytes, file: str) -> list[bytes]:
    if data.startswith(_BYTE_ORDER_MARK):
        raise _bad_line(
            "line 1 begins with a byte order mark", file, hint="save without it"
        )
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, start=1):
        if b"\r" in line:
            raise _bad_line(
                f"line {number} has a carriage return",
                file,
                got=line,
                hint="convert the line ends to \\n, or write a .tfrecord file",
            )
    return lines


def _join_lines(tokens: Sequence[bytes], file: str) -> bytes:
    for token in tokens:
        if b"\n" in token or b"\r" in token:
            raise _bad_line(
                "a token with a line break is no line",
                file,
                got=token,
                hint="write a .tfrecord file",
            )
    return b"".join(token + b"\n" for token in tokens)


def _check_distinct(tokens: Sequence[bytes], what: str, file: str) -> None:
    seen: dict[bytes, int] = {}
    for number, token in enumerate(tokens, start=1):
        if token in seen:
            raise SpecError(
                f"{what} {number} repeats {what} {seen[token]}",
                code="SPEC_DUPLICATE_TOKEN",
                file=file,
                got=token,
            )
        seen[token] = number


def _text(token: bytes, where: str, file: str) -> str:
    try:
        return token.decode()
    except UnicodeDecodeError:
        raise _bad_line(f"{where} is not UTF-8", file, got=token) from None


def _integer(token: bytes, where: str, file: str) -> int:
    # Digits first: Python also reads "1_000", " 1" and digits of other scripts.
    found = int(token) if _DECIMAL.fullmatch(token) and len(token) <= 20 else None
    if found is None or not -(2**63) < found < 2**63:
        raise _bad_line(
            f"{where} is no integer of 64 bits", file, got=token, expected="digits"
        )
    return found


def _bad_line(
    message: str,
    file: str,
    *,
    got: bytes | None = None,
    expected: str | None = None,
    hint: str | None = None,
) -> SpecError:
    return SpecError(
        message,
        code="VOCABULARY_FILE",
        file=file,
        got=got,
        expected=expected,
        hint=hint,
    )
