"""Lists in a graph: how tensors hold them, and what ends them.

Inside of a program, the elements of all lists of a column are one tensor of shape
(elements,), beside the row of each.
"""

from typing import NamedTuple, TypeAlias

import tensorflow as tf

from featurekit.backends import missing as markers
from featurekit.backends.keras.numeric import to_float32
from featurekit.backends.keras.values import Outcome, Value, both, exact, unmark
from featurekit.plan import ops

BagEncode: TypeAlias = ops.MultiHotEncode | ops.CountEncode | ops.WeightEncode


class Lists(NamedTuple):
    """The lists of a column.

    Args:
        elements: The elements of all rows, shape (elements,).
        rows: int64, shape (elements,): the row of each, not decreasing.
        lengths: int64, shape (batch,): elements of each row, 0 of a missing list.
        valid: bool, shape (batch,): which lists are not missing.
    """

    elements: Value
    rows: tf.Tensor
    lengths: tf.Tensor
    valid: tf.Tensor

    @property
    def batch(self) -> tf.Tensor:
        """How many rows there are, int64."""
        return tf.shape(self.lengths, out_type=tf.int64)[0]


def read_lists(tensor: tf.Tensor | tf.RaggedTensor) -> Lists:
    """The lists that a tensor holds.

    Args:
        tensor: A RaggedTensor of shape (batch, None), or a tensor of shape (batch, n);
            both with the markers of `featurekit.backends.missing`.
    """
    end, no_list = _markers(tensor.dtype)
    if isinstance(tensor, tf.RaggedTensor):
        tensor = tensor.to_tensor(end)
    absent = _equal(tensor, no_list)
    ends = tf.cast(_equal(tensor, end) | absent, tf.int32)
    inside = tf.equal(tf.cumsum(ends, axis=1), 0)
    lengths = tf.reduce_sum(tf.cast(inside, tf.int64), axis=1)
    missing = tf.reduce_any(absent, axis=1) & tf.equal(lengths, 0)
    places = tf.where(inside)
    elements = unmark(tf.gather_nd(tensor, places))
    return Lists(elements, places[:, 0], lengths, ~missing)


def write_lists(ragged: tf.RaggedTensor, valid: tf.Tensor) -> tf.Tensor:
    """A tensor of shape (batch, n) that `read_lists` takes.

    Args:
        ragged: The lists, shape (batch, None), with markers for missing elements.
        valid: bool, shape (batch,): which lists are not missing; others are empty.
    """
    end, no_list = _markers(ragged.dtype)
    # One more column than the longest list: even the longest may be missing.
    matrix = tf.pad(ragged.to_tensor(end), [[0, 0], [0, 1]], constant_values=end)
    first = tf.range(tf.shape(matrix)[1]) == 0
    return tf.where(~valid[:, tf.newaxis] & first, no_list, matrix)


def _markers(dtype: tf.DType) -> tuple[tf.Tensor, tf.Tensor]:
    """What stands behind a list, and for a missing list."""
    if dtype == tf.float32:
        bits = (markers.END_FLOAT_BITS, markers.NO_LIST_FLOAT_BITS)
        end, no_list = (tf.constant(one, tf.int32) for one in bits)
        return tf.bitcast(end, tf.float32), tf.bitcast(no_list, tf.float32)
    if dtype == tf.int64:
        values = (markers.END_INTEGER, markers.NO_LIST_INTEGER)
        return tf.constant(values[0], dtype), tf.constant(values[1], dtype)
    return tf.constant(markers.END_TEXT), tf.constant(markers.NO_LIST_TEXT)


def _equal(tensor: tf.Tensor, marker: tf.Tensor) -> tf.Tensor:
    if tensor.dtype == tf.float32:
        tensor, marker = (tf.bitcast(one, tf.int32) for one in (tensor, marker))
    return tf.equal(tensor, marker)


def end_list(op: ops.BaseListEnd, *inputs: Lists) -> Outcome:
    """Runs an op that makes one value per row of lists; rejected rows are bool."""
    if isinstance(op, ops.WeightEncode):
        return _weigh(op, *inputs)
    if isinstance(op, ops.PadWeighted):
        return _pad_weighted(op, *inputs)
    (given,) = inputs
    lists = without_missing(given)
    numbers = lists.elements.tensor
    match op:
        case ops.PackVector(size=size):
            padded = ops.PadNumbers(size, "right", "right", 0.0)
            found = Value(_pad(padded, lists, numbers, 0.0))
            return Outcome(found, tf.not_equal(lists.lengths, size))
        case ops.PadIds():
            return Outcome(Value(_pad(op, lists, numbers + 1, 0)))
        case ops.PadNumbers(value=value):
            return Outcome(Value(_pad(op, lists, numbers, value)))
        case ops.MultiHotEncode():
            return Outcome(Value(tf.minimum(_count(op, lists), 1.0)))
        case ops.CountEncode():
            return Outcome(Value(_count(op, lists)))
        case ops.WeighTerms():
            return Outcome(Value(_weigh_terms(op, lists)))
        case ops.AggregateList(kind=kind):
            return Outcome(aggregate(lists, kind))
        case ops.CountElements(maximum=None):
            return Outcome(Value(tf.cast(lists.lengths, tf.float64), lists.valid))
        case ops.CountElements(maximum=int() as most):
            return Outcome(Value(tf.minimum(lists.lengths, most), lists.valid))
        case ops.MaskElements(length=length, side=side):
            places = tf.range(length, dtype=tf.int64)
            places = places if side == "right" else length - 1 - places
            mask = places < lists.lengths[:, tf.newaxis]
            return Outcome(Value(tf.cast(mask, tf.float32)))
    raise AssertionError(f"{op.name} does not end a list")


def without_missing(lists: Lists) -> Lists:
    """The lists without the elements that are missing."""
    valid = lists.elements.valid
    return lists if valid is None else select_elements(lists, valid)


def select_elements(lists: Lists, kept: tf.Tensor) -> Lists:
    """The lists with some of their elements, all of which are there."""
    rows = tf.boolean_mask(lists.rows, kept)
    lengths = tf.math.unsorted_segment_sum(tf.ones_like(rows), rows, lists.batch)
    elements = Value(tf.boolean_mask(lists.elements.tensor, kept))
    return Lists(elements, rows, lengths, lists.valid)


def _pad(
    op: ops.PadIds | ops.PadNumbers | ops.PadWeighted,
    lists: Lists,
    values: tf.Tensor,
    padding: float,
) -> tf.Tensor:
    starts = tf.cumsum(lists.lengths, exclusive=True)
    position = tf.range(tf.size(values, out_type=tf.int64))
    position -= tf.gather(starts, lists.rows)
    if op.truncate == "left":
        position -= tf.gather(tf.maximum(lists.lengths - op.length, 0), lists.rows)
    kept = (position >= 0) & (position < op.length)
    if op.side == "left":
        position += tf.gather(tf.maximum(op.length - lists.lengths, 0), lists.rows)
    places = tf.boolean_mask(tf.stack([lists.rows, position], axis=1), kept)
    empty = tf.fill([lists.batch, op.length], exact(padding, values.dtype))
    return tf.tensor_scatter_nd_update(empty, places, tf.boolean_mask(values, kept))


def _places(op: BagEncode, lists: Lists) -> tuple[tf.Tensor, tf.Tensor]:
    """Row and id of each element, and whether it is an id: refused ones may not be."""
    ids = lists.elements.tensor
    fits = (ids >= 0) & (ids < op.depth)
    return tf.stack([lists.rows, tf.where(fits, ids, 0)], axis=1), fits


def _count(op: ops.MultiHotEncode | ops.CountEncode, lists: Lists) -> tf.Tensor:
    places, fits = _places(op, lists)
    return tf.scatter_nd(places, tf.cast(fits, tf.float32), [lists.batch, op.depth])


def _weigh_terms(op: ops.WeighTerms, lists: Lists) -> tf.Tensor:
    ids, depth = lists.elements.tensor, len(op.weights)
    fits = (ids >= 0) & (ids < depth)  # refused ids may not be
    places = tf.stack([lists.rows, tf.where(fits, ids, 0)], axis=1)
    counts = tf.scatter_nd(places, tf.cast(fits, tf.int64), [lists.batch, depth])
    weighed = tf.cast(counts, tf.float64) * tf.constant(op.weights, tf.float64)
    return tf.cast(weighed, tf.float32)


def _weigh(op: ops.WeightEncode, ids: Lists, weights: Lists) -> Outcome:
    """Sums in the order of the list: on the CPU, tf.scatter_nd adds one by one."""
    ids, weights, differ = _pairs(ids, weights)
    places, fits = _places(op, ids)
    added = tf.where(fits, weights.elements.tensor, exact(0.0, tf.float64))
    totals = tf.scatter_nd(places, added, [ids.batch, op.depth])
    value, too_large = to_float32([ops.ToFloat32()], Value(totals))
    return Outcome(value, differ | tf.reduce_any(too_large, axis=1))


def _pad_weighted(op: ops.PadWeighted, ids: Lists, weights: Lists) -> Outcome:
    ids, weights, differ = _pairs(ids, weights)
    if op.part == "ids":
        return Outcome(Value(_pad(op, ids, ids.elements.tensor + 1, 0)), differ)
    return Outcome(Value(_pad(op, weights, weights.elements.tensor, 0.0)), differ)


def _pairs(ids: Lists, weights: Lists) -> tuple[Lists, Lists, tf.Tensor]:
    """The pairs that are there, and which rows have lists of different lengths."""
    differ = tf.not_equal(ids.lengths, weights.lengths)
    # Of rows of one length, the elements that are left are pairs.
    ids, weights = (select_rows(one, ~differ) for one in (ids, weights))
    there = both(ids.elements.valid, weights.elements.valid)
    if there is not None:
        ids, weights = select_elements(ids, there), select_elements(weights, there)
    return ids, weights, differ


def select_rows(lists: Lists, chosen: tf.Tensor) -> Lists:
    """The elements of some rows, missing ones among them."""
    kept = tf.gather(chosen, lists.rows)
    valid = lists.elements.valid
    found = select_elements(lists, kept)
    if valid is None:
        return found
    return found._replace(elements=Value(found.elements.tensor, valid[kept]))


def aggregate(lists: Lists, kind: str) -> Value:
    """One number of each list; sums as in `_weigh`."""
    numbers, rows = lists.elements.tensor, lists.rows
    if kind in ("sum", "mean"):
        total = tf.scatter_nd(rows[:, tf.newaxis], numbers, [lists.batch])
        if kind == "sum":
            return Value(total, lists.valid)
        count = tf.cast(tf.maximum(lists.lengths, 1), tf.float64)
        return Value(total / count, lists.valid & (lists.lengths > 0))
    # The unsorted forms start at the largest finite number, which loses infinities.
    reduce = tf.math.segment_min if kind == "min" else tf.math.segment_max
    is_nan = tf.math.is_nan(numbers)
    ordinary = tf.where(is_nan, tf.zeros_like(numbers), numbers)
    extreme = reduce(ordinary, rows)  # of the lists up to the last with an element
    rest = lists.batch - tf.shape(extreme, tf.int64)[0]
    extreme = tf.pad(extreme, [[0, rest]])
    extreme = tf.where(tf.equal(extreme, 0.0), tf.zeros_like(extreme), extreme)
    nans = tf.math.unsorted_segment_max(tf.cast(is_nan, tf.int32), rows, lists.batch)
    nan = tf.constant(float("nan"), tf.float64)
    found = tf.where(nans > 0, nan, extreme)
    return Value(found, lists.valid & (lists.lengths > 0))
