"""Random images as code: small files of all kinds that are decoded, and others."""

import io

import numpy as np
from PIL import Image

from checks.random_draw import Draw

_MODES = ("RGB", "RGB", "L", "P", "RGBA", "LA")


def image_value(draw: Draw) -> str:
    """Code of the bytes of an image; of something else where rows may be refused."""
    if not draw.lenient and draw.chance(0.1):
        return repr(draw.one(b"", b"\xff\xd8", b"GIF89a", b"\x89PNG\r\n\x1a\n"))
    shape = draw.one(1, 2, 5, 17), draw.one(1, 3, 8), 3
    rng = np.random.default_rng(draw.rng.randrange(2**32))
    image = Image.fromarray(rng.integers(0, 256, shape, np.uint8))
    return repr(_encoded(draw, image))


def _encoded(draw: Draw, image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    if draw.chance(0.5):
        image.convert(draw.one(*_MODES)).save(buffer, "PNG")
    else:
        options = {"quality": draw.one(30, 75, 95), "subsampling": draw.one(0, 1, 2)}
        image.convert(draw.one("RGB", "L")).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def image_feature(draw: Draw) -> str:
    """Code of a resized image."""
    antialias = draw.one(True, False)
    size = f"{draw.one(1, 3, 6)}, {draw.one(1, 2, 9)}"
    code = f"fk.image({draw.name('J')}).resize({size}, antialias={antialias})"
    if draw.chance(draw.fills):
        code += ".missing_as_zeros()"
    return f"{code}.rescale({draw.one(0.1, 1 / 255)})" if draw.chance(0.5) else code
