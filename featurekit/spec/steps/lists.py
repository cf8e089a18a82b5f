"""Steps on lists: what is not there in a list, and what a list ends in."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias, get_args

from featurekit.errors import SpecError
from featurekit.spec.steps.base import BaseStep, check_count, check_finite, make_float

Side: TypeAlias = Literal["left", "right"]
AggregateName: TypeAlias = Literal["sum", "mean", "min", "max"]

_SMALLEST, _LARGEST = 2.0**-126, 2.0**128 - 2.0**104  # normal numbers of float32


@dataclass(frozen=True, slots=True)
class MissingAsEmpty(BaseStep):
    """Takes a missing list as a list without elements."""

    method: ClassVar[str] = "missing_as_empty"


@dataclass(frozen=True, slots=True)
class DropMissing(BaseStep):
    """Leaves missing elements out of their list."""

    method: ClassVar[str] = "drop_missing"


@dataclass(frozen=True, slots=True)
class Pad(BaseStep):
    """Cuts and pads lists to one length."""

    method: ClassVar[str] = "pad"
    length: int
    side: Side = field(default="right", kw_only=True)
    truncate: Side = field(default="right", kw_only=True)
    value: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        check_count(self.length, "length")
        for name in ("side", "truncate"):
            if getattr(self, name) not in get_args(Side):
                raise SpecError(
                    f"unknown {name}",
                    code="SPEC_BAD_VALUE",
                    got=getattr(self, name),
                    expected="'left' or 'right'",
                )
        if self.value is not None:
            check_finite(self.value, "value")
            if self.value and not _SMALLEST <= abs(self.value) <= _LARGEST:
                raise SpecError(
                    "value is not in the range of float32",
                    code="SPEC_BAD_VALUE",
                    got=self.value,
                )
            make_float(self, "value")


@dataclass(frozen=True, slots=True)
class Length(BaseStep):
    """Replaces a list by the number of its elements."""

    method: ClassVar[str] = "length"
    maximum: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.maximum is not None:
            check_count(self.maximum, "maximum")


@dataclass(frozen=True, slots=True)
class MultiHot(BaseStep):
    """Replaces ids by a vector that is 1.0 at each of them."""

    method: ClassVar[str] = "multi_hot"


@dataclass(frozen=True, slots=True)
class Counts(BaseStep):
    """Replaces ids by a vector of how often each occurs."""

    method: ClassVar[str] = "counts"


@dataclass(frozen=True, slots=True)
class Aggregate(BaseStep):
    """Replaces the numbers of a list by one."""

    method: ClassVar[str] = "aggregate"
    kind: AggregateName

    def __post_init__(self) -> None:
        if self.kind not in get_args(AggregateName):
            raise SpecError(
                "unknown aggregate of a list",
                code="SPEC_UNKNOWN_OP",
                got=self.kind,
                expected=f"one of {', '.join(get_args(AggregateName))}",
            )

    def __str__(self) -> str:
        return f".{self.kind}()"
