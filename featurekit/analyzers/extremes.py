"""The smallest and largest finite value of a column."""

import struct
from typing import Self

import numpy as np
import pyarrow as pa

from featurekit.analyzers import columns
from featurekit.analyzers.base import Accumulator, ValueType
from featurekit.analyzers.encoding import Reader, pack_count
from featurekit.plan.statistics import Range


class RangeAccumulator(Accumulator):
    """Keeps minimum and maximum; exact for all of int64 until `extract`.

    Semantics:
        - Empty: count, minimum and maximum are 0.
        - Rounding: `extract` rounds integers beyond 2^53 to the nearest float64.

    Example:
        >>> import pyarrow as pa
        >>> seen = RangeAccumulator("number")
        >>> seen.add(pa.array([2.0, None, float("inf"), -1.0]))
        >>> seen.extract()
        Range(count=2, minimum=-1.0, maximum=2.0)
    """

    __slots__ = ("_count", "_maximum", "_minimum")

    kind = "range"
    value_types = ("number", "integer")

    def __init__(self, value_type: ValueType) -> None:
        super().__init__(value_type)
        self._count = 0
        self._minimum: float = 0  # an int for integers
        self._maximum: float = 0

    def _add(self, column: pa.Array) -> None:
        if self.value_type == "integer":
            integers = columns.integers(column)
            if len(integers):
                self.extend(len(integers), int(integers.min()), int(integers.max()))
            return
        floats = columns.floats(column)
        finite = floats[np.isfinite(floats)]
        if len(finite):
            # -0.0 + 0.0 is 0.0: one zero, whatever the order of the data.
            self.extend(
                len(finite), float(finite.min()) + 0.0, float(finite.max()) + 0.0
            )

    def extend(self, count: int, minimum: float, maximum: float) -> None:
        """Counts values of which the extremes are known."""
        if self._count:
            minimum = min(minimum, self._minimum)
            maximum = max(maximum, self._maximum)
        self._count += count
        self._minimum, self._maximum = minimum, maximum

    def _merge(self, other: Self) -> None:
        if other._count:
            self.extend(other._count, other._minimum, other._maximum)

    def extract(self) -> Range:
        """The range so far."""
        return Range(self._count, float(self._minimum), float(self._maximum))

    def _payload(self) -> bytes:
        return pack_count(self._count) + struct.pack(
            self._layout, self._minimum, self._maximum
        )

    def _restore(self, reader: Reader) -> None:
        self._count = reader.count()
        self._minimum, self._maximum = struct.unpack(self._layout, reader.take(16))

    @property
    def _layout(self) -> str:
        return "<qq" if self.value_type == "integer" else "<dd"
