"""A statistic for each value of a key, and for all rows together."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featurekit.analyzers import columns
from featurekit.analyzers.base import Accumulator, Options, ValueType, positive
from featurekit.analyzers.encoding import Reader, pack_count, pack_integer
from featurekit.analyzers.extremes import RangeAccumulator
from featurekit.analyzers.moments import MomentsAccumulator
from featurekit.errors import StatisticsError
from featurekit.kernels import exact_sum
from featurekit.kernels.arrow_buffers import arrow_array, filled_numbers, read_only
from featurekit.plan.statistics import MomentsByKey, QuantilesByKey, RangeByKey

Key = bytes | int

MIN_PENDING = 1 << 17
"""Rows that wait to be counted, at least."""


class ByKeyAccumulator(Accumulator):
    """Counts numbers by key; receives structs of a number and a key.

    Semantics:
        - Missing key: counts for all rows alone.
        - Key without a finite number: does not exist.
        - More keys than `max_keys`: an error. Memory is bounded by it, and whether
          there are too many depends on the rows alone.

    Args:
        value_type: Of the keys: "string" or "integer".
        max_keys: The most keys that may be told apart.

    Attributes:
        total: What counts all rows.
    """

    __slots__ = (
        "_groups",
        "_max_keys",
        "_num_pending",
        "_pending",
        "_places",
        "total",
    )

    value_types = ("string", "integer")
    inner: ClassVar[type[Accumulator]]

    def __init__(self, value_type: ValueType, *, max_keys: int) -> None:
        super().__init__(value_type)
        self._max_keys = positive("max_keys", max_keys)
        self.total = self._new()
        self._places: dict[Key, int] = {}
        self._groups: list[Any] = []
        # Numbers that wait to be counted, and the places of their groups.
        self._pending: list[tuple[columns.Floats, columns.Integers]] = []
        self._num_pending = 0

    @property
    def groups(self) -> dict[Key, Any]:
        """What counts the numbers of each key."""
        self._count_pending()
        return {key: self._groups[place] for key, place in self._places.items()}

    @property
    def options(self) -> Options:
        """The largest number of keys."""
        return {"max_keys": self._max_keys}

    def _add(self, column: pa.Array) -> None:
        numbers, keys = column.flatten()
        self.total.add(numbers)
        values = filled_numbers(numbers).astype(np.float64, copy=False)
        counted = np.isfinite(values) & _valid(numbers) & _valid(keys)
        rows = np.flatnonzero(counted)
        if not len(rows):
            return
        found = self._read(keys.take(arrow_array(rows))).dictionary_encode()
        places = np.array(list(map(self._place, found.dictionary.to_pylist())))
        self._pending.append((values[rows], places[filled_numbers(found.indices)]))
        self._num_pending += len(rows)
        # Counting in a group costs more than a row: so it waits for several rows.
        if self._num_pending >= max(MIN_PENDING, 4 * len(self._groups)):
            self._count_pending()

    def _read(self, keys: pa.Array) -> pa.Array:
        if pa.types.is_dictionary(keys.type):
            keys = keys.dictionary_decode()
        text = self.value_type == "string"
        return columns.bytes_array(keys) if text else columns.integer_array(keys)

    def _place(self, key: Key) -> int:
        """Where the group of a key is; a new one where there is none."""
        found = self._places.get(key)
        if found is None:
            check_max_keys(len(self._groups) + 1, self._max_keys)
            found = self._places[key] = len(self._groups)
            self._groups.append(self._new())
        return found

    def _count_pending(self) -> None:
        """Counts the rows that wait in their groups."""
        if not self._pending:
            return
        numbers, places = map(np.concatenate, zip(*self._pending, strict=True))
        self._pending, self._num_pending = [], 0
        counts = np.bincount(places)
        order = np.argsort(places, kind="stable")
        groups = [self._groups[place] for place in np.flatnonzero(counts).tolist()]
        ends = np.cumsum(counts[counts > 0])
        self._count(groups, read_only(numbers[order]), ends)

    def _count(
        self, groups: list[Any], values: columns.Floats, ends: columns.Integers
    ) -> None:
        """Counts in each group its values, which are one behind the other."""
        start = 0
        for group, end in zip(groups, ends.tolist(), strict=True):
            group.add(arrow_array(values[start:end]))
            start = end

    def _new(self) -> Accumulator:
        """What counts the numbers of one key."""
        return self.inner("number")

    def _merge(self, other: Self) -> None:
        self.total.merge(other.total)
        for key, group in other.groups.items():
            self._groups[self._place(key)]._merge(group)

    def _extracted(self) -> tuple[Any, list[Any]]:
        """The keys in order, and their statistics; then that of all rows."""
        found: dict[Key, Any] = {k: g.extract() for k, g in self.groups.items()}
        # As in a vocabulary: most values first, of equal counts the greater key.
        keys = sorted(found, key=lambda key: (found[key].count, key), reverse=True)
        return tuple(keys), [*map(found.__getitem__, keys), self.total.extract()]

    @abstractmethod
    def extract(self) -> MomentsByKey | RangeByKey | QuantilesByKey:
        """The statistics so far."""

    def _payload(self) -> bytes:
        return b"".join(self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        yield _sized(self.total.encode())
        groups = self.groups
        yield pack_count(len(groups))
        for key in sorted(groups):
            yield _sized(key) if isinstance(key, bytes) else pack_integer(key)
            yield _sized(groups[key].encode())

    def _restore(self, reader: Reader) -> None:
        self.total = self.inner.decode(bytes(reader.take(reader.count())))
        for _ in range(reader.count()):
            text = self.value_type == "string"
            key: Key = bytes(reader.take(reader.count())) if text else reader.integer()
            encoded = bytes(reader.take(reader.count()))
            self._groups[self._place(key)] = self.inner.decode(encoded)


class MomentsByKeyAccumulator(ByKeyAccumulator):
    """Mean and variance of each key, without rounding error.

    Example:
        >>> import pyarrow as pa
        >>> found = MomentsByKeyAccumulator("string", max_keys=10)
        >>> rows = [{"v": 1.0, "k": "a"}, {"v": 3.0, "k": "a"}, {"v": 8.0, "k": None}]
        >>> found.add(pa.array(rows))
        >>> found.extract().tokens, found.extract().means
        ((b'a',), (2.0, 4.0))
    """

    __slots__ = ()

    kind = "moments_by_key"
    inner = MomentsAccumulator

    def _count(
        self, groups: list[Any], values: columns.Floats, ends: columns.Integers
    ) -> None:
        if len(values) > exact_sum.MAX_VALUES:
            super()._count(groups, values, ends)
            return
        counts = np.diff(ends, prepend=0).tolist()
        sums = exact_sum.sum_groups(values, ends)
        for group, count, (total, square) in zip(groups, counts, sums, strict=True):
            group.add_sums(count, total, square)

    def extract(self) -> MomentsByKey:
        """The moments so far."""
        keys, found = self._extracted()
        return MomentsByKey(
            keys,
            tuple(one.count for one in found),
            tuple(one.mean for one in found),
            tuple(one.variance for one in found),
        )


class RangeByKeyAccumulator(ByKeyAccumulator):
    """Smallest and largest number of each key.

    Example:
        >>> import pyarrow as pa
        >>> found = RangeByKeyAccumulator("integer", max_keys=10)
        >>> found.add(pa.array([{"v": 1.0, "k": 7}, {"v": 3.0, "k": 7}]))
        >>> found.extract().minimums
        (1.0, 1.0)
    """

    __slots__ = ()

    kind = "range_by_key"
    inner = RangeAccumulator

    def _count(
        self, groups: list[Any], values: columns.Floats, ends: columns.Integers
    ) -> None:
        counts = np.diff(ends, prepend=0)
        # As of all rows: -0.0 + 0.0 is 0.0.
        low, high = (
            reduce.reduceat(values, ends - counts) + 0.0
            for reduce in (np.minimum, np.maximum)
        )
        each = zip(groups, counts.tolist(), low.tolist(), high.tolist(), strict=True)
        for group, count, minimum, maximum in each:
            group.extend(count, minimum, maximum)

    def extract(self) -> RangeByKey:
        """The ranges so far."""
        keys, found = self._extracted()
        return RangeByKey(
            keys,
            tuple(one.count for one in found),
            tuple(one.minimum for one in found),
            tuple(one.maximum for one in found),
        )


def check_max_keys(count: int, most: int) -> None:
    """Raises StatisticsError if there are more keys than the most that are allowed."""
    if count > most:
        raise StatisticsError(
            "there are more keys than max_keys allows",
            code="STATISTIC_TOO_MANY_KEYS",
            got=f"more than {most} keys",
            expected=f"at most {most}",
            hint="raise max_keys, or group by a column with fewer values",
        )


def _valid(column: pa.Array) -> columns.Integers:
    return np.asarray(pc.is_valid(column))


def _sized(data: bytes) -> bytes:
    return pack_count(len(data)) + data
