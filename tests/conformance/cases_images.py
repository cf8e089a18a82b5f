"""Images; files were written by Pillow, and means computed by hand."""

import io
from typing import Any

import numpy as np
import pyarrow as pa
from conformance.case import Case
from PIL import Image

import featurekit as fk


def encoded(values: Any, kind: str, mode: str | None = None, **options: Any) -> bytes:
    """A file of an array of pixels."""
    image = Image.fromarray(np.array(values))
    buffer = io.BytesIO()
    (image.convert(mode) if mode else image).save(buffer, kind, **options)
    return buffer.getvalue()


def paletted() -> bytes:
    """The pixels of `COLORS`, each an entry of the palette."""
    image = Image.frombytes("P", (3, 2), bytes(range(6)))
    image.putpalette(COLORS.tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", bits=8)
    return buffer.getvalue()


def gray(*lines: list[int]) -> bytes:
    return encoded(np.array(lines, np.uint8), "PNG")


def files(*values: bytes | None) -> pa.Array:
    return pa.array(values, pa.large_binary())


COLORS = np.arange(18, dtype=np.uint8).reshape(2, 3, 3) * 14
FLAT = np.full((2, 3, 3), 90, np.uint8)
_LIST = COLORS.tolist()
_RGBA = np.concatenate([COLORS, np.full((2, 3, 1), 7, np.uint8)], axis=2)
NONE = (
    b"",
    b"\xff",
    b"\xff\xd8",
    b"not an image",
    encoded(FLAT, "GIF"),
    encoded(FLAT, "WEBP"),
    encoded(FLAT, "JPEG", "CMYK"),
    encoded(np.full((2, 3), 9, np.uint16), "PNG"),
    encoded(FLAT, "PNG", "1"),
    encoded(FLAT, "PNG")[:20],
    encoded(FLAT[:1], "PNG"),
    encoded(FLAT.transpose(1, 0, 2), "JPEG"),
)


CASES = [
    Case(
        "image_of_a_given_shape",
        {
            "x": files(
                encoded(COLORS, "PNG"),
                None,
                encoded(_RGBA, "PNG"),
                paletted(),
                encoded(FLAT, "JPEG"),
                encoded(FLAT, "JPEG", "L", progressive=True),
                *NONE,
            )
        },
        {"x": fk.image("x", shape=(2, 3))},
        {"x": [np.ravel(_LIST).tolist()] * 3 + [[90] * 18] * 2},
        rejected={
            1: "NULL_NOT_ALLOWED",
            **{6 + at: "BAD_IMAGE" for at in range(len(NONE))},
        },
    ),
    Case(
        "image_of_one_channel",
        {
            "x": files(
                gray([0, 255]),
                encoded(np.array([[[7, 9], [8, 9]]], np.uint8), "PNG"),
                encoded(FLAT[:1, :2], "PNG"),
                encoded(FLAT[:1, :2], "JPEG"),
                encoded(FLAT[:1, :2], "JPEG", "L"),
            )
        },
        {"x": fk.image("x", 1, shape=(1, 2)).rescale(2.0, 1.0)},
        {"x": [[1.0, 511.0], [15.0, 17.0], [181.0, 181.0]]},
        rejected={2: "BAD_IMAGE", 3: "BAD_IMAGE"},
    ),
    Case(
        "image_resized",
        {"x": files(gray([0, 255]), None, gray([40]), gray([0], [0], [0], [80]))},
        {
            "mean": fk.image("x", 1).resize(1, 1).missing_as_zeros(),
            "wide": fk.image("x", 1).resize(1, 4).missing_as_zeros(),
            "near": fk.image("x", 1).resize(1, 1, antialias=False).missing_as_zeros(),
        },
        {
            # Of four lines the weights are 5, 7, 7, 5.
            "mean": [[127.5], [0.0], [40.0], [float(np.float32(80 * 5 / 24))]],
            "wide": [
                [0.0, 63.75, 191.25, 255.0],
                [0.0] * 4,
                [40.0] * 4,
                [float(np.float32(80 * 5 / 24))] * 4,
            ],
            "near": [[127.5], [0.0], [40.0], [0.0]],
        },
    ),
    Case(
        "image_of_too_many_pixels",
        {"x": files(gray([1, 2, 3]), gray([1], [2]), gray([5, 6]))},
        {"x": fk.image("x", 1, max_pixels=2).resize(1, 2)},
        {"x": [[1.5, 1.5], [5.0, 6.0]]},
        rejected={0: "BAD_IMAGE"},
    ),
    Case(
        "image_without_rows",
        {"x": files()},
        {"x": fk.image("x").resize(2, 2), "y": fk.image("x", shape=(1, 1))},
        {"x": [], "y": []},
    ),
]
