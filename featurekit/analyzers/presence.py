"""Rows, nulls, NaNs and infinities of a column."""

from typing import Self

import numpy as np
import pyarrow as pa

from featurekit.analyzers import columns
from featurekit.analyzers.base import Accumulator, ValueType
from featurekit.analyzers.encoding import Reader, pack_count
from featurekit.kernels.arrow_lists import elements_of
from featurekit.plan.statistics import Presence


class PresenceAccumulator(Accumulator):
    """Counts rows and the values among them that are not ordinary.

    Example:
        >>> import pyarrow as pa
        >>> counted = PresenceAccumulator("number")
        >>> counted.add(pa.array([1.0, None, float("nan"), float("-inf")]))
        >>> counted.extract()
        Presence(rows=4, nulls=1, nans=1, infinities=1)
    """

    __slots__ = ("_infinities", "_nans", "_nulls", "_rows")

    kind = "presence"
    value_types = ("number", "integer", "string")

    def __init__(self, value_type: ValueType) -> None:
        super().__init__(value_type)
        self._rows = self._nulls = self._nans = self._infinities = 0

    def _add_rows(self, column: pa.Array) -> None:
        self._add(elements_of(column))
        self._rows += len(column)
        self._nulls += columns.null_count(column)

    def _add(self, column: pa.Array) -> None:
        self._check(column)
        if self.value_type == "number":
            values = columns.floats(column)
            self._nans += int(np.count_nonzero(np.isnan(values)))
            self._infinities += int(np.count_nonzero(np.isinf(values)))

    def _check(self, column: pa.Array) -> None:
        """Raises if the type does not fit, without reading any value."""
        kind = column.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if pa.types.is_null(kind):
            return
        if self.value_type == "integer":
            columns.integer_array(pa.nulls(0, kind))
        elif self.value_type == "string":
            columns.bytes_array(pa.nulls(0, kind))

    def _merge(self, other: Self) -> None:
        self._rows += other._rows
        self._nulls += other._nulls
        self._nans += other._nans
        self._infinities += other._infinities

    def extract(self) -> Presence:
        """The counts so far."""
        return Presence(self._rows, self._nulls, self._nans, self._infinities)

    def _payload(self) -> bytes:
        counts = (self._rows, self._nulls, self._nans, self._infinities)
        return b"".join(map(pack_count, counts))

    def _restore(self, reader: Reader) -> None:
        self._rows = reader.count()
        self._nulls = reader.count()
        self._nans = reader.count()
        self._infinities = reader.count()
