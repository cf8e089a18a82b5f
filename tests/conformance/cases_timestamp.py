"""Parts of local time, counted from 0: Monday, January and the first day are 0.

Values are those of zoneinfo and, outside its years, of NumPy's calendar.
"""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
from conformance.case import Case, int64

import featurekit as fk
from featurekit.spec.columns import Column

LARGEST = 2**63 - 1  # 294247-01-10T04:00:54.775807Z, a Sunday
SMALLEST = -(2**63) + 1  # -290308-12-21T19:59:05.224193Z, a Sunday
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instants(*texts: str | None) -> pa.Array:
    """Microseconds since 1970 of ISO 8601 times in UTC."""
    step = timedelta(microseconds=1)
    return int64(
        *(
            None
            if text is None
            else (datetime.fromisoformat(text + "Z") - _EPOCH) // step
            for text in texts
        )
    )


def parts(zone: str) -> dict[str, Column]:
    time = fk.timestamp("t", tz=zone)
    return {
        "minute": time.minute(),
        "hour": time.hour(),
        "day_of_week": time.day_of_week(),
        "day_of_month": time.day_of_month(),
        "day_of_year": time.day_of_year(),
        "month": time.month(),
    }


CASES = [
    Case(
        "time_utc",
        {
            "t": instants(
                "1970-01-01T00:00:00",  # Thursday
                "2024-02-29T23:59:59.999999",  # Thursday
                "2024-12-31T12:30:00",  # Tuesday
                "2023-12-31T00:00:00",  # Sunday
                "2000-03-01T01:02:03",  # Wednesday
                "1900-03-01T00:00:00",  # Thursday; 1900 was no leap year
            )
        },
        parts("UTC"),
        {
            "minute": [0, 59, 30, 0, 2, 0],
            "hour": [0, 23, 12, 0, 1, 0],
            "day_of_week": [3, 3, 1, 6, 2, 3],
            "day_of_month": [0, 28, 30, 30, 0, 0],
            "day_of_year": [0, 59, 365, 364, 60, 59],
            "month": [0, 1, 11, 11, 2, 2],
        },
    ),
    Case(
        "time_before_1970",
        {
            "t": instants(
                "1969-12-31T23:59:59.999999",  # -1 us: Wednesday
                "1969-12-31T23:59:59",
                "1969-12-31T00:00:00",
                "1968-02-29T12:00:00",  # Thursday
            )
        },
        parts("UTC"),
        {
            "minute": [59, 59, 0, 0],
            "hour": [23, 23, 0, 12],
            "day_of_week": [2, 2, 2, 3],
            "day_of_month": [30, 30, 30, 28],
            "day_of_year": [364, 364, 364, 59],
            "month": [11, 11, 11, 1],
        },
    ),
    Case(
        "time_extremes_of_int64",
        {"t": int64(LARGEST, SMALLEST)},
        parts("UTC"),
        {
            "minute": [0, 59],
            "hour": [4, 19],
            "day_of_week": [6, 6],
            "day_of_month": [9, 20],
            "day_of_year": [9, 355],
            "month": [0, 11],
        },
    ),
    Case(
        "time_new_york_across_transitions",
        {
            "t": instants(
                "2024-03-10T06:59:59.999999",  # 01:59:59 EST, a Sunday
                "2024-03-10T07:00:00",  # 03:00 EDT
                "2024-11-03T05:59:59.999999",  # 01:59:59 EDT, a Sunday
                "2024-11-03T06:00:00",  # 01:00 EST again
                "2013-01-01T05:00:00",  # 00:00 EST, a Tuesday
                "2013-01-01T04:59:59",  # the evening before
            )
        },
        parts("America/New_York"),
        {
            "minute": [59, 0, 59, 0, 0, 59],
            "hour": [1, 3, 1, 1, 0, 23],
            "day_of_week": [6, 6, 6, 6, 1, 0],
            "day_of_month": [9, 9, 2, 2, 0, 30],
            "day_of_year": [69, 69, 307, 307, 0, 365],
            "month": [2, 2, 10, 10, 0, 11],
        },
    ),
    Case(
        "time_fraction_of_the_second_at_a_negative_transition",
        # New York fell back at -1615140000 s, 1918-10-27T06:00:00Z; -0.5 s before it
        # is still summer: the second is rounded down, not towards zero.
        {"t": int64(-1615140000_000000, -1615140000_000001, -1615140000_500000)},
        {
            "hour": fk.timestamp("t", tz="America/New_York").hour(),
            "minute": fk.timestamp("t", tz="America/New_York").minute(),
        },
        {"hour": [1, 1, 1], "minute": [0, 59, 59]},
    ),
    Case(
        "time_half_second_before_a_negative_transition",
        # Spring forward at -1633280400 s, 1918-03-31T07:00:00Z: 01:59 becomes 03:00.
        {"t": int64(-1633280400_000000, -1633280400_000001, -1633280400_500000)},
        {"hour": fk.timestamp("t", tz="America/New_York").hour()},
        {"hour": [3, 1, 1]},
    ),
    Case(
        "time_outside_1900_to_2100_keeps_the_nearest_offset",
        {"t": instants("2150-07-01T12:00:00", "1850-07-01T12:00:00")},
        parts("America/New_York"),
        # Standard time, -5 h, on both ends. Wednesday, Monday.
        {
            "minute": [0, 0],
            "hour": [7, 7],
            "day_of_week": [2, 0],
            "day_of_month": [0, 0],
            "day_of_year": [181, 181],
            "month": [6, 6],
        },
    ),
    Case(
        "time_offsets_of_quarters_and_odd_seconds",
        {
            "t": instants(
                "1986-01-01T00:00:00", "1985-12-31T18:29:59", "1919-06-01T00:00:00"
            )
        },
        {
            "minute": fk.timestamp("t", tz="Asia/Kathmandu").minute(),
            "hour": fk.timestamp("t", tz="Asia/Kathmandu").hour(),
        },
        # +5:45 from 1986-01-01 local on, +5:30 before, +5:41:16 until 1920.
        {"minute": [45, 59, 41], "hour": [5, 23, 5]},
    ),
    Case(
        "time_half_an_hour_of_summer_time",
        # Lord Howe is +10:30, in summer +11; it fell back on 2024-04-06T15:00Z.
        {"t": instants("2024-04-06T14:59:59", "2024-04-06T15:00:00")},
        {
            "minute": fk.timestamp("t", tz="Australia/Lord_Howe").minute(),
            "hour": fk.timestamp("t", tz="Australia/Lord_Howe").hour(),
        },
        {"minute": [59, 30], "hour": [1, 1]},
    ),
    Case(
        "time_a_skipped_day",
        # Apia had no 2011-12-30: the offset went from -10 h to +14 h.
        {"t": instants("2011-12-30T09:59:59", "2011-12-30T10:00:00")},
        parts("Pacific/Apia"),
        {
            "minute": [59, 0],
            "hour": [23, 0],
            "day_of_week": [3, 5],
            "day_of_month": [28, 30],
            "day_of_year": [362, 364],
            "month": [11, 11],
        },
    ),
    Case(
        "time_missing",
        {"t": instants("2024-01-01T00:00:00", None)},
        {"hour": fk.timestamp("t").hour(), "month": fk.timestamp("t").month()},
        {"hour": [0], "month": [0]},
        rejected={1: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "time_all_rejected",
        {"t": instants(None, None)},
        {"hour": fk.timestamp("t").hour().one_hot()},
        {"hour": []},
        rejected={0: "NULL_NOT_ALLOWED", 1: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "time_empty_batch",
        {"t": int64()},
        parts("Europe/Dublin"),
        dict.fromkeys(parts("UTC"), ()),
    ),
    Case(
        "time_one_hot",
        {"t": instants("2024-01-07T00:00:00")},
        {"d": fk.timestamp("t").day_of_week().one_hot()},
        {"d": [[0.0] * 6 + [1.0]]},
    ),
    Case(
        "time_two_zones_of_one_plan",
        {"t": instants("2024-07-01T22:30:00"), "u": instants("2024-07-01T22:30:00")},
        {
            "paris": fk.timestamp("t", tz="Europe/Paris").hour(),
            "utc": fk.timestamp("u").hour(),
        },
        {"paris": [0], "utc": [22]},
    ),
    Case(
        "time_part_in_a_cross",
        {"t": instants("2024-01-01T00:00:00", "2024-01-02T03:00:00", None)},
        {
            "c": fk.cross(
                fk.timestamp("t").hour(), fk.timestamp("t").day_of_week()
            ).hash_buckets(1000)
        },
        # (0, 0) and (3, 1)
        {"c": [304, 468]},
        rejected={2: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "time_year",
        {
            "t": instants(
                "2012-12-31T23:30:00",  # 2013 in Paris
                "2013-01-01T00:00:00",
                "2013-12-31T22:59:59",
                "2012-02-29T12:00:00",
                "1969-12-31T23:59:59",
                None,
            )
        },
        {
            "paris": fk.timestamp("t", tz="Europe/Paris")
            .year()
            .vocabulary([1970, 2013, 2012]),
            "id": fk.timestamp("t", tz="Europe/Paris").year().fill(7).identity(3000),
            "missing": fk.timestamp("t", tz="Europe/Paris").year().is_missing(),
        },
        {
            "paris": [1, 1, 1, 2, 0],
            "id": [2013, 2013, 2013, 2012, 1970],
            "missing": [0, 0, 0, 0, 0],
        },
        rejected={5: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "time_year_before_1_and_beyond_9999",
        {"t": int64(LARGEST, SMALLEST, -62_135_596_800_000_001)},
        {"y": fk.timestamp("t").year().vocabulary([294247, -290308, 0])},
        {"y": [0, 1, 2]},
    ),
]
