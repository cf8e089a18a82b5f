"""Ops on real numbers, in float64."""

from dataclasses import dataclass, replace

from featurekit.plan.ops.base import BaseOp
from featurekit.plan.types import ValueType
from featurekit.spec.inputs import NanPolicy


@dataclass(frozen=True, slots=True)
class ToFloat64(BaseOp):
    """Widens float32; a NaN becomes missing, rejects the row, or stays.

    Subnormal numbers become zeros of their sign: TensorFlow's threads flush them, and
    every backend has to agree.
    """

    name = "to_float64"
    accepts = ("float32",)
    nan: NanPolicy

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("float64", nullable=value.nullable)


@dataclass(frozen=True, slots=True)
class ClipValue(BaseOp):
    """Limits to [low, high]."""

    name = "clip_value"
    accepts = ("float64",)
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Log1pValue(BaseOp):
    """log(1 + x) rounded to float32, kept as float64; x < -1 rejects the row.

    Rounding here keeps everything after it, such as buckets, equal on machines whose
    log1p differs in the last bit of a float64.
    """

    name = "log1p_value"
    accepts = ("float64",)


@dataclass(frozen=True, slots=True)
class StandardizeValue(BaseOp):
    """(x - mean) / std; a std of 0 divides by 1."""

    name = "standardize_value"
    accepts = ("float64",)
    mean: float
    std: float


@dataclass(frozen=True, slots=True)
class MinMaxScale(BaseOp):
    """(x - minimum) / (maximum - minimum); an empty range divides by 1."""

    name = "min_max_scale"
    accepts = ("float64",)
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Bucketize(BaseOp):
    """The number of boundaries <= x; a NaN goes to the last bucket."""

    name = "bucketize"
    accepts = ("float64",)
    boundaries: tuple[float, ...]

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("int64", value.nullable, num_ids=len(self.boundaries) + 1)


@dataclass(frozen=True, slots=True)
class IsGreaterEqual(BaseOp):
    """1 where x >= threshold, else 0; a NaN gives 0."""

    name = "is_greater_equal"
    accepts = ("float64",)
    threshold: float

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("int64", value.nullable, num_ids=2)


@dataclass(frozen=True, slots=True)
class ToFloat32(BaseOp):
    """Rounds to float32; a finite value that becomes infinite rejects the row.

    Subnormal results become zeros of their sign.
    """

    name = "to_float32"
    accepts = ("float64",)

    def _infer(self, value: ValueType) -> ValueType:
        return replace(value, dtype="float32")
