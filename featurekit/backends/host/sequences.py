"""Lists that are made of lists, on the host."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.backends.host.list_ends import AGGREGATES, aggregate
from featurekit.kernels.arrow_buffers import (
    arrow_array,
    filled_numbers,
    nulls,
    read_only,
    validity,
)
from featurekit.kernels.arrow_lists import Lists, rows_of
from featurekit.kernels.jit import kernel
from featurekit.plan import ops

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

_SMALLEST_NORMAL_DOUBLE = 2.0**-1022


def run_sequence_op(
    op: ops.BaseSequenceOp, inputs: list[Lists]
) -> tuple[Lists, BoolArray | None]:
    """The lists that an op makes, and the rows that it refuses; None for none."""
    (first, *_) = inputs
    match op:
        case ops.AlignLists(drop=drop):
            return _align(inputs, drop=drop)
        case ops.ShiftList(offset=offset):
            return first._replace(elements=_shift(first, offset)), None
    numbers = read_only(filled_numbers(first.elements))
    found = np.zeros(len(numbers))
    present = np.zeros(len(numbers), np.bool_)
    columns = first.offsets, validity(first.elements), numbers
    match op:
        case ops.DifferenceList(lag=lag):
            subtract(*columns, lag, found, present)
        case ops.RollList(size=size, kind=kind):
            roll(*columns, size, AGGREGATES[kind], found, present)
        case _:
            raise AssertionError(op)
    return first._replace(elements=arrow_array(found, present)), None


def _shift(lists: Lists, offset: int) -> pa.Array:
    rows = rows_of(lists.offsets)
    places = np.arange(len(rows)) - offset
    inside = (places >= lists.offsets[rows]) & (places < lists.offsets[rows + 1])
    return lists.elements.take(arrow_array(np.where(inside, places, 0), inside))


def _align(inputs: list[Lists], *, drop: bool) -> tuple[Lists, BoolArray]:
    """The first lists; those of refused rows are as they are, or empty."""
    first = inputs[0]
    rows = len(first.offsets) - 1
    refused = np.zeros(rows, np.bool_)
    for other in inputs[1:]:
        refused |= np.diff(first.offsets) != np.diff(other.offsets)
        refused |= _present(first, rows) != _present(other, rows)
    if not drop:
        return first, refused
    # Of rows whose lists are of one length, elements at one place are a step.
    chosen = [~refused[rows_of(one.offsets)] for one in inputs]
    kept = np.ones(int(chosen[0].sum()), np.bool_)
    for one, inside in zip(inputs, chosen, strict=True):
        kept &= ~nulls(one.elements)[inside]
    places = np.flatnonzero(chosen[0])[kept]
    counts = np.bincount(rows_of(first.offsets)[places], minlength=rows)
    offsets = read_only(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))
    elements = first.elements.take(arrow_array(places))
    return Lists(offsets, first.valid, elements), refused


def _present(lists: Lists, rows: int) -> npt.NDArray[Any]:
    return lists.valid if len(lists.valid) else np.ones(rows, np.bool_)


@kernel
def subtract(
    offsets: IntArray,
    valid: BoolArray,
    numbers: FloatArray,
    lag: int,
    found: FloatArray,
    present: BoolArray,
) -> None:
    """Subtracts from each number the one `lag` places before it.

    Args:
        offsets: int64, one more than rows.
        valid: Which numbers are there.
        numbers: The numbers.
        lag: How far the other one is.
        found: Receives the results.
        present: Becomes True where there is one.
    """
    for row in range(len(offsets) - 1):
        for i in range(offsets[row] + lag, offsets[row + 1]):
            if len(valid) and not (valid[i] and valid[i - lag]):
                continue
            left, right = numbers[i], numbers[i - lag]
            if abs(left) < _SMALLEST_NORMAL_DOUBLE:
                left = np.copysign(0.0, left)
            if abs(right) < _SMALLEST_NORMAL_DOUBLE:
                right = np.copysign(0.0, right)
            result = left - right
            if abs(result) < _SMALLEST_NORMAL_DOUBLE:
                result = np.copysign(0.0, result)
            found[i] = result
            made = np.isnan(result) and not (np.isnan(left) or np.isnan(right))
            present[i] = not made


@kernel
def roll(
    offsets: IntArray,
    valid: BoolArray,
    numbers: FloatArray,
    size: int,
    kind: int,
    found: FloatArray,
    present: BoolArray,
) -> None:
    """Aggregates each number and the `size` - 1 before it.

    Args:
        offsets: int64, one more than rows.
        valid: Which numbers are there.
        numbers: The numbers.
        size: Numbers in a window.
        kind: See `list_ends.aggregate`.
        found: Receives the results.
        present: Becomes True where there is one.
    """
    window = np.empty(2, np.int64)
    for row in range(len(offsets) - 1):
        missing = size - 1  # how many places on until a window is full again
        for i in range(offsets[row], offsets[row + 1]):
            if len(valid) and not valid[i]:
                missing = size
            if missing > 0:
                missing -= 1
                continue
            window[0], window[1] = i + 1 - size, i + 1
            present[i] = True
            at = slice(i, i + 1)
            aggregate(window, valid, numbers, kind, found[at], present[at])
