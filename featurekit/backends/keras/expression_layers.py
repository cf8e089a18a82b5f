"""Keras layers of ops of several inputs, of missing values, and of vectors.

A layer of several inputs takes a list of tensors.
"""

from dataclasses import replace
from typing import Any

from featurekit.backends.keras.op_layers import OpLayer, register
from featurekit.plan import ops
from featurekit.plan.types import ValueType


@register
class IsMissing(OpLayer):
    """1 where there is no value, else 0.

    Semantics:
        - Missing: 1. NaN that is a value: 0.
        - Output: int64, shape (batch,), never missing.
    """

    op_class = ops.IsMissing


@register
class Arithmetic(OpLayer):
    """One operation of two numbers; takes a list of tensors, or the one operand.

    Args:
        operator: "add", "subtract", "multiply", "divide", "minimum" or "maximum".
        left: The first operand, if it is a number. Defaults to None, an input.
        right: The second operand, if it is a number. Defaults to None, an input.

    Semantics:
        - Missing: missing where an operand is.
        - Division by 0, and NaN where no operand is one: missing.
        - Below 2**-1022 in magnitude, operand or result: a zero of its sign.
        - Output: float64, shape (batch,).

    Example:
        >>> import tensorflow as tf
        >>> import featurekit as fk
        >>> half = fk.keras.Arithmetic("divide", right=2.0)
        >>> half(tf.constant([3.0], tf.float64)).numpy().tolist()
        [1.5]
    """

    op_class = ops.Arithmetic


@register
class CompareNumbers(OpLayer):
    """1 where two numbers compare so, else 0; takes a list, or the one operand.

    Args:
        operator: "less_than", "less_equal", "greater_than" or "greater_equal".
        left: The first operand, if it is a number. Defaults to None, an input.
        right: The second operand, if it is a number. Defaults to None, an input.

    Semantics:
        - Missing: missing where an operand is. NaN: 0.
        - Output: int64, 0 or 1, shape (batch,).
    """

    op_class = ops.CompareNumbers


@register
class ChooseNumber(OpLayer):
    """One number where a condition is 1, another one where it is 0.

    Takes a list: the condition, int64, and those of the two that are no numbers.

    Args:
        then: The number where it is 1. Defaults to None, an input.
        otherwise: The number where it is 0. Defaults to None, an input.

    Semantics:
        - Missing: missing where the condition or the chosen number is.
        - Output: float64, shape (batch,).
    """

    op_class = ops.ChooseNumber

    def _infer(self, kinds: tuple[ValueType, ...]) -> ValueType:
        condition, *numbers = kinds
        return super()._infer((replace(condition, num_ids=2), *numbers))


@register
class HideId(OpLayer):
    """One id in rows that are chosen by chance, another one in the others.

    Takes a list: a number for each row, int64, and the ids of the others, unless they
    are one number.

    Args:
        seed: Another one makes another choice.
        place: A number below 2**32: another one makes another choice.
        hidden_below: How many of 2**32 words choose a row.
        mask: The id in rows that are chosen.
        shown: The id in the others. Defaults to None, an input.

    Semantics:
        - Missing: missing where an input is.
        - Output: int64, shape (batch,).
    """

    op_class = ops.HideId

    def _infer(self, kinds: tuple[ValueType, ...]) -> ValueType:
        key, *ids = kinds
        return super()._infer((key, *(replace(one, num_ids=2**62) for one in ids)))


@register
class JoinText(OpLayer):
    """The texts of a row as one text; takes a list of tensors.

    Args:
        separator: Put between two texts.

    Semantics:
        - Missing: missing where any is. Empty text: joined like any other.
        - Output: string, shape (batch,).
    """

    op_class = ops.JoinText


@register
class LookupVector(OpLayer):
    """The vector of an id.

    Args:
        width: Numbers per vector.
        values: The vector of id 0, then that of id 1, and so on.

    Semantics:
        - Out of range: the nearest id's; ids of other layers are in range.
        - Output: float32, shape (batch, width).
    """

    op_class = ops.LookupVector

    def _infer(self, kinds: tuple[ValueType, ...]) -> ValueType:
        op: Any = self.op
        count = len(op.values) // op.width
        return super()._infer(tuple(replace(kind, num_ids=count) for kind in kinds))


@register
class LookupNumber(OpLayer):
    """The number of an id.

    Args:
        values: The number of id 0, then that of id 1, and so on.
        num_missing: How many ids follow that have no number. Defaults to 0.

    Semantics:
        - Missing: stays missing; so is an id behind the last number.
        - Out of range: the nearest id's; ids of other layers are in range.
        - Output: float64, shape (batch,).
    """

    op_class = ops.LookupNumber

    def _infer(self, kinds: tuple[ValueType, ...]) -> ValueType:
        ids = tuple(replace(kind, num_ids=self.op.num_ids) for kind in kinds)
        return super()._infer(ids)


@register
class BucketizeByKey(OpLayer):
    """The number of boundaries of a key that are <= x; takes numbers and ids.

    Args:
        boundaries: Those of key 0, then those of key 1, and so on.
        sizes: How many boundaries each key has.
        num_missing: How many ids follow that have none. Defaults to 0.

    Semantics:
        - Missing: missing where an input is, and for ids behind the last key.
        - NaN: the last bucket of the key.
        - Out of range: the nearest id's; ids of other layers are in range.
        - Output: int64, shape (batch,).
    """

    op_class = ops.BucketizeByKey

    def _infer(self, kinds: tuple[ValueType, ...]) -> ValueType:
        value, key = kinds
        return super()._infer((value, replace(key, num_ids=self.op.num_keys)))
