"""Steps that give numbers of one shape: stored tensors, and the boxes of objects."""

from dataclasses import dataclass, field
from math import prod
from typing import ClassVar, Literal, TypeAlias, get_args

from featurekit.errors import SpecError
from featurekit.spec.steps.base import (
    MAX_IDS,
    BaseStep,
    check_count,
    check_finite,
    make_float,
)

TensorDType: TypeAlias = Literal[
    "float16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
]
TensorNan: TypeAlias = Literal["error", "keep"]
BoxFormat: TypeAlias = Literal["xyxy", "yxyx", "xywh", "cxcywh"]

_SMALLEST, _LARGEST = 2.0**-126, 2.0**128 - 2.0**104  # normal numbers of float32


def check_word_of(value: object, words: object, what: str) -> None:
    """Raises SpecError unless the value is one of the words of a Literal."""
    if value not in get_args(words):
        raise SpecError(
            f"unknown {what}",
            code="SPEC_BAD_VALUE",
            got=value,
            expected=f"one of {', '.join(get_args(words))}",
        )


@dataclass(frozen=True, slots=True)
class Tensor(BaseStep):
    """Takes bytes, or a list of numbers, as a tensor of one shape."""

    method: ClassVar[str] = "tensor"
    shape: tuple[int, ...]
    dtype: TensorDType | None = None  # of bytes; a list knows its own
    nan: TensorNan | None = field(default=None, kw_only=True)  # of bytes

    def __post_init__(self) -> None:
        if not isinstance(self.shape, tuple | list) or not self.shape:
            raise SpecError(
                "shape must be one integer or more",
                code="SPEC_BAD_VALUE",
                got=self.shape,
                expected="such as (28, 28)",
            )
        object.__setattr__(self, "shape", tuple(self.shape))
        for size in self.shape:
            check_count(size, "a size of the shape")
        check_count(prod(self.shape), "the number of values")
        if self.dtype is not None:
            check_word_of(self.dtype, TensorDType, "dtype of a tensor")
        if self.nan is not None:
            check_word_of(self.nan, TensorNan, "policy for NaN")


@dataclass(frozen=True, slots=True)
class MissingAsZeros(BaseStep):
    """Takes a missing tensor as zeros."""

    method: ClassVar[str] = "missing_as_zeros"


@dataclass(frozen=True, slots=True)
class Rescale(BaseStep):
    """Multiplies all numbers by one, and adds another."""

    method: ClassVar[str] = "rescale"
    scale: float
    offset: float = 0.0

    def __post_init__(self) -> None:
        for name in ("scale", "offset"):
            value = getattr(self, name)
            check_finite(value, name)
            may_be_zero = name == "offset" and value == 0.0
            if not may_be_zero and not _SMALLEST <= abs(value) <= _LARGEST:
                raise SpecError(
                    f"{name} is not in the range of float32",
                    code="SPEC_BAD_VALUE",
                    got=value,
                )
        make_float(self, "scale", "offset")


@dataclass(frozen=True, slots=True)
class PadBoxes(BaseStep):
    """Cuts and pads boxes to one number of them."""

    method: ClassVar[str] = "pad_boxes"
    length: int
    format: BoxFormat = field(kw_only=True)
    relative: bool = field(kw_only=True)

    def __post_init__(self) -> None:
        _check_length(self.length)
        check_word_of(self.format, BoxFormat, "format of boxes")


@dataclass(frozen=True, slots=True)
class PadLabels(BaseStep):
    """Replaces boxes by their labels."""

    method: ClassVar[str] = "pad_labels"
    length: int

    def __post_init__(self) -> None:
        _check_length(self.length)


@dataclass(frozen=True, slots=True)
class BoxMask(BaseStep):
    """Replaces boxes by where there is one."""

    method: ClassVar[str] = "box_mask"
    length: int

    def __post_init__(self) -> None:
        _check_length(self.length)


def _check_length(length: object) -> None:
    check_count(length, "length")
    if isinstance(length, int) and length > MAX_IDS // 4:
        raise SpecError(
            "length is out of range",
            code="SPEC_BAD_VALUE",
            got=length,
            expected=f"at most {MAX_IDS // 4}",
        )
