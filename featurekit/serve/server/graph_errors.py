"""What TensorFlow says of a refused request, as an error with fields.

The graph's own refusals carry the text of a RowError. TensorFlow's parser of Examples
writes the request's bytes into its message: those are left out.
"""

import re
from dataclasses import dataclass

from featurekit.errors import FeatureKitError, RequestError, RowError

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


def graph_error(text: str, examples_row: int | None = None) -> FeatureKitError:
    """The error of a call that TensorFlow refused.

    Args:
        text: Its message.
        examples_row: The row to name where the message names none.
    """
    if refusal := _REFUSAL.search(text):
        located = _located(refusal[2].replace('\\"', '"'))
        return RowError(
            located.message,
            code=refusal[1],
            row=located.row if located.row is not None else examples_row,
            column=located.column,
            feature=located.feature,
            got=located.got,
            expected=located.expected,
            hint=located.hint,
        )
    return _parser_error(text, examples_row)


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
    if "Could not parse example" in text or "Example" in text:
        return RowError(
            "the record is no tf.Example",
            code="EXAMPLE_DECODE",
            row=row,
            expected="a serialized tf.train.Example",
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
