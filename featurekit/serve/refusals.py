"""Refusals inside of a graph: which row is at fault, and why, in one assertion."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf

from featurekit.errors import RowError
from featurekit.spec.inputs import Input

# Stand in a message for what only the graph knows.
_ROW = 10**15 + 1
_GOT = "\x02"
_MAX_GOT = 64


def names_of(columns: Sequence[Input]) -> tuple[str, ...]:
    """The names of stacked columns."""
    return tuple(column.name for column in columns)


class Refusal(NamedTuple):
    """One reason to refuse rows.

    Args:
        rows: bool, shape (batch,): the rows that it concerns; shape (columns, batch)
            if there are several columns.
        got: string, of the same shape: the offending values, as a message shows them;
            or a function that gives them, called where a row is refused.
        code: The stable name of the problem.
        message: What is wrong.
        column: The column at fault, if it is one, or several.
        expected: What would have been accepted.
        hint: What to do next.
    """

    rows: tf.Tensor
    got: tf.Tensor | Callable[[], tf.Tensor]
    code: str
    message: str
    column: str | tuple[str, ...] | None = None
    expected: str | None = None
    hint: str | None = None

    def stacked(self, values: tf.Tensor) -> tf.Tensor:
        """Rows or values with a first dimension for the columns."""
        return values if isinstance(self.column, tuple) else values[tf.newaxis]

    def parts(self) -> list[tuple[str, str, str]]:
        """For each column the message: before the row, up to the value, after it."""
        column: str | tuple[str, ...] | None = self.column
        if column is None or isinstance(column, str):
            return [self._parts(column)]
        return [self._parts(name) for name in column]

    def _parts(self, column: str | None) -> tuple[str, str, str]:
        text = str(
            RowError(
                self.message,
                code=self.code,
                row=_ROW,
                column=column,
                got=_GOT,
                expected=self.expected,
                hint=self.hint,
            )
        )
        before, _, rest = text.partition(str(_ROW))
        between, _, after = rest.partition(repr(_GOT))
        return before, between, after


def require_none(refusals: Sequence[Refusal]) -> tf.Operation:
    """An operation that fails if any row is refused, with the first row's reason."""
    rows = [one.stacked(one.rows) for one in refusals]
    refused = rows[0] if len(rows) == 1 else tf.concat(rows, axis=0)
    texts = [part for one in refusals for part in one.parts()]
    before, between, after = zip(*texts, strict=True)

    def message() -> tf.Tensor:
        row = tf.argmax(tf.cast(tf.reduce_any(refused, axis=0), tf.int32))
        reason = tf.argmax(tf.cast(refused[:, row], tf.int32))
        got = tf.concat([one.stacked(_shown(one))[:, row] for one in refusals], 0)
        # A message that is not UTF-8 could not be raised in Python.
        shown = tf.strings.unicode_transcode(
            tf.strings.substr(got[reason], 0, _MAX_GOT), "UTF-8", "UTF-8"
        )
        return tf.strings.join(
            [
                tf.gather(before, reason),
                tf.strings.as_string(row),
                tf.gather(between, reason),
                shown,
                tf.gather(after, reason),
            ]
        )

    failed = tf.reduce_any(refused)
    text = tf.cond(failed, message, lambda: tf.constant(""))
    return tf.debugging.Assert(tf.logical_not(failed), [text], summarize=1)


def _shown(refusal: Refusal) -> tf.Tensor:
    return refusal.got() if callable(refusal.got) else refusal.got
