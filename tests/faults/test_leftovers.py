"""What an unfinished run leaves is removed, by its names, once a dataset is visible."""

from pathlib import Path

import pytest
from jobs.trips import SPEC, tree, trips

import featurekit as fk
from featurekit.errors import DatasetIncompleteError, OutputExistsError
from featurekit.io.adapter import open_source
from featurekit.jobs.convert import Conversion
from featurekit.plan.stats import Stats


@pytest.fixture(scope="module")
def stats() -> Stats:
    return fk.analyze(SPEC, trips())


def begin(stats: Stats, output: Path, tasks: int) -> Conversion:
    """A run that stops after some of its eight tasks."""
    source = open_source(trips())
    conversion = Conversion(SPEC, stats, source, output, rows_per_task=50)
    with conversion.open_output(overwrite=True):
        conversion.prepare()
        for task in conversion.tasks[:tasks]:
            conversion.run_task(task)
    return conversion


def test_another_job_removes_an_unfinished_run_but_no_file_of_others(
    stats: Stats, tmp_path: Path
) -> None:
    unfinished = begin(stats, tmp_path / "out", tasks=3).run.path
    others = [
        tmp_path / "out" / "mine.partial",
        tmp_path / "out" / "manifest.json.mine.partial",
        tmp_path / "out" / "0123456789abcdef" / "mine.tfrecord",
        tmp_path / "out" / "models" / "receipts" / "00000.pb",
        unfinished / "mine.txt",
        unfinished / "receipts" / "mine.txt",
    ]
    for path in others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    (tmp_path / "out" / f"manifest.json.{'0f' * 16}.partial").write_text("{")
    fk.convert(SPEC, stats, trips(), tmp_path / "out")
    fk.convert(SPEC, stats, trips(), tmp_path / "new")
    assert all(path.read_text() == "mine" for path in others)
    kept = {path.relative_to(tmp_path / "out").as_posix() for path in others}
    assert set(tree(tmp_path / "out")) - kept == set(tree(tmp_path / "new"))


def test_jobs_that_are_refused_or_done_already_remove_nothing(
    stats: Stats, tmp_path: Path
) -> None:
    fk.convert(SPEC, stats, trips(), tmp_path)
    begin(stats, tmp_path, tasks=3)
    before = tree(tmp_path)
    with pytest.raises(OutputExistsError):
        fk.convert(SPEC, stats, trips(), tmp_path, rows_per_task=70)
    assert fk.convert(SPEC, stats, trips(), tmp_path).resumed
    assert tree(tmp_path) == before


def test_of_two_jobs_at_once_the_second_to_publish_fails_and_can_be_run_again(
    stats: Stats, tmp_path: Path
) -> None:
    """Beam jobs hold the lock only while they begin and publish."""
    slow = begin(stats, tmp_path / "out", tasks=3)
    receipts = [slow.run_task(task) for task in slow.tasks]
    first = fk.convert(SPEC, stats, trips(), tmp_path / "out", rows_per_task=70)
    visible = tree(tmp_path / "out")
    with (
        slow.open_output(overwrite=True) as directory,
        pytest.raises(DatasetIncompleteError, match="are gone"),
    ):
        directory.publish(slow.manifest(receipts))
    assert tree(tmp_path / "out") == visible
    assert fk.load(tmp_path / "out").manifest == first.manifest
    for output in ("out", "new"):
        options = {"rows_per_task": 50, "overwrite": True}
        fk.convert(SPEC, stats, trips(), tmp_path / output, **options)
    assert tree(tmp_path / "out") == tree(tmp_path / "new")
