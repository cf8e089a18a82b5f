"""What lists end in, on the host: vectors, or one value per row."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.backends.host import list_ends
from featurekit.kernels.arrow_buffers import (
    arrow_array,
    filled_numbers,
    nulls,
    read_only,
    validity,
)
from featurekit.kernels.arrow_lists import NO_LISTS_MISSING, Lists, rows_of
from featurekit.plan import ops

BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int64]


def end_lists(
    op: ops.BaseListEnd, inputs: list[Lists]
) -> tuple[pa.Array, BoolArray | None]:
    """One value for each row, anything in refused ones; and which rows are refused.

    Args:
        op: What ends the lists.
        inputs: Elements that are missing are left out.

    Returns:
        The values, and the rows that the op refuses; None for none.
    """
    lists = inputs[0]
    match op:
        case ops.WeightEncode(depth=depth):
            return _weigh(lists, inputs[1], depth)
        case ops.PadWeighted():
            return _pad_weighted(op, lists, inputs[1])
        case ops.PackVector(size=size):
            pad = ops.PadNumbers(size, "right", "right", 0.0)
            refused = _counts(lists) != size
            return _pad(pad, lists, filled_numbers(lists.elements), 0.0), refused
        case ops.PadIds():
            return _pad(op, lists, filled_numbers(lists.elements) + 1, 0), None
        case ops.PadNumbers(value=value):
            return _pad(op, lists, filled_numbers(lists.elements), value), None
        case ops.MultiHotEncode() | ops.CountEncode():
            return _count_ids(op, lists), None
        case ops.MaskElements():
            return _mark_elements(op, lists), None
        case ops.WeighTerms(weights=weights):
            return _weigh_terms(lists, weights), None
        case ops.AggregateList(kind=kind):
            return _aggregate(lists, kind), None
        case ops.CountElements(maximum=maximum):
            return _lengths(lists, maximum), None
    raise AssertionError(op)


def as_vectors(values: npt.NDArray[Any]) -> pa.Array:
    """A column of vectors, of the rows of a matrix."""
    flat = arrow_array(values.reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])


def _counts(lists: Lists) -> IntArray:
    found = np.empty(len(lists.offsets) - 1, np.int64)
    list_ends.count_elements(lists.offsets, validity(lists.elements), found)
    return found


def _pad(
    op: ops.PadIds | ops.PadNumbers,
    lists: Lists,
    values: npt.NDArray[Any],
    padding: float,
) -> pa.Array:
    counts = _counts(lists)
    found = np.full((len(counts), op.length), padding, values.dtype)
    ends = op.side == "left", op.truncate == "left"
    present = validity(lists.elements)
    list_ends.pad(lists.offsets, present, read_only(values), counts, *ends, found)
    return as_vectors(found)


def _mark_elements(op: ops.MaskElements, lists: Lists) -> pa.Array:
    places = np.arange(op.length)
    places = places if op.side == "right" else places[::-1]
    mask = places < _counts(lists)[:, np.newaxis]
    return as_vectors(mask.astype(np.float32))


def _count_ids(op: ops.MultiHotEncode | ops.CountEncode, lists: Lists) -> pa.Array:
    found = np.zeros((len(lists.offsets) - 1, op.depth), np.float32)
    once = isinstance(op, ops.MultiHotEncode)
    ids = read_only(filled_numbers(lists.elements))
    list_ends.count_ids(lists.offsets, validity(lists.elements), ids, once, found)
    return as_vectors(found)


def _weigh_terms(lists: Lists, weights: tuple[float, ...]) -> pa.Array:
    counted = np.zeros((len(lists.offsets) - 1, len(weights)), np.int64)
    ids = read_only(filled_numbers(lists.elements))
    list_ends.count_terms(lists.offsets, validity(lists.elements), ids, counted)
    return as_vectors((counted * np.array(weights)).astype(np.float32))


def _weigh(ids: Lists, weights: Lists, depth: int) -> tuple[pa.Array, BoolArray]:
    """Vectors of sums, and the rows whose lists differ or whose sums are too large."""
    offsets, pairs, refused = _pairs(ids, weights)
    totals = np.zeros((len(refused), depth))
    list_ends.sum_weights(offsets, *pairs, totals)
    found = np.empty(totals.shape, np.float32)
    list_ends.round_totals(totals, found, refused)
    return as_vectors(found), refused


def _pad_weighted(
    op: ops.PadWeighted, ids: Lists, weights: Lists
) -> tuple[pa.Array, BoolArray]:
    """Ids or weights of pairs, and the rows whose lists differ."""
    offsets, (kept_ids, kept_weights), refused = _pairs(ids, weights)
    kept = read_only(kept_ids + 1) if op.part == "ids" else kept_weights
    found = np.zeros((len(refused), op.length), kept.dtype)
    ends = op.side == "left", op.truncate == "left"
    list_ends.pad(offsets, NO_LISTS_MISSING, kept, np.diff(offsets), *ends, found)
    return as_vectors(found), refused


def _pairs(
    ids: Lists, weights: Lists
) -> tuple[IntArray, tuple[npt.NDArray[Any], npt.NDArray[Any]], BoolArray]:
    """The pairs that are there: offsets, ids and weights; and the rows that differ."""
    refused = np.diff(ids.offsets) != np.diff(weights.offsets)
    # Of rows of one length, the elements that are left are pairs.
    rows, kept_ids, first = _in_rows(ids, ~refused)
    _, kept_weights, second = _in_rows(weights, ~refused)
    there = first & second
    offsets = read_only(np.searchsorted(rows[there], np.arange(len(refused) + 1)))
    pairs = read_only(kept_ids[there]), read_only(kept_weights[there])
    return offsets, pairs, refused


def _in_rows(
    lists: Lists, chosen: BoolArray
) -> tuple[IntArray, npt.NDArray[Any], BoolArray]:
    """Of the elements in some rows: the row, the value, and whether there is one."""
    rows, array = rows_of(lists.offsets), lists.elements
    kept = chosen[rows]
    return rows[kept], filled_numbers(array)[kept], ~nulls(array)[kept]


def _aggregate(lists: Lists, kind: str) -> pa.Array:
    rows = len(lists.offsets) - 1
    found = np.empty(rows)
    present = np.ones(rows, np.bool_)
    if len(lists.valid):
        present &= lists.valid
    numbers = read_only(filled_numbers(lists.elements))
    there = validity(lists.elements)
    code = list_ends.AGGREGATES[kind]
    list_ends.aggregate(lists.offsets, there, numbers, code, found, present)
    return arrow_array(found, present)


def _lengths(lists: Lists, maximum: int | None) -> pa.Array:
    counts = _counts(lists)
    valid = lists.valid if len(lists.valid) else None
    if maximum is None:
        return arrow_array(counts.astype(np.float64), valid)
    return arrow_array(np.minimum(counts, maximum), valid)
