"""One Keras layer for each op of a plan.

Each takes and gives tensors of shape (batch,) in which a missing value is a marker:
for float32, int64 and text those of `featurekit.backends.missing`, for float64 a NaN
with a payload. A chain of them computes what the plan of the same ops computes, bit
for bit. A refused row raises RowError when run eagerly, and InvalidArgumentError in a
graph.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from featurekit.backends.keras.categorical import make_table
from featurekit.backends.keras.program import apply_op
from featurekit.backends.keras.values import DTYPES, as_raised, mark, unmark
from featurekit.errors import DTypeMismatchError, MissingColumnError, RowError
from featurekit.plan import ops
from featurekit.plan.rejects import describe_reject
from featurekit.plan.types import ValueDType, ValueType

register = keras.saving.register_keras_serializable(package="featurekit")


class OpLayer(keras.layers.Layer):
    """A layer that runs one op; its arguments are those of the op."""

    op_class: ClassVar[type[ops.Op]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        names = [entry.name for entry in fields(self.op_class)]
        given = dict(zip(names, args, strict=False))
        given.update({name: kwargs.pop(name) for name in names if name in kwargs})
        # No casts on the way in: markers and 64-bit ids have to arrive as they are.
        super().__init__(**{"autocast": False, "trainable": False, **kwargs})
        self.op: Any = self.op_class(**{k: _read(v) for k, v in given.items()})
        self.supports_jit = False
        self.built = True

    def call(self, inputs: Any) -> tf.Tensor:
        """Runs the op on one tensor, or on a list of them for a cross."""
        tensors = inputs if isinstance(inputs, list | tuple) else [inputs]
        values = [unmark(tf.convert_to_tensor(tensor)) for tensor in tensors]
        value, rejected = apply_op(self.op, values, getattr(self, "table", None))
        if rejected is not None:
            self._require_accepted(rejected)
        return mark(value)

    def _require_accepted(self, rejected: tf.Tensor) -> None:
        code, message, expected, hint = describe_reject(self.op)
        if tf.executing_eagerly():
            rows = np.flatnonzero(rejected.numpy())
            if len(rows):
                row = int(rows[0])
                raise RowError(
                    message, code=code, row=row, expected=expected, hint=hint
                )
            return
        text = f"[{code}] {message} (expected {expected}). Hint: {hint}"
        tf.debugging.Assert(tf.logical_not(tf.reduce_any(rejected)), [text])

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        """Shape and dtype, without running anything."""
        tensors = inputs if isinstance(inputs, list | tuple) else [inputs]
        kinds = tuple(ValueType(_dtype_of(tensor, self.op)) for tensor in tensors)
        kind = self._infer(kinds)
        batch = tensors[0].shape[0]
        shape = (batch,) if kind.width is None else (batch, kind.width)
        return keras.KerasTensor(shape, dtype=DTYPES[kind.dtype].name)

    def _infer(self, kinds: tuple[ValueType, ...]) -> ValueType:
        found: ValueType = self.op.infer(kinds)
        return found

    def get_config(self) -> dict[str, Any]:
        """The arguments of the op, as JSON can hold them."""
        arguments = {
            entry.name: _write(getattr(self.op, entry.name))
            for entry in fields(self.op)
        }
        return {**super().get_config(), **arguments}


def _vocabulary(tokens: Any) -> Any:
    """The tokens as the op holds them; a config as it is."""
    if isinstance(tokens, ops.VocabularyTable | dict):
        return tokens
    given = tuple(t.encode() if isinstance(t, str) else t for t in tokens)
    return ops.VocabularyTable(given)


def _dtype_of(tensor: Any, op: ops.Op) -> Any:
    name = keras.backend.standardize_dtype(tensor.dtype)
    is_time = isinstance(op, ops.ExtractTimePart)
    return "timestamp" if is_time and name == "int64" else name


def _write(value: Any) -> Any:
    if isinstance(value, ops.VocabularyTable):
        if value.is_text:
            tokens: Any = value.tokens
            return {"text": [b64encode(token).decode() for token in tokens]}
        return {"integers": list(value.tokens)}
    if isinstance(value, float):
        return {"float": value.hex()}  # JSON has no infinity, and -0.0 is not 0
    if isinstance(value, tuple):
        return [_write(entry) for entry in value]
    return value


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        if "text" in value:
            tokens = tuple(b64decode(token) for token in value["text"])
            return ops.VocabularyTable(tokens)
        if "integers" in value:
            return ops.VocabularyTable(tuple(value["integers"]))
        return float.fromhex(value["float"])
    if isinstance(value, list):
        return tuple(_read(entry) for entry in value)
    return value


@register
class ReadColumn(keras.layers.Layer):
    """Takes one column out of a dict of tensors.

    Args:
        column: Its name.
        value_dtype: "float32", "int64", "string" or "timestamp".

    Semantics:
        - Missing: stays missing.
        - Output: the tensor itself, unchanged.
        - Other dtype, or not there: DTypeMismatchError, MissingColumnError.
    """

    def __init__(self, column: str, value_dtype: ValueDType, **kwargs: Any) -> None:
        super().__init__(**{"autocast": False, "trainable": False, **kwargs})
        self.op = ops.ReadColumn(column, value_dtype)
        self.built = True

    def call(self, inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        """The column."""
        return self._select(inputs)

    def _select(self, inputs: Any) -> Any:
        if self.op.column not in inputs:
            raise as_raised(
                MissingColumnError(
                    "an input is missing", column=self.op.column, got=sorted(inputs)
                )
            )
        found = inputs[self.op.column]
        wanted = DTYPES[self.op.dtype].name
        if keras.backend.standardize_dtype(found.dtype) != wanted:
            raise as_raised(
                DTypeMismatchError(
                    "an input has the wrong type",
                    column=self.op.column,
                    got=str(found.dtype),
                    expected=wanted,
                )
            )
        return found

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        """Shape and dtype, without running anything."""
        found = self._select(inputs)
        return keras.KerasTensor(found.shape, dtype=DTYPES[self.op.dtype].name)

    def get_config(self) -> dict[str, Any]:
        """Column and dtype."""
        return {
            **super().get_config(),
            "column": self.op.column,
            "value_dtype": self.op.dtype,
        }


@register
class ToFloat64(OpLayer):
    """Widens float32 to float64, in which numbers are computed.

    Args:
        nan: What a NaN means: "missing", "error" or "keep".

    Semantics:
        - Missing: stays missing.
        - NaN: becomes missing, is refused, or stays, as `nan` says.
        - Subnormal: becomes a zero of its sign.
        - Output: float64, shape (batch,).
    """

    op_class = ops.ToFloat64


@register
class FillMissing(OpLayer):
    """Replaces missing values.

    Args:
        value: A float for float64, an int for int64, a str for text.

    Semantics:
        - Missing: becomes `value`.
        - NaN: stays NaN.
        - Output: the input's dtype, shape (batch,).
    """

    op_class = ops.FillMissing


@register
class ClipValue(OpLayer):
    """Limits numbers to [low, high].

    Args:
        low: Lower bound; may be -inf.
        high: Upper bound; may be inf.

    Semantics:
        - Missing: stays missing. NaN: stays NaN.
        - Infinite: becomes the bound.
        - -0.0 within the bounds stays -0.0.
        - Output: float64, shape (batch,).
    """

    op_class = ops.ClipValue


@register
class Log1pValue(OpLayer):
    """log(1 + x), rounded to float32 and kept as float64.

    Semantics:
        - Missing: stays missing. NaN: stays NaN.
        - Below -1: refused. -1: -inf. inf: inf.
        - Output: float64, shape (batch,).
    """

    op_class = ops.Log1pValue


@register
class StandardizeValue(OpLayer):
    """(x - mean) / std.

    Args:
        mean: Subtracted.
        std: Divides; 0 divides by 1.

    Semantics:
        - Missing: stays missing. NaN, infinite: pass through.
        - Output: float64, shape (batch,).
    """

    op_class = ops.StandardizeValue


@register
class MinMaxScale(OpLayer):
    """(x - minimum) / (maximum - minimum).

    Args:
        minimum: Mapped to 0.
        maximum: Mapped to 1; if equal to `minimum`, the difference is not divided.

    Semantics:
        - Missing: stays missing. NaN, infinite: pass through.
        - Out of range: extrapolates.
        - Output: float64, shape (batch,).
    """

    op_class = ops.MinMaxScale


@register
class Bucketize(OpLayer):
    """The number of boundaries that are <= x.

    Args:
        boundaries: Strictly increasing numbers, compared in float64.

    Semantics:
        - Missing: stays missing. NaN: the last bucket.
        - On a boundary: the bucket that begins there.
        - Output: int64 in [0, len(boundaries)], shape (batch,).
    """

    op_class = ops.Bucketize


@register
class IsGreaterEqual(OpLayer):
    """1 where x >= threshold, else 0.

    Args:
        threshold: Compared in float64.

    Semantics:
        - Missing: stays missing. NaN: 0.
        - Output: int64, 0 or 1, shape (batch,).
    """

    op_class = ops.IsGreaterEqual


@register
class LookupVocabulary(OpLayer):
    """The id of a token in a vocabulary.

    Args:
        vocabulary: The tokens in id order: all str or bytes, or all int.
        num_oov: Ids for unknown tokens. Defaults to 1.
        num_reserved: How many of the tokens have the first ids. Defaults to 0.
        num_skipped: How many ids after these no token has. Defaults to 0.
        oov_first: Whether the ids for unknown tokens are the next; else they are the
            last. Defaults to False.

    Semantics:
        - Missing: stays missing. Empty text: a token like any other.
        - Unknown: the first id for unknown tokens + FarmHash64 mod num_oov; refused if
          that is 0.
        - Output: int64 in [0, len(vocabulary) + num_skipped + num_oov), shape (batch,).

    Example:
        >>> import featurekit as fk
        >>> layer = fk.keras.LookupVocabulary(["AA", "UA"])
        >>> layer(tf.constant(["UA", "??"])).numpy().tolist()
        [1, 2]
    """

    op_class = ops.LookupVocabulary

    def __init__(
        self, vocabulary: Iterable[str | bytes | int], num_oov: int = 1, **kwargs: Any
    ) -> None:
        super().__init__(_vocabulary(vocabulary), num_oov, **kwargs)
        self.table = make_table(self.op)


@register
class HashBucket(OpLayer):
    """The hash of the text, or of the decimal text of an integer.

    Args:
        num_buckets: Divides the hash; the remainder is the id.
        key: Two integers: SipHash-2-4 under this key. Defaults to FarmHash64.

    Semantics:
        - Missing: stays missing. Empty text: hashed like any other.
        - Output: int64 in [0, num_buckets), shape (batch,).
    """

    op_class = ops.HashBucket


@register
class CrossHash(OpLayer):
    """One id for the values of several columns; takes a list of tensors.

    Args:
        num_buckets: Divides the hash; the remainder is the id.
        hash_key: Where the fold starts. Defaults to TensorFlow's start.

    Semantics:
        - Missing: missing where any input is.
        - Same ids as `keras.layers.HashedCrossing`, which has no `hash_key`.
        - Output: int64 in [0, num_buckets), shape (batch,).
    """

    op_class = ops.CrossHash


@register
class CombineIds(OpLayer):
    """One id for each pair of ids; takes a list of two tensors.

    Args:
        size: The number of ids that the second may be.

    Semantics:
        - Missing: missing where any input is.
        - Output: first * size + second, int64, shape (batch,).
    """

    op_class = ops.CombineIds

    def _infer(self, kinds: tuple[ValueType, ...]) -> ValueType:
        ids = tuple(replace(kind, num_ids=self.op.size) for kind in kinds)
        return super()._infer(ids)


@register
class CheckRange(OpLayer):
    """The integer itself.

    Args:
        num_ids: Integers from 0 to below this one are accepted.

    Semantics:
        - Missing: stays missing.
        - Negative, or too large: refused.
        - Output: int64 in [0, num_ids), shape (batch,).
    """

    op_class = ops.CheckRange


@register
class ExtractTimePart(OpLayer):
    """A part of the local time: the year, or a part that is counted from 0.

    Args:
        part: "minute", "hour", "day_of_week", "day_of_month", "day_of_year", "month" or
            "year".
        transitions: Seconds since 1970-01-01 UTC at which the offset changes.
        offsets: Seconds east of UTC, before the first transition and after each.

    Semantics:
        - Missing: stays missing.
        - Before 1970: the calendar goes on backwards.
        - Output: int64, shape (batch,).
    """

    op_class = ops.ExtractTimePart


@register
class RequirePresent(OpLayer):
    """Refuses missing values.

    Semantics:
        - Missing: refused. NaN: is a value.
        - Output: the input.
    """

    op_class = ops.RequirePresent


@register
class OneHotEncode(OpLayer):
    """A vector that is 1.0 at the id.

    Args:
        depth: Width of the vector.

    Semantics:
        - Out of range: all zeros; ids of other layers are in range.
        - Output: float32, shape (batch, depth).
    """

    op_class = ops.OneHotEncode

    def _infer(self, kinds: tuple[ValueType, ...]) -> ValueType:
        ids = tuple(replace(kind, num_ids=self.op.depth) for kind in kinds)
        return super()._infer(ids)


@register
class ToFloat32(OpLayer):
    """Rounds to float32.

    Semantics:
        - Missing: stays missing. NaN: stays NaN.
        - Finite, but beyond float32: refused. Infinite: stays infinite.
        - Subnormal result: a zero of its sign.
        - Output: float32, shape (batch,).
    """

    op_class = ops.ToFloat32
