"""Random features of lists, as code."""

from collections.abc import Callable
from typing import TypeAlias

from checks.random_draw import INTEGERS, TEXTS, Draw

Make: TypeAlias = Callable[[Draw], str]


def _read(draw: Draw, function: str, kind: str, fill: str, **options: str) -> str:
    """Code of a list column, and what becomes of what is missing."""
    given = "".join(f", {name}={value}" for name, value in options.items())
    code = f"fk.{function}({draw.name(kind)}{given})"
    if draw.chance(draw.fills):
        code += ".missing_as_empty()"
    if draw.chance(0.2):
        value = draw.one(0.0, 1.0, 0.1) if function == "numerics" else fill
        marked = f".missing_values([{value}])" if draw.chance(0.5) else ""
        return f"{code}.drop_missing(){marked}"
    return f"{code}.fill({fill})" if draw.chance(draw.fills) else code


def numbers(draw: Draw) -> str:
    """Code of lists of numbers."""
    nan = draw.one("missing", "keep", *(["error"] * (not draw.lenient)))
    code = _read(draw, "numerics", "X", draw.finite(), nan=repr(nan))
    steps = ("", ".clip(-9.0, 9.0)", ".standardize(mean=0.3, std=7.0)")
    return code + draw.one(*steps)


def ids(draw: Draw) -> str:
    """Code of lists of ids."""
    return draw.one(*IDS)(draw)


def _words(draw: Draw) -> str:
    known = draw.rng.sample(TEXTS, draw.rng.randint(1, 6))
    text = _read(draw, "strings", "S", repr(draw.one(*TEXTS)))
    if draw.chance(0.2):
        default = draw.one("'missing'", "0") if draw.lenient else "'missing'"
        layout = f"num_oov=0, default={default}"
        return f"{text}.vocabulary({known!r}, {layout}).drop_missing()"
    return f"{text}.vocabulary({known!r}, num_oov={draw.one(1, 3)})"


def _hashes(draw: Draw) -> str:
    integer = _read(draw, "integers", "I", repr(draw.one(*INTEGERS)))
    return f"{integer}.hash_buckets({draw.one(1, 7, 30)})"


def _buckets(draw: Draw) -> str:
    return f"{numbers(draw)}.buckets([-1.0, 0.1, 3.0])"


def _pad(draw: Draw) -> str:
    return f"{ids(draw)}.pad({_shape(draw)})"


def _pad_numbers(draw: Draw) -> str:
    value = draw.one(0.0, -0.0, 0.1, -3.5, 1e30)
    return f"{numbers(draw)}.pad({_shape(draw)}, value={value})"


def _shape(draw: Draw) -> str:
    sides = draw.one("right", "left"), draw.one("right", "left")
    return f"{draw.rng.randint(1, 4)}, side={sides[0]!r}, truncate={sides[1]!r}"


def _vector(draw: Draw) -> str:
    return f"{ids(draw)}.{draw.one('multi_hot', 'counts')}()"


def _weighted(draw: Draw) -> str:
    """Lists of one column as ids and as weights: their lengths agree."""
    name = draw.name("X")
    weights = f"fk.numerics({name}).missing_as_empty().fill(1.0).clip(-9.0, 9.0)"
    code = f"{weights}.buckets([0.0, 1.0]).weighted({weights})"
    return f"{code}.pad({_shape(draw)})" if draw.chance(0.5) else code


def _length(draw: Draw) -> str:
    if draw.chance(0.5):
        return f"{ids(draw)}.length(maximum={draw.rng.randint(1, 4)})"
    return f"{numbers(draw)}.length()"


def _aggregate(draw: Draw) -> str:
    code = f"{numbers(draw)}.{draw.one('sum', 'mean', 'min', 'max')}()"
    return f"{code}.fill(-1.0)" if draw.chance(draw.fills) else code


def _crosses(draw: Draw) -> str:
    """A list crossed with a list of ids or texts, or with a single value."""
    others = [
        draw.one(_words, _hashes)(draw),
        _read(draw, "strings", "S", repr(draw.one(*TEXTS))),
        f"fk.integer({draw.name('i')})",
        f"fk.string({draw.name('s')}).fill('a')",
    ]
    columns = [_read(draw, "integers", "I", "1"), *draw.rng.sample(others, 2)]
    draw.rng.shuffle(columns)
    crossed = f"fk.cross({', '.join(columns)})"
    if draw.chance(0.6):
        return f"{crossed}.hash_buckets({draw.one(1, 7, 30)})"
    return f"{crossed}.vocabulary(max_size={draw.one(1, 5, 30)})"


def _vector_of_size(draw: Draw) -> str:
    """Most lists have another size, so few cases have it."""
    if draw.lenient:
        return _aggregate(draw)
    return f"fk.vector({draw.name('X')}, {draw.one(1, 2)}).fill(0.0).clip(-9.0, 9.0)"


IDS: tuple[Make, ...] = (_words, _hashes, _buckets, _crosses)


def _moved(draw: Draw) -> str:
    """Lists of which elements depend on their neighbours."""
    ways = (".shift(1)", ".shift(-2)", ".difference()", ".rolling(2).mean()")
    windows = (".rolling(2).sum()", ".rolling(3).min()", ".rolling(1).max()")
    code = f"{numbers(draw)}{draw.one(*ways, *windows)}"
    code += draw.one(".drop_missing()", ".fill(0.5)", ".fill(0.5).difference(2)")
    if code.endswith("difference(2)"):
        code += ".drop_missing()"
    return f"{code}.{draw.one('pad(3)', 'sum()', 'mask(2)')}"


def _aligned(draw: Draw) -> str:
    """Lists of one column as two lists of a sequence: their lengths agree."""
    name = draw.name("X")
    number = f"fk.numerics({name}).missing_as_empty()"
    lists = f"{{'a': {number}.difference(), 'b': {number}.buckets([0.0, 1.0])}}"
    code = f"fk.sequence({lists}).drop_missing()"
    return code + draw.one("['a'].pad(2)", "['b'].counts()", ".mask(3)", ".length()")


def _masked(draw: Draw) -> str:
    """Ids of which some are hidden, by the row's key."""
    text = _read(draw, "strings", "S", repr(draw.one(*TEXTS)))
    ids = f"{text}.vocabulary(['b', 'c'], reserved=['[MASK]'])"
    key = f"fk.string({draw.name('s')})"
    if draw.chance(draw.fills):
        key += ".fill('none')"
    shape = f"pad({draw.rng.randint(1, 4)}).mask_tokens('[MASK]', key={key}, rate=0.5)"
    return f"{ids}.{shape}.{draw.one('inputs', 'targets')}"


LISTS: tuple[Make, ...] = (
    _pad,
    _pad_numbers,
    _vector,
    _weighted,
    _length,
    _aggregate,
    _vector_of_size,
    _moved,
    _aligned,
    _masked,
)
"""Features of lists."""
