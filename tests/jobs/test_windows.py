"""Rows of windows: what they hold beside NumPy and Keras, and how they are counted."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jobs.trips import tree
from numpy.lib.stride_tricks import sliding_window_view

import featurekit as fk
from featurekit.errors import DatasetError, RowError, SourceError, SpecError
from featurekit.io.manifest import Accounting
from featurekit.jobs.explain import explain
from featurekit.spec.serialize import spec_from_text, spec_to_text

ROWS, SIZE, HORIZON, STRIDE = 200, 4, 2, 3


def table(rows: int = ROWS, seed: int = 0) -> pa.Table:
    """Streams of frames, each with an action and a number, of 0 to 30 steps."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 31, rows)
    return pa.table(
        {
            "stream": [f"s{at}" for at in range(rows)],
            "x": [rng.normal(size=n).astype(np.float32).tolist() for n in lengths],
            "action": [rng.choice(["run", "walk", "sit"], n).tolist() for n in lengths],
        }
    )


CUT = fk.windows(
    ["x", "action"],
    size=SIZE,
    stride=STRIDE,
    horizon=HORIZON,
    future={"next_actions": "action"},
    start="start",
)
ACTIONS = ["run", "walk", "sit"]
SPEC = fk.FeatureSpec(
    {
        "x": fk.numerics("x").pad(SIZE),
        "chunk": fk.strings("action").vocabulary(ACTIONS, num_oov=0).pad(SIZE + 1),
        "z": fk.numerics("x").standardize().sum(),
        "action": fk.strings("action").vocabulary(ACTIONS, num_oov=0).pad(SIZE),
        "start": fk.integer("start").identity(100),
        "stream": fk.string("stream").hash_buckets(2**30),
    },
    label=fk.strings("next_actions").vocabulary(ACTIONS, num_oov=0).pad(HORIZON),
    key=["stream"],
    rows=CUT,
)


def converted(tmp_path: Path, spec: fk.FeatureSpec, rows: object, **options):  # type: ignore[no-untyped-def]
    stats = fk.analyze(spec, rows, on_bad_row=options.get("on_bad_row", "fail"))
    report = fk.convert(spec, stats, rows, tmp_path, **options)
    report.manifest.accounting.check()
    return report


@pytest.mark.proves(56, 57)
def test_oracle_numpy_sliding_windows(tmp_path: Path) -> None:
    rows = table()
    report = converted(tmp_path, SPEC, rows)
    found = fk.load(tmp_path).to_numpy()
    x, action, future, start = [], [], [], []
    for row in rows.to_pylist():
        numbers, words = row["x"], row["action"]
        if len(numbers) < SIZE + HORIZON:
            continue
        ids = np.array([ACTIONS.index(word) + 1 for word in words])
        whole = sliding_window_view(np.array(numbers, np.float32), SIZE + HORIZON)
        x.append(whole[::STRIDE, :SIZE])
        whole = sliding_window_view(ids, SIZE + HORIZON)[::STRIDE]
        action.append(whole[:, :SIZE])
        future.append(whole[:, SIZE:])
        start += range(0, len(whole) * STRIDE, STRIDE)
    assert found["x"].tolist() == np.concatenate(x).tolist()
    assert found["action"].tolist() == np.concatenate(action).tolist()
    assert found["label"].tolist() == np.concatenate(future).tolist()
    assert found["start"].tolist() == start
    # The place of the task token is behind the history, and never holds the future.
    assert (found["chunk"][:, :SIZE] == found["action"]).all()
    assert not found["chunk"][:, SIZE].any()
    counts = report.manifest.accounting
    assert counts.rows_read == ROWS and counts.rows_made == len(start)
    assert counts.rows_unused == ROWS - len(x)
    assert f"rows made {len(start):,}" in str(report)


@pytest.mark.proves(56)
@pytest.mark.tensorflow
def test_oracle_keras_timeseries_dataset(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    values = np.arange(40, dtype=np.float32)
    for size, stride in ((5, 1), (4, 2), (7, 7)):
        wanted = keras.utils.timeseries_dataset_from_array(
            values, None, size, sequence_stride=stride, batch_size=99
        )
        spec = fk.FeatureSpec(
            {"x": fk.numerics("x").pad(size)},
            rows=fk.windows(["x"], size=size, stride=stride),
        )
        folder = tmp_path / f"{size} {stride}"
        converted(folder, spec, {"x": [values.tolist()]})
        (batch,) = list(wanted)
        assert fk.load(folder).to_numpy()["x"].tolist() == batch.numpy().tolist()


@pytest.mark.proves(56, 99)
def test_workers_and_batches_change_no_byte(tmp_path: Path) -> None:
    rows = table()
    pq.write_table(rows, tmp_path / "rows.parquet", row_group_size=23)
    folders = []
    for workers in (1, 2):
        folders.append(tmp_path / f"{workers}")
        options = {"workers": workers, "rows_per_task": 50}
        stats = fk.analyze(SPEC, tmp_path / "rows.parquet", **options)
        assert stats == fk.analyze(SPEC, rows)
        fk.convert(SPEC, stats, tmp_path / "rows.parquet", folders[-1], **options)
    assert tree(folders[0]) == tree(folders[1])


@pytest.mark.proves(57)
def test_a_request_is_a_window(tmp_path: Path) -> None:
    rows = table(20)
    stats = fk.analyze(SPEC, rows)
    fk.convert(SPEC, stats, rows, tmp_path)
    wanted = fk.load(tmp_path).to_numpy()
    row = max(rows.to_pylist(), key=lambda one: len(one["x"]))
    at = STRIDE
    request = {
        "x": row["x"][at : at + SIZE],
        "action": row["action"][at : at + SIZE],
        "start": at,
        "stream": row["stream"],
    }
    found = fk.Preprocessor(SPEC, stats).transform([request])
    (place,) = np.flatnonzero(
        (wanted["stream"] == found["stream"]) & (wanted["start"] == at)
    )
    for name, values in found.items():
        assert values[0].tolist() == wanted[name][place].tolist()


def test_refused_windows_and_rows_are_counted_and_found_again(tmp_path: Path) -> None:
    rows = {
        "stream": ["a", "b", "c", "d", None, "f"],
        "x": [[1.0] * 9, [1.0] * 9, [1.0] * 3, [1.0] * 9, None, [1.0] * 6],
        "action": [
            ["run"] * 9,
            ["run"] * 4 + ["fly"] + ["sit"] * 4,
            ["run"] * 3,
            ["run"] * 8,
            ["sit"],
            ["sit"] * 6,
        ],
    }
    report = converted(tmp_path, SPEC, rows, on_bad_row="dead_letter")
    counts = report.manifest.accounting
    # Of a and f all windows; b loses both of its windows; c is short; d, e are misfits.
    assert (counts.rows_read, counts.rows_unused) == (6, 1)
    assert (counts.rows_made, counts.rows_written, counts.rows_rejected) == (7, 3, 4)
    assert counts.rejected_by_code == {"LENGTH_MISMATCH": 2, "OUT_OF_VOCABULARY": 2}
    (shard,) = (s for s in report.manifest.shards if s.split == "rejected")
    lines = [
        json.loads(line) for line in (tmp_path / shard.path).read_text().splitlines()
    ]
    assert [line["row"] for line in lines] == [1, 1, 3, 4]
    assert lines[0]["values"]["action"] == rows["action"][1]
    assert lines[2]["got"] == "{'x': 9, 'action': 8}"
    assert lines[3]["got"] == "{'x': None, 'action': 1}"
    with pytest.raises(RowError, match="not in the vocabulary") as caught:
        fk.convert(SPEC, _stats(rows), rows, tmp_path / "2")
    assert caught.value.row == 1


def _stats(rows: dict) -> fk.Stats:  # type: ignore[type-arg]
    return fk.analyze(SPEC, rows, on_bad_row="dead_letter")


def test_windows_keep_missing_elements_apart(tmp_path: Path) -> None:
    spec = fk.FeatureSpec(
        {"x": fk.numerics("x").fill(-1.0).pad(2)}, rows=fk.windows(["x"], size=2)
    )
    converted(tmp_path, spec, {"x": [[1.0, None, 3.0], [], [4.0, 5.0]]})
    found = fk.load(tmp_path).to_numpy()["x"].tolist()
    assert found == [[1.0, -1.0], [-1.0, 3.0], [4.0, 5.0]]


def test_windows_of_no_rows(tmp_path: Path) -> None:
    spec = fk.FeatureSpec(
        {"x": fk.numerics("x").pad(2)}, rows=fk.windows(["x"], size=2)
    )
    report = converted(tmp_path, spec, {"x": [[1.0], [2.0]]})
    counts = report.manifest.accounting
    assert (counts.rows_read, counts.rows_made, counts.rows_unused) == (2, 0, 2)


def test_all_windows_of_a_row_are_in_its_part(tmp_path: Path) -> None:
    spec = fk.FeatureSpec(
        {"stream": fk.string("stream").hash_buckets(2**30)}
        | {"x": fk.numerics("x").pad(2)},
        key=["stream"],
        split=fk.key_split(train=0.5, test=0.5),
        rows=fk.windows(["x"], size=2),
    )
    converted(tmp_path, spec, table())
    parts = [
        set(fk.load(tmp_path, split=name).to_numpy()["stream"].tolist())
        for name in ("train", "test")
    ]
    assert all(parts) and not parts[0] & parts[1]


def test_counts_that_do_not_add_up_are_an_error() -> None:
    Accounting(3, 4, 1, 0, {"X": 1}, rows_made=5, rows_unused=1).check()
    for wrong in (4, 6):
        with pytest.raises(DatasetError, match="not accounted for"):
            Accounting(5, 4, 1, 0, {"X": 1}, rows_made=wrong).check()


def test_windows_print_and_survive_every_form() -> None:
    assert eval(repr(SPEC), {"fk": fk}) == SPEC
    for form in ("json", "textproto"):
        assert spec_from_text(spec_to_text(SPEC, form=form), form=form) == SPEC
    other = fk.FeatureSpec(dict(SPEC.features), label=SPEC.label, key=["stream"],
                           rows=fk.windows(["x", "action"], size=SIZE, horizon=HORIZON,
                                           future={"next_actions": "action"},
                                           start="start"))  # fmt: skip
    assert other.fingerprint() != SPEC.fingerprint()
    (change,) = SPEC.diff(other).changes
    assert (change.path, str(change.compatibility)) == ("rows", "re-transform")


X = fk.numerics("x").pad(2)
WRONG = [
    (lambda: fk.windows("x", size=2), "list of column names"),
    (lambda: fk.windows([], size=2), "need a list"),
    (lambda: fk.windows(["x"], size=0), "size is out of range"),
    (lambda: fk.windows(["x"], size=2, stride=0), "stride is out of range"),
    (lambda: fk.windows(["x"], size=2, horizon=1), "belong together"),
    (lambda: fk.windows(["x"], size=2, future={"y": "x"}), "belong together"),
    (lambda: fk.windows(["x", "x"], size=2), "have one name"),
    (lambda: fk.windows(["x"], size=2, start="x"), "have one name"),
    (
        lambda: fk.windows(["x"], size=2, horizon=1, future={"y": "z"}),
        "lists that are cut",
    ),
    (
        lambda: fk.FeatureSpec({"x": X}, rows=fk.windows(["y"], size=2)),
        "no feature reads",
    ),
    (
        lambda: fk.FeatureSpec({"x": fk.numeric("x")}, rows=fk.windows(["x"], size=2)),
        "read as something else",
    ),
    (
        lambda: fk.FeatureSpec(
            {"x": X, "at": fk.numeric("at")},
            rows=fk.windows(["x"], size=2, start="at"),
        ),
        "read as something else",
    ),
    (
        lambda: fk.FeatureSpec(
            {"x": X, "at": fk.integer("at").hash_buckets(9)},
            key=["at"],
            rows=fk.windows(["x"], size=2, start="at"),
        ),
        "rows of the source",
    ),
]


@pytest.mark.parametrize(("make", "message"), WRONG)
def test_what_cannot_be_declared(make, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SpecError, match=message):
        make()


def test_every_window_is_explained_as_it_is_converted(tmp_path: Path) -> None:
    """The windows of all rows, one by one, are the records of a conversion."""
    rows = table(30)
    stats = fk.analyze(SPEC, rows)
    fk.convert(SPEC, stats, rows, tmp_path / "out")
    arrays = fk.load(tmp_path / "out").to_numpy()
    written = 0
    for row, values in enumerate(rows["x"].to_pylist()):
        found = explain(SPEC, rows, row, stats=stats)
        assert found.raw["x"] == values
        room = len(values) - SIZE - HORIZON
        assert found.made == (room // STRIDE + 1 if room >= 0 else 0)
        if not found.made:
            assert (found.outcome, found.steps, found.outputs) == ("unused", (), {})
        for window in range(found.made):
            found = explain(SPEC, rows, row, stats=stats, window=window)
            assert (found.outcome, found.part) == ("written", "train")
            starts = [s.value for s in found.steps if "column='start'" in s.op]
            assert starts == [window * STRIDE]
            for name, value in found.outputs.items():
                wanted = arrays[name][written]
                assert np.array_equal(wanted, np.asarray(value, wanted.dtype))
            written += 1
    assert written == len(arrays["start"])


def test_windows_that_are_refused_are_explained() -> None:
    rows = {
        "stream": ["a", "b", "c"],
        "x": [[1.0] * 6, [1.0] * 9, [1.0] * 6],
        "action": [["run"] * 5, ["run"] * 8 + ["jump"], ["run"] * 6],
    }
    stats = fk.analyze(SPEC, {name: [values[2]] for name, values in rows.items()})
    misfit = explain(SPEC, rows, 0, stats=stats)
    assert (misfit.outcome, misfit.made, misfit.steps) == ("rejected", 0, ())
    assert misfit.error is not None and misfit.error.code == "LENGTH_MISMATCH"
    assert explain(SPEC, rows, 1, stats=stats).outcome == "written"
    later = explain(SPEC, rows, 1, stats=stats, window=1)
    assert (later.outcome, later.made) == ("rejected", 2)
    assert later.error is not None and later.error.row == 1
    assert str(later.steps[-1].error) == str(later.error)
    for window in (2, -1):
        with pytest.raises(SourceError, match="no such window"):
            explain(SPEC, rows, 1, stats=stats, window=window)
    unreadable = explain(SPEC, {**rows, "x": [[1e300] * 6] * 3}, 2, stats=stats)
    assert (unreadable.outcome, unreadable.made) == ("rejected", 0)


@pytest.mark.beam
def test_beam_writes_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("apache_beam")
    from beam.direct import run

    from featurekit.beam.conversion import Convert

    pq.write_table(table(), tmp_path / "rows.parquet")
    source = tmp_path / "rows.parquet"
    stats = fk.analyze(SPEC, source)
    fk.convert(SPEC, stats, source, tmp_path / "local", rows_per_task=64)
    run(Convert(SPEC, stats, source, tmp_path / "beam", rows_per_task=64))
    assert tree(tmp_path / "local") == tree(tmp_path / "beam")
