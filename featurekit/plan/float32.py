"""float32 without NumPy."""

import struct


def to_float32(value: float) -> float:
    """The nearest float32; of numbers in its range.

    >>> to_float32(0.1)
    0.10000000149011612
    """
    rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return rounded
