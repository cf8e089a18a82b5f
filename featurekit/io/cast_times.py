"""Dates, timestamps and ISO 8601 text to int64 microseconds since 1970 in UTC."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from featurekit.errors import SourceError
from featurekit.io.cast_numbers import refuse_reserved
from featurekit.io.cast_strings import is_bytes, is_text, to_large_string
from featurekit.io.origin import Origin, failing
from featurekit.io.zones import local_to_utc
from featurekit.kernels.arrow_buffers import arrow_array, filled_numbers, validity

# Microseconds of one tick, per unit; nanoseconds divide instead.
_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_DAY = 86_400_000_000
# Zone arithmetic near the ends of int64 would wrap: two days of room.
_LAST_LOCAL = 2**63 - 1 - 2 * _DAY

_ZONED = r"^\d{4}-\d\d-\d\d[T ]\d\d.*(Z|[+-]\d\d(:?\d\d)?)$"
_SHAPE = r"^\d{4}-\d\d-\d\d([T ]\d\d(:?\d\d(:?\d\d(\.\d+)?)?)?(Z|[+-]\d\d(:?\d\d)?)?)?$"
_DATE = r"^\d{4}-\d\d-\d\d$"
_TRAILING_ZEROS = r"(\.\d{6})0+(Z|[+-]\d\d(:?\d\d)?)?$"
_TOO_FINE = r"\.\d{7,}"


def to_timestamp(array: pa.Array, origin: Origin, timezone: str | None) -> pa.Array:
    """Casts instants to int64 microseconds since the Unix epoch, UTC.

    Args:
        array: timestamp of any unit, with or without zone; date32 or date64; ISO
            8601 text; or null.
        origin: Where the values came from.
        timezone: The IANA zone of values that carry none. A date without a time of
            day is midnight in this zone, or in UTC when no zone is given.

    Raises:
        SourceError: TZ_REQUIRED for a timestamp column without any zone; TZ_UNKNOWN.
        RowError: OUT_OF_RANGE; LOSSY_CAST below a microsecond; TZ_AMBIGUOUS for a
            local time that a clock shows twice or never; TZ_REQUIRED and PARSE for
            text; RESERVED_VALUE.
    """
    kind = array.type
    if pt.is_null(kind):
        return pa.nulls(len(array), pa.int64())
    if is_text(kind) or is_bytes(kind):
        found = _parse(to_large_string(array, origin), origin, timezone)
    elif pt.is_date(kind):
        days = pt.is_date32(kind)
        ticks = array.cast(pa.int32() if days else pa.int64()).cast(pa.int64())
        found = _scale(ticks, array, _DAY if days else 1_000, origin)
        if timezone is not None:
            found = _localize(found, array, origin, timezone)
    else:
        found = _micros(array, origin)
        if kind.tz is None:
            if timezone is None:
                raise _zone_required(origin, kind)
            found = _localize(found, array, origin, timezone)
    return refuse_reserved(found, array, origin)


def _micros(array: pa.Array, origin: Origin) -> pa.Array:
    """The ticks of a timestamp array in microseconds, zone disregarded."""
    ticks = array.cast(pa.int64())
    if array.type.unit != "ns":
        return _scale(ticks, array, _MICROSECONDS[array.type.unit], origin)
    exact = filled_numbers(ticks)
    found, rest = np.divmod(exact, 1_000)
    _refuse_too_fine(rest != 0, array, origin)
    return _with_nulls(found, array)


def _scale(ticks: pa.Array, array: pa.Array, factor: int, origin: Origin) -> pa.Array:
    if factor == 1:
        return ticks
    exact = filled_numbers(ticks)
    limit = (2**63 - 1) // factor
    origin.reject(
        (exact > limit) | (exact < -limit),
        array,
        code="OUT_OF_RANGE",
        what="are outside of int64 microseconds",
        expected="years -290307 to 294246",
    )
    return _with_nulls(exact * factor, array)


def _with_nulls(values: Any, like: pa.Array) -> pa.Array:
    return arrow_array(values, validity(like) if like.null_count else None)


def _localize(
    local: pa.Array, array: pa.Array, origin: Origin, timezone: str
) -> pa.Array:
    """Local wall-clock microseconds in `timezone` to microseconds in UTC."""
    edge = pa.scalar(_LAST_LOCAL, pa.int64())
    low = pa.scalar(-_LAST_LOCAL, pa.int64())
    origin.reject(
        pc.or_(pc.greater(local, edge), pc.less(local, low)),
        array,
        code="OUT_OF_RANGE",
        what="are outside of int64 microseconds",
    )
    try:
        early, late = local_to_utc(local, timezone)
    except KeyError as error:
        raise SourceError(
            f"the zone {timezone!r} is not known here",
            code="TZ_UNKNOWN",
            file=origin.file,
            column=origin.column,
            expected="an IANA name such as 'America/New_York'",
        ) from error
    origin.reject(
        pc.not_equal(early, late),
        array,
        code="TZ_AMBIGUOUS",
        what=f"are shown twice or never by a clock in {timezone}",
        expected="local times that name one instant",
        hint="store timestamps with a zone",
    )
    return early


def _parse(text: pa.Array, origin: Origin, timezone: str | None) -> pa.Array:
    """ISO 8601 text to microseconds; zoned and local values may be mixed."""
    text = pc.ascii_trim(text, " \t")
    zoned = pc.match_substring_regex(text, _ZONED)
    nothing = pa.scalar(None, pa.large_string())
    with_zone = _parse_part(pc.if_else(zoned, text, nothing), "UTC", origin)
    local_text = pc.if_else(zoned, nothing, text)
    if local_text.null_count == len(text):
        return with_zone
    local = _parse_part(local_text, None, origin)
    if timezone is not None:
        local = _localize(local, local_text, origin, timezone)
    else:
        origin.reject(
            pc.invert(pc.match_substring_regex(local_text, _DATE)),
            local_text,
            code="TZ_REQUIRED",
            what="carry no time zone",
            expected="a suffix such as Z or +02:00, or a declared zone",
            hint="declare the zone of the column, as in"
            " timestamp(..., tz='Europe/Paris')",
        )
    return pc.coalesce(with_zone, local)


def _parse_part(text: pa.Array, zone: str | None, origin: Origin) -> pa.Array:
    kind = pa.timestamp("us", zone)
    try:
        return text.cast(kind).cast(pa.int64())
    except pa.ArrowInvalid:
        # Zeros after the sixth decimal lose nothing, but Arrow refuses them.
        short = pc.replace_substring_regex(text, _TRAILING_ZEROS, r"\1\2")
    try:
        return short.cast(kind).cast(pa.int64())
    except pa.ArrowInvalid:
        # By the shape first, which is fast even when every value is bad.
        other = pc.invert(pc.match_substring_regex(short, _SHAPE))
        _refuse_syntax(other, text, origin)
        _refuse_too_fine(pc.match_substring_regex(short, _TOO_FINE), text, origin)
        _refuse_syntax(failing(short, lambda part: part.cast(kind)), text, origin)
        raise


def _refuse_syntax(bad: object, text: pa.Array, origin: Origin) -> None:
    origin.reject(
        bad,
        text,
        code="PARSE",
        what="are not ISO 8601 timestamps",
        expected="text such as 2013-01-31T18:30:00Z",
    )


def _refuse_too_fine(bad: object, array: pa.Array, origin: Origin) -> None:
    origin.reject(
        bad,
        array,
        code="LOSSY_CAST",
        what="have digits below one microsecond",
        expected="whole microseconds",
        hint="round the column to microseconds yourself",
    )


def _zone_required(origin: Origin, kind: pa.DataType) -> SourceError:
    return SourceError(
        f"a column of type {kind} has no time zone",
        code="TZ_REQUIRED",
        file=origin.file,
        column=origin.column,
        hint="declare the zone, as in timestamp(..., tz='Europe/Paris'), or store"
        " timestamps with a zone",
    )
