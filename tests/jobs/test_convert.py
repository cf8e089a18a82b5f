import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from jobs.trips import FEATURES, SPEC, TIME_SPLIT, tree, trips, write

import featurekit as fk
from featurekit.backends.reference import ReferenceBackend
from featurekit.errors import (
    DatasetIncompleteError,
    MissingColumnError,
    OutputBusyError,
    OutputExistsError,
    OutputSpaceError,
    RowError,
    SourceError,
    SpecError,
    StatisticsError,
)
from featurekit.io.adapter import open_source
from featurekit.io.dataset import load
from featurekit.io.tfrecord_writer import Compression
from featurekit.io.verify import verify
from featurekit.jobs import convert as module
from featurekit.jobs.analyze import analyze
from featurekit.jobs.convert import Conversion, convert
from featurekit.plan.lower import compile_spec
from featurekit.plan.stats import Stats

MAYBE = fk.FeatureSpec(
    {"a": fk.numeric("a"), "b": fk.string("b").vocabulary(["x", "y"], num_oov=0)},
    key=["k"],
)
BAD = {
    "a": [1.0, None, 3.0, 1e300, 5.0, float("inf")],
    "b": ["x", "x", "z", "y", "y", "x"],
    "k": list("pqrstu"),
}
NONE = Stats({})


@pytest.fixture(scope="module")
def stats() -> Stats:
    return analyze(SPEC, trips())


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("source"), trips())


@pytest.fixture(scope="module")
def made(stats: Stats, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "out"
    convert(SPEC, stats, source, folder, rows_per_task=50, workers=1)
    return folder


@pytest.mark.proves(99)
@pytest.mark.parametrize("workers", [2, 3])
def test_workers_do_not_change_a_byte(
    made: Path, stats: Stats, source: Path, workers: int, tmp_path: Path
) -> None:
    seen: list[tuple[int, int, int]] = []
    convert(
        SPEC,
        stats,
        source,
        tmp_path / "out",
        rows_per_task=50,
        workers=workers,
        progress=lambda *a: seen.append(a),
    )
    assert tree(tmp_path / "out") == tree(made)
    assert seen == [(done, 8, 50 * done) for done in range(1, 9)]


@pytest.mark.proves(98)
def test_the_dataset_is_sound_and_describes_itself(made: Path, stats: Stats) -> None:
    assert verify(made).sound
    dataset = load(made)
    assert dataset.spec == SPEC
    assert dataset.stats == stats
    names = {name.partition("/")[2] for name in tree(made)}
    assert "train-00000-of-00008.tfrecord" in names
    assert not any("receipt" in name or "partial" in name for name in names)


@pytest.mark.proves(102)
def test_records_are_what_the_reference_makes_of_the_rows(
    made: Path, stats: Stats
) -> None:
    """Row by row: parts by the calendar, values by the reference backend."""
    table = trips()
    (task,) = open_source(table).plan_tasks()
    types = {item.name: item.dtype for item in SPEC.inputs}
    zones = {item.name: item.time_zone for item in SPEC.inputs if item.time_zone}
    (batch,) = task.read(types, zones)
    done = ReferenceBackend(compile_spec(SPEC, stats)).run(batch)
    instants = batch["time"].to_numpy()[done.accepted_rows]
    parts = np.searchsorted(np.array(TIME_SPLIT.starts), instants, side="right")
    for index, name in enumerate(SPEC.split_names):
        found = load(made, name).to_numpy()
        kept = done.outputs.take(pa.array(np.flatnonzero(parts == index)))
        assert kept.num_rows
        for column in kept.schema.names:
            expected = np.array(kept[column].to_pylist(), found[column].dtype)
            assert np.array_equal(found[column], expected), (name, column)


@pytest.mark.proves(82)
def test_every_row_is_accounted_for(made: Path) -> None:
    manifest = load(made).manifest
    rows = manifest.accounting
    missing = trips()["late"].null_count
    assert (rows.rows_read, rows.rows_filtered, rows.rows_rejected) == (400, missing, 0)
    assert rows.rows_written == 400 - missing
    assert sum(manifest.records_by_split.values()) == rows.rows_written


def test_gzip_holds_the_same_records(
    made: Path, stats: Stats, source: Path, tmp_path: Path
) -> None:
    report = convert(SPEC, stats, source, tmp_path, compression="gzip")
    assert all(s.path.endswith(".tfrecord.gz") for s in report.manifest.shards)
    assert verify(tmp_path).sound
    first, second = load(tmp_path).to_numpy(), load(made).to_numpy()
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_a_split_that_no_row_is_in_has_no_shard(tmp_path: Path) -> None:
    spec = fk.FeatureSpec(
        {"a": fk.numeric("a")}, split=fk.time_split("t", test="2030-01-01")
    )
    rows = {"a": [1.0], "t": [datetime(2024, 1, 1)]}
    report = convert(spec, NONE, rows, tmp_path)
    assert report.manifest.records_by_split == {"train": 1}


def test_no_rows_make_an_empty_dataset(tmp_path: Path) -> None:
    report = convert(MAYBE, NONE, pa.table(BAD).slice(0, 0), tmp_path)
    assert report.manifest.shards == ()
    assert len(load(tmp_path)) == 0
    assert verify(tmp_path).sound


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("rows_per_task", [1, 2, 100])
def test_the_first_bad_row_fails_the_job_and_leaves_nothing(
    tmp_path: Path, rows_per_task: int, workers: int
) -> None:
    output = tmp_path / "deep" / "out"
    output.parent.mkdir()
    with pytest.raises(RowError) as raised:
        convert(MAYBE, NONE, BAD, output, rows_per_task=rows_per_task, workers=workers)
    error = raised.value
    assert (error.code, error.row, error.column) == ("NULL_NOT_ALLOWED", 1, "a")
    assert error.file == "<dict>"
    assert list(output.parent.iterdir()) == []


def test_a_bad_cast_after_a_bad_value_is_not_the_first(tmp_path: Path) -> None:
    rows = {"a": [1.0, 2.0, 1e300], "b": ["x", "?", "x"], "k": list("abc")}
    with pytest.raises(RowError, match="OUT_OF_VOCABULARY") as raised:
        convert(MAYBE, NONE, rows, tmp_path / "out")
    assert raised.value.row == 1


def test_a_failed_job_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    good = {"a": [1.0], "b": ["x"], "k": ["p"]}
    convert(MAYBE, NONE, good, tmp_path / "out")
    before = tree(tmp_path)
    with pytest.raises(RowError):
        convert(MAYBE, NONE, BAD, tmp_path / "out", overwrite=True, rows_per_task=1)
    with pytest.raises(RowError):
        convert(MAYBE, NONE, BAD, tmp_path, rows_per_task=1)
    assert tree(tmp_path) == before
    assert load(tmp_path / "out").to_numpy()["a"].tolist() == [1.0]


@pytest.mark.proves(82)
def test_refused_rows_are_written_aside(tmp_path: Path) -> None:
    report = convert(
        MAYBE, NONE, BAD, tmp_path, on_bad_row="dead_letter", rows_per_task=4
    )
    rows = report.manifest.accounting
    assert (rows.rows_read, rows.rows_written, rows.rows_rejected) == (6, 3, 3)
    assert rows.rejected_by_code == {
        "NULL_NOT_ALLOWED": 1,
        "OUT_OF_RANGE": 1,
        "OUT_OF_VOCABULARY": 1,
    }
    (shard,) = (s for s in report.manifest.shards if s.split == "rejected")
    assert (shard.records, shard.task) == (3, 0)
    lines = (tmp_path / shard.path).read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    assert [(e["row"], e["code"], e["column"]) for e in entries] == [
        (1, "NULL_NOT_ALLOWED", "a"),
        (2, "OUT_OF_VOCABULARY", "b"),
        (3, "OUT_OF_RANGE", "a"),
    ]
    assert all(entry["file"] == "<dict>" and entry["message"] for entry in entries)
    assert entries[2]["values"] == {"a": 1e300, "b": "y", "k": "s"}
    assert load(tmp_path).to_numpy()["a"].tolist() == [1.0, 5.0, np.inf]
    assert verify(tmp_path).sound
    assert "rejected: NULL_NOT_ALLOWED 1" in str(report)


def test_any_value_of_a_refused_row_can_be_written(tmp_path: Path) -> None:
    moment = pa.array([datetime(2024, 1, 1)] * 3, pa.timestamp("ns"))
    bad_text = pa.array([b"\xff\xfe", b"a", None], pa.binary())
    table = pa.table({"t": moment, "b": bad_text, "f": [float("nan"), 1.0, -np.inf]})
    encoded = table.set_column(1, "b", bad_text.dictionary_encode())
    features = {
        "b": fk.string("b").vocabulary(["x"], num_oov=0),
        "f": fk.numeric("f").fill(0),
        "t": fk.timestamp("t", tz="UTC").hour(),
    }
    spec = fk.FeatureSpec(features)
    for index, source in enumerate((table, encoded)):
        output = tmp_path / str(index)
        report = convert(spec, NONE, source, output, on_bad_row="dead_letter")
        (shard,) = report.manifest.shards
        lines = (output / shard.path).read_text().splitlines()
        entries = [json.loads(line) for line in lines]
        assert [entry["code"] for entry in entries] == [
            "BAD_UTF8",
            "OUT_OF_VOCABULARY",
            "NULL_NOT_ALLOWED",
        ]
        assert entries[0]["values"]["b"] == {"base64": "//4="}
        assert [entry["values"]["f"] for entry in entries] == ["nan", 1.0, "-inf"]
        assert entries[1]["values"]["t"].startswith("2024-01-01")


def test_the_same_call_again_does_nothing(
    made: Path, stats: Stats, source: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in made.rglob("*.tfrecord")}
    report = convert(SPEC, stats, source, made, rows_per_task=50)
    assert report.resumed
    assert "was complete" in str(report)
    assert before == {
        path: path.stat().st_mtime_ns for path in made.rglob("*.tfrecord")
    }


def test_another_dataset_is_kept_or_replaced_as_a_whole(
    stats: Stats, source: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    first = convert(MAYBE, NONE, {"a": [1.0], "b": ["x"], "k": ["p"]}, tmp_path)
    before = tree(tmp_path)
    with pytest.raises(OutputExistsError, match="overwrite"):
        convert(SPEC, stats, source, tmp_path)
    assert tree(tmp_path) == before
    (tmp_path / first.manifest.run_id / "also_mine.txt").write_text("mine")
    second = convert(SPEC, stats, source, tmp_path, overwrite=True)
    assert load(tmp_path).manifest.run_id == second.manifest.run_id
    left = {name for name in tree(tmp_path) if first.manifest.run_id in name}
    assert left == {f"{first.manifest.run_id}/also_mine.txt"}
    assert (tmp_path / "mine.txt").exists()


def test_two_jobs_do_not_write_at_once(
    stats: Stats, source: Path, tmp_path: Path
) -> None:
    conversion = Conversion(SPEC, stats, open_source(source), tmp_path)
    with conversion.open_output(), pytest.raises(OutputBusyError):
        convert(SPEC, stats, source, tmp_path)
    convert(SPEC, stats, source, tmp_path)


def test_only_unfinished_tasks_are_done_again(
    made: Path,
    stats: Stats,
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[int] = []
    write_task = module._write_task

    def limited(conversion: Conversion, task: object) -> object:
        if len(written) == 5:
            raise OutputSpaceError("the device is full")
        written.append(task.index)  # type: ignore[attr-defined]
        return write_task(conversion, task)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_write_task", limited)
    arguments = (SPEC, stats, source, tmp_path)
    with pytest.raises(OutputSpaceError):
        convert(*arguments, rows_per_task=50, workers=1)
    with pytest.raises(DatasetIncompleteError):
        load(tmp_path)
    # A shard of a finished task is lost: its receipt does not count.
    next(tmp_path.rglob("*-00001-of-00008.tfrecord")).unlink()
    monkeypatch.setattr(module, "_write_task", write_task)
    redone: list[int] = []
    monkeypatch.setattr(
        module, "_write_task", lambda c, t: redone.append(t.index) or write_task(c, t)
    )
    convert(*arguments, rows_per_task=50, workers=1)
    assert (written, redone) == ([0, 1, 2, 3, 4], [1, 5, 6, 7])
    assert tree(tmp_path) == tree(made)


def test_what_decides_the_bytes_decides_the_run(stats: Stats, tmp_path: Path) -> None:
    def run_id(spec: fk.FeatureSpec = SPEC, rows: int = 400, **options: object) -> str:
        source = open_source(trips(rows))
        return Conversion(spec, stats, source, tmp_path, **options).run.run_id

    others = {
        run_id(rows=399),
        run_id(compression="gzip"),
        run_id(on_bad_row="dead_letter"),
        run_id(rows_per_task=10),
        run_id(fk.FeatureSpec(FEATURES, split=TIME_SPLIT)),
        run_id(fk.FeatureSpec(FEATURES)),
    }
    assert len(others | {run_id()}) == 7
    assert run_id() == run_id()


def test_nothing_is_written_for_a_wrong_call(
    stats: Stats, source: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    with pytest.raises(StatisticsError):
        convert(SPEC, NONE, source, output)
    with pytest.raises(MissingColumnError):
        convert(SPEC, stats, {"delay": [1.0]}, output)
    with pytest.raises(ValueError, match="compression"):
        convert(SPEC, stats, source, output, compression="zip")  # type: ignore[arg-type]
    assert not output.exists()


def test_a_part_may_not_be_called_rejected() -> None:
    with pytest.raises(SpecError, match="rejected"):
        fk.key_split(train=0.5, rejected=0.5)


def test_the_report_can_be_read(stats: Stats, source: Path, tmp_path: Path) -> None:
    report = convert(SPEC, stats, source, tmp_path / "out")
    text = str(report)
    assert "rows read 400" in text and "train" in text and "rows/s" in text
    assert report.bytes_out == sum(s.bytes for s in report.manifest.shards)
    assert report.bytes_in == sum(p.stat().st_size for p in source.iterdir())


@pytest.mark.proves(94)
@pytest.mark.parametrize("compression", [None, "gzip", "gzip-small"])
def test_shards_of_about_the_wanted_size(
    stats: Stats, tmp_path: Path, compression: Compression
) -> None:
    rows = trips(6000)
    spec = fk.FeatureSpec(FEATURES)
    learned = analyze(spec, rows)
    report = convert(
        spec, learned, rows, tmp_path / "out", shard_bytes=200_000, workers=1,
        compression=compression,
    )  # fmt: skip
    sizes = [shard.bytes for shard in report.manifest.shards]
    assert len(sizes) > 1 or compression
    assert all(0.8 < size / 200_000 < 1.25 for size in sizes[:-1])
    assert load(tmp_path / "out").num_rows == 6000
    with pytest.raises(SourceError, match="shard_bytes"):
        convert(spec, learned, rows, tmp_path / "other", shard_bytes=0)
    assert not (tmp_path / "other").exists()


def test_both_kinds_of_gzip_hold_the_same_records(
    stats: Stats, source: Path, tmp_path: Path
) -> None:
    sizes, tables = {}, []
    for name in ("gzip", "gzip-small"):
        report = convert(SPEC, stats, source, tmp_path / name, compression=name)  # type: ignore[arg-type]
        assert report.manifest.compression == "gzip" and verify(tmp_path / name).sound
        sizes[name] = report.bytes_out
        tables.append(load(tmp_path / name).to_arrow())
    assert tables[0] == tables[1] and sizes["gzip-small"] < sizes["gzip"]
