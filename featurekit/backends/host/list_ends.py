"""What ends a list, on the host: lists of numbers or ids become one value per row.

A list is the elements from one offset to the next. Elements that are not valid are
left out; `valid` is of length 0 where all are.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import inlined, kernel

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
Array: TypeAlias = npt.NDArray[Any]

SUM = 0
MEAN = 1
MINIMUM = 2
MAXIMUM = 3
AGGREGATES = {"sum": SUM, "mean": MEAN, "min": MINIMUM, "max": MAXIMUM}

_SMALLEST_NORMAL = 2.0**-126


@inlined
def _is_there(valid: BoolArray, i: int) -> bool:
    return len(valid) == 0 or bool(valid[i])


@kernel
def count_elements(offsets: IntArray, valid: BoolArray, counts: IntArray) -> None:
    """Counts the elements of each list.

    Args:
        offsets: int64, one more than rows.
        valid: Which elements are there.
        counts: Receives their numbers; int64, one per row.
    """
    for row in range(len(counts)):
        counts[row] = offsets[row + 1] - offsets[row]
        if len(valid):
            counts[row] = 0
            for i in range(offsets[row], offsets[row + 1]):
                counts[row] += valid[i]


@kernel
def pad(
    offsets: IntArray,
    valid: BoolArray,
    elements: Array,
    counts: IntArray,
    from_left: bool,
    cut_left: bool,
    padded: Array,
) -> None:
    """Copies lists into rows of one length, which hold the padding before.

    Args:
        offsets: int64, one more than rows.
        valid: Which elements are there.
        elements: The elements.
        counts: How many of them are there in each list.
        from_left: Whether the padding comes first.
        cut_left: Whether longer lists lose their first elements.
        padded: Receives them; [rows, length].
    """
    length = padded.shape[1]
    for row in range(len(padded)):
        skipped = max(0, counts[row] - length) if cut_left else 0
        to = max(0, length - counts[row]) if from_left else 0
        for i in range(offsets[row], offsets[row + 1]):
            if not _is_there(valid, i):
                continue
            if skipped:
                skipped -= 1
            elif to < length:
                padded[row, to] = elements[i]
                to += 1


@kernel
def count_ids(
    offsets: IntArray,
    valid: BoolArray,
    ids: IntArray,
    once: bool,
    vectors: npt.NDArray[np.float32],
) -> None:
    """Counts ids; those of refused rows may be out of range.

    Args:
        offsets: int64, one more than rows.
        valid: Which ids are there.
        ids: The ids.
        once: Whether a repeated id counts as one.
        vectors: Receives the counts; zeros, [rows, depth].
    """
    depth = vectors.shape[1]
    for row in range(len(vectors)):
        for i in range(offsets[row], offsets[row + 1]):
            if _is_there(valid, i) and 0 <= ids[i] < depth:
                count = vectors[row, ids[i]] + np.float32(1.0)
                vectors[row, ids[i]] = np.float32(1.0) if once else count


@kernel
def count_terms(
    offsets: IntArray, valid: BoolArray, ids: IntArray, counts: IntArray
) -> None:
    """Counts ids as integers; those of refused rows may be out of range.

    Args:
        offsets: int64, one more than rows.
        valid: Which ids are there.
        ids: The ids.
        counts: Receives the counts; zeros, int64, [rows, depth].
    """
    for row in range(len(counts)):
        for i in range(offsets[row], offsets[row + 1]):
            if _is_there(valid, i) and 0 <= ids[i] < counts.shape[1]:
                counts[row, ids[i]] += 1


@kernel
def sum_weights(
    offsets: IntArray, ids: IntArray, weights: FloatArray, totals: FloatArray
) -> None:
    """Sums the weights of each id, in order; ids of refused rows may be out of range.

    Args:
        offsets: int64, one more than rows: of the pairs that count.
        ids: The id of each pair.
        weights: Its weight.
        totals: Receives the sums; zeros, [rows, depth].
    """
    depth = totals.shape[1]
    for row in range(len(totals)):
        for i in range(offsets[row], offsets[row + 1]):
            if 0 <= ids[i] < depth:
                totals[row, ids[i]] += weights[i]


@kernel
def round_totals(
    totals: FloatArray, vectors: npt.NDArray[np.float32], refused: BoolArray
) -> None:
    """Rounds sums to float32; refuses rows with a finite one that becomes infinite."""
    for row in range(len(totals)):
        for at in range(totals.shape[1]):
            total = totals[row, at]
            if abs(total) < _SMALLEST_NORMAL:
                total = np.copysign(0.0, total)
            rounded = np.float32(total)
            if np.isnan(total):
                rounded = np.float32(np.nan)
            vectors[row, at] = rounded
            refused[row] |= np.isinf(rounded) and not np.isinf(total)


@kernel
def aggregate(
    offsets: IntArray,
    valid: BoolArray,
    numbers: FloatArray,
    kind: int,
    found: FloatArray,
    present: BoolArray,
) -> None:
    """Makes one number of each list.

    Args:
        offsets: int64, one more than rows.
        valid: Which numbers are there.
        numbers: The numbers.
        kind: SUM, MEAN, MINIMUM or MAXIMUM.
        found: Receives the results; float64, one per row.
        present: Becomes False where there is none.
    """
    for row in range(len(found)):
        total, count, extreme = 0.0, 0, 0.0
        for i in range(offsets[row], offsets[row + 1]):
            if not _is_there(valid, i):
                continue
            number = numbers[i]
            below = number < extreme if kind == MINIMUM else number > extreme
            if count == 0 or below or np.isnan(number):
                extreme = number
            total += number
            count += 1
        found[row] = total
        if kind != SUM and count == 0:
            present[row] = False
        elif kind == MEAN:
            found[row] = total / count
        elif kind != SUM:
            found[row] = 0.0 if extreme == 0.0 else extreme
