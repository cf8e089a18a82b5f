"""Boundaries of equally full buckets for each value of a key."""

from typing import Any

from featurekit.analyzers import columns
from featurekit.analyzers.base import Options, ValueType
from featurekit.analyzers.by_key import ByKeyAccumulator
from featurekit.analyzers.quantiles import QuantilesAccumulator
from featurekit.plan.statistics import QuantilesByKey

LIMIT = 1024
"""Distinct numbers that a key keeps before they are summarized: 24 kB."""


class QuantilesByKeyAccumulator(ByKeyAccumulator):
    """Quantiles of each key, exact for few distinct numbers.

    Args:
        value_type: Of the keys: "string" or "integer".
        num_buckets: As of "quantiles".
        max_keys: The most keys that may be told apart.
        limit: As of "quantiles", for each key.

    Example:
        >>> import pyarrow as pa
        >>> found = QuantilesByKeyAccumulator("integer", num_buckets=2, max_keys=9)
        >>> found.add(pa.array([{"v": 1.0, "k": 7}, {"v": 3.0, "k": 7}]))
        >>> found.extract().boundaries
        (3.0, 3.0)
    """

    __slots__ = ("_limit", "_num_buckets")

    kind = "quantiles_by_key"
    inner = QuantilesAccumulator

    def __init__(
        self,
        value_type: ValueType,
        *,
        num_buckets: int,
        max_keys: int,
        limit: int = LIMIT,
    ) -> None:
        self._num_buckets, self._limit = num_buckets, limit
        super().__init__(value_type, max_keys=max_keys)
        # Of all rows there is one, which may be as exact as without keys.
        self.total = QuantilesAccumulator("number", num_buckets=num_buckets)

    @property
    def options(self) -> Options:
        """What an equal empty one needs."""
        own = {"num_buckets": self._num_buckets, "limit": self._limit}
        return {**own, **super().options}

    def _new(self) -> QuantilesAccumulator:
        return QuantilesAccumulator(
            "number", num_buckets=self._num_buckets, limit=self._limit
        )

    def _count(
        self, groups: list[Any], values: columns.Floats, ends: columns.Integers
    ) -> None:
        super()._count(groups, values, ends)
        for group in groups:
            # What waits to be sorted is bounded for all of them together.
            group.compact()

    def extract(self) -> QuantilesByKey:
        """The boundaries so far."""
        keys, found = self._extracted()
        return QuantilesByKey(
            keys,
            tuple(one.count for one in found),
            tuple(boundary for one in found for boundary in one.boundaries),
            tuple(len(one.boundaries) for one in found),
            max(one.rank_error for one in found),
        )
