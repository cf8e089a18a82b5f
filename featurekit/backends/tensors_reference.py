"""The definition of the ops whose values have a shape, one row at a time.

A function gives the numbers of a row, one after another; None where it refuses the row.
"""

import math
import struct
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, assert_never

from featurekit.backends.images_reference import decode_image
from featurekit.plan import ops
from featurekit.spec.steps.tensors import BoxFormat

Numbers: TypeAlias = tuple[Any, ...] | None

_SMALLEST_NORMAL = 2.0**-126
_LETTERS = {
    "float16": "e",
    "float32": "f",
    "float64": "d",
    "int8": "b",
    "int16": "h",
    "int32": "i",
    "int64": "q",
    "uint8": "B",
    "uint16": "H",
}


def tensor_function(op: ops.TensorOp) -> Callable[..., Numbers]:
    """What an op makes of its inputs in one row."""
    match op:
        case ops.DecodeTensor():
            return lambda value: decode_tensor(value, op)
        case ops.DecodeImage():
            return lambda value: decode_image(value, op)
        case ops.ShapeList():
            return lambda found: shape_list(found, math.prod(op.shape))
        case ops.RescaleTensor(scale=scale, offset=offset):
            return lambda values: tuple(float(x) * scale + offset for x in values)
        case ops.RoundTensor():
            return round_tensor
        case ops.PadBoxes():
            return lambda boxes, *sizes: pad_boxes(boxes, sizes, op)
        case ops.PadObjects():
            return lambda boxes, *others: pad_objects(boxes, others, op)
        case _:
            assert_never(op)


def decode_tensor(value: bytes | None, op: ops.DecodeTensor) -> Numbers:
    """The numbers of the bytes; a missing value is zeros."""
    size = math.prod(op.shape)
    layout = f"<{size}{_LETTERS[op.dtype]}"
    if value is None:
        value = bytes(struct.calcsize(layout))
    if len(value) != struct.calcsize(layout):
        return None
    found = struct.unpack(layout, value)
    if not op.dtype.startswith("float"):
        return found
    if op.nan == "error" and any(map(math.isnan, found)):
        return None
    return tuple(map(_flush, found))


def _flush(value: float) -> float:
    """A zero of its sign where float32 would hold a subnormal."""
    return math.copysign(0.0, value) if abs(value) < _SMALLEST_NORMAL else value


def shape_list(found: tuple[Any, ...] | None, size: int) -> Numbers:
    """The elements of a list of the right length; a missing list is zeros."""
    if found is None:
        return (0,) * size
    return found if len(found) == size else None


def round_tensor(values: Sequence[float]) -> Numbers:
    """The float32 numbers that are written; every NaN has the bits 7fc00000."""
    found = tuple(map(_round, values))
    fits = all(
        math.isfinite(rounded) or not math.isfinite(value)
        for value, rounded in zip(values, found, strict=True)
    )
    return found if fits else None


def _round(value: float) -> float:
    if math.isnan(value):
        return math.nan
    try:
        rounded: float = struct.unpack("<f", struct.pack("<f", _flush(value)))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return rounded


def kept_boxes(
    numbers: Sequence[float], sizes: Sequence[float], op: ops.BaseBoxOp
) -> list[tuple[int, list[float]]] | None:
    """Position and corners (x0, y0, x1, y1) of the boxes that stay."""
    if len(numbers) % 4 or not all(map(math.isfinite, numbers)):
        return None
    if not all(0.0 < size < math.inf for size in sizes):
        return None
    height, width = sizes or (1.0, 1.0)
    kept = []
    for at in range(len(numbers) // 4):
        corners = to_corners(numbers[4 * at : 4 * at + 4], op.source)
        inside = [
            clip(value, most)
            for value, most in zip(corners, (width, height, width, height), strict=True)
        ]
        if inside[0] < inside[2] and inside[1] < inside[3]:
            kept.append((at, inside))
    return kept[: op.length]


def clip(value: float, most: float) -> float:
    """The value within [0, most]; a negative zero stays."""
    return 0.0 if value < 0.0 else most if value > most else value


def to_corners(box: Sequence[float], source: BoxFormat) -> tuple[float, ...]:
    """Left, top, right, bottom."""
    a, b, c, d = box
    match source:
        case "xyxy":
            return a, b, c, d
        case "yxyx":
            return b, a, d, c
        case "xywh":
            return a, b, a + c, b + d
        case "cxcywh":
            return a - c * 0.5, b - d * 0.5, a + c * 0.5, b + d * 0.5
        case _:
            assert_never(source)


def from_corners(corners: Sequence[float], target: BoxFormat) -> tuple[float, ...]:
    """The four numbers of the format."""
    left, top, right, bottom = corners
    match target:
        case "xyxy":
            return left, top, right, bottom
        case "yxyx":
            return top, left, bottom, right
        case "xywh":
            return left, top, right - left, bottom - top
        case "cxcywh":
            center = (left + right) * 0.5, (top + bottom) * 0.5
            return *center, right - left, bottom - top
        case _:
            assert_never(target)


def pad_boxes(
    numbers: Sequence[float], sizes: Sequence[float], op: ops.PadBoxes
) -> Numbers:
    """The boxes that stay in another format, and zeros."""
    kept = kept_boxes(numbers, sizes, op)
    if kept is None:
        return None
    found: list[float] = []
    for _, corners in kept:
        if sizes and op.to_relative:
            height, width = sizes
            units = (width, height, width, height)
            corners = [x / unit for x, unit in zip(corners, units, strict=True)]
        found += from_corners(corners, op.target)
    return (*found, *[0.0] * (4 * op.length - len(found)))


def pad_objects(
    numbers: Sequence[float], others: Sequence[Any], op: ops.PadObjects
) -> Numbers:
    """For each box that stays its id plus one, or 1; and zeros."""
    sizes, ids = others[: op.num_sizes], others[op.num_sizes :]
    kept = kept_boxes(numbers, sizes, op)
    if kept is None or any(4 * len(one) != len(numbers) for one in ids):
        return None
    found = [ids[0][at] + 1 if ids else 1 for at, _ in kept]
    return (*found, *[0] * (op.length - len(found)))
