"""Rows shaped like the Criteo click logs, from a seed.

A label, 13 integers and 26 strings of 8 hexadecimal digits. Cardinalities run from ten
to a million with Zipf frequencies, and up to three quarters of a column are missing.
The published data is not needed:
https://ailab.criteo.com/download-criteo-1tb-click-logs-dataset/.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

NUM_INTEGERS = 13
NUM_STRINGS = 26
ROWS_PER_GROUP = 65_536
_ZIPF = 1.2
_MISSING_INTEGERS = np.linspace(0.0, 0.77, NUM_INTEGERS)
_CARDINALITIES = np.geomspace(10, 1_000_000, NUM_STRINGS).astype(np.int64)
_WITH_MISSING = range(0, NUM_STRINGS, 5)


def integer_names() -> list[str]:
    """The names of the 13 integers."""
    return [f"i{index:02d}" for index in range(1, NUM_INTEGERS + 1)]


def string_names() -> list[str]:
    """The names of the 26 strings."""
    return [f"c{index:02d}" for index in range(1, NUM_STRINGS + 1)]


def rows(first: int, count: int, *, seed: int = 0) -> pa.RecordBatch:
    """Rows from `first` on: the same for any division into batches of 65,536.

    Args:
        first: The first row, a multiple of 65,536.
        count: How many rows.
        seed: Another one gives other rows.
    """
    draw = np.random.default_rng([seed, first])
    columns: dict[str, pa.Array] = {
        "label": pa.array((draw.random(count) < 0.25).astype(np.int64))
    }
    for name, missing in zip(integer_names(), _MISSING_INTEGERS, strict=True):
        # Heavy-tailed, and within what float32 holds exactly.
        drawn = np.exp(np.minimum(draw.exponential(1.6, count), 14.0))
        values = np.floor(drawn).astype(np.int64) - 1
        columns[name] = pa.array(values, mask=draw.random(count) < missing)
    for index, name in enumerate(string_names()):
        columns[name] = _strings(draw, index, count)
    return pa.record_batch(columns)


def _strings(draw: np.random.Generator, index: int, count: int) -> pa.Array:
    """Eight hexadecimal digits of a hash of the drawn rank."""
    rank = draw.zipf(_ZIPF, count).astype(np.uint64) % np.uint64(_CARDINALITIES[index])
    hashed = (rank + np.uint64(index << 32)) * np.uint64(0x9E3779B97F4A7C15)
    word = (hashed >> np.uint64(32)).astype(np.uint32)
    nibbles = (word[:, None] >> np.arange(28, -1, -4, dtype=np.uint32)) & 15
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)[nibbles]
    offsets = np.arange(count + 1, dtype=np.int32) * 8
    texts = pa.StringArray.from_buffers(
        count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(digits))
    )
    if index not in _WITH_MISSING:
        return texts
    missing = pa.array(draw.random(count) < 0.1 + 0.02 * index)
    return pc.if_else(missing, pa.scalar(None, pa.string()), texts)


def write_parquet(path: Path, count: int, *, seed: int = 0) -> Path:
    """Writes rows as one Parquet file with row groups of 65,536; returns the path.

    A file that is there already is taken for the one that would be written.
    """
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    schema = rows(0, 1).schema
    with pq.ParquetWriter(partial, schema) as writer:
        for first in range(0, count, ROWS_PER_GROUP):
            writer.write_batch(
                rows(first, min(ROWS_PER_GROUP, count - first), seed=seed)
            )
    partial.replace(path)
    return path
