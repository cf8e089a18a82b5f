"""Parts of the local time in a graph, in exact integer arithmetic."""

from collections.abc import Sequence

import tensorflow as tf

from featurekit.backends.keras.values import Outcome, Value
from featurekit.plan import ops

DAY = 86_400


def extract_time_part(chosen: Sequence[ops.ExtractTimePart], x: Value) -> Outcome:
    """The part of the local time; all ops are equal."""
    op = chosen[0]
    seconds = tf.math.floordiv(x.tensor, 1_000_000)
    local = seconds + _offsets(op, seconds)
    day = tf.math.floordiv(local, DAY)
    if op.part == "minute":
        found = tf.math.floormod(tf.math.floordiv(local, 60), 60)
    elif op.part == "hour":
        found = tf.math.floordiv(tf.math.floormod(local, DAY), 3600)
    elif op.part == "day_of_week":
        found = tf.math.floormod(day + 3, 7)  # 1970-01-01 was a Thursday
    else:
        found = _date_part(op.part, day)
    return Outcome(Value(found, x.valid))


def _offsets(op: ops.ExtractTimePart, seconds: tf.Tensor) -> tf.Tensor:
    if not op.transitions:
        return tf.constant(op.offsets[0], tf.int64)
    # Not tf.searchsorted: its reshaping leaves the shape of no values open.
    passed = tf.raw_ops.UpperBound(
        sorted_inputs=tf.constant([op.transitions], tf.int64),
        values=tf.reshape(seconds, [1, -1]),
    )
    found = tf.gather(tf.constant(op.offsets, tf.int64), passed)
    return tf.reshape(found, tf.shape(seconds))


def _date_part(part: str, day: tf.Tensor) -> tf.Tensor:
    """Day of month, day of year, month, or year, by Hinnant's `civil_from_days`.

    Years are counted from March, so that the leap day is the last one:
    howardhinnant.github.io/date_algorithms.html.
    """
    shifted = day + 719_468  # days since 0000-03-01
    of_era = tf.math.floormod(shifted, 146_097)
    year = tf.math.floordiv(
        of_era
        - tf.math.floordiv(of_era, 1460)
        + tf.math.floordiv(of_era, 36_524)
        - tf.math.floordiv(of_era, 146_096),
        365,
    )
    leaps = tf.math.floordiv(year, 4) - tf.math.floordiv(year, 100)
    of_year = of_era - (365 * year + leaps)
    month = tf.math.floordiv(5 * of_year + 2, 153)  # from March
    if part == "day_of_month":
        return of_year - tf.math.floordiv(153 * month + 2, 5)
    if part == "month":
        return tf.math.floormod(month + 2, 12)
    # From January: March is day 59, or 60 in a leap year; January and February end
    # the year that began in March, so the leap day belongs to the calendar year + 1.
    calendar = year + tf.cast(month >= 10, tf.int64)
    if part == "year":
        return 400 * tf.math.floordiv(shifted, 146_097) + calendar
    by_4 = tf.equal(tf.math.floormod(calendar, 4), 0)
    by_100 = tf.equal(tf.math.floormod(calendar, 100), 0)
    by_400 = tf.equal(tf.math.floormod(calendar, 400), 0)
    leap = tf.cast((by_4 & ~by_100) | by_400, tf.int64)
    return tf.where(month >= 10, of_year - 306, of_year + 59 + leap)
