"""The ops whose values have a shape, in a graph: tensors of shape (batch, width)."""

from collections.abc import Sequence
from math import prod
from typing import Any, assert_never

import tensorflow as tf

from featurekit.backends.keras.images import decode_images
from featurekit.backends.keras.lists import Lists
from featurekit.backends.keras.numeric import constants, flush, to_float32
from featurekit.backends.keras.values import Outcome, Value, exact
from featurekit.plan import ops
from featurekit.spec.steps.tensors import BoxFormat


def run_tensor(op: ops.TensorOp, inputs: Sequence[Any]) -> Outcome:
    """Runs one op on `Value` and `Lists`; rejected rows are bool, or there are none."""
    first = inputs[0]
    match op:
        case ops.DecodeTensor():
            return _decode(op, first)
        case ops.DecodeImage():
            return decode_images(op, first)
        case ops.ShapeList():
            return _shape(op, first)
        case ops.RescaleTensor():
            # As variables: graph rewriting merges factors, and rounds anew.
            scale, offset = constants([op.scale]), constants([op.offset])
            wide = tf.cast(first.tensor, tf.float64)
            return Outcome(Value(wide * scale + offset))
        case ops.RoundTensor():
            value, too_large = to_float32([ops.ToFloat32()], first)
            return Outcome(value, tf.reduce_any(too_large, axis=1))
        case ops.PadBoxes():
            return _pad_boxes(op, first, inputs[1:])
        case ops.PadObjects():
            return _pad_objects(op, first, inputs[1:])
        case _:
            assert_never(op)


def _decode(op: ops.DecodeTensor, x: Value) -> Outcome:
    size = prod(op.shape) * op.item_bytes
    valid = tf.ones_like(x.tensor, tf.bool) if x.valid is None else x.valid
    fits = tf.equal(tf.strings.length(x.tensor), size)
    zeros = tf.constant(bytes(size))
    taken = tf.where(valid & fits, x.tensor, zeros)
    raw = tf.io.decode_raw(taken, tf.as_dtype(op.dtype))
    raw = tf.reshape(raw, [-1, prod(op.shape)])
    refused = valid & ~fits
    if not op.dtype.startswith("float"):
        return Outcome(Value(tf.cast(raw, tf.int64)), refused)
    if op.nan == "error":
        refused |= tf.reduce_any(tf.math.is_nan(raw), axis=1)
    return Outcome(Value(flush(tf.cast(raw, tf.float64))), refused)


def _shape(op: ops.ShapeList, lists: Lists) -> Outcome:
    width = prod(op.shape)
    fits = tf.equal(lists.lengths, width)
    taken = fits & lists.valid
    elements = lists.elements.tensor
    kept = tf.boolean_mask(elements, tf.gather(taken, lists.rows))
    empty = tf.zeros([lists.batch, width], elements.dtype)
    rows = tf.reshape(kept, [-1, width])
    found = tf.tensor_scatter_nd_update(empty, tf.where(taken), rows)
    return Outcome(Value(found), ~fits & lists.valid)


def _pad_boxes(op: ops.PadBoxes, boxes: Lists, sizes: Sequence[Value]) -> Outcome:
    rows, places, _, corners, refused = _keep(op, boxes, sizes)
    if sizes and op.to_relative:
        height, width = (tf.gather(one.tensor, rows) for one in sizes)
        units = (width, height, width, height)
        corners = [x / unit for x, unit in zip(corners, units, strict=True)]
    quads = tf.stack(_from_corners(corners, op.target), axis=1)
    empty = tf.zeros([boxes.batch, op.length, 4], tf.float64)
    where = tf.stack([rows, places], axis=1)
    found = tf.tensor_scatter_nd_update(empty, where, quads)
    return Outcome(Value(tf.reshape(found, [-1, 4 * op.length])), refused)


def _pad_objects(op: ops.PadObjects, boxes: Lists, others: Sequence[Any]) -> Outcome:
    sizes, ids = others[: op.num_sizes], others[op.num_sizes :]
    rows, places, chosen, _, refused = _keep(op, boxes, sizes)
    numbers = tf.ones_like(rows)
    for one in ids:
        refused |= tf.not_equal(4 * one.lengths, boxes.lengths)
        there = ~tf.gather(refused, rows)
        rows, places, chosen = (
            tf.boolean_mask(x, there) for x in (rows, places, chosen)
        )
        starts = tf.cumsum(one.lengths, exclusive=True)
        at = tf.gather(starts, rows) + chosen
        numbers = tf.gather(one.elements.tensor, at) + 1
    empty = tf.zeros([boxes.batch, op.length], tf.int64)
    where = tf.stack([rows, places], axis=1)
    found = tf.tensor_scatter_nd_update(empty, where, numbers)
    return Outcome(Value(found), refused)


def _keep(op: ops.BaseBoxOp, boxes: Lists, sizes: Sequence[Value]) -> tuple[Any, ...]:
    """The boxes that stay: row, place, box of the row, corners; and refused rows."""
    numbers, batch = boxes.elements.tensor, boxes.batch
    one = tf.fill([batch], exact(1.0, tf.float64))
    limits = [size.tensor for size in sizes] or [one, one]
    odd = tf.cast(~tf.math.is_finite(numbers), tf.int32)
    odd = tf.math.unsorted_segment_max(odd, boxes.rows, batch) > 0
    refused = tf.not_equal(boxes.lengths % 4, 0) | odd
    for limit in limits:
        refused |= ~((limit > 0.0) & tf.math.is_finite(limit))
    sound = ~tf.gather(refused, boxes.rows)
    rows = tf.boolean_mask(boxes.rows, sound)[::4]
    quads = tf.reshape(tf.boolean_mask(numbers, sound), [-1, 4])
    height, width = (tf.gather(limit, rows) for limit in limits)
    zero = exact(0.0, tf.float64)
    corners = [
        tf.where(x < 0.0, zero, tf.where(x > most, most, x))
        for x, most in zip(
            _to_corners(quads, op.source), (width, height, width, height), strict=True
        )
    ]
    stays = (corners[0] < corners[2]) & (corners[1] < corners[3])
    counts = tf.where(refused, tf.zeros_like(boxes.lengths), boxes.lengths // 4)
    firsts = tf.gather(tf.cumsum(counts, exclusive=True), rows)
    before = tf.cumsum(tf.cast(stays, tf.int64), exclusive=True)
    places = before - tf.gather(before, firsts)
    stays &= places < op.length
    chosen = tf.range(tf.size(rows, out_type=tf.int64)) - firsts
    picked = (tf.boolean_mask(x, stays) for x in (rows, places, chosen))
    return *picked, [tf.boolean_mask(x, stays) for x in corners], refused


def _to_corners(quads: tf.Tensor, source: BoxFormat) -> tuple[tf.Tensor, ...]:
    a, b, c, d = tf.unstack(quads, num=4, axis=1)
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


def _from_corners(corners: Sequence[tf.Tensor], target: BoxFormat) -> list[tf.Tensor]:
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
