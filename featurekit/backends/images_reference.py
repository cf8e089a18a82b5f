"""The definition of decoding and resizing images, one pixel at a time."""

from collections.abc import Sequence
from typing import Any

from featurekit.kernels.image_pixels import decode_pixels
from featurekit.plan import ops


def decode_image(value: bytes | None, op: ops.DecodeImage) -> tuple[Any, ...] | None:
    """The numbers of an image; a missing one is zeros, a refused one None."""
    if value is None:
        zero = 0 if op.resize == "none" else 0.0
        return (zero,) * (op.height * op.width * op.channels)
    pixels = decode_pixels(op, value)
    if pixels is None:
        return None
    if op.resize == "none":
        return tuple(pixels.reshape(-1).tolist())
    return resize(pixels.tolist(), op)


def resize(image: Sequence[Any], op: ops.DecodeImage) -> tuple[float, ...]:
    """The weighted means of pixels, exact up to their only division."""
    rows = [weigh(len(image), op.height, at, op) for at in range(op.height)]
    columns = [weigh(len(image[0]), op.width, at, op) for at in range(op.width)]
    found = []
    for down in rows:
        # Down first, then across: integers have no order that would matter.
        line = [
            [
                sum(w * image[y][x][c] for y, w in down.items())
                for c in range(op.channels)
            ]
            for x in range(len(image[0]))
        ]
        for across in columns:
            total = sum(down.values()) * sum(across.values())
            for c in range(op.channels):
                value = sum(w * line[x][c] for x, w in across.items())
                found.append(float(value) / float(total))
    return tuple(found)


def weigh(size: int, target: int, at: int, op: ops.DecodeImage) -> dict[int, int]:
    """Which pixels of a line of `size` make pixel `at` of `target`, and their weights.

    A weight falls linearly from the center to zero at the radius. Centers are at
    halves of pixels: (x + 1/2) / size = (at + 1/2) / target, times 2 size target.
    """
    radius = op.radius(size, target)
    weights = {
        x: radius - abs((2 * x + 1) * target - (2 * at + 1) * size) for x in range(size)
    }
    return {x: weight for x, weight in weights.items() if weight > 0}
