"""Vectors of tokens in files: word2vec text, NumPy archives, Arrow and Parquet."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

from featurekit.errors import SpecError

Vectors: TypeAlias = dict[str | int, npt.NDArray[np.float32]]

_HEADER = re.compile(rb"[0-9]+ [0-9]+")
_NUMBER = re.compile(rb"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def read_vectors(path: str | os.PathLike[str]) -> Vectors:
    r"""Reads a vector for each token, for `fk.given_vectors`.

    Args:
        path: A file that ends in ".npz" has the arrays `tokens` and `vectors`; one that
            ends in ".parquet", ".arrow" or ".feather" the columns `token` and `vector`,
            a list of numbers. Any other is text as word2vec, GloVe and fastText write
            it: a token and its numbers per line, with a space between; the first line
            may be the number of tokens and of numbers.

    Raises:
        SpecError: The file cannot be read; a token repeats an earlier one; a vector has
            another width, or a number that is none or not finite as float32; there are
            more or fewer lines than the first one says. With the row, from 0, the first
            line of numbers being the row 0.

    Semantics:
        - A token of text may contain spaces: as many numbers as a vector has are taken
          from the end of the line.
        - Numbers are rounded to float32.

    Example:
        >>> import pathlib, tempfile
        >>> import featurekit as fk
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "words.vec")
        ...     _ = file.write_text("2 3\nthe 1 2 3\ncat 4 5 6\n")
        ...     {token: one.tolist() for token, one in fk.read_vectors(file).items()}
        {'the': [1.0, 2.0, 3.0], 'cat': [4.0, 5.0, 6.0]}
    """
    name = os.fspath(path)
    try:
        match Path(name).suffix:
            case ".npz":
                rows = _of_archive(name)
            case ".parquet":
                rows = _of_table(pq.read_table(name), name)
            case ".arrow" | ".feather":
                rows = _of_table(feather.read_table(name), name)
            case _:
                rows = _of_lines(Path(name).read_bytes().split(b"\n"), name)
        return _collect(rows, name)
    except (OSError, pa.ArrowException) as error:
        raise _bad(f"the vectors cannot be read: {error}", name) from None


def _bad(
    message: str, name: str, row: int | None = None, got: object = None, **more: Any
) -> SpecError:
    return SpecError(message, code="VECTORS_FILE", file=name, row=row, got=got, **more)


def _collect(rows: Iterator[tuple[Any, Any]], name: str) -> Vectors:
    found: Vectors = {}
    width = None
    for row, (token, numbers) in enumerate(rows):
        if isinstance(token, bytes):
            try:
                token = token.decode()
            except UnicodeDecodeError:
                raise _bad("a token is not UTF-8", name, row, token) from None
        if token in found:
            raise _bad("a token repeats an earlier one", name, row, token)
        with np.errstate(over="ignore"):
            vector = np.asarray(numbers, np.float32)
        width = len(vector) if width is None else width
        if len(vector) != width or not width:
            expected = f"{width or 'some'} numbers"
            raise _bad(
                "a vector has another width", name, row, token, expected=expected
            )
        if not np.isfinite(vector).all():
            raise _bad("a vector is not finite as float32", name, row, token)
        found[token] = vector
    if not found:
        raise _bad("there is no vector in the file", name)
    return found


def _of_lines(lines: Sequence[bytes], name: str) -> Iterator[tuple[bytes, Any]]:
    rows = [line.rstrip(b" \r") for line in lines]
    while rows and not rows[-1]:
        rows.pop()
    width = rows[0].count(b" ") if rows else 0
    if rows and _HEADER.fullmatch(rows[0]):
        count, width = map(int, rows.pop(0).split())
        if len(rows) != count:
            expected = f"{count}, as its first line says"
            raise _bad(
                "the file has another length", name, got=len(rows), expected=expected
            )
    for row, line in enumerate(rows):
        token, *numbers = line.rsplit(b" ", width) if width else [line]
        if not numbers or len(numbers) != width:
            expected = f"a token and {width} numbers"
            raise _bad("a vector has another width", name, row, line, expected=expected)
        wrong = next((one for one in numbers if not _NUMBER.fullmatch(one)), None)
        if wrong is not None:
            raise _bad("a number of a vector is none", name, row, wrong)
        yield token, np.array(numbers, np.float64)


def _of_archive(name: str) -> Iterator[tuple[Any, Any]]:
    try:
        with np.load(name, allow_pickle=False) as archive:
            tokens, vectors = archive["tokens"], archive["vectors"]
    except (KeyError, ValueError) as error:
        raise _bad(f"the vectors cannot be read: {error}", name) from None
    fits = tokens.dtype.kind in "USiu" and vectors.dtype.kind in "fiu"
    if not fits or tokens.ndim != 1 or vectors.ndim != 2 or len(tokens) != len(vectors):
        raise _bad(
            "the arrays are no tokens and vectors",
            name,
            got=f"tokens {tokens.dtype}{tokens.shape}, "
            f"vectors {vectors.dtype}{vectors.shape}",
            expected="tokens (n,) of text or integers, vectors (n, dim) of numbers",
        )
    return zip(tokens.tolist(), vectors, strict=True)


def _of_table(table: pa.Table, name: str) -> Iterator[tuple[Any, Any]]:
    missing = {"token", "vector"} - set(table.column_names)
    if missing:
        raise _bad(
            f"the column {min(missing)!r} is missing", name, got=table.column_names
        )
    tokens, vectors = table.column("token"), table.column("vector")
    kinds = tokens.type, getattr(vectors.type, "value_type", None)
    is_token = any(
        check(kinds[0])
        for check in (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer)
    )
    is_number = kinds[1] is not None and (
        pa.types.is_floating(kinds[1]) or pa.types.is_integer(kinds[1])
    )
    if not is_token or not is_number:
        raise _bad(
            "the columns are no tokens and vectors",
            name,
            got=f"token: {kinds[0]}, vector: {vectors.type}",
            expected="token of text or integers, vector a list of numbers",
        )
    return _of_columns(tokens.to_pylist(), vectors.to_pylist(), name)


def _of_columns(
    tokens: list[Any], vectors: list[Any], name: str
) -> Iterator[tuple[Any, Any]]:
    for row, (token, vector) in enumerate(zip(tokens, vectors, strict=True)):
        if token is None or vector is None or None in vector:
            raise _bad("a token or a number is missing", name, row, token)
        yield token, vector
