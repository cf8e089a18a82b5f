"""What all columns are: a source, and the steps applied to it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from featurekit.errors import SpecError
from featurekit.spec import steps as s
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


@dataclass(frozen=True, slots=True, repr=False)
class BaseColumn:
    source: Input | Cross | WeightedBag
    steps: tuple[s.Step, ...] = ()

    def __repr__(self) -> str:
        return f"{self.source}{''.join(map(str, self.steps))}"

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The source columns that are read, each once, in order of appearance."""
        if isinstance(self.source, Input):
            return (self.source,)
        found: dict[Input, None] = {}
        for column in self.source.columns:
            found.update(dict.fromkeys(column.inputs))
        return tuple(found)

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
