"""Records of an older spec, as a newer one declares them.

A record can be read in place of a newly written one where every feature has the value
that converting anew would give it, or one that the newer spec declares for it: under
its former name, or by default. Everything else asks for a conversion.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

from featurekit.errors import DatasetError, SpecError
from featurekit.io.manifest import OutputColumn, output_columns
from featurekit.plan.id_meanings import id_meanings
from featurekit.plan.lower import compile_spec
from featurekit.plan.requirements import is_shared, requirements
from featurekit.plan.statistics import VocabularyCounts
from featurekit.plan.stats import Stats
from featurekit.spec import steps as s
from featurekit.spec.columns import Column
from featurekit.spec.compatibility import Compatibility, compare_columns
from featurekit.spec.feature_spec import FeatureSpec

if TYPE_CHECKING:
    from featurekit.io.dataset import Dataset

_ASKS = {
    Compatibility.RE_TRANSFORM: "convert the data with the new spec",
    Compatibility.RE_INDEX: "convert the data with the new spec, and move the rows of "
    "embeddings with fk.row_map",
    Compatibility.RETRAIN: "convert the data with the new spec, and train a new model",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the values of a column come from.

    Args:
        column: The column, as the newer spec has it.
        stored: Its name in the records; None if they lack it.
        default: Its value in all rows, if they lack it.
    """

    column: OutputColumn
    stored: str | None
    default: float = 0


@dataclass(frozen=True, slots=True)
class OlderRecords:
    """How records are read as those of a newer spec.

    Args:
        places: Each column, in the order of the newer spec.
    """

    places: tuple[Place, ...]

    @property
    def columns(self) -> tuple[OutputColumn, ...]:
        """What each record holds, as the newer spec has it."""
        return tuple(place.column for place in self.places)

    def apply(
        self, stored: Mapping[str, Any], fill: Callable[[OutputColumn, float], Any]
    ) -> dict[str, Any]:
        """The columns of some records.

        Args:
            stored: What the records hold, by name.
            fill: Makes a column that is one number in all rows.
        """
        return {
            place.column.name: fill(place.column, place.default)
            if place.stored is None
            else stored[place.stored]
            for place in self.places
        }


def read_as(dataset: "Dataset", spec: FeatureSpec, stats: Stats | None) -> OlderRecords:
    """How the records of a dataset are those of a spec.

    Args:
        dataset: The dataset.
        spec: The newer spec.
        stats: Its statistics; None for those of the records.

    Raises:
        DatasetError: SPEC_INCOMPATIBLE: they are not, and what that asks for.
        StatisticsError: A new feature learns, and there are no statistics of it.
    """
    comparing = _Comparing(dataset, spec, Stats({**dataset.stats, **(stats or {})}))
    comparing.check_roles()
    written = {column.name: column for column in dataset.manifest.columns}
    plan = compile_spec(spec, comparing.stats)
    return OlderRecords(
        tuple(comparing.place(column, written) for column in output_columns(plan))
    )


class _Comparing:
    """A dataset, and the spec that it is read with."""

    def __init__(self, dataset: "Dataset", spec: FeatureSpec, stats: Stats) -> None:
        self.dataset = dataset
        self.spec = spec
        self.stats = stats

    def check_roles(self) -> None:
        """Refuses another label, weight or split."""
        for change in self.dataset.spec.diff(self.spec).changes:
            is_feature = change.path.startswith(("features.", "shared."))
            if not is_feature and change.compatibility in _ASKS:
                self._refuse(change.path, change.compatibility, change.reason)

    def place(self, column: OutputColumn, written: Mapping[str, OutputColumn]) -> Place:
        """Where a column is found."""
        name = column.name
        former = self.spec.renamed_from.get(name, name)
        stored = next((one for one in (name, former) if one in written), None)
        if stored is not None:
            self._check_same(column, written[stored])
            return Place(column, stored)
        if name not in self.spec.defaults:
            self._refuse(
                name,
                Compatibility.RE_TRANSFORM,
                "the records lack the feature, and the spec has no default for it",
                hint=f"declare defaults={{{name!r}: …}}, or its former name in "
                f"renamed_from, or {_ASKS[Compatibility.RE_TRANSFORM]}",
            )
        default = self.spec.defaults[name]
        if column.dtype == "int64":
            whole = isinstance(default, int) and not isinstance(default, bool)
            if not whole or not 0 <= default < (column.num_ids or 2**63):
                raise DatasetError(
                    "the default is no id of the feature",
                    code="SPEC_BAD_VALUE",
                    feature=name,
                    got=default,
                    expected=f"an integer from 0 to {(column.num_ids or 2**63) - 1}",
                )
        return Place(column, None, default)

    def _check_same(self, new: OutputColumn, old: OutputColumn) -> None:
        """Refuses records whose values are not those of the newer spec."""
        before = self.dataset.spec.outputs[old.name]
        after = self.spec.outputs[new.name]
        verdict = compare_columns(before, after)
        only_ids = _without_ids(before) == _without_ids(after)
        if verdict.compatibility in _ASKS and not only_ids:
            self._refuse(new.name, *verdict)
        if (new.dtype, new.width) != (old.dtype, old.width):
            reason = "the vectors have another width"
            self._refuse(new.name, Compatibility.RETRAIN, reason)
        learned = self._changed_statistics(after)
        if not all(isinstance(self.stats[key], VocabularyCounts) for key in learned):
            reason = "what it learned is not what its records were made with"
            self._refuse(new.name, Compatibility.RE_TRANSFORM, reason)
        if learned or verdict.compatibility in _ASKS or _is_shared(after):
            self._check_ids(new.name, old.name)

    def _changed_statistics(self, column: Column) -> list[str]:
        """What the column has learned anew."""
        asked = requirements(FeatureSpec({"it": column}))
        return [
            request.key
            for request in asked
            if request.kind != "presence"
            and request.key in self.dataset.stats
            and self.dataset.stats[request.key] != self.stats[request.key]
        ]

    def _check_ids(self, new: str, old: str) -> None:
        """Refuses ids that mean something else."""
        reason = "ids have moved"
        try:
            before = id_meanings(self.dataset.spec, old, self.dataset.stats)
            after = id_meanings(self.spec, new, self.stats)
        except SpecError:  # what was looked up is no id in the records
            reason = "what it learned is not what its records were made with"
            self._refuse(new, Compatibility.RE_TRANSFORM, reason)
        if after[: len(before)] != before:
            hint = "ids of unknown values move where a vocabulary grows, unless "
            hint += 'it has oov="before"; convert the data with the new spec'
            self._refuse(new, Compatibility.RE_INDEX, reason, hint=hint)

    def _refuse(
        self,
        path: str,
        compatibility: Compatibility,
        reason: str,
        *,
        hint: str | None = None,
    ) -> NoReturn:
        raise DatasetError(
            f"the records cannot be read with this spec: {reason}",
            code="SPEC_INCOMPATIBLE",
            file=str(self.dataset.path),
            feature=path.removeprefix("features."),
            got=str(compatibility),
            expected="identical or serve-compatible",
            hint=hint or _ASKS[compatibility],
        )


def _is_shared(column: Column) -> bool:
    """Whether its ids are those of a vocabulary that other columns learn as well."""
    return any(map(is_shared, column.steps))


def _without_ids(column: Column) -> object:
    """The declaration, but for which ids there are."""
    steps: list[object] = []
    for step in column.steps:
        if isinstance(step, s.Vocabulary):
            steps.append(replace(step, tokens=None, max_size=None, min_count=1))
        elif isinstance(step, s.Identity):
            steps.append(replace(step, num_ids=1))
        else:
            steps.append(step)
    return type(column), column.source, tuple(steps)
