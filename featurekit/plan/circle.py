"""Points that are evenly spread on a circle, as the plan stores them."""

import math
import struct

MAX_POINTS = 65_536


def circle_points(count: int) -> tuple[float, ...]:
    """Sine and cosine of 2π·i/count for each i, as float32 numbers.

    Angles are reduced to one quarter in integers: quarters of the circle are exact, and
    float32 hides the last bit, in which machines' sines differ.

    Example:
        >>> circle_points(4)
        (0.0, 1.0, 1.0, 0.0, 0.0, -1.0, -1.0, 0.0)
    """
    values: list[float] = []
    for index in range(count):
        quarter, rest = divmod(4 * index, count)
        sine = math.sin(math.pi * rest / (2 * count))
        cosine = math.cos(math.pi * rest / (2 * count))
        for _ in range(quarter):
            sine, cosine = cosine, -sine
        values += (sine + 0.0, cosine + 0.0)  # -0.0 + 0.0 is 0.0
    return struct.unpack(f"<{len(values)}f", struct.pack(f"<{len(values)}f", *values))
