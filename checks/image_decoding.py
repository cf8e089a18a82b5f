"""Whether Pillow and TensorFlow decode images to the same values.

    python -m checks.image_decoding

Encodes images of several sizes, textures and qualities, and counts for each way to
decode them in TensorFlow the images that differ from Pillow's. Needs Pillow.
"""

import io
import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

SIZES = ((1, 1), (2, 3), (7, 5), (16, 16), (33, 47), (64, 96), (101, 77))
NOISE = (0, 25, 90)
QUALITIES = (10, 50, 75, 95, 100)
SUBSAMPLINGS = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}
DCT_METHODS = ("INTEGER_ACCURATE", "INTEGER_FAST")


def textured(height: int, width: int, noise: float) -> Image.Image:
    """Waves and noise; the same for the same arguments."""
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / 5 + i) * np.cos(y / 7 + 2 * i) for i in range(3)]
    rng = np.random.default_rng([height, width, int(noise)])
    values = (
        127 + 100 * np.stack(waves, -1) + rng.normal(size=(height, width, 3)) * (noise)
    )
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def decoded(data: bytes) -> Any:
    """The values that Pillow gives, shape (height, width, 3)."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def jpegs() -> Iterator[tuple[str, bytes]]:
    """Subsampling and bytes of every image."""
    for size, noise, quality, (number, name), progressive in itertools.product(
        SIZES, NOISE, QUALITIES, SUBSAMPLINGS.items(), (False, True)
    ):
        image = textured(*size, noise)
        options = {"quality": quality, "progressive": progressive}
        yield name, encoded(image, "JPEG", subsampling=number, **options)


def main() -> None:
    """Prints how many images differ."""
    images: Counter[tuple[Any, ...]] = Counter()
    differ: Counter[tuple[Any, ...]] = Counter()
    for name, data in jpegs():
        wanted = decoded(data)
        for method, fancy in itertools.product(DCT_METHODS, (True, False)):
            found = tf.io.decode_jpeg(
                data, channels=3, dct_method=method, fancy_upscaling=fancy
            )
            way = (method, f"fancy_upscaling={fancy}", name)
            images[way] += 1
            differ[way] += not np.array_equal(wanted, found.numpy())
    for way in sorted(images):
        print(*way, f"{differ[way]} of {images[way]} differ")
    for mode in ("RGB", "L", "RGBA", "P"):
        data = encoded(textured(33, 47, 25).convert(mode), "PNG")
        same = np.array_equal(decoded(data), tf.io.decode_png(data, 3).numpy())
        print("PNG", mode, "the same" if same else "differs")


if __name__ == "__main__":
    main()
