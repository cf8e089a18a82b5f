"""What all ops share: a name, and the types they take and give."""

from dataclasses import MISSING, dataclass, fields
from typing import ClassVar

from featurekit.errors import SpecError
from featurekit.plan.types import ValueDType, ValueType


@dataclass(frozen=True, slots=True)
class BaseOp:
    name: ClassVar[str]
    accepts: ClassVar[tuple[ValueDType, ...]]

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """The type of the result.

        Raises:
            SpecError: The inputs do not fit the op.
        """
        if len(inputs) != 1 or inputs[0].dtype not in self.accepts or inputs[0].width:
            raise SpecError(
                f"{self.name} does not take these inputs",
                code="PLAN_TYPE",
                got=", ".join(map(str, inputs)),
                expected=f"one of {', '.join(self.accepts)}",
            )
        return self._infer(inputs[0])

    def _infer(self, value: ValueType) -> ValueType:
        return value

    def __str__(self) -> str:
        values = ((entry, getattr(self, entry.name)) for entry in fields(self))
        shown = (
            f"{entry.name}={value!r}"
            for entry, value in values
            if entry.default is MISSING or value != entry.default
        )
        return f"{self.name}({', '.join(shown)})"
