"""What is learned for each key by itself."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from featurekit.errors import SpecError
from featurekit.spec import steps as s

if TYPE_CHECKING:
    from featurekit.spec.columns import Column
    from featurekit.spec.columns.categorical import CategoricalColumn
    from featurekit.spec.columns.tokens import IntegerColumn, StringColumn

UnseenPolicy: TypeAlias = Literal["global", "missing"]
KeyColumn: TypeAlias = "StringColumn | IntegerColumn | CategoricalColumn"
GroupedStep: TypeAlias = s.Standardize | s.MinMax | s.QuantileBuckets
MAX_KEYS = 100_000
"""Keys that a statistic may have, unless more are asked for."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """A column after a step that is learned for each key by itself.

    Args:
        value: What the step is done to.
        key: Which rows learn together.
        step: The step, as it is learned.
        unseen: What a row becomes whose key no training row had, or that has none.
        max_keys: More keys than this in the training rows are an error.
    """

    value: "Column"
    key: "Column"
    step: GroupedStep
    unseen: UnseenPolicy = "global"
    max_keys: int = MAX_KEYS

    def __post_init__(self) -> None:
        s.check_count(self.max_keys, "max_keys")
        if self.unseen not in get_args(UnseenPolicy):
            raise SpecError(
                "unknown policy for keys that were not seen",
                code="SPEC_BAD_VALUE",
                column=", ".join(item.name for item in self.key.inputs),
                got=self.unseen,
                expected="'global' or 'missing'",
            )
        if not s.needs_statistics(self.step):
            raise SpecError(
                f"{self.step.method}: by is for what is learned",
                code="SPEC_BAD_VALUE",
                column=", ".join(item.name for item in self.value.inputs),
                got=str(self.step),
                hint="leave out by, or the values",
            )

    @property
    def columns(self) -> "tuple[Column, ...]":
        """Value and key."""
        return self.value, self.key

    def __str__(self) -> str:
        arguments = [f"by={self.key!r}"]
        if self.unseen != "global":
            arguments.append(f"unseen={self.unseen!r}")
        if self.max_keys != MAX_KEYS:
            arguments.append(f"max_keys={self.max_keys}")
        opened = str(self.step)[:-1]
        gap = "" if opened.endswith("(") else ", "
        return f"{self.value!r}{opened}{gap}{', '.join(arguments)})"


def check_key(column: object, what: str) -> KeyColumn:
    """Returns the column, or raises SpecError unless rows can be told apart by it."""
    # Imported here: these columns have methods that make what this module declares.
    from featurekit.spec.columns.categorical import CategoricalColumn
    from featurekit.spec.columns.tokens import IntegerColumn, StringColumn

    if isinstance(column, StringColumn | IntegerColumn | CategoricalColumn):
        return column
    raise SpecError(
        f"{what} takes a string, integer or categorical column",
        code="SPEC_BAD_VALUE",
        got=column,
        hint="give numbers buckets first; several texts are one with fk.join",
    )
