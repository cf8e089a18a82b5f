"""Steps on lists as sequences: an element becomes what others of its list say."""

from dataclasses import dataclass, field
from typing import ClassVar, get_args

from featurekit.errors import SpecError
from featurekit.spec.steps.base import (
    MAX_IDS,
    BaseStep,
    check_count,
    check_finite,
    make_float,
)
from featurekit.spec.steps.lists import AggregateName, DropMissing, Side


@dataclass(frozen=True, slots=True)
class BaseSequenceStep(BaseStep):
    """Base of the steps that make a list of a list."""


@dataclass(frozen=True, slots=True)
class Shift(BaseSequenceStep):
    """Moves elements to later places of their list, or to earlier ones."""

    method: ClassVar[str] = "shift"
    offset: int

    def __post_init__(self) -> None:
        is_number = isinstance(self.offset, int) and not isinstance(self.offset, bool)
        if not is_number or not 0 < abs(self.offset) <= MAX_IDS:
            raise SpecError(
                "offset must be an integer that is not 0",
                code="SPEC_BAD_VALUE",
                got=self.offset,
                expected=f"at most {MAX_IDS} in magnitude",
                hint="1 puts the element before in the place of each, -1 the next one",
            )


@dataclass(frozen=True, slots=True)
class Difference(BaseSequenceStep):
    """Replaces numbers by what they differ from an earlier one."""

    method: ClassVar[str] = "difference"
    lag: int = 1

    def __post_init__(self) -> None:
        check_count(self.lag, "lag")


@dataclass(frozen=True, slots=True)
class Rolling(BaseSequenceStep):
    """Replaces numbers by an aggregate of the last ones up to each."""

    method: ClassVar[str] = "rolling"
    size: int
    kind: AggregateName = "sum"

    def __post_init__(self) -> None:
        check_count(self.size, "size")
        if self.kind not in get_args(AggregateName):
            raise SpecError(
                "unknown aggregate of a window",
                code="SPEC_UNKNOWN_OP",
                got=self.kind,
                expected=f"one of {', '.join(get_args(AggregateName))}",
            )

    def __str__(self) -> str:
        return f".rolling({self.size}).{self.kind}()"


@dataclass(frozen=True, slots=True)
class Mask(BaseStep):
    """Replaces a list by where its elements are once it is padded."""

    method: ClassVar[str] = "mask"
    length: int
    side: Side = field(default="right", kw_only=True)

    def __post_init__(self) -> None:
        check_count(self.length, "length")
        if self.side not in get_args(Side):
            raise SpecError(
                "unknown side",
                code="SPEC_BAD_VALUE",
                got=self.side,
                expected="'left' or 'right'",
            )


@dataclass(frozen=True, slots=True)
class Binarize(BaseStep):
    """Replaces numbers by 1.0 from a threshold on, by 0.0 below it."""

    method: ClassVar[str] = "binarize"
    threshold: float

    def __post_init__(self) -> None:
        check_finite(self.threshold, "threshold")
        make_float(self, "threshold")


def pending_drop(steps: tuple[BaseStep, ...]) -> bool:
    """Whether missing elements are to be left out of the list that the steps give."""
    for step in reversed(steps):
        if isinstance(step, BaseSequenceStep):
            return False
        if isinstance(step, DropMissing):
            return True
    return False
