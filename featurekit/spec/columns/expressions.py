"""Columns made of several columns by functions."""

from featurekit.errors import SpecError
from featurekit.spec.columns.base import Expression, Operator
from featurekit.spec.columns.categorical import BooleanColumn
from featurekit.spec.columns.numbers import NumericColumn, number_operand
from featurekit.spec.columns.tokens import StringColumn


def minimum(x: NumericColumn | float, y: NumericColumn | float) -> NumericColumn:
    """The smaller of two numbers of a row.

    Args:
        x: A numeric column, or a number.
        y: Likewise; one of the two is a column.

    Semantics:
        - Missing: missing where an operand is.
        - NaN, under `nan="keep"`: NaN where an operand is.
        - -0.0 and 0.0 are equal: the first one stays.
        - Below 2**-1022 in magnitude: a zero of its sign.

    Example:
        >>> import featurekit as fk
        >>> fk.minimum(fk.numeric("asked"), fk.numeric("limit"))
        fk.minimum(fk.numeric('asked'), fk.numeric('limit'))
    """
    return _extreme("minimum", x, y)


def maximum(x: NumericColumn | float, y: NumericColumn | float) -> NumericColumn:
    """The larger of two numbers of a row; as `minimum`.

    Example:
        >>> import featurekit as fk
        >>> fk.maximum(fk.numeric("delay"), 0.0).log1p()
        fk.maximum(fk.numeric('delay'), 0.0).log1p()
    """
    return _extreme("maximum", x, y)


def _extreme(operator: Operator, *operands: NumericColumn | float) -> NumericColumn:
    checked = tuple(number_operand(operator, one) for one in operands)
    if not any(isinstance(one, NumericColumn) for one in checked):
        raise SpecError(
            f"{operator}: one of the two has to be a column",
            code="SPEC_BAD_VALUE",
            got=operands,
        )
    return NumericColumn(Expression(operator, checked))


def where(
    condition: BooleanColumn,
    then: NumericColumn | float,
    otherwise: NumericColumn | float,
) -> NumericColumn:
    """One number where a condition is 1, another one where it is 0.

    Args:
        condition: A comparison, `is_missing()`, or `fk.boolean`.
        then: A numeric column, or a number.
        otherwise: Likewise.

    Semantics:
        - Condition missing: missing.
        - Missing: where the chosen one is; the other one may be.
        - Output: the chosen number, unchanged.

    Example:
        >>> import featurekit as fk
        >>> fk.where(fk.boolean("late"), fk.numeric("delay"), 0.0)
        fk.where(fk.integer('late').boolean(), fk.numeric('delay'), 0.0)
    """
    if not isinstance(condition, BooleanColumn):
        raise SpecError(
            "where: the condition is not a comparison",
            code="SPEC_BAD_VALUE",
            got=condition,
            hint="compare a column, or use is_missing() or fk.boolean",
        )
    chosen = number_operand("where", then), number_operand("where", otherwise)
    return NumericColumn(Expression("where", (condition, *chosen)))


def join(*columns: StringColumn, separator: str = "_") -> StringColumn:
    """The texts of several columns as one text.

    Args:
        *columns: Two or more string columns.
        separator: Put between two texts. Defaults to "_".

    Semantics:
        - Missing: missing where any is.
        - Empty text: joined like any other.
        - A separator inside of a text is not escaped: "a_" + "b" is "a" + "_b".

    Example:
        >>> import featurekit as fk
        >>> fk.join(fk.string("a"), fk.string("b")).vocabulary(max_size=500)
        fk.join(fk.string('a'), fk.string('b'), separator='_').vocabulary(max_size=500)
    """
    if len(columns) < 2 or not all(isinstance(one, StringColumn) for one in columns):
        raise SpecError(
            "join takes two string columns or more",
            code="SPEC_BAD_VALUE",
            got=columns,
            hint="give the columns one by one: join(first, second)",
        )
    try:
        separator.encode()
    except (AttributeError, UnicodeEncodeError):
        raise SpecError(
            "join: the separator is not text", code="SPEC_BAD_VALUE", got=separator
        ) from None
    return StringColumn(Expression("join", columns, separator))
