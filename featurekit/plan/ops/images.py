"""The op that decodes images, and gives them one size."""

from dataclasses import dataclass
from math import prod
from typing import Literal, TypeAlias

from featurekit.plan.ops.tensors import BaseTensorOp, MissingTensor
from featurekit.plan.types import ValueType

ResizeKind: TypeAlias = Literal["none", "linear", "antialias"]


@dataclass(frozen=True, slots=True)
class DecodeImage(BaseTensorOp):
    """The pixels of a JPEG or PNG of 8 bits, row by row; resized they are float64.

    Args:
        height: Of the result.
        width: Of the result.
        channels: 1 or 3.
        resize: "none" refuses images of another size.
        max_pixels: An image that declares more is refused before it is decoded.
        missing: What a missing value becomes.
    """

    name = "decode_image"
    accepts = ("string",)
    height: int
    width: int
    channels: int
    resize: ResizeKind
    max_pixels: int
    missing: MissingTensor

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of a row."""
        return self.height, self.width, self.channels

    def radius(self, size: int, target: int) -> int:
        """How far a pixel reaches when `size` of them become `target`.

        The unit is a half of a pixel of the source divided by `target`, in which all
        centers and distances are integers.
        """
        return 2 * (max(size, target) if self.resize == "antialias" else target)

    def _fits(self, inputs: tuple[ValueType, ...]) -> bool:
        (value,) = inputs
        return not value.is_list and (self.missing == "zeros" or not value.nullable)

    def _infer(self, value: ValueType) -> ValueType:
        dtype: Literal["float64", "int64"]
        dtype = "int64" if self.resize == "none" else "float64"
        return ValueType(dtype, width=prod(self.shape), shape=self.shape)
