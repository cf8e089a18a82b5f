"""Keras layers of the ops on values that stand for something else."""

from featurekit.backends.keras.op_layers import OpLayer, register
from featurekit.plan import ops


@register
class MarkMissing(OpLayer):
    """Takes some values for missing ones.

    Args:
        values: Floats for float64, ints for int64, str for text.

    Semantics:
        - Missing, and each of the values: missing. 0.0 is -0.0.
        - Output: the input's dtype, shape (batch,).
    """

    op_class = ops.MarkMissing


@register
class DefaultId(OpLayer):
    """The integer itself where it is in [0, num_ids), else a default.

    Args:
        num_ids: How many ids there are.
        default: The id of all other integers; None: they are missing.

    Semantics:
        - Missing: stays missing.
        - Out of range, negative: the default, or missing.
        - Output: int64, shape (batch,).
    """

    op_class = ops.DefaultId
