"""The difference between two specs, and what it asks for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from featurekit.spec import steps as s
from featurekit.spec.columns import Column
from featurekit.spec.compatibility import Compatibility, Verdict, compare_columns
from featurekit.spec.inputs import Input
from featurekit.spec.shared import shared_vocabularies
from featurekit.spec.splits import KeySplit

if TYPE_CHECKING:
    from featurekit.spec.feature_spec import FeatureSpec


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that differs; `before` or `after` is None if it is only on one side.

    Args:
        path: Where in the spec, such as "features.carrier".
        before: The entry as it prints.
        after: The same in the other spec.
        compatibility: What the change asks for.
        reason: Why.
    """

    path: str
    before: str | None
    after: str | None
    compatibility: Compatibility
    reason: str

    def __str__(self) -> str:
        verdict = f"{self.path}: {self.compatibility}, {self.reason}"
        if self.before is None:
            return f"+ {verdict}\n    + {self.after}"
        if self.after is None:
            return f"- {verdict}\n    - {self.before}"
        return f"~ {verdict}\n    - {self.before}\n    + {self.after}"

    def as_dict(self) -> dict[str, str | None]:
        """The change as plain data."""
        return {
            "path": self.path,
            "before": self.before,
            "after": self.after,
            "compatibility": str(self.compatibility),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class SpecDiff:
    """All changes, in the order of their paths; false when there are none."""

    changes: tuple[Change, ...]

    @property
    def compatibility(self) -> Compatibility:
        """What all changes together ask for."""
        found = (change.compatibility for change in self.changes)
        return max(found, default=Compatibility.IDENTICAL)

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __str__(self) -> str:
        return "\n".join(map(str, self.changes)) or "no changes"

    def as_dict(self) -> dict[str, object]:
        """The difference as plain data, for JSON."""
        return {
            "identical": not self.changes,
            "compatibility": str(self.compatibility),
            "changes": [change.as_dict() for change in self.changes],
        }


def compare(before: "FeatureSpec", after: "FeatureSpec") -> SpecDiff:
    """Compares two specs entry by entry."""
    changes = (
        *_features(before, after),
        *_shared(before, after),
        *_roles(before, after),
    )
    return SpecDiff(tuple(sorted(changes, key=lambda change: change.path)))


def _features(before: "FeatureSpec", after: "FeatureSpec") -> Iterator[Change]:
    for name in before.features.keys() | after.features.keys():
        old, new = before.features.get(name), after.features.get(name)
        if old == new:
            continue
        if old is None or new is None:
            what = "has one more input" if old is None else "lacks an input"
            verdict = Verdict(Compatibility.RETRAIN, f"the model {what}")
        else:
            verdict = compare_columns(old, new)
        yield Change(f"features.{name}", _show(old), _show(new), *verdict)


def _shared(before: "FeatureSpec", after: "FeatureSpec") -> Iterator[Change]:
    """Vocabularies whose columns declare what they did, but are others."""
    old = shared_vocabularies(before.outputs.values())
    new = shared_vocabularies(after.outputs.values())
    for name in old.keys() & new.keys():
        columns = [sorted(map(repr, side[name].columns)) for side in (old, new)]
        if columns[0] != columns[1] and s.needs_statistics(new[name].step):
            yield Change(
                f"shared.{name}",
                ", ".join(columns[0]),
                ", ".join(columns[1]),
                Compatibility.RE_INDEX,
                "the vocabulary is learned from other columns",
            )


def _roles(before: "FeatureSpec", after: "FeatureSpec") -> Iterator[Change]:
    moved = _parts_moved(after)
    keyed = isinstance(before.split, KeySplit) or isinstance(after.split, KeySplit)
    unread = Verdict(Compatibility.SERVE_COMPATIBLE, "no model reads it")
    verdicts = {
        "label": Verdict(Compatibility.RETRAIN, "the model learns something else"),
        "weight": Verdict(
            Compatibility.RE_TRANSFORM, "rows weigh otherwise in training"
        ),
        "split": moved,
        "key": moved if keyed else unread,
        "missing_label": unread,
        "rows": moved._replace(reason="other rows are made of those of the source"),
        "renamed_from": unread,
        "defaults": unread,
    }
    for role, verdict in verdicts.items():
        old, new = getattr(before, role), getattr(after, role)
        if old != new:
            yield Change(role, _show(old), _show(new), *verdict)


def _parts_moved(spec: "FeatureSpec") -> Verdict:
    """The verdict where rows belong to other parts: statistics are of other rows."""
    columns = list(spec.outputs.values())
    if any(map(_learns_vocabulary, columns)):
        reason = "vocabularies are learned from other rows"
        return Verdict(Compatibility.RE_INDEX, reason)
    return Verdict(Compatibility.RE_TRANSFORM, "rows belong to other parts")


def _learns_vocabulary(column: Column) -> bool:
    if not isinstance(column.source, Input) and any(
        map(_learns_vocabulary, column.source.columns)
    ):
        return True
    return any(
        isinstance(step, s.Vocabulary) and s.needs_statistics(step)
        for step in column.steps
    )


def _show(entry: object) -> str | None:
    if entry is None:
        return None
    if isinstance(entry, Mapping):
        return repr(dict(entry))
    if isinstance(entry, tuple):
        return ", ".join(map(str, entry))
    return repr(entry)
