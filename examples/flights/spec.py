"""What to make of a flight: the features of the demo.

Reads only what is known before the departure. The label is an arrival more than 15
minutes late; delays are whole minutes, so that is 16 or more. Cancelled and diverted
flights have no arrival delay and are left out.
"""

import featurekit as fk
from featurekit.spec.columns import NumericColumn

NEW_YORK = "America/New_York"
LATE = 16

when = fk.timestamp("time_hour", tz=NEW_YORK)


def measured(name: str, typical: float) -> NumericColumn:
    """A reading, standardized; a missing one counts as typical."""
    return fk.numeric(name).fill(typical).standardize()


spec = fk.FeatureSpec(
    features={
        "hour": when.hour(),
        "day_of_week": when.day_of_week(),
        # Months that training never saw share one id.
        "month": fk.integer("month").vocabulary(),
        "winter": fk.numeric("winter").standardize(),
        "carrier": fk.string("carrier").vocabulary(),
        "origin": fk.string("origin").vocabulary(),
        "dest": fk.string("dest").vocabulary(min_count=50),
        "dep_minute": fk.numeric("dep_minute").standardize(),
        "arr_minute": fk.numeric("arr_minute").standardize(),
        "block_minutes": fk.numeric("block_minutes").standardize(),
        "distance": fk.numeric("distance").log1p().standardize(),
        "departures": fk.numeric("departures").standardize(),
        "temp": measured("temp", 57.0),
        "dewp": measured("dewp", 42.0),
        "humid": measured("humid", 60.0),
        # Bucket 0 is "no direction": calm, or not measured.
        "wind_dir": fk.numeric("wind_dir").fill(-1.0).buckets(range(0, 360, 45)),
        "wind_speed": measured("wind_speed", 10.0),
        "wind_gust": measured("wind_gust", 0.0),
        "precip": fk.numeric("precip").fill(0.0).clip(0.0, 0.3).standardize(),
        "recent_precip": (
            fk.numeric("recent_precip").fill(0.0).clip(0.0, 0.3).standardize()
        ),
        "pressure": measured("pressure", 1017.5),
        "visib": measured("visib", 10.0),
        "recent_visib": measured("recent_visib", 10.0),
    },
    label=fk.numeric("arr_delay").greater_equal(LATE),
    missing_label="drop",
    key=["time_hour", "carrier", "flight"],
    split=fk.time_split(
        "time_hour", tz=NEW_YORK, validation="2013-10-01", test="2013-11-01"
    ),
)
