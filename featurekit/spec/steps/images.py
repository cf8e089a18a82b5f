"""Steps that give images: decoding, and one size for all of them."""

from dataclasses import dataclass, field
from typing import ClassVar

from featurekit.errors import SpecError
from featurekit.spec.steps.base import BaseStep, check_count

MAX_SIDE = 65535  # of a JPEG; with it, resizing is exact in 64-bit integers
MAX_PIXELS = 2**26


@dataclass(frozen=True, slots=True)
class Image(BaseStep):
    """Takes bytes as an image of 8 bits."""

    method: ClassVar[str] = "image"
    channels: int
    shape: tuple[int, ...] = field(default=(), kw_only=True)  # empty: any
    max_pixels: int = field(default=MAX_PIXELS, kw_only=True)

    def __post_init__(self) -> None:
        if isinstance(self.channels, bool) or self.channels not in (1, 3):
            raise SpecError(
                "unknown number of channels",
                code="SPEC_BAD_VALUE",
                got=self.channels,
                expected="1 for gray, 3 for color",
            )
        if not isinstance(self.shape, tuple | list) or len(self.shape) not in (0, 2):
            raise SpecError(
                "shape must be the height and width of all images",
                code="SPEC_BAD_VALUE",
                got=self.shape,
                expected="such as (28, 28), or none before resize",
            )
        object.__setattr__(self, "shape", tuple(self.shape))
        if self.shape:
            check_size(*self.shape)
        check_count(self.max_pixels, "max_pixels")
        if self.max_pixels > MAX_PIXELS:
            raise SpecError(
                "max_pixels is out of range",
                code="SPEC_BAD_VALUE",
                got=self.max_pixels,
                expected=f"at most {MAX_PIXELS}",
            )


@dataclass(frozen=True, slots=True)
class Resize(BaseStep):
    """Gives images of all sizes one."""

    method: ClassVar[str] = "resize"
    height: int
    width: int
    antialias: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        check_size(self.height, self.width)
        if not isinstance(self.antialias, bool):
            raise SpecError(
                "antialias must be True or False",
                code="SPEC_BAD_VALUE",
                got=self.antialias,
            )


def check_size(height: int, width: int) -> None:
    """Raises SpecError unless an image can have this size."""
    for size, name in ((height, "height"), (width, "width")):
        check_count(size, name)
        if size > MAX_SIDE:
            raise SpecError(
                f"{name} is out of range",
                code="SPEC_BAD_VALUE",
                got=size,
                expected=f"at most {MAX_SIDE}",
            )
    if height * width > MAX_PIXELS:
        raise SpecError(
            "an image has too many pixels",
            code="SPEC_BAD_VALUE",
            got=(height, width),
            expected=f"at most {MAX_PIXELS}",
        )
