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
from featurekit.kernels.arrow_buffers import arrow_array, filled_numbers
from featurekit.plan.statistics import MomentsByKey, QuantilesByKey, RangeByKey

Key = bytes | int


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
        groups: What counts those of each key.
    """

    __slots__ = ("_max_keys", "groups", "total")

    value_types = ("string", "integer")
    inner: ClassVar[type[Accumulator]]

    def __init__(self, value_type: ValueType, *, max_keys: int) -> None:
        super().__init__(value_type)
        self._max_keys = positive("max_keys", max_keys)
        self.total = self._new()
        self.groups: dict[Key, Accumulator] = {}

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
        found = self._encoded(keys.take(arrow_array(rows)))
        codes = filled_numbers(found.indices)
        order = np.argsort(codes, kind="stable")
        values, ends = values[rows[order]], np.cumsum(np.bincount(codes))
        start = 0
        for key, end in zip(found.dictionary.to_pylist(), ends.tolist(), strict=True):
            self._group(key).add(arrow_array(values[start:end]))
            start = end

    def _encoded(self, keys: pa.Array) -> pa.DictionaryArray:
        if pa.types.is_dictionary(keys.type):
            keys = keys.dictionary_decode()
        text = self.value_type == "string"
        read = columns.bytes_array if text else columns.integer_array
        return read(keys).dictionary_encode()

    def _group(self, key: Key) -> Accumulator:
        found = self.groups.get(key)
        if found is None:
            check_max_keys(len(self.groups) + 1, self._max_keys)
            found = self.groups[key] = self._new()
        return found

    def _new(self) -> Accumulator:
        """What counts the numbers of one key."""
        return self.inner("number")

    def _merge(self, other: Self) -> None:
        self.total.merge(other.total)
        for key, group in other.groups.items():
            self._group(key).merge(group)

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
        yield pack_count(len(self.groups))
        for key in sorted(self.groups):
            yield _sized(key) if isinstance(key, bytes) else pack_integer(key)
            yield _sized(self.groups[key].encode())

    def _restore(self, reader: Reader) -> None:
        self.total = self.inner.decode(bytes(reader.take(reader.count())))
        for _ in range(reader.count()):
            text = self.value_type == "string"
            key: Key = bytes(reader.take(reader.count())) if text else reader.integer()
            encoded = bytes(reader.take(reader.count()))
            self.groups[key] = self.inner.decode(encoded)


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
