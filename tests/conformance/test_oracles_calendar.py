"""Time parts against zoneinfo, and against NumPy's calendar beyond datetime's years."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.plan.lower import compile_requests
from featurekit.plan.requirements import AnalysisRequest
from featurekit.plan.time_zones import offset_transitions

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = [
    *("UTC", "America/New_York", "Europe/Dublin", "Asia/Kathmandu"),
    *("Australia/Lord_Howe", "Pacific/Apia", "Africa/Monrovia", "America/Sao_Paulo"),
]


def parts_of(times: np.ndarray, zone: str) -> dict[str, list[int]]:
    time = fk.timestamp("t", tz=zone)
    spec = fk.FeatureSpec(
        {
            "minute": time.minute(),
            "hour": time.hour(),
            "day_of_week": time.day_of_week(),
            "day_of_month": time.day_of_month(),
            "day_of_year": time.day_of_year(),
            "month": time.month(),
        }
    )
    batch = pa.record_batch({"t": pa.array(times)})
    found = HostBackend(fk.compile(spec)).run(batch).outputs
    return {name: found.column(name).to_pylist() for name in found.schema.names}


@pytest.mark.parametrize("zone", ZONES)
def test_zoneinfo(zone: str) -> None:
    random = np.random.default_rng(5)
    seconds = random.integers(-2_200_000_000, 4_100_000_000, 500)
    transitions = np.array(offset_transitions(zone)[0][-60:], np.int64)
    near = (transitions[:, None] + np.array([-1, 0, 1])).ravel()
    times = np.concatenate([seconds, near]) * 10**6
    times += random.integers(0, 10**6, len(times))
    local = [
        (EPOCH + timedelta(microseconds=time)).astimezone(ZoneInfo(zone))
        for time in times.tolist()
    ]
    assert parts_of(times, zone) == {
        "minute": [time.minute for time in local],
        "hour": [time.hour for time in local],
        "day_of_week": [time.weekday() for time in local],
        "day_of_month": [time.day - 1 for time in local],
        "day_of_year": [time.timetuple().tm_yday - 1 for time in local],
        "month": [time.month - 1 for time in local],
    }


def test_numpy_over_the_whole_int64() -> None:
    random = np.random.default_rng(6)
    times = random.integers(-(2**63) + 1, 2**63 - 1, 5000)
    days = times.view("datetime64[us]").astype("datetime64[D]")
    years, months = days.astype("datetime64[Y]"), days.astype("datetime64[M]")
    found = parts_of(times, "UTC")
    assert found["day_of_week"] == ((days.astype(np.int64) + 3) % 7).tolist()
    assert found["day_of_month"] == (days - months).astype(np.int64).tolist()
    assert found["day_of_year"] == (days - years).astype(np.int64).tolist()
    assert (
        found["month"]
        == (months - years.astype("datetime64[M]")).astype(np.int64).tolist()
    )


def years_of(times: np.ndarray, zone: str = "UTC") -> list[int]:
    """The years as `analyze` receives them: a feature would need a vocabulary."""
    year = fk.timestamp("t", tz=zone).year()
    request = AnalysisRequest("vocabulary", year.inputs[0], year.steps)
    spec = fk.FeatureSpec({"f": year.vocabulary()})
    batch = pa.record_batch({"t": pa.array(times)})
    found = HostBackend(compile_requests(spec, [request])).run(batch)
    return found.outputs.column(0).to_pylist()


def test_years_of_numpy_and_zoneinfo() -> None:
    random = np.random.default_rng(7)
    times = random.integers(-(2**63) + 1, 2**63 - 1, 5000)
    years = times.view("datetime64[us]").astype("datetime64[Y]").astype(np.int64)
    assert years_of(times) == (years + 1970).tolist()
    days = np.arange(np.datetime64("1599-12-30"), np.datetime64("2001-01-03"))
    every = days.astype("datetime64[us]").astype(np.int64)
    assert years_of(every) == (days.astype("datetime64[Y]").astype(int) + 1970).tolist()
    # The hours around the turns of years, where the zone decides.
    turns = [datetime(year, 1, 1, tzinfo=UTC) for year in range(1950, 2050)]
    zone = "Pacific/Apia"
    near = [turn + timedelta(hours=hour) for turn in turns for hour in range(-15, 16)]
    wanted = [time.astimezone(ZoneInfo(zone)).year for time in near]
    step = timedelta(microseconds=1)
    micros = np.array([(time - EPOCH) // step for time in near], np.int64)
    assert years_of(micros, zone) == wanted


def test_every_day_of_400_years() -> None:
    days = np.arange(np.datetime64("1800-01-01"), np.datetime64("2200-01-02"))
    months, years = days.astype("datetime64[M]"), days.astype("datetime64[Y]")
    found = parts_of(days.astype("datetime64[us]").astype(np.int64), "UTC")
    assert found["day_of_month"] == (days - months).astype(np.int64).tolist()
    assert found["day_of_year"] == (days - years).astype(np.int64).tolist()
    assert found["month"] == (months.astype(np.int64) % 12).tolist()
