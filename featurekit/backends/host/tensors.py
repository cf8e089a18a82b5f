"""The ops whose values have a shape, on whole columns: matrices of one row per row."""

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple, TypeAlias, assert_never

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.backends.host.images import decode_images
from featurekit.backends.host.list_ends import round_totals
from featurekit.kernels.arrow_buffers import arrow_array, filled_numbers, nulls
from featurekit.kernels.arrow_lists import Lists, rows_of
from featurekit.plan import ops
from featurekit.spec.steps.tensors import BoxFormat

Array: TypeAlias = npt.NDArray[Any]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int64]

_SMALLEST_NORMAL = 2.0**-126


class Made(NamedTuple):
    """What an op makes of a column.

    Args:
        values: [rows, width]; zeros in refused rows.
        refused: The rows that the op refuses; None if it refuses none.
    """

    values: Array
    refused: BoolArray | None = None


def run_tensor(op: ops.TensorOp, inputs: Sequence[Any]) -> Made:
    """Runs one op.

    Args:
        op: The op.
        inputs: Matrices, `Lists`, and Arrow columns, as the op takes them; rows that
            were refused before hold anything.
    """
    first = inputs[0]
    match op:
        case ops.DecodeTensor():
            return _decode(op, first)
        case ops.DecodeImage():
            return Made(*decode_images(op, first))
        case ops.ShapeList():
            return _shape(op, first)
        case ops.RescaleTensor(scale=scale, offset=offset):
            with np.errstate(over="ignore", invalid="ignore"):
                return Made(first.astype(np.float64) * scale + offset)
        case ops.RoundTensor():
            return _round(first)
        case ops.PadBoxes():
            return _pad_boxes(op, first, inputs[1:])
        case ops.PadObjects():
            return _pad_objects(op, first, inputs[1:])
        case _:
            assert_never(op)


def _decode(op: ops.DecodeTensor, column: pa.Array) -> Made:
    column = column.cast(pa.large_binary())
    size = prod(op.shape) * op.item_bytes
    there = ~nulls(column)
    lengths = np.zeros(len(column), np.int64)
    lengths[there] = np.asarray(_lengths(column))[there]
    refused = there & (lengths != size)
    good = there & ~refused
    kept = column.filter(arrow_array(good))
    is_float = op.dtype.startswith("float")
    found = np.zeros(
        (len(column), prod(op.shape)), np.float64 if is_float else np.int64
    )
    if len(kept):
        start = int(np.frombuffer(kept.buffers()[1], np.int64)[kept.offset])
        data = np.frombuffer(kept.buffers()[2], np.uint8, len(kept) * size, start)
        numbers = data.view(np.dtype(op.dtype).newbyteorder("<"))
        # A signaling NaN becomes a quiet one, which is no fault.
        with np.errstate(invalid="ignore"):
            found[good] = numbers.reshape(len(kept), -1)
    if is_float:
        if op.nan == "error":
            refused |= np.isnan(found).any(axis=1)
        small = np.abs(found) < _SMALLEST_NORMAL
        found[small] = np.copysign(0.0, found[small])
    return Made(found, refused)


def _lengths(column: pa.Array) -> Array:
    offsets = np.frombuffer(
        column.buffers()[1], np.int64, len(column) + 1 + column.offset
    )
    return np.diff(offsets[column.offset :])


def _shape(op: ops.ShapeList, lists: Lists) -> Made:
    lengths = np.diff(lists.offsets)
    fits = lengths == prod(op.shape)
    values = filled_numbers(lists.elements)
    found = np.zeros((len(lengths), prod(op.shape)), values.dtype)
    found[fits] = values[np.repeat(fits, lengths)].reshape(-1, prod(op.shape))
    refused = ~fits
    if len(lists.valid):
        found[~lists.valid] = 0
        refused &= lists.valid
    return Made(found, refused)


def _round(values: Array) -> Made:
    found = np.empty(values.shape, np.float32)
    refused = np.zeros(len(values), np.bool_)
    round_totals(values, found, refused)
    return Made(found, refused)


class _Kept(NamedTuple):
    """The boxes that stay: row, place in the row, place among all, and corners."""

    rows: IntArray
    places: IntArray
    chosen: IntArray
    corners: list[Array]
    refused: BoolArray


def _pad_boxes(op: ops.PadBoxes, boxes: Lists, sizes: Sequence[pa.Array]) -> Made:
    kept = _keep(op, boxes, sizes)
    corners = kept.corners
    if sizes and op.to_relative:
        height, width = (filled_numbers(one)[kept.rows] for one in sizes)
        units = (width, height, width, height)
        corners = [x / unit for x, unit in zip(corners, units, strict=True)]
    found = np.zeros((len(kept.refused), op.length, 4))
    found[kept.rows, kept.places] = np.stack(_from_corners(corners, op.target), axis=1)
    return Made(found.reshape(len(found), 4 * op.length), kept.refused)


def _pad_objects(op: ops.PadObjects, boxes: Lists, others: Sequence[Any]) -> Made:
    sizes, ids = others[: op.num_sizes], others[op.num_sizes :]
    kept = _keep(op, boxes, sizes)
    refused = kept.refused
    found = np.zeros((len(refused), op.length), np.int64)
    found[kept.rows, kept.places] = 1
    for one in ids:
        lengths = np.diff(one.offsets)
        refused = refused | (4 * lengths != np.diff(boxes.offsets))
        there = ~refused[kept.rows]
        rows, places = kept.rows[there], kept.places[there]
        within = kept.chosen[there] - boxes.offsets[rows] // 4
        chosen = filled_numbers(one.elements)[one.offsets[rows] + within]
        found[rows, places] = chosen + 1
    return Made(found, refused)


def _keep(op: ops.BaseBoxOp, boxes: Lists, sizes: Sequence[pa.Array]) -> _Kept:
    """Clips all boxes at once, and finds the first ones of each row that stay."""
    numbers, owners = filled_numbers(boxes.elements), rows_of(boxes.offsets)
    lengths = np.diff(boxes.offsets)
    refused = lengths % 4 != 0
    refused[owners[~np.isfinite(numbers)]] = True
    limits = [filled_numbers(one) for one in sizes] or [np.ones(len(lengths))] * 2
    for limit in limits:
        refused |= ~((limit > 0.0) & (limit < np.inf))
    sound = ~refused[owners]
    rows, quads = owners[sound][::4], numbers[sound].reshape(-1, 4)
    height, width = (limit[rows] for limit in limits)
    corners = [
        np.where(x < 0.0, 0.0, np.where(x > most, most, x))
        for x, most in zip(
            _to_corners(quads, op.source), (width, height, width, height), strict=True
        )
    ]
    stays = (corners[0] < corners[2]) & (corners[1] < corners[3])
    before: IntArray = np.cumsum(stays) - stays
    firsts = np.searchsorted(rows, rows)
    places: IntArray = before - before[firsts]
    stays &= places < op.length
    chosen = np.flatnonzero(sound)[::4][stays] // 4
    picked = [x[stays] for x in corners]
    return _Kept(rows[stays], places[stays], chosen, picked, refused)


def _to_corners(quads: Array, source: BoxFormat) -> tuple[Array, ...]:
    a, b, c, d = quads.T
    match source:
        case "xyxy":
            return a, b, c, d
        case "yxyx":
            return b, a, d, c
        case "xywh":
            return a, b, a + c, b + d
        case "cxcywh":
            return a - c * 0.5, b - d * 0.5, a + c * 0.5, b + d * 0.5
        case _:
            assert_never(source)


def _from_corners(corners: Sequence[Array], target: BoxFormat) -> list[Array]:
    left, top, right, bottom = corners
    match target:
        case "xyxy":
            return [left, top, right, bottom]
        case "yxyx":
            return [top, left, bottom, right]
        case "xywh":
            return [left, top, right - left, bottom - top]
        case "cxcywh":
            center = [(left + right) * 0.5, (top + bottom) * 0.5]
            return [*center, right - left, bottom - top]
        case _:
            assert_never(target)
