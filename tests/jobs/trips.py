"""Small tables of trips, a spec of every kind of output, and the bytes of a folder."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import featurekit as fk

START = np.datetime64("2024-01-01T00:00:00", "us")


def trips(rows: int = 400, seed: int = 0) -> pa.Table:
    """Trips with missing values, unknown words, and times that are in no order."""
    draw = np.random.default_rng(seed)

    def holes(values: np.ndarray, share: float) -> pa.Array:
        return pa.array(values, mask=draw.random(rows) < share)

    words = np.array(["UA", "DL", "é", "", "日本", "B6"], object)
    times = START + draw.integers(0, 90 * 86_400, rows) * np.timedelta64(1, "s")
    delay = draw.normal(8, 40, rows)
    delay[draw.random(rows) < 0.02] = np.nan
    return pa.table(
        {
            "delay": holes(delay, 0.1),
            "distance": draw.integers(50, 5000, rows).astype(np.int32),
            "carrier": holes(draw.choice(words, rows), 0.05),
            "tail": holes(draw.integers(0, 50, rows).astype(str).astype(object), 0.1),
            "time": pa.array(times),
            "late": holes(draw.normal(5, 30, rows), 0.07),
            "flight": draw.integers(1, 900, rows),
        }
    )


_WORDS = {
    "shared": "words",
    "reserved": ["[PAD]", "UA"],
    "oov": "before",
    "missing_id": True,
}
FEATURES = {
    "delay": fk.numeric("delay").fill(0.0).clip(-60, 600).standardize(),
    "distance": fk.numeric("distance").log1p().quantile_buckets(8),
    "range": fk.numeric("distance").min_max(),
    "carrier": fk.string("carrier").fill("").vocabulary(max_size=4, num_oov=2),
    "tail": fk.string("tail").fill("?").hash_buckets(64).embedding(4),
    "hour": fk.timestamp("time", tz="Europe/Paris").hour().one_hot(),
    "carrier_word": fk.string("carrier").vocabulary(**_WORDS),
    "tail_word": fk.string("tail").vocabulary(**_WORDS),
    "keyed": fk.string("tail").fill("?").hash_buckets(64, key=[1, 2]),
    "day": fk.cross(
        fk.string("carrier"), fk.timestamp("time", tz="Europe/Paris").day_of_week()
    ).vocabulary(max_size=20, missing_id=True),
}
TIME_SPLIT = fk.time_split(
    "time", tz="Europe/Paris", dev="2024-03-01", test="2024-03-20"
)
SPEC = fk.FeatureSpec(
    FEATURES,
    label=fk.numeric("late").greater_equal(15),
    weight=fk.numeric("distance"),
    key=["carrier", "flight"],
    split=TIME_SPLIT,
    missing_label="drop",
)


def write(folder: Path, table: pa.Table, files: int = 2, group: int = 50) -> Path:
    """Parquet files with small row groups, so that there is more than one task."""
    folder.mkdir(parents=True, exist_ok=True)
    size = -(-table.num_rows // files)
    for index in range(files):
        part = table.slice(index * size, size)
        pq.write_table(part, folder / f"{index}.parquet", row_group_size=group)
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """All files of a folder but the lock."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }
