"""Random features as code. A new step is drawn once it is in one of these tables."""

from collections.abc import Callable
from typing import TypeAlias

from checks.random_draw import INTEGERS, TEXTS, Draw

Make: TypeAlias = Callable[[Draw], str]
_ZONES = ("UTC", "America/New_York", "Australia/Lord_Howe", "Europe/Paris")
_PARTS = ("minute", "hour", "day_of_week", "day_of_month", "day_of_year", "month")
_DEPTH = 3  # how deep crosses contain crosses


def feature(draw: Draw) -> str:
    """Code of a feature."""
    return draw.one(*FEATURES)(draw)


def _one_hot(draw: Draw) -> str:
    return f"{ids(draw, 1, buckets=30)}.one_hot()"


def _embedding(draw: Draw) -> str:
    return f"{ids(draw)}.embedding({draw.rng.randint(1, 8)})"


def number(draw: Draw) -> str:
    """Code of a numeric column after some steps."""
    nan = draw.one("missing", "keep", *(["error"] * (not draw.lenient)))
    code = f"fk.numeric({draw.name('x')}, nan={nan!r})"
    if draw.chance(draw.fills):
        code += f".fill({draw.finite()})"
    steps = range(draw.rng.randint(0, 3))
    return code + "".join(draw.one(*NUMBER_STEPS)(draw) for _ in steps)


def _clip(draw: Draw) -> str:
    low = draw.one("-0.0", "0.0", "-inf", draw.finite())
    return f".clip({low}, {draw.one('inf', f'max({low}, 0.0)')})"


def _log1p(draw: Draw) -> str:
    safe = draw.lenient or draw.chance(0.8)
    return ".clip(-1.0, inf).log1p()" if safe else ".log1p()"


def _standardize(draw: Draw) -> str:
    return f".standardize(mean={draw.finite()}, std={draw.one(1.0, 0.3, 7.0)})"


def _min_max(draw: Draw) -> str:
    low = draw.one(-1.0, 0.3, 7.0)
    return f".min_max(minimum={low}, maximum={low + 0.7})"


def tokens(draw: Draw) -> str:
    """Code of a column of text or integers."""
    return draw.one(_string, _integer)(draw)


def _string(draw: Draw) -> str:
    return f"fk.string({draw.name('s')}){_fill(draw, draw.one(*TEXTS))}"


def _integer(draw: Draw) -> str:
    return f"fk.integer({draw.name('i')}){_fill(draw, draw.one(*INTEGERS))}"


def _fill(draw: Draw, value: object) -> str:
    return f".fill({value!r})" if draw.chance(draw.fills) else ""


def ids(draw: Draw, depth: int = _DEPTH, *, buckets: int = 2**31 - 1) -> str:
    """Code of a column of ids.

    Args:
        draw: Chance.
        depth: How deep crosses may contain others.
        buckets: The most ids that hashing may give.
    """
    if depth > 0 and draw.chance(0.35):
        inner = [_crossed(draw, depth - 1) for _ in range(draw.rng.randint(2, 4))]
        return f"fk.cross({', '.join(inner)}){_hash(draw, buckets)}"
    if draw.chance(0.2):
        return tokens(draw) + _hash(draw, buckets)
    return draw.one(*IDS)(draw)


def _crossed(draw: Draw, depth: int) -> str:
    return ids(draw, depth) if draw.chance(0.6) else tokens(draw)


def _hash(draw: Draw, most: int) -> str:
    return f".hash_buckets({min(most, draw.one(1, 3, 1000, 2**31 - 1))})"


def _buckets(draw: Draw) -> str:
    edges = {draw.rng.uniform(-9, 9) for _ in range(draw.rng.randint(1, 6))}
    return f"{number(draw)}.buckets({sorted(edges)})"


def _greater_equal(draw: Draw) -> str:
    return f"{number(draw)}.greater_equal({draw.finite()})"


def _words(draw: Draw) -> str:
    known = draw.rng.sample(TEXTS, draw.rng.randint(1, len(TEXTS)))
    return f"{_string(draw)}.vocabulary({known!r}, num_oov={_num_oov(draw)})"


def _numbers(draw: Draw) -> str:
    known = draw.rng.sample(INTEGERS, draw.rng.randint(1, len(INTEGERS)))
    return f"{_integer(draw)}.vocabulary({known!r}, num_oov={_num_oov(draw)})"


def _num_oov(draw: Draw) -> int:
    return draw.one(1, 5) if draw.lenient else draw.one(0, 1, 5)


def _identity(draw: Draw) -> str:
    if draw.lenient:
        return _time_part(draw)
    return f"fk.integer({draw.name('i')}).fill(0).identity({draw.one(3, 8)})"


def _time_part(draw: Draw) -> str:
    zone, part = draw.one(*_ZONES), draw.one(*_PARTS)
    return f"fk.timestamp({draw.name('t')}, tz={zone!r}).{part}()"


FEATURES: tuple[Make, ...] = (number, ids, ids, _one_hot, _embedding)
NUMBER_STEPS: tuple[Make, ...] = (_clip, _log1p, _standardize, _min_max)
IDS: tuple[Make, ...] = (
    _buckets,
    _greater_equal,
    _words,
    _numbers,
    _identity,
    _time_part,
)
