"""Decoding and resizing images of a column."""

from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.kernels.image_pixels import decode_pixels
from featurekit.plan import ops

IntArray: TypeAlias = npt.NDArray[np.int64]


def decode_images(
    op: ops.DecodeImage, column: pa.Array
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Numbers, [rows, width], and the rows that are refused; missing rows are zeros."""
    dtype = np.int64 if op.resize == "none" else np.float64
    found = np.zeros((len(column), prod(op.shape)), dtype)
    refused = np.zeros(len(column), np.bool_)
    for row, value in enumerate(column.cast(pa.large_binary())):
        if not value.is_valid:
            continue
        pixels = decode_pixels(op, value.as_py())
        if pixels is None:
            refused[row] = True
        else:
            made = pixels if op.resize == "none" else _resize(op, pixels)
            found[row] = made.reshape(-1)
    return found, refused


def _resize(op: ops.DecodeImage, pixels: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The weighted means; sums of integers are exact, in any order."""
    height, width, _ = pixels.shape
    down, down_weights = _taps(op, height, op.height)
    across, across_weights = _taps(op, width, op.width)
    lines = np.zeros((op.height, width, op.channels), np.int64)
    for at, weights in zip(down, down_weights, strict=True):
        lines += pixels[at] * weights[:, np.newaxis, np.newaxis]
    sums = np.zeros(op.shape, np.int64)
    for at, weights in zip(across, across_weights, strict=True):
        sums += lines[:, at] * weights[:, np.newaxis]
    totals = np.outer(down_weights.sum(axis=0), across_weights.sum(axis=0))
    made: npt.NDArray[np.float64] = sums.astype(np.float64)
    return made / totals.astype(np.float64)[:, :, np.newaxis]


def _taps(op: ops.DecodeImage, size: int, target: int) -> tuple[IntArray, IntArray]:
    """Pixels of the source and their weights, both [taps, target].

    All places of the result have as many taps; those too many have the weight 0.
    """
    radius = op.radius(size, target)
    centers = (2 * np.arange(target, dtype=np.int64) + 1) * size
    first = (centers - radius) // (2 * target)
    taps = np.arange(radius // target + 2, dtype=np.int64)[:, np.newaxis] + first
    weights = radius - np.abs((2 * taps + 1) * target - centers)
    inside = (taps >= 0) & (taps < size)
    return np.clip(taps, 0, size - 1), np.where(inside, np.maximum(weights, 0), 0)
