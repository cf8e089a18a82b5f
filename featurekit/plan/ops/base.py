"""What all ops share: a name, and the types they take and give."""

from dataclasses import dataclass, fields, replace
from typing import ClassVar

from featurekit.errors import SpecError
from featurekit.plan.types import ValueDType, ValueType


@dataclass(frozen=True, slots=True)
class BaseOp:
    name: ClassVar[str]
    accepts: ClassVar[tuple[ValueDType, ...]]

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """The type of the result; of lists, a list of the results of the elements.

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
        (value,) = inputs
        found = self._infer(replace(value, is_list=False))
        if value.is_list and found.width is not None:
            raise SpecError(
                f"{self.name} does not take lists", code="PLAN_TYPE", got=str(value)
            )
        return replace(found, is_list=value.is_list)

    def _infer(self, value: ValueType) -> ValueType:
        return value

    def __str__(self) -> str:
        values = ((entry, getattr(self, entry.name)) for entry in fields(self))
        shown = (
            f"{entry.name}={value!r}"
            for entry, value in values
            if value is not None and value != entry.default
        )
        return f"{self.name}({', '.join(shown)})"
