"""Random features as code. A new step is drawn once it is in one of these tables."""

from collections.abc import Callable
from typing import TypeAlias

from checks.random_draw import INTEGERS, TEXTS, Draw
from checks.random_expressions import expression, flag, joined
from checks.random_images import image_feature
from checks.random_lists import LISTS
from checks.random_tensors import tensor
from checks.random_text import TEXT

Make: TypeAlias = Callable[[Draw], str]
_ZONES = ("UTC", "America/New_York", "Australia/Lord_Howe", "Europe/Paris")
_PARTS = ("minute", "hour", "day_of_week", "day_of_month", "day_of_year", "month")
_DEPTH = 3  # how deep crosses contain crosses


def feature(draw: Draw) -> str:
    """Code of a feature."""
    return draw.one(*FEATURES)(draw)


def _cyclic(draw: Draw) -> str:
    return f"{ids(draw, 1, buckets=30)}.cyclic()"


def _list(draw: Draw) -> str:
    return draw.one(*LISTS)(draw)


def _text(draw: Draw) -> str:
    return draw.one(*TEXT)(draw)


def _one_hot(draw: Draw) -> str:
    return f"{ids(draw, 1, buckets=30)}.one_hot()"


def _embedding(draw: Draw) -> str:
    return f"{ids(draw)}.embedding({draw.rng.randint(1, 8)})"


def number(draw: Draw) -> str:
    """Code of a numeric column or expression after some steps."""
    if not draw.chance(0.2):
        return _number(draw)
    return expression(draw, _number(draw), _number(draw))


def _number(draw: Draw) -> str:
    nan = draw.one("missing", "keep", *(["error"] * (not draw.lenient)))
    code = f"fk.numeric({draw.name('x')}, nan={nan!r})"
    if draw.chance(0.1):
        code += f".missing_values([{draw.one(0.0, 1.0, 0.1)}])"
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
    code = f"fk.string({draw.name('s')}){_fill(draw, draw.one(*TEXTS))}"
    if draw.chance(0.15):
        return joined(draw, code, f"fk.string({draw.name('s')}).fill('é')")
    return code


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


def _by_key(draw: Draw) -> str:
    method, unseen = draw.one("standardize", "min_max"), draw.one("global", "missing")
    key = f"{tokens(draw)}, unseen={unseen!r}"
    return f"{_plain(draw)}.{method}(by={key}).fill({draw.finite()})"


def _buckets_by_key(draw: Draw) -> str:
    key = f"{draw.one(2, 5)}, by={tokens(draw)}"
    return f"{_plain(draw)}.fill(0.0).quantile_buckets({key})"


def _plain(draw: Draw) -> str:
    return f"fk.numeric({draw.name('x')}){_clip(draw)}"


def _count_encoding(draw: Draw) -> str:
    share = draw.one(True, False)
    return f"{tokens(draw)}.count_encoding(frequency={share}).fill(-0.0)"


def _words(draw: Draw) -> str:
    known = draw.rng.sample(TEXTS, draw.rng.randint(1, len(TEXTS)))
    layout = f"num_oov={_num_oov(draw)}, oov={draw.one('before', 'after')!r}"
    if draw.chance(0.3):
        layout += ", missing_id=True"
        return f"fk.string({draw.name('s')}).vocabulary({known!r}, {layout})"
    return f"{_string(draw)}.vocabulary({known!r}, reserved=['[PAD]'], {layout})"


def _exact_cross(draw: Draw) -> str:
    """A learned one: its combinations are those of the table."""
    return f"fk.cross({tokens(draw)}, {tokens(draw)}).vocabulary(missing_id=True)"


def _keyed(draw: Draw) -> str:
    return f"{tokens(draw)}.hash_buckets({draw.one(1, 7, 30)}, key=(5, 2**40))"


def _compared(draw: Draw) -> str:
    return flag(draw, _number(draw), _number(draw))


def _is_missing(draw: Draw) -> str:
    return f"{draw.one(number, tokens)(draw)}.is_missing()"


def _year(draw: Draw) -> str:
    return f"fk.timestamp({draw.name('t')}).year().hash_buckets(30)"


def _numbers(draw: Draw) -> str:
    known = draw.rng.sample(INTEGERS, draw.rng.randint(1, len(INTEGERS)))
    return f"{_integer(draw)}.vocabulary({known!r}, num_oov={_num_oov(draw)})"


def _num_oov(draw: Draw) -> int:
    return draw.one(1, 5) if draw.lenient else draw.one(0, 1, 5)


def _identity(draw: Draw) -> str:
    if draw.lenient:
        return _time_part(draw)
    return f"fk.integer({draw.name('i')}).fill(0).identity({draw.one(3, 8)})"


def _default(draw: Draw) -> str:
    """Ids with a default for what is unknown, of values some of which are missing."""
    if draw.chance(0.5):
        marked = f".missing_values({[-1, draw.one(*INTEGERS)]}).fill(1)"
        return f"fk.integer({draw.name('i')}){marked}.identity(5, default=4)"
    known = draw.rng.sample(TEXTS, draw.rng.randint(1, len(TEXTS)))
    text = f"fk.string({draw.name('s')}).missing_values([{draw.one(*TEXTS)!r}])"
    filled = f"{text}{_fill(draw, draw.one(*TEXTS))}"
    return f"{filled}.vocabulary({known!r}, num_oov=0, default=0)"


def _time_part(draw: Draw) -> str:
    zone, part = draw.one(*_ZONES), draw.one(*_PARTS)
    return f"fk.timestamp({draw.name('t')}, tz={zone!r}).{part}()"


FEATURES: tuple[Make, ...] = (
    number,
    ids,
    ids,
    _one_hot,
    _embedding,
    _cyclic,
    _list,
    _text,
    _exact_cross,
    _by_key,
    _count_encoding,
    tensor,
    image_feature,
)


def _binarize(draw: Draw) -> str:
    return f".binarize({draw.one(-1.0, 0.0, 0.1)})"


NUMBER_STEPS: tuple[Make, ...] = (_clip, _log1p, _standardize, _min_max, _binarize)
IDS: tuple[Make, ...] = (
    _buckets,
    _greater_equal,
    _words,
    _numbers,
    _identity,
    _default,
    _time_part,
    _keyed,
    _compared,
    _is_missing,
    _year,
    _buckets_by_key,
)
