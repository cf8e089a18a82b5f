"""The difference between two specs."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that differs; `before` or `after` is None if it is only on one side."""

    path: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"+ {self.path}\n    + {self.after}"
        if self.after is None:
            return f"- {self.path}\n    - {self.before}"
        return f"~ {self.path}\n    - {self.before}\n    + {self.after}"


@dataclass(frozen=True, slots=True)
class SpecDiff:
    """All changes, in the order of their paths; false when there are none."""

    changes: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __str__(self) -> str:
        return "\n".join(map(str, self.changes)) or "no changes"


def compare(before: Mapping[str, str], after: Mapping[str, str]) -> SpecDiff:
    """Compares two specs, each given as its entries by path."""
    paths = sorted(before.keys() | after.keys())
    return SpecDiff(
        tuple(
            Change(path, before.get(path), after.get(path))
            for path in paths
            if before.get(path) != after.get(path)
        )
    )
