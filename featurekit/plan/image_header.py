"""What the header of an image declares; nothing is decoded."""

import struct
from typing import NamedTuple

from featurekit.plan.ops.images import DecodeImage
from featurekit.spec.steps.images import MAX_SIDE

JPEG_START = b"\xff\xd8\xff"
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_HEADER = PNG_START + b"\x00\x00\x00\rIHDR"

_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 1, 6: 3}  # by color type; transparency is none
# Baseline, extended and progressive; others are lossless, arithmetic or hierarchical.
_JPEG_FRAMES = (0xC0, 0xC1, 0xC2)
_OTHER_FRAMES = (*(0xC3, 0xC5, 0xC6, 0xC7), *(0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF))
_NO_LENGTH = (0x01, *range(0xD0, 0xD9))


class ImageHeader(NamedTuple):
    """Format, size, bits of a number, and 1 channel or 3; CMYK has 4."""

    format: str
    height: int
    width: int
    bits: int
    channels: int

    def __str__(self) -> str:
        size = f"{self.height}x{self.width}"
        return f"{self.format} {size}, {self.channels} channels of {self.bits} bits"


def read_header(data: bytes) -> ImageHeader | None:
    """The header of a JPEG or PNG; None of anything else."""
    if data.startswith(PNG_HEADER) and len(data) >= 26:
        width, height, bits, color = struct.unpack(">IIBB", data[16:26])
        channels = _PNG_CHANNELS.get(color)
        return (channels and ImageHeader("PNG", height, width, bits, channels)) or None
    return _read_jpeg(data) if data.startswith(JPEG_START) else None


def _read_jpeg(data: bytes) -> ImageHeader | None:
    at = 2
    while at + 10 <= len(data):
        if data[at] != 0xFF:
            at += 1  # decoders skip what is no marker
            continue
        marker = data[at + 1]
        if marker in _JPEG_FRAMES:
            bits, height, width, channels = struct.unpack_from(">BHHB", data, at + 4)
            return ImageHeader("JPEG", height, width, bits, channels)
        if marker in _OTHER_FRAMES:
            return None
        if marker == 0xFF:
            at += 1
        elif marker in _NO_LENGTH:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def accepts_header(op: DecodeImage, header: ImageHeader | None) -> bool:
    """Whether an op decodes an image of this header."""
    if header is None or header.bits != 8:
        return False
    height, width = header.height, header.width
    fits = 0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE
    if not fits or height * width > op.max_pixels:
        return False
    if header.channels != op.channels and (header.channels, op.channels) != (1, 3):
        return False
    return op.resize != "none" or (height, width) == (op.height, op.width)


def show_image(got: object) -> object:
    """What a refused value is, for an error."""
    if not isinstance(got, bytes):
        return got
    header = read_header(got)
    return str(header) if header else f"{len(got)} bytes that start {got[:8]!r}"
