"""What is known about ids, in a graph.

Kernels take the ops of a stage and their ids stacked, shape (columns, batch).
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from featurekit.backends.keras.categorical import per_column
from featurekit.backends.keras.values import Outcome, Value, both
from featurekit.plan import ops


def lookup_number(chosen: Sequence[ops.LookupNumber], x: Value) -> Outcome:
    """The numbers of ids, from one table of all ops."""
    sizes = [len(op.values) for op in chosen]
    starts = per_column([0, *np.cumsum(sizes)[:-1].tolist()])
    numbers = np.array([number for op in chosen for number in op.values], np.float64)
    known = x.tensor < per_column(sizes)
    # What stands under missing values and in refused rows is no id.
    ids = tf.maximum(tf.minimum(x.tensor, per_column(sizes) - 1), 0)
    found = tf.gather(tf.constant(numbers), ids + starts)
    valid = both(x.valid, known) if chosen[0].num_missing else x.valid
    return Outcome(Value(found, valid))


def bucketize_by_key(
    chosen: Sequence[ops.BucketizeByKey], x: Value, key: Value
) -> Outcome:
    """Counts the boundaries of the key that are not above; all ops are equal."""
    op = chosen[0]
    ends = np.cumsum(op.sizes)
    table = np.full((len(op.sizes), max(op.sizes)), np.inf)
    for row, (end, size) in enumerate(zip(ends, op.sizes, strict=True)):
        table[row, :size] = op.boundaries[end - size : end]
    known = key.tensor < len(op.sizes)
    # What stands under missing values and in refused rows is no id.
    ids = tf.maximum(tf.minimum(key.tensor, len(op.sizes) - 1), 0)
    reached = x.tensor[..., tf.newaxis] >= tf.gather(tf.constant(table), ids)
    passed = tf.reduce_sum(tf.cast(reached, tf.int64), axis=-1)
    most = tf.gather(tf.constant(op.sizes, tf.int64), ids)
    # Apart, as NaN passes all: of "not below" Grappler would make ">=" again.
    passed = tf.where(tf.math.is_nan(x.tensor), most, passed)
    valid = both(x.valid, key.valid)
    valid = both(valid, known) if op.num_missing else valid
    return Outcome(Value(tf.minimum(passed, most), valid))
