"""What all steps share: how they print, and the checks of their arguments."""

import math
from dataclasses import MISSING, dataclass, fields
from typing import ClassVar

from featurekit.errors import SpecError

MAX_IDS = 2**31 - 1


def check_count(value: object, name: str, *, minimum: int = 1) -> None:
    """Raises SpecError unless the value is an integer in [minimum, 2**31)."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise SpecError(f"{name} must be an integer", code="SPEC_BAD_VALUE", got=value)
    if not minimum <= value <= MAX_IDS:
        raise SpecError(
            f"{name} is out of range",
            code="SPEC_BAD_VALUE",
            got=value,
            expected=f"{minimum} to {MAX_IDS}",
        )


def check_word(value: object, name: str, *, minimum: int) -> None:
    """Raises SpecError unless the value is an integer in [minimum, 2**63)."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise SpecError(f"{name} must be an integer", code="SPEC_BAD_VALUE", got=value)
    if not minimum <= value < 2**63:
        raise SpecError(
            f"{name} is out of range",
            code="SPEC_BAD_VALUE",
            got=value,
            expected=f"{minimum} to {2**63 - 1}",
        )


def check_finite(value: object, name: str) -> None:
    """Raises SpecError unless the value is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SpecError(f"{name} must be a number", code="SPEC_BAD_VALUE", got=value)
    if not math.isfinite(value):
        raise SpecError(f"{name} must be finite", code="SPEC_BAD_VALUE", got=value)


def make_float(step: "BaseStep", *names: str) -> None:
    """Stores numbers as floats, so that 1 and 1.0 print and hash alike."""
    for name in names:
        object.__setattr__(step, name, float(getattr(step, name)))


@dataclass(frozen=True, slots=True)
class BaseStep:
    """Base of all steps; prints as the call that makes it."""

    method: ClassVar[str]

    def __str__(self) -> str:
        arguments = []
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.default is not MISSING and value == entry.default:
                continue
            shown = show_argument(value)
            arguments.append(f"{entry.name}={shown}" if entry.kw_only else shown)
        return f".{self.method}({', '.join(arguments)})"


def show_argument(value: object) -> str:
    if isinstance(value, tuple):
        return repr(
            [
                entry.decode("utf-8", "backslashreplace")
                if isinstance(entry, bytes)
                else entry
                for entry in value
            ]
        )
    return repr(value)
