"""Where a batch of values came from, so that an error can name file, row, column."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa

from featurekit.errors import DTypeMismatchError, RowError
from featurekit.kernels.arrow_buffers import booleans


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The place of a batch of one column.

    Args:
        column: The name of the column.
        file: The file, or a name such as ``<dict>`` for data in memory.
        first_row: The row in that file, from 0, of the first value of the batch.
    """

    column: str
    file: str | None = None
    first_row: int = 0

    def reject(
        self,
        bad: Any,
        values: pa.Array,
        *,
        code: str,
        what: str,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Raises for the first True of `bad`; returns when there is none.

        Args:
            bad: A boolean NumPy array or a boolean Arrow array (null counts as
                False), one element per value.
            values: The values to show, as they were in the source.
            code: The error code.
            what: What is wrong with the values, as in "do not fit float32".
            expected: What would have been accepted.
            hint: What to do next.

        Raises:
            RowError: with the row of the first bad value; the message counts them.
        """
        rows = np.flatnonzero(as_mask(bad))
        if not rows.size:
            return
        first = int(rows[0])
        noun = "value" if rows.size == 1 else "values"
        error = RowError(
            f"{rows.size} {noun} of {len(values)} {what}",
            code=code,
            file=self.file,
            row=self.first_row + first,
            column=self.column,
            got=plain(values[first]),
            expected=expected,
            hint=hint,
        )
        error.fault = what
        error.rows = tuple((rows + self.first_row).tolist())
        raise error

    def mismatch(self, got: object, dtype: str, supported: str, hint: str) -> NoReturn:
        """Raises DTypeMismatchError: the type `got` cannot become `dtype`."""
        raise DTypeMismatchError(
            f"a column of type {got} cannot be read as {dtype}",
            file=self.file,
            column=self.column,
            expected=supported,
            hint=hint,
        )


def as_mask(bad: Any) -> Any:
    """A boolean Arrow array as a NumPy array, nulls as False."""
    if isinstance(bad, pa.Array):
        return booleans(bad)
    return bad


def plain(scalar: pa.Scalar) -> object:
    """The Python value of an Arrow scalar, for a message.

    Nanoseconds and years after 9999 have no Python value; their text or their
    integer is shown instead.
    """
    try:
        return scalar.as_py()
    except (ValueError, OverflowError, ImportError):
        return getattr(scalar, "value", str(scalar.type))


def failing(array: pa.Array, attempt: Callable[[pa.Array], object]) -> Any:
    """Finds the values that an all-or-nothing Arrow function refuses.

    Halves the array until single values are left: k bad values cost about
    k log n vectorized calls, and only after a failure.

    Args:
        array: The values.
        attempt: A function that raises pyarrow.ArrowInvalid when any value is bad.

    Returns:
        A boolean array, True at each value that `attempt` refuses alone.
    """
    bad = np.zeros(len(array), dtype=bool)
    pending = [(0, len(array))]
    while pending:
        start, length = pending.pop()
        try:
            attempt(array.slice(start, length))
        except pa.ArrowInvalid:
            if length <= 1:
                bad[start : start + length] = True
                continue
            half = length // 2
            pending += [(start, half), (start + half, length - half)]
    return bad
