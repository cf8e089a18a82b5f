"""Steps that replace a value by what the data said about it."""

from dataclasses import dataclass, field
from typing import ClassVar

from featurekit.errors import SpecError
from featurekit.spec.steps.base import BaseStep, check_count


@dataclass(frozen=True, slots=True)
class CountEncoding(BaseStep):
    """Replaces a value by how often it occurs; learned."""

    method: ClassVar[str] = "count_encoding"
    frequency: bool = field(default=False, kw_only=True)
    max_size: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.frequency, bool):
            raise SpecError(
                "frequency must be True or False",
                code="SPEC_BAD_VALUE",
                got=self.frequency,
            )
        if self.max_size is not None:
            check_count(self.max_size, "max_size")
