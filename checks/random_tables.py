"""Random Arrow columns as code: odd values, in every layout that a source may have."""

from collections.abc import Callable

import numpy as np

from checks.random_draw import INTEGERS, LARGEST, TEXTS, Draw
from checks.random_images import image_value

_FLOATS = [
    *("nan", "inf", "-inf", "0.0", "-0.0", "1.0", "-1.0", "0.5", "2.0", "16777216.0"),
    *("3.4028234663852886e+38", "1.1754943508222875e-38", "1e-45", "-1.0000001192"),
]
_TIMES = [0, -1, 1710054000000000, 1730613600000000, -1615140000000001, LARGEST]
_LETTERS = [chr(point) for point in [*range(32, 600), 0x4E00, 0x1F600]]
TYPES = {
    "x": ["pa.float32()", "pa.float64()"],
    "i": ["pa.int64()"],
    "s": ["pa.string()", "pa.large_string()", "pa.binary()", "pa.string_view()"],
    "t": ["pa.timestamp('us', 'UTC')"],
    "X": ["pa.list_(pa.float32())", "pa.large_list(pa.float32())"],
    "I": ["pa.list_(pa.int64())", "pa.large_list(pa.int32())"],
    "S": ["pa.list_(pa.string())", "pa.large_list(pa.large_string())"],
    "B": ["pa.binary()", "pa.large_binary()"],
    "J": ["pa.binary()", "pa.large_binary()"],
    "Q": ["pa.list_(pa.float32())", "pa.large_list(pa.float64())"],
}
"""Arrow types of a column, by kind."""


def column(draw: Draw, kind: str) -> str:
    """Code of a column in one of the layouts."""
    return draw.one(*LAYOUTS)(draw, kind, draw.one(*TYPES[kind]))


def _plain(draw: Draw, kind: str, dtype: str) -> str:
    return f"pa.array({_values(draw, kind, draw.rows)}, {dtype})"


def _slice(draw: Draw, kind: str, dtype: str) -> str:
    before = draw.rng.randint(1, 9)
    values = _values(draw, kind, draw.rows + before + 2)
    return f"pa.array({values}, {dtype}).slice({before}, {draw.rows})"


def _chunks(draw: Draw, kind: str, dtype: str) -> str:
    cut = draw.rng.randint(0, draw.rows)
    parts = [_values(draw, kind, size) for size in (cut, 0, draw.rows - cut)]
    chunks = ", ".join(f"pa.array({values}, {dtype})" for values in parts)
    return f"pa.chunked_array([{chunks}])"


def _dictionary(draw: Draw, kind: str, dtype: str) -> str:
    """Entries may repeat, be unused, or be null."""
    if kind not in "is" or "view" in dtype:
        return _plain(draw, kind, dtype)
    entries = draw.rng.randint(1, 6)
    codes = [draw.one(None, *range(entries)) for _ in range(draw.rows)]
    index = draw.one("int8", "int32", "uint16")
    return (
        f"pa.DictionaryArray.from_arrays(pa.array({codes}, pa.{index}()), "
        f"pa.array({_values(draw, kind, entries)}, {dtype}))"
    )


LAYOUTS: tuple[Callable[[Draw, str, str], str], ...] = (
    _plain,
    _slice,
    _chunks,
    _dictionary,
)


def _values(draw: Draw, kind: str, count: int) -> str:
    values = (
        "None" if draw.chance(draw.nulls) else VALUES[kind](draw) for _ in range(count)
    )
    return f"[{', '.join(values)}]"


def _number(draw: Draw) -> str:
    usual = draw.rng.lognormvariate(0, 3) * draw.one(-1, 1)
    return repr(float(np.float32(usual))) if draw.chance(0.5) else draw.one(*_FLOATS)


def _integer(draw: Draw) -> str:
    return repr(draw.rng.randint(-2, 9) if draw.chance(0.5) else draw.one(*INTEGERS))


def _text(draw: Draw) -> str:
    letters = "".join(draw.rng.choices(_LETTERS, k=draw.rng.randint(0, 40)))
    return repr(letters if draw.chance(0.5) else draw.one(*TEXTS))


def _time(draw: Draw) -> str:
    second = draw.rng.randint(-2_208_988_800, 4_102_444_800)
    return repr(second * 10**6 - 1 if draw.chance(0.5) else draw.one(*_TIMES))


def _list(element: Callable[[Draw], str]) -> Callable[[Draw], str]:
    def make(draw: Draw) -> str:
        count = draw.one(0, 1, 2, 5)
        missing = draw.nulls / 2
        values = (
            "None" if draw.chance(missing) else element(draw) for _ in range(count)
        )
        return f"[{', '.join(values)}]"

    return make


def _small_integer(draw: Draw) -> str:
    return repr(draw.rng.randint(-9, 99))


def _bytes(draw: Draw) -> str:
    """Eight bytes, as every tensor takes them."""
    values = (draw.one(0, 1, 60, 127, 128, draw.rng.randrange(256)) for _ in range(8))
    return repr(bytes(values))


def _quads(draw: Draw) -> str:
    """Lists of boxes, four numbers each."""
    count = 4 * draw.one(0, 1, 2, 5)
    edges = (0.0, -0.0, 0.25, 1.0, 0.1, -0.5)
    values = (draw.one(*edges, draw.rng.uniform(-0.5, 1.5)) for _ in range(count))
    return repr([float(np.float32(value)) for value in values])


VALUES: dict[str, Callable[[Draw], str]] = {
    "x": _number,
    "i": _integer,
    "s": _text,
    "t": _time,
    "X": _list(_number),
    "I": _list(_small_integer),
    "S": _list(_text),
    "B": _bytes,
    "J": image_value,
    "Q": _quads,
}
"""How a value of each kind of column is drawn."""
