"""Ops of several inputs: arithmetic, comparisons, choices, joined text.

An operand that is a number is part of the op; the others are its inputs, in order.
"""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from featurekit.errors import SpecError
from featurekit.plan.ops.base import BaseOp
from featurekit.plan.types import ValueDType, ValueType

ArithmeticName: TypeAlias = Literal[
    "add", "subtract", "multiply", "divide", "minimum", "maximum"
]
ComparisonName: TypeAlias = Literal[
    "less_than", "less_equal", "greater_than", "greater_equal"
]


def _require(
    op: BaseOp, inputs: tuple[ValueType, ...], dtypes: tuple[ValueDType, ...]
) -> None:
    fits = tuple(one.dtype for one in inputs) == dtypes
    if not fits or not dtypes or any(one.width for one in inputs):
        raise SpecError(
            f"{op.name} does not take these inputs",
            code="PLAN_TYPE",
            got=", ".join(map(str, inputs)),
            expected=", ".join(dtypes),
        )


@dataclass(frozen=True, slots=True)
class Arithmetic(BaseOp):
    """One operation of two float64 numbers, rounded once.

    Missing where an operand is, and where there is no result: divided by 0, or a NaN
    that no operand is. A float64 below the smallest normal one is a zero of its sign,
    as operand and as result.

    Args:
        operator: Which one.
        left: The first operand, if it is a number.
        right: The second operand, if it is a number.
    """

    name = "arithmetic"
    operator: ArithmeticName
    left: float | None = None
    right: float | None = None

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """A number; of minimum and maximum, missing only where an input is."""
        _require(self, inputs, _number_types(self.left, self.right))
        if self.operator not in ArithmeticName.__args__:  # type: ignore[attr-defined]
            raise SpecError("unknown operator", code="PLAN_TYPE", got=self.operator)
        always = self.operator in ("minimum", "maximum")
        nullable = not always or any(one.nullable for one in inputs)
        return ValueType("float64", nullable)


@dataclass(frozen=True, slots=True)
class CompareNumbers(BaseOp):
    """1 where two float64 numbers compare so, else 0; a NaN gives 0.

    Args:
        operator: Which comparison.
        left: The first operand, if it is a number.
        right: The second operand, if it is a number.
    """

    name = "compare_numbers"
    operator: ComparisonName
    left: float | None = None
    right: float | None = None

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """0 or 1; missing where an input is."""
        _require(self, inputs, _number_types(self.left, self.right))
        if self.operator not in ComparisonName.__args__:  # type: ignore[attr-defined]
            raise SpecError("unknown operator", code="PLAN_TYPE", got=self.operator)
        nullable = any(one.nullable for one in inputs)
        return ValueType("int64", nullable, num_ids=2)


@dataclass(frozen=True, slots=True)
class ChooseNumber(BaseOp):
    """One float64 number where the first input is 1, another one where it is 0.

    Args:
        then: The number where it is 1, if that is not an input.
        otherwise: The number where it is 0, if that is not an input.
    """

    name = "choose_number"
    then: float | None = None
    otherwise: float | None = None

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """A number; missing where the condition or the chosen one is.

        Between two constants, lists of conditions are chosen element by element.
        """
        is_list = len(inputs) == 1 and inputs[0].is_list
        if is_list:
            inputs = (replace(inputs[0], is_list=False),)
        _require(self, inputs, ("int64", *_number_types(self.then, self.otherwise)))
        if inputs[0].num_ids != 2:
            raise SpecError(
                "a condition is 0 or 1", code="PLAN_TYPE", got=str(inputs[0])
            )
        nullable = any(one.nullable for one in inputs)
        return ValueType("float64", nullable, is_list=is_list)


@dataclass(frozen=True, slots=True)
class JoinText(BaseOp):
    """All texts of a row as one, with a separator in between."""

    name = "join_text"
    separator: str

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """Text; missing where any input is."""
        texts: list[ValueDType] = ["string"] * max(2, len(inputs))
        _require(self, inputs, tuple(texts))
        return ValueType("string", any(one.nullable for one in inputs))


def _number_types(*constants: float | None) -> tuple[ValueDType, ...]:
    return tuple("float64" for constant in constants if constant is None)
