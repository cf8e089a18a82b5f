"""Random expressions over several columns, as code."""

from checks.random_draw import Draw


def expression(draw: Draw, number: str, other: str) -> str:
    """Code of a number made of two.

    Args:
        draw: Chance.
        number: Code of a numeric column.
        other: Code of another one.
    """
    constant = draw.one(draw.finite(), "3", "-0.0")
    made = draw.one(
        f"({number} + {other})",
        f"({number} - {constant})",
        f"({constant} * {other})",
        f"({number} / {other})",
        f"(-{number})",
        f"fk.minimum({number}, {other})",
        f"fk.maximum({constant}, {other})",
        f"fk.where({flag(draw, number, other)}, {number}, {constant})",
        f"fk.where({other}.is_missing(), {constant}, {number})",
    )
    return f"{made}.fill({draw.finite()})" if draw.chance(draw.fills) else made


def flag(draw: Draw, number: str, other: str) -> str:
    """Code of a comparison."""
    name = draw.one("less_than", "less_equal", "greater_than", "greater_equal")
    code = f"{number}.{name}({draw.one(other, draw.finite())})"
    if draw.chance(0.2):
        return chosen(draw)
    filled = draw.one(True, False)
    return f"{code}.fill({filled})" if draw.chance(draw.fills) else code


def chosen(draw: Draw) -> str:
    """Code of a flag by chance."""
    key = f"fk.string({draw.name('s')})"
    if draw.chance(draw.fills):
        key += ".fill('none')"
    return f"fk.chance('a', key={key}, rate={draw.one(0.0, 0.5, 1.0)})"


def joined(draw: Draw, text: str, other: str) -> str:
    """Code of a text made of two."""
    made = f"fk.join({text}, {other}, separator={draw.one('_', '', 'é')!r})"
    return f"{made}.fill('none')" if draw.chance(draw.fills) else made
