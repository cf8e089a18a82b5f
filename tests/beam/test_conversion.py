import shutil
from pathlib import Path
from typing import Any

import pyarrow.csv as csv
import pytest
from beam.direct import pipeline, run
from jobs.trips import FEATURES, SPEC, TIME_SPLIT, tree, trips, write

import featurekit as fk
from featurekit.beam import conversion as beam_module
from featurekit.beam.conversion import Convert
from featurekit.errors import (
    DatasetError,
    DatasetIncompleteError,
    MissingColumnError,
    OutputBusyError,
    OutputExistsError,
    RowError,
    StatisticsError,
)
from featurekit.io.adapter import open_source
from featurekit.io.manifest import Manifest
from featurekit.io.verify import verify
from featurekit.jobs import convert as module
from featurekit.jobs.convert import Conversion
from featurekit.plan.stats import Stats

pytestmark = pytest.mark.beam

KEY_SPLIT = fk.FeatureSpec(
    FEATURES,
    label=fk.numeric("late").greater_equal(15),
    key=["flight"],
    split=fk.key_split(train=0.7, dev=0.1, test=0.2),
    missing_label="drop",
)
STRICT = fk.FeatureSpec(
    {
        "tail": FEATURES["tail"],
        "carrier": fk.string("carrier").vocabulary(["UA", "DL", "é"], num_oov=0),
    },
    key=["flight"],
    split=TIME_SPLIT,
)
BAD = fk.FeatureSpec(
    {"a": fk.numeric("a"), "b": fk.string("b").vocabulary(["x", "y"], num_oov=0)}
)
GOOD_ROWS = {"a": [1.0, 2.0, 3.0], "b": ["x", "y", "x"]}
BAD_ROWS = {"a": [1.0, 2.0, 3.0, 4.0, 5.0], "b": ["x", "y", "x", "y", "z"]}
NONE = Stats({})


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("source"), trips())


@pytest.fixture(scope="module")
def stats(source: Path) -> Stats:
    return fk.analyze(SPEC, source)


@pytest.fixture
def tasks_done(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tasks that were not found done already."""
    done: list[int] = []
    write_task = module._write_task

    def record(conversion: Conversion, task: Any) -> Any:
        receipt = write_task(conversion, task)
        done.append(task.index)
        return receipt

    monkeypatch.setattr(module, "_write_task", record)
    return done


@pytest.mark.proves(99, 101)
@pytest.mark.parametrize(
    ("spec", "options"),
    [
        (SPEC, {}),
        (SPEC, {"rows_per_task": 10_000}),
        (SPEC, {"compression": "gzip"}),
        (KEY_SPLIT, {}),
        (STRICT, {"on_bad_row": "dead_letter"}),
        (STRICT, {"on_bad_row": "dead_letter", "compression": "gzip"}),
    ],
)
def test_the_dataset_has_the_bytes_of_the_local_engine(
    spec: fk.FeatureSpec, options: dict[str, Any], source: Path, tmp_path: Path
) -> None:
    options = {"rows_per_task": 50, **options}
    stats = fk.analyze(spec, source, on_bad_row=options.get("on_bad_row", "fail"))
    local = fk.convert(spec, stats, source, tmp_path / "local", **options)
    (manifest,) = run(Convert(spec, stats, source, tmp_path / "beam", **options))
    assert tree(tmp_path / "beam") == tree(tmp_path / "local")
    assert manifest == local.manifest
    assert verify(tmp_path / "beam").sound
    names = "".join(tree(tmp_path / "beam"))
    assert all(part in names for part in spec.split_names)
    assert ("rejected" in names) == ("on_bad_row" in options)


def test_csv_has_the_bytes_of_the_local_engine(stats: Stats, tmp_path: Path) -> None:
    for index in range(3):
        part = trips().slice(index * 150, 150)
        csv.write_csv(part, tmp_path / f"{index}.csv")
    files = str(tmp_path / "*.csv")
    fk.convert(SPEC, stats, files, tmp_path / "local")
    run(Convert(SPEC, stats, files, tmp_path / "beam"))
    assert tree(tmp_path / "beam") == tree(tmp_path / "local")


def test_a_table_in_memory_has_the_bytes_of_the_local_engine(
    stats: Stats, tmp_path: Path
) -> None:
    columns = trips().to_pydict()
    fk.convert(SPEC, stats, columns, tmp_path / "local", rows_per_task=90)
    run(Convert(SPEC, stats, columns, tmp_path / "beam", rows_per_task=90))
    assert tree(tmp_path / "beam") == tree(tmp_path / "local")


def test_no_rows_make_an_empty_dataset(stats: Stats, tmp_path: Path) -> None:
    none = trips().slice(0, 0)
    (manifest,) = run(Convert(SPEC, stats, none, tmp_path))
    assert manifest.shards == ()
    assert len(fk.load(tmp_path)) == 0


def test_a_relative_output_is_below_the_folder_of_the_driver(
    stats: Stats, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    built = pipeline()
    _ = built | Convert(SPEC, stats, source, "out")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    built.run().wait_until_finish()
    assert len(fk.load(tmp_path / "out"))


def test_the_same_job_again_does_nothing(
    stats: Stats, source: Path, tmp_path: Path, tasks_done: list[int]
) -> None:
    first = run(Convert(SPEC, stats, source, tmp_path, rows_per_task=50))
    assert sorted(tasks_done) == list(range(8))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    assert run(Convert(SPEC, stats, source, tmp_path, rows_per_task=50)) == first
    assert len(tasks_done) == 8
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}


def test_another_dataset_is_refused_before_any_task_or_replaced(
    stats: Stats, source: Path, tmp_path: Path, tasks_done: list[int]
) -> None:
    fk.convert(BAD, NONE, GOOD_ROWS, tmp_path / "out", rows_per_task=1)
    tasks_done.clear()
    before = tree(tmp_path)
    with pytest.raises(OutputExistsError, match="overwrite"):
        run(Convert(SPEC, stats, source, tmp_path / "out", rows_per_task=50))
    assert tree(tmp_path) == before
    assert tasks_done == []
    arguments = (SPEC, stats, source)
    run(Convert(*arguments, tmp_path / "out", rows_per_task=50, overwrite=True))
    fk.convert(*arguments, tmp_path / "new", rows_per_task=50)
    assert tree(tmp_path / "out") == tree(tmp_path / "new")


def test_a_bad_row_fails_the_pipeline_and_shows_no_dataset(tmp_path: Path) -> None:
    output = tmp_path / "out"
    with pytest.raises(RowError) as raised:
        run(Convert(BAD, NONE, BAD_ROWS, output, rows_per_task=1))
    error = raised.value
    assert (error.code, error.row, error.column) == ("OUT_OF_VOCABULARY", 4, "b")
    with pytest.raises(DatasetIncompleteError):
        fk.load(output)
    # What the other tasks wrote goes when another job publishes.
    assert tree(output)
    run(Convert(BAD, NONE, GOOD_ROWS, output, rows_per_task=1))
    fk.convert(BAD, NONE, GOOD_ROWS, tmp_path / "good", rows_per_task=1)
    assert tree(output) == tree(tmp_path / "good")
    assert sorted(path.name for path in output.iterdir() if path.is_dir()) == [
        fk.load(output).manifest.run_id
    ]


def test_a_bad_row_leaves_the_old_dataset_as_it_was(tmp_path: Path) -> None:
    fk.convert(BAD, NONE, GOOD_ROWS, tmp_path)
    before = tree(tmp_path)
    with pytest.raises(RowError):
        run(Convert(BAD, NONE, BAD_ROWS, tmp_path, rows_per_task=1, overwrite=True))
    assert before.items() <= tree(tmp_path).items()
    assert verify(tmp_path).sound
    assert fk.load(tmp_path).to_numpy()["a"].tolist() == GOOD_ROWS["a"]


def test_a_job_that_failed_resumes(
    stats: Stats,
    source: Path,
    tmp_path: Path,
    tasks_done: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = module._write_task

    def limited(conversion: Conversion, task: Any) -> Any:
        if len(tasks_done) == 5:
            raise OSError("the machine is gone")
        return whole(conversion, task)

    monkeypatch.setattr(module, "_write_task", limited)
    arguments = (SPEC, stats, source)
    with pytest.raises(OSError, match="the machine is gone"):
        run(Convert(*arguments, tmp_path / "out", rows_per_task=50))
    with pytest.raises(DatasetIncompleteError):
        fk.load(tmp_path / "out")
    monkeypatch.setattr(module, "_write_task", whole)
    run(Convert(*arguments, tmp_path / "out", rows_per_task=50))
    assert sorted(tasks_done) == list(range(8))
    fk.convert(*arguments, tmp_path / "local", rows_per_task=50)
    assert tree(tmp_path / "out") == tree(tmp_path / "local")


def test_the_same_job_may_publish_while_this_one_writes(
    stats: Stats, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the receipts away, and what is written beside them."""
    write_task = module._write_task
    options = {"rows_per_task": 50}

    def overtaken(conversion: Conversion, task: Any) -> Any:
        monkeypatch.setattr(module, "_write_task", write_task)
        fk.convert(SPEC, stats, source, tmp_path / "out", **options)
        return write_task(conversion, task)

    monkeypatch.setattr(module, "_write_task", overtaken)
    (manifest,) = run(Convert(SPEC, stats, source, tmp_path / "out", **options))
    local = fk.convert(SPEC, stats, source, tmp_path / "local", **options)
    assert manifest == local.manifest
    assert tree(tmp_path / "out") == tree(tmp_path / "local")


def test_another_job_may_publish_while_this_one_writes(
    stats: Stats, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes away what was begun; this one says so, and leaves it alone."""
    write_task = module._write_task

    def overtaken(conversion: Conversion, task: Any) -> Any:
        monkeypatch.setattr(module, "_write_task", write_task)
        fk.convert(BAD, NONE, GOOD_ROWS, tmp_path / "out")
        return write_task(conversion, task)

    monkeypatch.setattr(module, "_write_task", overtaken)
    with pytest.raises(OutputExistsError, match="meanwhile"):
        run(Convert(SPEC, stats, source, tmp_path / "out", rows_per_task=50))
    assert verify(tmp_path / "out").sound
    assert fk.load(tmp_path / "out").to_numpy()["a"].tolist() == GOOD_ROWS["a"]


def test_a_folder_that_is_gone_is_no_success(
    stats: Stats, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_task = module._write_task

    def gone(conversion: Conversion, task: Any) -> Any:
        shutil.rmtree(conversion.run.path, ignore_errors=True)
        return write_task(conversion, task)

    monkeypatch.setattr(module, "_write_task", gone)
    with pytest.raises(DatasetError, match="OUTPUT_IO"):
        run(Convert(SPEC, stats, source, tmp_path / "out", rows_per_task=50))


def test_a_job_waits_for_another_that_holds_the_output_for_a_moment(
    stats: Stats, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Conversion(SPEC, stats, open_source(source), tmp_path / "out")
    sleeps: list[float] = []

    def wait(seconds: float) -> None:
        sleeps.append(seconds)
        held.__exit__(None, None, None)

    monkeypatch.setattr(beam_module.time, "sleep", wait)
    held = other.open_output()
    held.__enter__()
    run(Convert(SPEC, stats, source, tmp_path / "out"))
    assert len(sleeps) == 1
    assert verify(tmp_path / "out").sound


def test_a_job_does_not_wait_for_ever(
    stats: Stats, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beam_module, "PATIENCE", -1.0)
    other = Conversion(SPEC, stats, open_source(source), tmp_path / "out")
    with other.open_output(), pytest.raises(OutputBusyError):
        run(Convert(SPEC, stats, source, tmp_path / "out"))


def test_a_dataset_that_goes_while_its_job_runs_is_not_published_empty(
    stats: Stats, source: Path, tmp_path: Path
) -> None:
    """The tasks were skipped as done; then there is nothing to publish."""
    conversion = Conversion(SPEC, stats, open_source(source), tmp_path)
    with pytest.raises(DatasetIncompleteError, match="not every task"):
        conversion.manifest([])
    receipts = []
    with conversion.open_output():
        conversion.prepare()
        receipts = [conversion.run_task(task) for task in conversion.tasks]
    assert isinstance(conversion.manifest(reversed(receipts)), Manifest)
    with pytest.raises(DatasetIncompleteError, match="not every task"):
        conversion.manifest([*receipts, receipts[0]])


def test_a_wrong_call_fails_before_there_is_a_pipeline(
    stats: Stats, source: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    with pytest.raises(StatisticsError):
        Convert(SPEC, NONE, source, output)
    with pytest.raises(MissingColumnError):
        Convert(SPEC, stats, {"delay": [1.0]}, output)
    assert not output.exists()
