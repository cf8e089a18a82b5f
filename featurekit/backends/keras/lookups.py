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
