import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from jobs.trips import FEATURES, SPEC, TIME_SPLIT, trips, write

import featurekit as fk
from featurekit.errors import (
    DTypeMismatchError,
    MissingColumnError,
    RowError,
    SourceError,
)
from featurekit.io.adapter import open_source
from featurekit.jobs.analyze import Analysis, analyze, run_analysis
from featurekit.plan.statistics import Moments, Presence, Range, VocabularyCounts
from featurekit.plan.stats import Stats


@pytest.fixture(scope="module")
def expected() -> Stats:
    return analyze(SPEC, trips())


@pytest.mark.parametrize("rows_per_task", [1, 7, 50, 10_000])
def test_any_division_into_tasks_gives_the_same_bytes(
    expected: Stats, rows_per_task: int
) -> None:
    found = analyze(SPEC, trips(), rows_per_task=rows_per_task)
    assert found.to_proto() == expected.to_proto()


def test_any_order_of_rows_and_merges_gives_the_same_bytes(expected: Stats) -> None:
    draw = np.random.default_rng(1)
    mixed = trips().take(pa.array(draw.permutation(400)))
    analysis = Analysis(SPEC)
    tasks = analysis.plan_tasks(open_source(mixed), rows_per_task=30)
    partials = [
        pickle.loads(pickle.dumps(analysis.run_group([task]))) for task in tasks
    ]
    draw.shuffle(partials)
    pairs = [analysis.merge(partials[i : i + 2]) for i in range(0, len(partials), 2)]
    total = analysis.merge(reversed(pairs))
    assert analysis.extract(total) == expected
    assert total.accounting.rows_read == 400


@pytest.mark.parametrize("workers", [2, 3])
def test_workers_do_not_matter(expected: Stats, workers: int, tmp_path: Path) -> None:
    source = write(tmp_path, trips())
    seen: list[tuple[int, int, int]] = []
    found = analyze(
        SPEC,
        source,
        workers=workers,
        rows_per_task=50,
        progress=lambda *a: seen.append(a),
    )
    assert found == expected
    assert seen[-1] == (8, 8, 400)
    assert [rows for _, _, rows in seen] == [50 * done for done, _, _ in seen]


@pytest.mark.parametrize(("partitions", "workers"), [(2, 1), (5, 2), (64, 1)])
def test_partitions_of_tokens_do_not_matter(
    expected: Stats, partitions: int, workers: int, tmp_path: Path
) -> None:
    found = analyze(
        SPEC,
        write(tmp_path, trips()),
        workers=workers,
        rows_per_task=50,
        token_partitions=partitions,
    )
    assert found.to_proto() == expected.to_proto()


def test_partitions_count_from_one() -> None:
    with pytest.raises(SourceError, match="partitions"):
        analyze(SPEC, trips(), token_partitions=0)


def test_only_labelled_training_rows_count() -> None:
    spec = fk.FeatureSpec(
        {
            "delay": fk.numeric("delay").fill(0.0).standardize(),
            "id": FEATURES["carrier"],
        },
        label=fk.numeric("late").greater_equal(15),
        split=TIME_SPLIT,
        missing_label="drop",
    )
    table = trips()
    start = pa.scalar(TIME_SPLIT.starts[0], pa.int64())
    early = pc.less(table["time"].cast(pa.int64()), start)
    training = table.filter(pc.and_(early, table["late"].is_valid()))
    stats, accounting = run_analysis(spec, table)
    moments = stats["moments(fk.numeric('delay').fill(0.0))"]
    values = training["delay"].cast(pa.float32()).cast(pa.float64()).to_numpy()
    values = np.nan_to_num(values)
    assert isinstance(moments, Moments)
    assert moments.count == training.num_rows
    assert moments.mean == pytest.approx(values.mean(), rel=1e-13)
    assert moments.variance == pytest.approx(values.var(), rel=1e-12)
    words = stats["vocabulary(fk.string('carrier').fill(''), max_size=4, min_count=1)"]
    assert isinstance(words, VocabularyCounts)
    assert words.total == training.num_rows
    assert accounting.rows_read == 400
    assert accounting.rows_filtered == table["late"].null_count
    accounting.check()


def test_presence_of_every_column(expected: Stats) -> None:
    presence = expected["presence(fk.numeric('distance'))"]
    assert isinstance(presence, Presence) and presence.nulls == 0
    limits = expected["range(fk.numeric('distance'))"]
    assert isinstance(limits, Range) and limits.count == presence.rows


def test_rows_that_lack_a_label_are_refused_under_error() -> None:
    spec = fk.FeatureSpec(FEATURES, label=fk.numeric("late").greater_equal(15))
    table = trips()
    missing = [
        row for row, value in enumerate(table["late"].to_pylist()) if value is None
    ]
    with pytest.raises(RowError, match="NULL_NOT_ALLOWED") as raised:
        analyze(spec, table, rows_per_task=40)
    assert raised.value.row == missing[0]
    _, accounting = run_analysis(spec, table, on_bad_row="dead_letter")
    assert accounting.rejected_by_code == {"NULL_NOT_ALLOWED": len(missing)}


def test_bad_rows_are_left_out_or_raised() -> None:
    spec = fk.FeatureSpec({"a": fk.numeric("a").standardize()})
    rows = {"a": [1.0, 1e300, 3.0]}
    with pytest.raises(RowError, match="OUT_OF_RANGE") as raised:
        analyze(spec, rows)
    assert (raised.value.row, raised.value.column) == (1, "a")
    assert analyze(spec, rows, on_bad_row="dead_letter") == analyze(
        spec, {"a": [1.0, 3.0]}
    )


def test_the_source_is_checked_before_it_is_read() -> None:
    with pytest.raises(MissingColumnError, match="late"):
        analyze(SPEC, trips().drop_columns(["late"]))
    with pytest.raises(DTypeMismatchError, match="delay"):
        analyze(SPEC, trips().set_column(0, "delay", pa.array(["x"] * 400)))


def test_unknown_policy() -> None:
    with pytest.raises(SourceError, match="BAD_ARGUMENT"):
        analyze(SPEC, trips(), on_bad_row="ignore")  # type: ignore[arg-type]


def test_no_rows() -> None:
    stats, accounting = run_analysis(SPEC, trips().slice(0, 0))
    assert accounting.rows_read == 0
    presence = stats["presence(fk.numeric('distance'))"]
    assert isinstance(presence, Presence) and presence.rows == 0
