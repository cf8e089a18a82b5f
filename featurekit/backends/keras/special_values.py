"""Values that stand for something else, in a graph."""

from collections.abc import Sequence

import tensorflow as tf

from featurekit.backends.keras.categorical import per_column
from featurekit.backends.keras.values import Outcome, Value, both
from featurekit.plan import ops


def mark_missing(chosen: Sequence[ops.MarkMissing], x: Value) -> Outcome:
    """Takes some values for missing ones; all ops are equal."""
    valid = x.valid
    for value in chosen[0].values:
        valid = both(valid, tf.not_equal(x.tensor, tf.constant(value, x.tensor.dtype)))
    return Outcome(Value(x.tensor, valid))


def default_id(chosen: Sequence[ops.DefaultId], x: Value) -> Outcome:
    """Replaces ids out of range; all ops have a default, or none has."""
    limits = per_column([op.num_ids for op in chosen])
    known = (x.tensor >= 0) & (x.tensor < limits)
    defaults = [op.default for op in chosen if op.default is not None]
    if not defaults:
        return Outcome(Value(x.tensor, both(x.valid, known)))
    return Outcome(Value(tf.where(known, x.tensor, per_column(defaults)), x.valid))
