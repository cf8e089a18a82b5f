"""What the skew matrix computes for images."""

import io

import numpy as np
import pyarrow as pa
from PIL import Image

from checks.skew_case import SkewCase
from checks.skew_values import Rng
from featurekit.plan import ops
from featurekit.spec.columns import image

_DISTINCT = 64
_NULLS = 0.02


def _files(rng: Rng, rows: int) -> pa.Array:
    """JPEGs and PNGs of several sizes, some of which are missing."""
    files = [_file(rng, at) for at in range(min(rows, _DISTINCT))]
    chosen = rng.integers(0, max(1, len(files)), rows)
    missing = rng.random(rows) < _NULLS
    values = [
        None if gone else files[at] for at, gone in zip(chosen, missing, strict=True)
    ]
    return pa.array(values, pa.binary())


def _file(rng: Rng, at: int) -> bytes:
    size = (*rng.integers(1, 24, 2), 3)
    picture = Image.fromarray(rng.integers(0, 256, size, np.uint8))
    buffer = io.BytesIO()
    if at % 2:
        picture.convert(("RGB", "L", "P", "RGBA")[at // 2 % 4]).save(buffer, "PNG")
    else:
        picture.save(buffer, "JPEG", subsampling=at // 2 % 3, quality=60 + at % 40)
    return buffer.getvalue()


IMAGE_CASES: dict[type[ops.Op], SkewCase] = {
    ops.DecodeImage: SkewCase(
        {"x": _files},
        {
            "smooth": image("x").resize(5, 7).missing_as_zeros(),
            "linear": image("x").resize(9, 4, antialias=False).missing_as_zeros(),
            "scaled": image("x").resize(3, 3).missing_as_zeros().rescale(1 / 255, -0.5),
        },
        xla=False,
    )
}
