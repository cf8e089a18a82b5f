"""Small images, written without a library, for rows that nobody gave."""

import struct
import zlib

from featurekit.plan import ops

_SIZES = ((1, 1), (5, 3), (8, 13))


def sample_images(op: ops.DecodeImage) -> list[bytes]:
    """A few PNGs that an op accepts."""
    sizes = ((op.height, op.width),) if op.resize == "none" else _SIZES
    accepted = (size for size in sizes if size[0] * size[1] <= op.max_pixels)
    return [write_png(*size, op.channels) for size in accepted]


def write_png(height: int, width: int, channels: int) -> bytes:
    """A PNG of numbers that differ from pixel to pixel."""
    size = width * channels
    lines = (
        b"\0" + bytes((line * size + at) * 119 % 251 for at in range(size))
        for line in range(height)
    )
    color = 0 if channels == 1 else 2
    header = struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"IDAT", zlib.compress(b"".join(lines))),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + check
