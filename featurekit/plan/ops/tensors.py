"""Ops whose values have a shape: stored tensors, and the boxes of objects.

Between executors they are flat, one row after another; the type knows the shape. They
run on whole columns, after the ops of single values.
"""

from dataclasses import dataclass
from math import prod
from typing import Literal, TypeAlias

from featurekit.errors import SpecError
from featurekit.plan.ops.base import BaseOp
from featurekit.plan.types import ValueDType, ValueType
from featurekit.spec.steps.tensors import BoxFormat, TensorDType, TensorNan

MissingTensor: TypeAlias = Literal["refuse", "zeros"]


@dataclass(frozen=True, slots=True)
class BaseTensorOp(BaseOp):
    """Base of the ops that give numbers of one shape for each row."""

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """The type of the result.

        Raises:
            SpecError: The inputs do not fit the op.
        """
        if not inputs or inputs[0].dtype not in self.accepts or not self._fits(inputs):
            raise SpecError(
                f"{self.name} does not take these inputs",
                code="PLAN_TYPE",
                got=", ".join(map(str, inputs)),
                expected=f"one of {', '.join(self.accepts)}",
            )
        return self._infer(inputs[-1])

    def _fits(self, inputs: tuple[ValueType, ...]) -> bool:
        return len(inputs) == 1 and inputs[0].width is not None


def _shaped(dtype: ValueDType, shape: tuple[int, ...]) -> ValueType:
    return ValueType(dtype, width=prod(shape), shape=shape)


@dataclass(frozen=True, slots=True)
class DecodeTensor(BaseTensorOp):
    """The numbers whose bytes, little-endian, are the value.

    Args:
        shape: Of a row.
        dtype: Of the bytes.
        nan: Whether a NaN rejects the row.
        missing: What a missing value becomes.
    """

    name = "decode_tensor"
    accepts = ("string",)
    shape: tuple[int, ...]
    dtype: TensorDType
    nan: TensorNan
    missing: MissingTensor

    @property
    def item_bytes(self) -> int:
        """Bytes of one number."""
        return int(self.dtype.lstrip("uintfloa")) // 8

    def _fits(self, inputs: tuple[ValueType, ...]) -> bool:
        (value,) = inputs
        return not value.is_list and (self.missing == "zeros" or not value.nullable)

    def _infer(self, value: ValueType) -> ValueType:
        is_float = self.dtype.startswith("float")
        return _shaped("float64" if is_float else "int64", self.shape)


@dataclass(frozen=True, slots=True)
class ShapeList(BaseTensorOp):
    """The elements of a list that has as many as the shape.

    Args:
        shape: Of a row.
        missing: What a missing list becomes.
    """

    name = "shape_list"
    accepts = ("float64", "int64")
    shape: tuple[int, ...]
    missing: MissingTensor

    def _fits(self, inputs: tuple[ValueType, ...]) -> bool:
        return len(inputs) == 1 and inputs[0].is_list and not inputs[0].nullable

    def _infer(self, value: ValueType) -> ValueType:
        return _shaped(value.dtype, self.shape)


@dataclass(frozen=True, slots=True)
class RescaleTensor(BaseTensorOp):
    """Each number times `scale`, plus `offset`; both are rounded, to float64."""

    name = "rescale_tensor"
    accepts = ("float64", "int64")
    scale: float
    offset: float

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("float64", width=value.width, shape=value.shape)


@dataclass(frozen=True, slots=True)
class RoundTensor(BaseTensorOp):
    """The numbers as float32."""

    name = "round_tensor"
    accepts = ("float64",)

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("float32", width=value.width, shape=value.shape)


@dataclass(frozen=True, slots=True)
class BaseBoxOp(BaseTensorOp):
    """Base of the ops on lists of boxes, four numbers each.

    Boxes are clipped to the image, and left out where nothing of them is inside. The
    inputs are the boxes; where they are in pixels, height and width of the image.

    Args:
        length: Boxes per row; the first ones stay.
        source: What the four numbers are.
        relative: Whether they are parts of height and width instead of pixels.
    """

    accepts = ("float64",)
    length: int
    source: BoxFormat
    relative: bool

    @property
    def num_sizes(self) -> int:
        """How many of the inputs are sizes of the image."""
        return 0 if self.relative else 2

    def _fits(self, inputs: tuple[ValueType, ...]) -> bool:
        boxes, sizes = inputs[0], inputs[1 : 1 + self.num_sizes]
        rest = len(inputs) - 1 - self.num_sizes
        plain = all(
            one.dtype == "float64" and not one.is_list and not one.nullable
            for one in sizes
        )
        return boxes.is_list and not boxes.nullable and plain and self._fits_rest(rest)

    def _fits_rest(self, count: int) -> bool:
        return count == 0


@dataclass(frozen=True, slots=True)
class PadBoxes(BaseBoxOp):
    """The boxes in another format, cut and padded with zeros.

    Args:
        target: What the four numbers become.
        to_relative: Whether they become parts of height and width.
    """

    name = "pad_boxes"
    target: BoxFormat
    to_relative: bool

    def _infer(self, value: ValueType) -> ValueType:
        return _shaped("float64", (self.length, 4))


@dataclass(frozen=True, slots=True)
class PadObjects(BaseBoxOp):
    """For each box that stays its id plus one, or 1; behind them 0."""

    name = "pad_objects"

    def _fits_rest(self, count: int) -> bool:
        return count in (0, 1)

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("int64", width=self.length, num_ids=(value.num_ids or 1) + 1)
