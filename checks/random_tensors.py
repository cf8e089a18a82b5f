"""Random features whose values have a shape, as code."""

from checks.random_draw import Draw
from checks.random_lists import numbers

_FORMATS = ("xyxy", "yxyx", "xywh", "cxcywh")


def tensor(draw: Draw) -> str:
    """Code of a tensor of a list or of bytes, or of boxes."""
    return draw.one(_listed, _decoded, _boxes)(draw)


def _listed(draw: Draw) -> str:
    # A list of the wrong size refuses the row: lists have 0, 1, 2 or 5 elements.
    if draw.lenient:
        return f"{numbers(draw)}.pad(4, value=0.5)"
    shape = draw.one((1,), (2,), (2, 1), (5, 1, 1))
    code = f"fk.numerics({draw.name('X')}, nan='keep').fill({draw.finite()})"
    return _finished(draw, f"{code}.tensor({shape})")


def _decoded(draw: Draw) -> str:
    dtype = draw.one("float16", "float32", "float64", "int8", "uint8", "int32", "int64")
    size = {"8": 8, "6": 4, "2": 2, "4": 1}[dtype[-1]]
    shape = draw.one((size,), (1, size))
    nan = draw.one("keep", "error")
    code = f"fk.tensor({draw.name('B')}, {shape}, {dtype!r}, nan={nan!r})"
    return _finished(draw, code)


def _finished(draw: Draw, code: str) -> str:
    if draw.chance(draw.fills):
        code += ".missing_as_zeros()"
    return f"{code}.rescale(1e-9, {draw.one(0.0, 0.5)})" if draw.chance(0.5) else code


def _boxes(draw: Draw) -> str:
    coordinates = f"fk.numerics({draw.name('Q')}, nan='error').missing_as_empty()"
    code = f"fk.boxes({coordinates}, format={draw.one(*_FORMATS)!r})"
    length = draw.rng.randint(1, 3)
    if draw.chance(0.3):
        return f"{code}.box_mask({length})"
    return f"{code}.pad_boxes({length}, format={draw.one(*_FORMATS)!r})"
