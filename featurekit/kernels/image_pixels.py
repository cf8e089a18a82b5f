"""Pixels of encoded images, by Pillow, which is loaded on first use."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from featurekit.errors import MissingDependencyError
from featurekit.plan.image_header import accepts_header, read_header
from featurekit.plan.ops.images import DecodeImage


def decode_pixels(op: DecodeImage, data: bytes) -> npt.NDArray[np.uint8] | None:
    """The pixels, shape (height, width, channels) of the file; None if refused.

    Raises:
        MissingDependencyError: Pillow is not installed.
    """
    pillow = _load_pillow()
    header = read_header(data)
    if header is None or not accepts_header(op, header):
        return None
    try:
        with pillow.open(io.BytesIO(data), formats=(header.format,)) as image:
            found = image.convert("L" if op.channels == 1 else "RGB")
    except (OSError, SyntaxError, ValueError, EOFError):
        return None  # truncated or damaged; Pillow knows no narrower class
    return np.asarray(found).reshape(header.height, header.width, op.channels)


def _load_pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingDependencyError("Pillow", "images") from error
    return Image
