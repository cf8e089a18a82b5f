"""Every engine writes the statistics and the dataset of the library, byte for byte."""

from pathlib import Path

import pytest
from engines.jobs_of_trips import Expected, check, expect

from benchmarks.engines.engines import ENGINES, LOCAL, Engine, without_server
from benchmarks.engines.killing import killed_worker

pytestmark = [pytest.mark.beam, pytest.mark.engines]

QUICK = {"fn_api", "portable_loopback", "prism", "dask"}
OTHERS = [one for one in ENGINES if one is not LOCAL]


@pytest.mark.parametrize(
    "engine",
    [
        pytest.param(
            one, id=one.name, marks=() if one.name in QUICK else pytest.mark.slow
        )
        for one in OTHERS
    ],
)
def test_the_bytes_of_the_library(
    engine: Engine, expected: Expected, tmp_path: Path
) -> None:
    assert check(engine, expected, tmp_path).rows == 4000


def test_every_bundle_is_run_twice(expected: Expected, tmp_path: Path) -> None:
    """As if each had failed at its end, the publication too."""
    twice = without_server("--runner=FnApiRunner", "--direct_runner_bundle_repeat=1")
    check(Engine("fn_api_twice", 1, twice), expected, tmp_path)


@pytest.mark.parametrize(
    "engine",
    [
        pytest.param(
            one, id=one.name, marks=() if one.name in QUICK else pytest.mark.slow
        )
        for one in OTHERS
        if one.restarts
    ],
)
def test_a_worker_is_killed_while_it_writes(engine: Engine, tmp_path: Path) -> None:
    large = expect(tmp_path, rows=60_000, tasks=15)
    found = check(engine, large, tmp_path, killed_worker)
    assert found.rows == 60_000
    assert found.killed.endswith(".partial")
