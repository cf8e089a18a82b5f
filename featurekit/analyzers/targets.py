"""Moments of a target by category, with each fold of the rows left out in turn."""

from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from featurekit.analyzers.base import Accumulator, Options, ValueType, positive
from featurekit.analyzers.by_key import MomentsByKeyAccumulator, check_max_keys
from featurekit.analyzers.encoding import Reader, pack_count
from featurekit.analyzers.moments import MomentsAccumulator
from featurekit.plan.statistics import Moments, TargetByKey


class TargetByKeyAccumulator(Accumulator):
    """Receives structs of a target, a category and a fold.

    Each fold is counted by itself; sums are exact, so what is left without a fold is
    the sum of the others.

    Args:
        value_type: Of the categories: "string" or "integer".
        folds: The number of folds.
        max_keys: The most categories that may be told apart.
    """

    __slots__ = ("_max_keys", "_parts")

    kind = "target_by_key"
    value_types = ("string", "integer")

    def __init__(self, value_type: ValueType, *, folds: int, max_keys: int) -> None:
        super().__init__(value_type)
        self._max_keys = positive("max_keys", max_keys)
        self._parts = [
            MomentsByKeyAccumulator(value_type, max_keys=max_keys)
            for _ in range(positive("folds", folds, minimum=2))
        ]

    @property
    def options(self) -> Options:
        """The number of folds, and the largest number of categories."""
        return {"folds": len(self._parts), "max_keys": self._max_keys}

    def _add(self, column: pa.Array) -> None:
        target, key, fold = column.flatten()
        rows = pa.StructArray.from_arrays([target, key], ["value", "key"])
        for at, part in enumerate(self._parts):
            part.add(rows.filter(pc.equal(fold, at)))

    def _merge(self, other: Self) -> None:
        for mine, theirs in zip(self._parts, other._parts, strict=True):
            mine.merge(theirs)

    def extract(self) -> TargetByKey:
        """The moments so far."""
        groups = [part.groups for part in self._parts]
        keys = set().union(*groups)
        check_max_keys(len(keys), self._max_keys)
        found = {key: _moments([part.get(key) for part in groups]) for key in keys}
        ranked = sorted(keys, key=lambda k: (found[k][-1].count, k), reverse=True)
        entries = [one for key in ranked for one in found[key]]
        entries += _moments([part.total for part in self._parts])
        tokens: tuple[Any, ...] = tuple(ranked)
        return TargetByKey(
            tokens,
            tuple(one.count for one in entries),
            tuple(one.mean for one in entries),
            tuple(one.variance for one in entries),
        )

    def _payload(self) -> bytes:
        encoded = [part.encode() for part in self._parts]
        return b"".join(pack_count(len(data)) + data for data in encoded)

    def _restore(self, reader: Reader) -> None:
        self._parts = [
            MomentsByKeyAccumulator.decode(bytes(reader.take(reader.count())))
            for _ in self._parts
        ]


def _moments(parts: list[Any]) -> list[Moments]:
    """Those without each fold, and of all folds.

    Args:
        parts: What counts each fold; None where it has no value.
    """
    whole = MomentsAccumulator("number")
    for part in parts:
        if part is not None:
            whole.merge(part)
    return [whole.without(part).extract() for part in (*parts, None)]
