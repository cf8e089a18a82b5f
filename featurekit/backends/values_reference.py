"""What the ops of single values mean: one value at a time, in plain Python."""

import math
import operator
import struct
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias, assert_never

from featurekit.backends.farmhash_reference import fingerprint64, fingerprint_cat64
from featurekit.backends.siphash_reference import siphash
from featurekit.plan import ops
from featurekit.spec.inputs import element_dtype

Value: TypeAlias = float | int | bytes | tuple[Any, ...] | None
"""A number, an integer, text as bytes, a vector or list; None for a missing value."""

SMALLEST_NORMAL = 2.0**-126
SMALLEST_NORMAL_DOUBLE = 2.0**-1022


class Reject(Exception):
    """An op refuses the row."""


def read_value(value: Any, dtype: str) -> Value:
    """A source value as an op sees it: text is bytes, a number is a float32."""
    if value is None:
        return None
    element = element_dtype(dtype)
    if element is not None:
        return tuple(read_value(entry, element) for entry in value)
    if dtype == "string":
        return value.encode() if isinstance(value, str) else bytes(value)
    return round_to_float32(float(value)) if dtype == "float32" else int(value)


def to_float64(value: float, policy: str) -> float | None:
    """The float32 as a float64; subnormals are zeros, a NaN is what the policy says."""
    if math.isnan(value):
        if policy == "error":
            raise Reject
        return None if policy == "missing" else math.nan
    return flush(value)


def flush(value: float) -> float:
    """The value; a zero of its sign where float32 would hold a subnormal.

    TensorFlow's threads flush subnormals or do not, depending on the machine. Doing it
    always is the one meaning that all backends can share.
    """
    return math.copysign(0.0, value) if abs(value) < SMALLEST_NORMAL else value


def flush_double(value: float) -> float:
    """The value; a zero of its sign where float64 would hold a subnormal."""
    small = abs(value) < SMALLEST_NORMAL_DOUBLE
    return math.copysign(0.0, value) if small else value


COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "less_than": operator.lt,
    "less_equal": operator.le,
    "greater_than": operator.gt,
    "greater_equal": operator.ge,
}
_OPERATIONS: Mapping[str, Callable[[float, float], float]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    # A NaN compares with nothing, and stays; of equal numbers the first one does.
    "minimum": lambda x, y: y if y < x or math.isnan(y) else x,
    "maximum": lambda x, y: y if y > x or math.isnan(y) else x,
}


def arithmetic(name: str, x: float, y: float) -> float | None:
    """One operation; None where it has no result."""
    x, y = flush_double(x), flush_double(y)
    if name == "divide" and y == 0.0:
        return None
    found = _OPERATIONS[name](x, y)
    if math.isnan(found) and not (math.isnan(x) or math.isnan(y)):
        return None
    return flush_double(found)


def round_to_float32(value: float) -> float:
    """The nearest float32, ties to even; infinite where it exceeds the largest."""
    try:
        rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return rounded


def to_float32(value: float) -> float:
    """The float32 that is written; every NaN has the bits 7fc00000."""
    if math.isnan(value):
        return math.nan
    rounded = round_to_float32(flush(value))
    if math.isinf(rounded) and not math.isinf(value):
        raise Reject
    return rounded


def log1p(value: float) -> float:
    """log(1 + x), rounded to float32; the float64 differs between machines."""
    if value < -1.0:
        raise Reject
    if value == -1.0:
        return -math.inf
    return round_to_float32(flush(math.log1p(value)))


def hash_value(value: bytes | int, key: tuple[int, ...] = ()) -> int:
    """The hash of the text, or of the decimal text of the integer."""
    text = value if isinstance(value, bytes) else b"%d" % value
    return siphash(text, key) if key else fingerprint64(text)


def lookup(
    value: bytes | int, ids: Mapping[bytes | int, int], op: ops.LookupVocabulary
) -> int:
    """The id of a token; unknown ones hash into ids of their own."""
    found = ids.get(value)
    if found is not None:
        return found
    if not op.num_oov:
        raise Reject
    return op.first_oov + (hash_value(value) % op.num_oov if op.num_oov > 1 else 0)


def bucketize(value: float, boundaries: tuple[float, ...]) -> int:
    """How many boundaries the value reaches; all of them for NaN."""
    return len(boundaries) if math.isnan(value) else bisect_right(boundaries, value)


def require_present(value: Value) -> Value:
    """The value."""
    if value is None:
        raise Reject
    return value


def require_range(value: int, count: int) -> int:
    """The value, within [0, count)."""
    if not 0 <= value < count:
        raise Reject
    return value


def cross_hash(values: Sequence[Any], op: ops.CrossHash) -> int | None:
    """Folds the hash of each text, or each integer itself, into one bucket."""
    folded = op.start
    for value in values:
        if value is None:
            return None
        mark = fingerprint64(value) if isinstance(value, bytes) else value % 2**64
        folded = fingerprint_cat64(folded, mark)
    return folded % op.num_buckets


def combine_ids(pair: Sequence[int | None], size: int) -> int | None:
    """The place of a pair of ids among all pairs, the second id running faster."""
    first, second = pair
    return None if first is None or second is None else first * size + second


def time_part(microseconds: int, op: ops.ExtractTimePart) -> int:
    """A part of the local time: the year, or a part that is counted from 0."""
    seconds = microseconds // 1_000_000
    passed = sum(moment <= seconds for moment in op.transitions)
    days, second = divmod(seconds + op.offsets[passed], 86_400)
    # The calendar repeats every 400 years, which are 146,097 days and whole weeks.
    day = date.fromordinal(date(1970, 1, 1).toordinal() + days % 146_097)
    match op.part:
        case "minute":
            return second // 60 % 60
        case "hour":
            return second // 3600
        case "day_of_week":
            return day.weekday()
        case "day_of_month":
            return day.day - 1
        case "day_of_year":
            return day.timetuple().tm_yday - 1
        case "month":
            return day.month - 1
        case "year":
            return day.year + 400 * (days // 146_097)
        case _:
            assert_never(op.part)
