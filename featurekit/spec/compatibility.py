"""What a change of a declaration asks for, from nothing to training anew."""

from collections.abc import Sequence
from dataclasses import replace
from enum import IntEnum
from itertools import zip_longest
from typing import NamedTuple

from featurekit.spec import steps as s
from featurekit.spec.columns import (
    Aligned,
    Column,
    Cross,
    Grouped,
    Masked,
    NumericColumn,
    Source,
    WeightedBag,
)
from featurekit.spec.columns.hidden import Hidden
from featurekit.spec.columns.masking import unwrapped
from featurekit.spec.inputs import Input


class Compatibility(IntEnum):
    """How far a change reaches; a greater one includes what the smaller ones ask for.

    IDENTICAL: nothing has changed.
    SERVE_COMPATIBLE: records, models and exports stay valid. Rows that were accepted
        give the same bits; some that were refused are accepted, or are read elsewhere.
    RE_TRANSFORM: records have to be written again. Features keep their types, and ids
        their meaning, so that a model can go on training from its weights.
    RE_INDEX: as well, ids have moved, or there are more of them: rows of embeddings
        have to be moved with `fk.row_map` before training goes on.
    RETRAIN: no weights can be kept for what has changed.
    """

    IDENTICAL = 0
    SERVE_COMPATIBLE = 1
    RE_TRANSFORM = 2
    RE_INDEX = 3
    RETRAIN = 4

    def __str__(self) -> str:
        return self.name.lower().replace("_", "-")


class Verdict(NamedTuple):
    """How far a change reaches, and why."""

    compatibility: Compatibility
    reason: str


_SAME = Verdict(Compatibility.IDENTICAL, "nothing has changed")
_OTHER_VALUES = Compatibility.RE_TRANSFORM


def compare_columns(before: Column, after: Column) -> Verdict:
    """What it asks for to put one column in place of another."""
    if before == after:
        return _SAME
    if type(before) is not type(after):
        reason = "the model receives another kind of value"
        return Verdict(Compatibility.RETRAIN, reason)
    wrapped = before.source, after.source
    if before.source != after.source and any(
        isinstance(source, Aligned | Masked)
        or (isinstance(source, Hidden) and source.ids is not None)
        for source in wrapped
    ):
        return _compare_wrapped(before, after)
    found = (
        _compare_sources(before, after),
        _compare_steps(before.steps, after.steps, isinstance(after, NumericColumn)),
    )
    return max(found, key=lambda verdict: verdict.compatibility)


def _compare_wrapped(before: Column, after: Column) -> Verdict:
    """Columns as if they stood alone, and what is around them."""
    found = compare_columns(unwrapped(before), unwrapped(after))  # type: ignore[arg-type]
    around = Verdict(_OTHER_VALUES, "it is aligned or masked in another way")
    return max(around, found, key=lambda verdict: verdict.compatibility)


def _compare_sources(before: Column, after: Column) -> Verdict:
    old, new = before.source, after.source
    if old == new:
        return _SAME
    steps = (*before.steps, *after.steps)
    if isinstance(old, Cross) or isinstance(new, Cross):
        return _compare_crosses(old, new, steps)
    if isinstance(old, WeightedBag) != isinstance(new, WeightedBag):
        return Verdict(Compatibility.RETRAIN, "one of the two has weights")
    if _learns_ids(steps):
        return Verdict(
            Compatibility.RE_INDEX, "the vocabulary is learned from another column"
        )
    if not isinstance(old, Input) or not isinstance(new, Input):
        if isinstance(old, Grouped) and isinstance(new, Grouped):
            return _compare_grouped(old, new, steps)
        return _compare_made(old, new, steps)
    if old.size != new.size:
        return Verdict(Compatibility.RETRAIN, "vectors have another size")
    if (old.name, old.dtype, old.time_zone) != (new.name, new.dtype, new.time_zone):
        return Verdict(_OTHER_VALUES, "another column is read, or in another way")
    if (old.nan, new.nan) == ("error", "missing") and not any(
        map(s.needs_statistics, steps)
    ):
        return Verdict(
            Compatibility.SERVE_COMPATIBLE, "NaN was refused, and is missing now"
        )
    return Verdict(_OTHER_VALUES, "NaN means something else")


def _compare_made(old: Source, new: Source, steps: Sequence[s.Step]) -> Verdict:
    """Values that are made of those of several columns."""
    if isinstance(old, WeightedBag) and isinstance(new, WeightedBag):
        pairs = zip(old.columns, new.columns, strict=True)
        parts = [compare_columns(first, second) for first, second in pairs]
        return max(parts, key=lambda verdict: verdict.compatibility)
    if any(isinstance(step, s.HashBuckets) for step in steps):
        return Verdict(Compatibility.RETRAIN, "other texts are hashed")
    return Verdict(_OTHER_VALUES, "values are computed in another way")


def _compare_grouped(old: Grouped, new: Grouped, steps: Sequence[s.Step]) -> Verdict:
    """What is learned for each key by itself."""
    if replace(old, max_keys=new.max_keys) == new:
        reason = "the limit of keys is another; what was learned is not"
        return Verdict(Compatibility.SERVE_COMPATIBLE, reason)
    if isinstance(new.step, s.QuantileBuckets):
        reason = "buckets mean something else, and none can be mapped"
        return Verdict(Compatibility.RETRAIN, reason)
    return _compare_made(old, new, steps)


def _compare_crosses(old: Source, new: Source, steps: Sequence[s.Step]) -> Verdict:
    if not isinstance(old, Cross) or not isinstance(new, Cross):
        return Verdict(Compatibility.RETRAIN, "one of the two is a cross")
    if len(old.columns) == len(new.columns):
        pairs = zip(old.columns, new.columns, strict=True)
        parts = [compare_columns(first, second) for first, second in pairs]
        worst = max(parts, key=lambda verdict: verdict.compatibility)
        if worst.compatibility == Compatibility.SERVE_COMPATIBLE and not any(
            map(s.needs_statistics, steps)
        ):
            return worst
    if _learns_ids(steps):
        return Verdict(Compatibility.RE_INDEX, "other combinations are counted")
    return Verdict(
        Compatibility.RETRAIN, "other values are crossed, so every hash differs"
    )


def _learns_ids(steps: Sequence[s.Step]) -> bool:
    return any(isinstance(e, s.Vocabulary) and s.needs_statistics(e) for e in steps)


def _compare_steps(
    old: tuple[s.Step, ...], new: tuple[s.Step, ...], is_number: bool
) -> Verdict:
    if old == new:
        return _SAME
    filled = _compare_fills(old, new) or _compare_defaults(old, new)
    if filled is not None:
        return filled
    changed = _changed_meaning(old, new)
    if changed is None or is_number:
        if _learns_ids(new):
            reason = "the vocabulary is learned from other values"
            return Verdict(Compatibility.RE_INDEX, reason)
        return Verdict(_OTHER_VALUES, "values are computed in another way")
    for first, second in changed:
        if type(first) is not type(second) or type(first) not in _RE_INDEXED:
            return Verdict(Compatibility.RETRAIN, _why_retrain(first, second))
    return Verdict(Compatibility.RE_INDEX, "ids have moved, or there are others")


# What changes numbers, but not what an id that is made of them means.
_VALUE_STEPS = (
    s.Fill,
    s.FillMean,
    s.FillMedian,
    s.FillMode,
    s.Clip,
    s.Winsorize,
    s.Log1p,
    s.Standardize,
    s.Robust,
    s.MinMax,
    s.MissingAsEmpty,
    s.DropMissing,
    s.MissingValues,
    s.Binarize,
    s.Shift,
    s.Difference,
    s.Rolling,
    s.CountEncoding,
    s.MissingAsZeros,
    s.Rescale,
)
# What gives ids that can be mapped to those of another step of the same kind.
_RE_INDEXED = (s.Vocabulary, s.Identity)


def _changed_meaning(
    old: tuple[s.Step, ...], new: tuple[s.Step, ...]
) -> list[tuple[s.Step | None, s.Step | None]] | None:
    """The pairs of steps that give ids and vectors and differ; None where none does."""
    first = [step for step in old if not isinstance(step, _VALUE_STEPS)]
    second = [step for step in new if not isinstance(step, _VALUE_STEPS)]
    return [pair for pair in zip_longest(first, second) if pair[0] != pair[1]] or None


def _why_retrain(old: s.Step | None, new: s.Step | None) -> str:
    if isinstance(old, s.Embedding) and isinstance(new, s.Embedding):
        if old.dim == new.dim:
            return "the trained vectors are combined, clipped or shared otherwise"
        return "the trained vectors have another width"
    return "ids mean something else, and none can be mapped"


def _compare_defaults(
    old: tuple[s.Step, ...], new: tuple[s.Step, ...]
) -> Verdict | None:
    """The verdict where nothing but `default` of what gives ids has been changed."""
    compatibility = Compatibility.SERVE_COMPATIBLE
    if len(old) != len(new):
        return None
    for first, second in zip(old, new, strict=True):
        if first == second:
            continue
        both = (s.Vocabulary, s.Identity)
        if not isinstance(first, both) or not isinstance(second, both):
            return None
        if replace(first, default=second.default) != second:
            return None
        if first.default is not None:
            compatibility = _OTHER_VALUES
    return Verdict(compatibility, "what is not known has another id, or one at all")


def _compare_fills(old: tuple[s.Step, ...], new: tuple[s.Step, ...]) -> Verdict | None:
    """The verdict where nothing but a first fill has been added."""
    at = next((i for i, step in enumerate(new) if isinstance(step, s.Fill)), None)
    if at is None or new[:at] + new[at + 1 :] != old:
        return None
    handled = any(isinstance(e, s.Fill) for e in old) or any(
        isinstance(e, s.Vocabulary) and e.missing_id for e in old
    )
    if handled or any(map(s.needs_statistics, new[at:])):
        return None
    return Verdict(
        Compatibility.SERVE_COMPATIBLE,
        "missing values were refused, and are filled now",
    )
