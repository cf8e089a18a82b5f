"""Refusals inside of a graph: which row is at fault, and why, in one assertion."""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from featurekit.errors import RowError

# Stand in a message for what only the graph knows.
_ROW = 10**15 + 1
_GOT = "\x02"
_MAX_GOT = 64


class Refusal(NamedTuple):
    """One reason to refuse rows.

    Args:
        rows: bool, shape (batch,): the rows that it concerns.
        got: string, shape (batch,): the offending values, as a message shows them.
        code: The stable name of the problem.
        message: What is wrong.
        column: The column at fault, if it is one.
        expected: What would have been accepted.
        hint: What to do next.
    """

    rows: tf.Tensor
    got: tf.Tensor
    code: str
    message: str
    column: str | None = None
    expected: str | None = None
    hint: str | None = None

    def parts(self) -> tuple[str, str, str]:
        """The message before the row, between row and value, and after the value."""
        text = str(
            RowError(
                self.message,
                code=self.code,
                row=_ROW,
                column=self.column,
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
    refused = tf.stack([refusal.rows for refusal in refusals])
    before, between, after = zip(*(one.parts() for one in refusals), strict=True)

    def message() -> tf.Tensor:
        row = tf.argmax(tf.cast(tf.reduce_any(refused, axis=0), tf.int32))
        reason = tf.argmax(tf.cast(refused[:, row], tf.int32))
        got = tf.stack([refusal.got[row] for refusal in refusals])[reason]
        # A message that is not UTF-8 could not be raised in Python.
        shown = tf.strings.unicode_transcode(
            tf.strings.substr(got, 0, _MAX_GOT), "UTF-8", "UTF-8"
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
