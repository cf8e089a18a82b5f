"""What TensorFlow says of a refused request, as an error with fields.

The graph's own refusals carry the text of a RowError. TensorFlow's parser of Examples
writes the request's bytes into its message: those are left out.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import tensorflow as tf

from featurekit.errors import (
    ExampleDecodeError,
    FeatureKitError,
    RequestError,
    RowError,
)
from featurekit.io.example import decode_examples

_REFUSAL = re.compile(r"\[\[([A-Z][A-Z0-9_]*)\] (.*?)\]?\s*(?:\n|\t|$)", re.DOTALL)
_ROW = re.compile(r"(?:Index: |row=)(\d+)")
_KEY = re.compile(r"Key: (.*?), Index: \d+")
_SIZES = re.compile(r"[Vv]alues size: (\d+)")
_KINDS = re.compile(r"Data type: (\w+) but expected type: (\w+)")


@dataclass(frozen=True, slots=True)
class _Located:
    """The parts of a message, as `FeatureKitError` writes them."""

    message: str
    row: int | None = None
    column: str | None = None
    feature: str | None = None
    got: str | None = None
    expected: str | None = None
    hint: str | None = None


_PARTS = re.compile(
    r"(?P<message>.*?)"
    r"(?: — (?:row=(?P<row>\d+))?(?: ?column=(?P<column>.*?))?"
    r"(?: ?feature=(?P<feature>.*?))?)?"
    r"(?: \((?:got (?P<got>.*?))?(?:(?:, )?expected (?P<expected>.*?))?\))?"
    r"(?:\. Hint: (?P<hint>.*))?",
    re.DOTALL,
)


@contextmanager
def readable_refusals() -> Iterator[None]:
    """Raises InvalidArgumentError also where a message quotes bytes that are no text.

    TensorFlow's parser writes a damaged record into its message, and then fails to
    decode that as UTF-8.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        text = error.object.decode(errors="replace")
        raise tf.errors.InvalidArgumentError(None, None, text) from None


def graph_error(
    error: tf.errors.OpError, records: Sequence[bytes] = ()
) -> FeatureKitError:
    """The error of a call that TensorFlow refused.

    Args:
        error: What it raised.
        records: The rows of the call, where it read serialized rows.
    """
    only = 0 if len(records) == 1 else None
    if refusal := _REFUSAL.search(error.message):
        located = _located(refusal[2].replace('\\"', '"'))
        return RowError(
            located.message,
            code=refusal[1],
            row=located.row if located.row is not None else only,
            column=located.column,
            feature=located.feature,
            got=located.got,
            expected=located.expected,
            hint=located.hint,
        )
    if isinstance(error, tf.errors.DataLossError) or "parse ex" in error.message:
        return _damaged(records)
    return _parser_error(error.message, only)


def _damaged(records: Sequence[bytes]) -> RowError:
    """Which record is no tf.Example: TensorFlow names none, our decoder does."""
    sizes = np.fromiter(map(len, records), np.int64, len(records))
    buffer = np.frombuffer(b"".join(records), np.uint8)
    row, offset, why = None, None, ""
    try:
        decode_examples(buffer, np.cumsum(sizes) - sizes, sizes, pa.schema([]))
    except ExampleDecodeError as error:
        row, offset, why = error.record, error.offset, f": {error.message}"
    return RowError(
        f"the record is no tf.Example{why}",
        code="EXAMPLE_DECODE",
        row=row,
        offset=offset,
        expected="a serialized tf.train.Example",
    )


def _located(text: str) -> _Located:
    found = _PARTS.fullmatch(text)
    if found is None:
        return _Located(text)
    parts = found.groupdict()
    row = parts.pop("row")
    return _Located(row=None if row is None else int(row), **parts)


def _parser_error(text: str, row: int | None) -> FeatureKitError:
    """What TensorFlow's parser of tf.Examples found."""
    key, index = _KEY.search(text), _ROW.search(text)
    row = int(index[1]) if index else row
    column = key[1] if key else None
    if kinds := _KINDS.search(text):
        return RowError(
            "the column has another kind of list",
            code="DTYPE_MISMATCH",
            row=row,
            column=column,
            got=kinds[1],
            expected=kinds[2],
        )
    if sizes := _SIZES.search(text):
        return RowError(
            "a column with one value has another number of values",
            code="LENGTH_MISMATCH",
            row=row,
            column=column,
            got=int(sizes[1]),
            expected="1",
            hint="leave the feature out where the value is missing",
        )
    return RequestError(
        "the graph refuses the request",
        code="REFUSED",
        hint="compare the request with GET /v1/models/<model>/metadata",
    )


def named_row(text: str) -> int | None:
    """The row that a message of TensorFlow names, if it names one."""
    found = _ROW.search(text)
    return int(found[1]) if found else None
