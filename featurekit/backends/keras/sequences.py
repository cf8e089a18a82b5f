"""Lists that are made of lists, in a graph."""

import tensorflow as tf

from featurekit.backends.keras.expressions import arithmetic
from featurekit.backends.keras.lists import (
    Lists,
    aggregate,
    select_elements,
    select_rows,
)
from featurekit.backends.keras.values import Value, both
from featurekit.plan import ops

_SUBTRACT = ops.Arithmetic("subtract", None, None)


def run_sequence_op(
    op: ops.BaseSequenceOp, *inputs: Lists
) -> tuple[Lists, tf.Tensor | None]:
    """The lists that an op makes, and which rows it refuses; None for none."""
    first = inputs[0]
    match op:
        case ops.AlignLists(drop=drop):
            return _align(inputs, drop=drop)
        case ops.ShiftList(offset=offset):
            made = _shift(first, offset)
        case ops.DifferenceList(lag=lag):
            made = arithmetic([_SUBTRACT], first.elements, _shift(first, lag)).value
        case ops.RollList(size=size, kind=kind):
            made = _roll(first, size, kind)
        case _:
            raise AssertionError(f"{op.name} makes no list")
    return first._replace(elements=made), None


def _align(inputs: tuple[Lists, ...], *, drop: bool) -> tuple[Lists, tf.Tensor | None]:
    first = inputs[0]
    refused = tf.zeros_like(first.valid)
    for other in inputs[1:]:
        refused |= tf.not_equal(first.lengths, other.lengths)
        refused |= tf.not_equal(first.valid, other.valid)
    if not drop:
        return first, refused
    # Of rows whose lists are of one length, elements at one place are a step.
    kept = [select_rows(one, ~refused) for one in inputs]
    there = None
    for one in kept:
        there = both(there, one.elements.valid)
    return (kept[0] if there is None else select_elements(kept[0], there)), refused


def _positions(lists: Lists) -> tf.Tensor:
    """The place of each element in its list, from 0."""
    starts = tf.cumsum(lists.lengths, exclusive=True)
    count = tf.size(lists.rows, out_type=tf.int64)
    return tf.range(count) - tf.gather(starts, lists.rows)


def _shift(lists: Lists, offset: int) -> Value:
    places = _positions(lists) - offset
    inside = (places >= 0) & (places < tf.gather(lists.lengths, lists.rows))
    source = tf.range(tf.size(lists.rows, out_type=tf.int64)) - offset
    source = tf.where(inside, source, 0)
    tensor, valid = lists.elements
    moved = None if valid is None else tf.gather(valid, source)
    return Value(tf.gather(tensor, source), both(inside, moved))


def _roll(lists: Lists, size: int, kind: str) -> Value:
    """Windows are lists of their own, one for each element that ends a full one."""
    tensor, valid = lists.elements
    count = tf.size(lists.rows, out_type=tf.int64)
    full = _positions(lists) >= size - 1
    if valid is not None:
        lacking = tf.cumsum(tf.cast(~valid, tf.int64))
        before = tf.maximum(tf.range(count) - size, 0)
        first = tf.range(count) < size
        earlier = tf.where(first, tf.zeros_like(lacking), tf.gather(lacking, before))
        full &= tf.equal(lacking, earlier)
    ends = tf.where(full)[:, 0]
    places = tf.reshape(
        ends[:, tf.newaxis] + tf.range(1 - size, 1, dtype=tf.int64), [-1]
    )
    windows = tf.size(ends, out_type=tf.int64)
    rows = tf.repeat(tf.range(windows), size)
    lengths = tf.fill([windows], tf.constant(size, tf.int64))
    numbers = Value(tf.gather(tensor, places))
    found = aggregate(Lists(numbers, rows, lengths, tf.ones([windows], tf.bool)), kind)
    spread = tf.scatter_nd(ends[:, tf.newaxis], found.tensor, [count])
    return Value(spread, full)
