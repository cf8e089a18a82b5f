"""Single values as the ops see them, where that needs no Arrow.

What a value may be and becomes is decided in `featurekit.io.casting`. The values that
services usually send need not go there: each function here either gives what a cast
would give, or raises Unusual, and the caller casts the whole request.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from featurekit.backends.missing import MISSING_INTEGER
from featurekit.backends.values_reference import Value, round_to_float32
from featurekit.io.cast_lists import NUM_RESERVED
from featurekit.plan.graph import Plan
from featurekit.spec.feature_spec import FeatureSpec

Reader: TypeAlias = Callable[[Any], Value]

_EXACT_IN_FLOAT32 = 2**24
_SMALLEST_IN_LISTS = MISSING_INTEGER + NUM_RESERVED
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# As `cast_times` accepts them; Python's own parser knows more forms.
_ZONED = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{3}|\.\d{6})?(Z|[+-]\d\d:\d\d)", re.ASCII
)


class Unusual(Exception):
    """The value is wrong, or of a form that only the general cast knows."""


def read_float(value: Any) -> Value:
    """A float, or an integer that float32 holds: the nearest float32."""
    if type(value) is float:
        rounded = round_to_float32(value)
        if math.isinf(rounded) and not math.isinf(value):
            raise Unusual
        return rounded
    if type(value) is int and -_EXACT_IN_FLOAT32 <= value <= _EXACT_IN_FLOAT32:
        return float(value)
    if value is None:
        return None
    raise Unusual


def read_integer(value: Any) -> Value:
    """An integer that fits, the reserved one left out."""
    if type(value) is int and -(2**63) < value < 2**63:
        return value
    if value is None:
        return None
    raise Unusual


def read_text(value: Any) -> Value:
    """Text as UTF-8."""
    if type(value) is str:
        try:
            return value.encode()
        except UnicodeEncodeError:
            raise Unusual from None
    if value is None:
        return None
    raise Unusual


def read_bytes(value: Any) -> Value:
    """Bytes as they are."""
    if value is None or type(value) is bytes:
        return value
    raise Unusual


def read_time(value: Any) -> Value:
    """An instant with its zone, as datetime or ISO 8601 text: microseconds."""
    if value is None:
        return None
    if type(value) is str:
        value = _parse(value)
    if type(value) is not datetime or value.utcoffset() is None:
        raise Unusual
    return (value - _EPOCH) // _MICROSECOND


def _parse(text: str) -> datetime:
    if not _ZONED.fullmatch(text):
        raise Unusual
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Unusual from None


def read_list(read: Reader) -> Reader:
    """The reader of lists of what another one reads."""

    def read_all(value: Any) -> Value:
        if value is None:
            return None
        if type(value) is not list:
            raise Unusual
        found = tuple(map(read, value))
        if any(type(one) is int and one < _SMALLEST_IN_LISTS for one in found):
            raise Unusual
        return found

    return read_all


READERS: dict[str, Reader] = {
    "float32": read_float,
    "int64": read_integer,
    "string": read_text,
    "timestamp": read_time,
    "bytes": read_bytes,
    "list<float32>": read_list(read_float),
    "list<int64>": read_list(read_integer),
    "list<string>": read_list(read_text),
}
"""By declared dtype."""


class RowReader:
    """Reads the columns of a plan out of single rows.

    Args:
        spec: The declaration.
        plan: What was compiled of it.

    Attributes:
        dtypes: By column of the plan the declared dtype.
    """

    def __init__(self, spec: FeatureSpec, plan: Plan) -> None:
        raw = {one.name for one in spec.inputs if one.dtype == "bytes"}
        self.dtypes = {
            name: "bytes" if name in raw else column.dtype
            for name, column in plan.columns.items()
        }
        self._readers = [(name, READERS[dtype]) for name, dtype in self.dtypes.items()]
        self._times = [n for n, dtype in self.dtypes.items() if dtype == "timestamp"]

    def __call__(self, row: Any) -> dict[str, Value]:
        """The values of a row, by column.

        Raises:
            Unusual: It is no dict, lacks a column, or a value is wrong or unusual.
        """
        if not isinstance(row, Mapping):
            raise Unusual
        try:
            return {name: read(row[name]) for name, read in self._readers}
        except KeyError:
            raise Unusual from None

    def all(self, rows: Sequence[Any]) -> list[dict[str, Value]]:
        """The values of several rows.

        Raises:
            Unusual: As of one row; or the times of a column are of several types.
        """
        found = [self(row) for row in rows]
        for name in self._times:
            # Each was read by itself, but a column is text or it is not.
            if len({type(row[name]) for row in rows} - {type(None)}) > 1:
                raise Unusual
        return found
