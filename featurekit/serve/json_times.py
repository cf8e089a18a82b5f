"""Times in ISO 8601 inside of a graph, as `featurekit.io.cast_times` reads them.

    2013-01-31
    2013-01-31T18:30[:00[.123456]][Z | +01:00]      a space may stand for the T

A time without a zone is of the zone that the spec declares. A local time that a clock
shows twice or never is refused, as are digits below a microsecond.
"""

import tensorflow as tf

from featurekit.backends.keras.values import Value
from featurekit.plan.time_zones import offset_transitions
from featurekit.serve.refusals import Refusal, names_of
from featurekit.spec.inputs import Input

_CLOCK = r"[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?"
_SHAPE = rf'"[ \t]*(\d{{4}})-(\d\d)-(\d\d)(?:{_CLOCK}(Z|[+-]\d\d(?::?\d\d)?)?)?[ \t]*'
_DATE = r'"[ \t]*\d{4}-\d\d-\d\d[ \t]*'
_ZONE = r"([+-])(\d\d):?(\d\d)?"
_MICROSECOND, _SECOND, _DAY = 1, 1_000_000, 86_400


def read_times(
    columns: list[Input], token: tf.Tensor, there: tf.Tensor, refusals: list[Refusal]
) -> Value:
    """Microseconds since 1970-01-01 UTC of texts that begin with a quote.

    Args:
        columns: All of one zone.
        token: The texts, shape (columns, batch).
        there: Where there is a value, of the same shape.
        refusals: Receives why a row is refused.
    """
    shaped = tf.strings.regex_full_match(token, _SHAPE)
    text = tf.where(shaped, token, '"1970-01-01')
    year, month, day, hour, minute, second = (_digits(text, n) for n in range(1, 7))
    length = _month_length(year, tf.clip_by_value(month, 1, 12))
    fraction = tf.strings.regex_replace(text, _SHAPE, r"\7")
    zone = tf.strings.regex_replace(text, _SHAPE, r"\8")
    offset, zone_valid = _zone_offset(zone)
    valid = (month >= 1) & (month <= 12) & (day >= 1) & (day <= length)
    valid &= (hour < 24) & (minute < 60) & (second < 60) & zone_valid & shaped
    refusals.append(
        Refusal(
            there & ~valid,
            token,
            code="PARSE",
            message="the value is not an ISO 8601 timestamp",
            column=names_of(columns),
            expected="text such as 2013-01-31T18:30:00Z",
        )
    )
    exact = tf.strings.regex_full_match(fraction, r"\d{0,6}0*")
    refusals.append(
        Refusal(
            there & valid & ~exact,
            token,
            code="LOSSY_CAST",
            message="the value has digits below one microsecond",
            column=names_of(columns),
            expected="whole microseconds",
        )
    )
    padded = tf.strings.substr(tf.strings.join([fraction, "000000"]), 0, 6)
    clock = (hour * 60 + minute) * 60 + second
    local = _days(year, month, day) * _DAY + clock
    named = tf.not_equal(zone, "")
    found = tf.where(
        named,
        local - offset,
        _to_utc(columns, token, local, there & valid & ~named, refusals),
    )
    return Value(
        found * _SECOND + tf.strings.to_number(padded, tf.int64), there & valid
    )


def _digits(text: tf.Tensor, group: int) -> tf.Tensor:
    found = tf.strings.regex_replace(text, _SHAPE, rf"0\{group}")
    return tf.strings.to_number(found, tf.int64)


def _zone_offset(zone: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Seconds east of UTC of Z, +HH, +HHMM or +HH:MM, and whether it is a zone."""
    numeric = tf.where(tf.strings.regex_full_match(zone, _ZONE), zone, "+00")
    hours, minutes = (
        tf.strings.to_number(
            tf.strings.regex_replace(numeric, _ZONE, rf"0\{group}"), tf.int64
        )
        for group in (2, 3)
    )
    seconds = (hours * 60 + minutes) * 60
    west = tf.strings.regex_full_match(numeric, "-.*")
    return tf.where(west, -seconds, seconds), (hours < 24) & (minutes < 60)


def _is_leap(year: tf.Tensor) -> tf.Tensor:
    by = [tf.equal(tf.math.floormod(year, n), 0) for n in (4, 100, 400)]
    return (by[0] & ~by[1]) | by[2]


def _month_length(year: tf.Tensor, month: tf.Tensor) -> tf.Tensor:
    common = tf.constant([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], tf.int64)
    longer = tf.equal(month, 2) & _is_leap(year)
    return tf.gather(common, month - 1) + tf.cast(longer, tf.int64)


def _days(year: tf.Tensor, month: tf.Tensor, day: tf.Tensor) -> tf.Tensor:
    """Days since 1970-01-01, by Hinnant's `days_from_civil`.

    Years are counted from March, so that the leap day is the last one:
    howardhinnant.github.io/date_algorithms.html.
    """
    shifted = year - tf.cast(month <= 2, tf.int64)
    era = tf.math.floordiv(shifted, 400)
    of_era = shifted - era * 400
    of_year = tf.math.floordiv(153 * tf.math.floormod(month + 9, 12) + 2, 5) + day - 1
    leaps = tf.math.floordiv(of_era, 4) - tf.math.floordiv(of_era, 100)
    return era * 146_097 + of_era * 365 + leaps + of_year - 719_468


def _zone_required(columns: list[Input], token: tf.Tensor, rows: tf.Tensor) -> Refusal:
    """Of times of day whose column is read in several zones; dates are of UTC."""
    return Refusal(
        rows & ~tf.strings.regex_full_match(token, _DATE),
        token,
        code="TZ_REQUIRED",
        message="the time carries no zone, and its column is read in several",
        column=names_of(columns),
        expected="a suffix such as Z or +02:00",
        hint="send timestamps with a zone",
    )


def _to_utc(
    columns: list[Input],
    token: tf.Tensor,
    local: tf.Tensor,
    rows: tf.Tensor,
    refusals: list[Refusal],
) -> tf.Tensor:
    """Seconds in UTC of local seconds in the column's zone.

    A zone changes its offset at most once within two days, so the offsets a day before
    and a day after are the two that a local time may have.
    """
    zone = columns[0].time_zone
    if zone is None:
        refusals.append(_zone_required(columns, token, rows))
        return local
    transitions, offsets = offset_transitions(zone)

    def offset_at(instant: tf.Tensor) -> tf.Tensor:
        if not transitions:
            return tf.fill(tf.shape(instant), tf.constant(offsets[0], tf.int64))
        starts = tf.constant(transitions, tf.int64)
        flat = tf.reshape(instant, [-1])
        passed = tf.reshape(
            tf.searchsorted(starts, flat, side="right"), tf.shape(instant)
        )
        return tf.gather(tf.constant(offsets, tf.int64), passed)

    before, after = offset_at(local - _DAY), offset_at(local + _DAY)
    by_before = tf.equal(offset_at(local - before), before)
    by_after = tf.equal(offset_at(local - after), after)
    unclear = tf.not_equal(before, after) & tf.equal(by_before, by_after)
    refusals.append(
        Refusal(
            rows & unclear,
            token,
            code="TZ_AMBIGUOUS",
            message=f"a clock in {zone} shows this time twice or never",
            column=names_of(columns),
            expected="a local time that names one instant",
            hint="send timestamps with a zone",
        )
    )
    return local - tf.where(by_before, before, after)
