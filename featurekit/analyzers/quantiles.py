"""Quantiles: exact for few distinct values, of measured error for many.

The state is a multiset of values. While it has at most `limit` distinct values it is
exact. Beyond, values are told apart only by the B leading bits of their ordered key
(see kernels/quantile_runs.py), where B is the largest number that leaves at most
`limit` distinct prefixes. Values that share a prefix form one run, which remembers
its smallest and largest value and its count.

Why the state does not depend on order or sharding: let f(S, B) be the number of
distinct B-bit prefixes in the set S. It grows with S and with B, so B*(S), the largest
B with f(S, B) <= limit, can only shrink when values are added. A summary of a part P
of the data S has resolution B*(P) >= B*(S), hence still tells all prefixes of B*(S)
bits apart; f(S, B) can be counted from it for every B <= B*(P), and every larger B is
excluded, as f(S, B) >= f(P, B) > limit. By induction every way of adding and merging
ends with B*(S) and with the same runs, whose smallest, largest and count are
themselves free of order.
"""

from fractions import Fraction
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.analyzers import columns
from featurekit.analyzers.base import Accumulator, Options, ValueType, positive
from featurekit.analyzers.encoding import Reader, damaged, pack_count
from featurekit.kernels import quantile_runs
from featurekit.kernels.quantile_runs import Keys, Runs
from featurekit.plan.statistics import Quantiles

Ends: TypeAlias = npt.NDArray[np.int64]

DEFAULT_LIMIT = 1 << 17
# Keys that wait to be sorted: 8 MiB.
MAX_PENDING = 1 << 20
EXACT = 64


class RunsAccumulator(Accumulator):
    """Counts values as runs; subclasses say which of them they want.

    Args:
        value_type: "number" or "integer".
        limit: Distinct values, later runs, to keep; at least 2. 24 bytes each.
            Defaults to 131,072.
    """

    __slots__ = ("_bits", "_limit", "_num_pending", "_pending", "_runs")

    value_types = ("number", "integer")

    def __init__(self, value_type: ValueType, *, limit: int = DEFAULT_LIMIT) -> None:
        super().__init__(value_type)
        self._limit = positive("limit", limit, minimum=2)
        self._pending: list[Keys] = []
        self._num_pending = 0
        self._bits = EXACT
        self._runs = _no_runs()

    def _add(self, column: pa.Array) -> None:
        if self.value_type == "integer":
            values = columns.integers(column).astype(np.float64)
            values.setflags(write=False)
        else:
            values = columns.floats(column)
        keys = quantile_runs.to_keys(values.view(np.uint64))
        if len(keys):
            self._pending.append(keys)
            self._num_pending += len(keys)
        if self._num_pending >= MAX_PENDING:
            self.compact()

    def _merge(self, other: Self) -> None:
        other.compact()
        self.compact()
        self._union(other._runs, other._bits)

    def compact(self) -> None:
        """Moves the pending keys into the runs."""
        if not self._pending:
            return
        keys = np.concatenate(self._pending)
        keys.sort()
        self._pending, self._num_pending = [], 0
        self._union(quantile_runs.count_runs(keys), EXACT)

    def _union(self, runs: Runs, bits: int) -> None:
        """Adds runs of a resolution, and keeps the finest that the limit allows."""
        self._bits = min(self._bits, bits)
        merged = quantile_runs.merge_runs(self._runs, runs, EXACT - self._bits)
        finest = int(quantile_runs.finest_resolution(merged[0], self._limit))
        if finest < self._bits:
            self._bits = finest
            merged = quantile_runs.merge_runs(merged, _no_runs(), EXACT - finest)
        self._runs = merged

    def _counted(self) -> tuple[Runs, Ends]:
        """The runs, and how many values lie in each and those before it."""
        self.compact()
        return self._runs, np.cumsum(self._runs[2])

    def _payload(self) -> bytes:
        self.compact()
        lows, highs, counts = self._runs
        return b"".join(
            (
                pack_count(self._bits),
                pack_count(len(lows)),
                lows.astype("<u8").tobytes(),
                highs.astype("<u8").tobytes() if self._bits < EXACT else b"",
                counts.astype("<i8").tobytes(),
            )
        )

    def _restore(self, reader: Reader) -> None:
        self._bits = reader.count()
        size = reader.count()
        lows = reader.uint64s(size)
        highs = reader.uint64s(size) if self._bits < EXACT else lows.copy()
        counts = reader.int64s(size)
        ordered = bool(np.all(lows[1:] > lows[:-1]) and np.all(highs >= lows))
        if not (1 <= self._bits <= EXACT and ordered and np.all(counts > 0)):
            raise damaged("its runs are not sorted or not counted")
        self._runs = (lows, highs, counts)


class QuantilesAccumulator(RunsAccumulator):
    """Counts values, and cuts them into equally full buckets.

    Semantics:
        - Definition: boundary i of k is the smallest value v such that more than
          i·n/k of the n values are <= v.
        - Ties: equal boundaries are merged.
        - Many values: a boundary is the smallest value of its run, always a value
          that occurred; `rank_error` bounds how far that moved it.
        - Integers: rounded to float64, as the plan computes with them.

    Args:
        value_type: "number" or "integer".
        num_buckets: Buckets to cut into, at least 1.
        limit: Distinct values, later runs, to keep; at least 2. 24 bytes each.
            Defaults to 131,072.

    Example:
        >>> import pyarrow as pa
        >>> counted = QuantilesAccumulator("number", num_buckets=4)
        >>> counted.add(pa.array(range(1, 101)))
        >>> counted.extract().boundaries
        (26.0, 51.0, 76.0)
    """

    __slots__ = ("_num_buckets",)

    kind = "quantiles"

    def __init__(
        self, value_type: ValueType, *, num_buckets: int, limit: int = DEFAULT_LIMIT
    ) -> None:
        super().__init__(value_type, limit=limit)
        self._num_buckets = positive("num_buckets", num_buckets)

    @property
    def options(self) -> Options:
        """The number of buckets and the limit."""
        return {"num_buckets": self._num_buckets, "limit": self._limit}

    def extract(self) -> Quantiles:
        """The boundaries of everything counted so far."""
        (lows, highs, counts), ends = self._counted()
        count = int(ends[-1]) if len(ends) else 0
        if count == 0:
            return Quantiles(self._num_buckets, count=0, boundaries=(), rank_error=0.0)
        # More than x of the values are <= v, for a real x: more than floor(x) are.
        asked = [i * count // self._num_buckets for i in range(1, self._num_buckets)]
        found = np.searchsorted(ends, np.array(asked, np.int64), side="right")
        # Within a run of several values, the true boundary may be any of them.
        moved = [
            Fraction(i * count, self._num_buckets) - int(ends[run] - counts[run])
            for i, run in enumerate(found, start=1)
            if lows[run] != highs[run]
        ]
        boundaries = quantile_runs.to_floats(lows[np.unique(found)])
        return Quantiles(
            num_buckets=self._num_buckets,
            count=count,
            boundaries=tuple(boundaries.tolist()),
            rank_error=float(max(moved, default=Fraction(0)) / count),
        )


def _no_runs() -> Runs:
    return np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.int64)
