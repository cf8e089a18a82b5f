"""What all columns are: a source, and the steps applied to it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns.box_source import Boxes
from featurekit.spec.columns.grouped import Grouped
from featurekit.spec.columns.hidden import Hidden
from featurekit.spec.columns.targets import TargetEncoding
from featurekit.spec.inputs import Input

if TYPE_CHECKING:
    from featurekit.spec.columns import Column


@dataclass(frozen=True, slots=True)
class Cross:
    """Several columns taken together; their order decides the value."""

    columns: "tuple[Column, ...]"

    def __str__(self) -> str:
        return f"fk.cross({', '.join(map(repr, self.columns))})"


@dataclass(frozen=True, slots=True)
class WeightedBag:
    """Ids and one weight for each of them, both from lists."""

    ids: "Column"
    weights: "Column"

    @property
    def columns(self) -> "tuple[Column, ...]":
        """Both columns."""
        return self.ids, self.weights

    def __str__(self) -> str:
        return f"{self.ids!r}.weighted({self.weights!r})"


@dataclass(frozen=True, slots=True)
class Aligned:
    """One of several lists that belong together, element by element.

    Args:
        names: What the lists are called, in order.
        columns: The lists.
        member: The name of the one that is taken.
        dropped: Whether an element that is missing in any list is left out of all.
    """

    names: tuple[str, ...]
    columns: "tuple[Column, ...]"
    member: str
    dropped: bool = False

    @property
    def chosen(self) -> "Column":
        """The list that is taken."""
        return self.columns[self.names.index(self.member)]

    def __str__(self) -> str:
        pairs = zip(self.names, self.columns, strict=True)
        shown = ", ".join(f"{name!r}: {column!r}" for name, column in pairs)
        dropped = ".drop_missing()" if self.dropped else ""
        return f"fk.sequence({{{shown}}}){dropped}[{self.member!r}]"


@dataclass(frozen=True, slots=True)
class Masked:
    """Padded ids of which some are hidden, or those that are hidden.

    Args:
        ids: The padded ids.
        keys: What the choice depends on in a row, and on nothing else.
        token: The reserved token that stands for a hidden id.
        seed: Another one gives another choice.
        rate: How likely an id is chosen.
        masked: Of chosen ids, how likely one becomes the token.
        randomized: Of chosen ids, how likely one becomes a random id.
        targets: Whether this is what was hidden.
    """

    ids: "Column"
    keys: "tuple[Column, ...]"
    token: str | int
    seed: int
    rate: float
    masked: float
    randomized: float
    targets: bool

    @property
    def columns(self) -> "tuple[Column, ...]":
        """The ids, then the keys."""
        return self.ids, *self.keys

    def __str__(self) -> str:
        keys = ", ".join(map(repr, self.keys))
        kind = "targets" if self.targets else "inputs"
        return (
            f"{self.ids!r}.mask_tokens({self.token!r}, key=[{keys}], seed={self.seed}, "
            f"rate={self.rate}, masked={self.masked}, randomized={self.randomized})"
            f".{kind}"
        )


Operator: TypeAlias = Literal[
    "add",
    "subtract",
    "multiply",
    "divide",
    "minimum",
    "maximum",
    "less_than",
    "less_equal",
    "greater_than",
    "greater_equal",
    "where",
    "join",
]
MAX_DEPTH = 24
"""Expressions inside of expressions: protobuf reads messages that are 100 deep."""
_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


@dataclass(frozen=True, slots=True)
class Expression:
    """One value made of several.

    Args:
        operator: What is computed.
        operands: Columns, and numbers that are the same in all rows.
        separator: What "join" puts between texts; None for other operators.
    """

    operator: Operator
    operands: "tuple[Column | float, ...]"
    separator: str | None = None

    def __post_init__(self) -> None:
        if _depth(self) > MAX_DEPTH:
            raise SpecError(
                "an expression is nested too deeply",
                code="SPEC_LIMIT",
                got=f"{_depth(self)} levels",
                expected=f"at most {MAX_DEPTH}",
                hint="group the operands: (a + b) + (c + d) is less deep than a sum "
                "from left to right",
            )

    @property
    def columns(self) -> "tuple[Column, ...]":
        """The operands that are columns, in order."""
        return tuple(one for one in self.operands if isinstance(one, BaseColumn))

    def __str__(self) -> str:
        shown = list(map(repr, self.operands))
        if self.operator in _SIGNS:
            return f"({shown[0]} {_SIGNS[self.operator]} {shown[1]})"
        if self.operator in ("minimum", "maximum", "where"):
            return f"fk.{self.operator}({', '.join(shown)})"
        if self.operator == "join":
            return f"fk.join({', '.join(shown)}, separator={self.separator!r})"
        return f"{shown[0]}.{self.operator}({shown[1]})"


def _depth(source: object) -> int:
    if not isinstance(source, Expression | Grouped | TargetEncoding):
        return 0
    return 1 + max((_depth(one.source) for one in source.columns), default=0)


Source: TypeAlias = (
    Input
    | Cross
    | WeightedBag
    | Expression
    | Aligned
    | Masked
    | Hidden
    | Grouped
    | TargetEncoding
    | Boxes
)
"""What the steps of a column are applied to."""


def source_inputs(source: Source) -> tuple[Input, ...]:
    """The source columns that are read, each once, in order of appearance."""
    if isinstance(source, Input):
        return (source,)
    found = (item for column in source.columns for item in column.inputs)
    return tuple(dict.fromkeys(found))


def target_inputs(source: Source) -> tuple[Input, ...]:
    """The source columns that are read to learn alone."""
    if isinstance(source, Input):
        return ()
    found = [item for column in source.columns for item in target_inputs(column.source)]
    if isinstance(source, TargetEncoding):
        found += source.target.inputs
    return tuple(found)


@dataclass(frozen=True, slots=True, repr=False)
class BaseColumn:
    source: Source
    steps: tuple[s.Step, ...] = ()

    def __repr__(self) -> str:
        return f"{self.source}{''.join(map(str, self.steps))}"

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The source columns that are read, each once, in order of appearance."""
        return source_inputs(self.source)

    def _step(
        self, step: type[s.Step], *args: Any, **kwargs: Any
    ) -> tuple[s.Step, ...]:
        """The steps so far and one more; a bad argument is located."""
        try:
            added = step(*args, **kwargs)
        except SpecError as error:
            names = ", ".join(item.name for item in self.inputs)
            raise SpecError(
                f"{step.method}: {error.message}",
                code=error.code,
                column=names,
                got=error.got,
                expected=error.expected,
                hint=error.hint,
            ) from None
        return (*self.steps, added)

    def _bad(self, method: str, message: str, got: object) -> SpecError:
        return SpecError(
            f"{method}: {message}",
            code="SPEC_BAD_VALUE",
            column=", ".join(item.name for item in self.inputs),
            got=got,
        )
