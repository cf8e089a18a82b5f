"""What travels: tasks and receipts, never the rows of files."""

import pickle
from pathlib import Path

import pytest
from beam.direct import pipeline, watch
from jobs.trips import SPEC, trips, write

import featurekit as fk
from featurekit.beam.conversion import Convert
from featurekit.io.verify import verify
from featurekit.plan.stats import Stats

pytestmark = pytest.mark.beam


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("source"), trips())


@pytest.fixture(scope="module")
def stats(source: Path) -> Stats:
    return fk.analyze(SPEC, source)


def test_elements_are_tasks_and_receipts_never_rows(tmp_path: Path) -> None:
    table = trips(20_000)
    source = write(tmp_path / "source", table, group=2_500)
    stats = fk.analyze(SPEC, source)
    seen = watch(Convert(SPEC, stats, source, tmp_path / "out", rows_per_task=2_500))
    steps: dict[str, set[str]] = {}
    for one in seen:
        steps.setdefault(one.step.split("/")[1], set()).update(one.types)
    assert steps == {
        "Tasks": {"bytes", "int", "ParquetTask", "NoneType"},  # encoded at first
        "Begin": {"int", "ParquetTask", "bool"},
        "Spread": {"int", "ParquetTask", "bool"},
        "Write": {"int", "Receipt", "NoneType"},
        "Receipts": {"int", "Receipt", "NoneType"},
        "Publish": {"Manifest"},
    }
    assert max(one.size for one in seen) < 10_000 < table.nbytes / 50
    assert verify(tmp_path / "out").sound


def size_of_pipeline(transform: Convert) -> int:
    built = pipeline()
    _ = built | transform
    return len(built.to_runner_api().SerializeToString())


def test_the_pipeline_holds_no_rows_of_files(stats: Stats, tmp_path: Path) -> None:
    def size(rows: int) -> int:
        source = write(tmp_path / str(rows), trips(rows), files=1, group=rows // 4)
        output = tmp_path / "out"
        return size_of_pipeline(
            Convert(SPEC, stats, source, output, rows_per_task=rows // 4)
        )

    assert abs(size(40_000) - size(400)) < 1_000


def test_the_rows_of_a_table_are_in_its_tasks_only(
    stats: Stats, tmp_path: Path
) -> None:
    def convert(rows: int, tasks: int) -> Convert:
        table = trips(rows)
        return Convert(SPEC, stats, table, tmp_path, rows_per_task=rows // tasks)

    few, many = convert(40_000, 4), convert(40_000, 40)
    assert size_of_pipeline(many) < 1.1 * size_of_pipeline(few)
    state = len(pickle.dumps(many.conversion))
    assert abs(state - len(pickle.dumps(convert(400, 4).conversion))) < 100


def test_what_a_worker_is_sent_does_not_grow_with_the_tasks(
    stats: Stats, source: Path, tmp_path: Path
) -> None:
    few = Convert(SPEC, stats, source, tmp_path, rows_per_task=10_000).conversion
    many = Convert(SPEC, stats, source, tmp_path, rows_per_task=1).conversion
    assert (len(few.tasks), len(many.tasks)) == (2, 8)
    assert abs(len(pickle.dumps(few)) - len(pickle.dumps(many))) < 20
