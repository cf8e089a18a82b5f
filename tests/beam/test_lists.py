"""Lists in Beam: the same statistics and the same bytes as on one machine."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from beam.direct import run
from jobs.test_lists import ROWS, SPEC, STATS
from jobs.trips import tree

import featurekit as fk
from featurekit.beam.analysis import Analyze
from featurekit.beam.conversion import Convert

pytestmark = pytest.mark.beam


def test_statistics_and_bytes_are_those_of_the_local_engine(tmp_path: Path) -> None:
    pq.write_table(ROWS, tmp_path / "rows.parquet", row_group_size=100)
    source = tmp_path / "rows.parquet"
    assert run(Analyze(SPEC, source, rows_per_task=200)) == [STATS]
    fk.convert(SPEC, STATS, source, tmp_path / "local", rows_per_task=200)
    run(Convert(SPEC, STATS, source, tmp_path / "beam", rows_per_task=200))
    assert tree(tmp_path / "beam") == tree(tmp_path / "local")
