"""Bandwidths of the machine, in bytes per second of one thread; the best of some."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.cases.tables import criteo_file
from benchmarks.work import Settings, Skipped, Work

SIZE = 2**27
PARQUET_ROWS = 131_072
TIMES = 5


def _best(action: Callable[[], object], size: int) -> float:
    """Bytes per second of the fastest call, after one to warm up."""
    times = []
    for _ in range(TIMES + 1):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return size / min(times[1:])


def machine(settings: Settings) -> Work:
    """Memory, files, and Parquet; the CRC32C of featurekit's kernel."""
    from featurekit.kernels.crc32c import crc32c

    source, target = np.ones(SIZE, np.uint8), np.empty(SIZE, np.uint8)
    file = settings.scratch("bandwidth")
    extra = {
        "memcpy": _best(lambda: np.copyto(target, source), SIZE),
        "crc32c": _best(lambda: crc32c(source, 0, SIZE), SIZE),
        "write": _best(lambda: _write(file, source), SIZE),
        "read": _best(lambda: _read(file, target), SIZE),
        "parquet": _parquet(),
    }
    file.unlink()
    return Work(run=lambda: None, rows=0, extra=extra)


def crc32c_in_c(settings: Settings) -> Work:
    """The CRC32C of a C library that uses the processor's own instruction."""
    import google_crc32c

    if google_crc32c.implementation != "c":
        raise Skipped("google-crc32c has no compiled part here")
    block = np.ones(2**20, np.uint8).tobytes()
    extra = {"crc32c": _best(lambda: google_crc32c.value(block), len(block))}
    return Work(run=lambda: None, rows=0, extra=extra)


def _write(file: Path, source: np.ndarray) -> None:
    with file.open("wb", buffering=0) as stream:
        for start in range(0, SIZE, 2**23):
            stream.write(source[start : start + 2**23].data)


def _read(file: Path, target: np.ndarray) -> None:
    with file.open("rb", buffering=0) as stream:
        for start in range(0, SIZE, 2**23):
            stream.readinto(target[start : start + 2**23].data)


def _parquet() -> float:
    import pyarrow.parquet as pq

    from benchmarks.criteo import string_names

    path = criteo_file(PARQUET_ROWS)

    def read() -> None:
        file = pq.ParquetFile(path, read_dictionary=string_names())
        for _ in file.iter_batches(32_768, use_threads=False):
            pass

    return _best(read, path.stat().st_size)
