import pickle
from collections import Counter
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pytest
from apache_beam.testing.util import assert_that, equal_to
from beam.direct import count_transforms, pipeline, run, watch
from jobs.trips import FEATURES, SPEC, TIME_SPLIT, trips, write

import featurekit as fk
from featurekit.beam.analysis import Analyze, MeasureBatches
from featurekit.errors import MissingColumnError, RowError, SourceError
from featurekit.io.csv_source import CsvOptions
from featurekit.jobs.analyze import PartialStatistics
from featurekit.plan.stats import Stats

pytestmark = pytest.mark.beam

FEW = fk.FeatureSpec(
    {"delay": FEATURES["delay"], "carrier": FEATURES["carrier"]}, split=TIME_SPLIT
)
BAD = fk.FeatureSpec({"a": fk.numeric("a").standardize()}, key=["k"])
BAD_ROWS = {"a": [1.0, 2.0, 1e300, 4.0], "k": list("pqrs")}


@pytest.fixture(scope="module")
def expected() -> Stats:
    return fk.analyze(SPEC, trips())


def same(found: list[Any], expected: Stats) -> bool:
    (stats,) = found
    assert isinstance(stats, Stats)
    return stats.to_proto() == expected.to_proto()


@pytest.mark.parametrize("rows_per_task", [50, 120, 10_000])
def test_parquet_gives_the_bytes_of_the_local_engine(
    expected: Stats, rows_per_task: int, tmp_path: Path
) -> None:
    source = write(tmp_path, trips())
    assert same(run(Analyze(SPEC, source, rows_per_task=rows_per_task)), expected)


def test_csv_gives_the_bytes_of_the_local_engine(
    expected: Stats, tmp_path: Path
) -> None:
    for index in range(3):
        csv.write_csv(
            trips().slice(index * 150, 150),
            tmp_path / f"{index}.csv",
            csv.WriteOptions(delimiter=";"),
        )
    options = CsvOptions(delimiter=";")
    found = run(Analyze(SPEC, tmp_path, csv=options))
    assert same(found, fk.analyze(SPEC, tmp_path, csv=options))
    assert same(found, expected)


def test_a_table_in_memory_travels_with_its_tasks(expected: Stats) -> None:
    assert same(run(Analyze(SPEC, trips(), rows_per_task=30)), expected)
    columns = trips().to_pydict()
    assert same(run(Analyze(SPEC, columns, rows_per_task=30)), expected)


def test_no_rows_are_measured_too() -> None:
    none = trips().slice(0, 0)
    spec = fk.FeatureSpec({"tail": FEATURES["carrier"]})
    assert same(run(Analyze(spec, none)), fk.analyze(spec, none))


def test_batches_of_rows_are_measured_as_files_are(expected: Stats) -> None:
    batches = trips().to_batches(max_chunksize=37)
    assert len(batches) > 10
    with pipeline() as built:
        stats = (
            built | beam.Create(batches) | beam.CombineGlobally(MeasureBatches(SPEC))
        )
        assert_that(stats, equal_to([expected]))


@pytest.mark.parametrize("seed", range(4))
def test_the_laws_of_a_combine_fn(expected: Stats, seed: int) -> None:
    """Any split, order and tree of merges, with empty ones, and adds after merges."""
    draw = np.random.default_rng(seed)
    measure = MeasureBatches(SPEC)
    parts = [measure.create_accumulator() for _ in range(6)]
    batches = trips().to_batches(max_chunksize=23)
    draw.shuffle(batches)
    late = batches[:4]
    for batch in batches[4:]:
        index = int(draw.integers(0, 4))  # two stay empty
        parts[index] = measure.add_input(parts[index], batch)
    draw.shuffle(parts)
    while len(parts) > 1:
        taken = int(draw.integers(2, 4))
        merged = measure.merge_accumulators(map(sent, parts[:taken]))
        merged = measure.compact(merged)
        if late:
            merged = measure.add_input(merged, late.pop())
        parts = [*parts[taken:], merged]
    (total,) = parts
    for batch in late:
        total = measure.add_input(total, batch)
    assert total.accounting.rows_read == 400
    assert measure.extract_output(sent(total)).to_proto() == expected.to_proto()


def sent(counted: PartialStatistics) -> PartialStatistics:
    """As it reaches another worker."""
    return pickle.loads(pickle.dumps(counted))  # type: ignore[no-any-return]


def test_merging_nothing_is_having_counted_nothing() -> None:
    measure = MeasureBatches(SPEC)
    none = measure.create_accumulator()
    empty = measure.extract_output(none)
    assert measure.extract_output(measure.merge_accumulators([])) == empty
    assert empty == fk.analyze(SPEC, trips().slice(0, 0))


def test_merging_leaves_the_other_accumulators_as_they_were() -> None:
    measure = MeasureBatches(SPEC)
    first, second = trips().to_batches(max_chunksize=200)
    one = measure.add_input(measure.create_accumulator(), first)
    two = measure.add_input(measure.create_accumulator(), second)
    before = measure.extract_output(sent(two))
    merged = measure.merge_accumulators([one, two])
    measure.add_input(merged, first)
    assert measure.extract_output(two) == before


def many_features(number: int) -> fk.FeatureSpec:
    columns = {
        f"f{index}": fk.numeric(f"c{index}").fill(0).standardize()
        for index in range(number)
    }
    return fk.FeatureSpec(columns)


def test_five_hundred_features_have_the_transforms_of_five() -> None:
    def transforms(number: int) -> int:
        table = pa.table({f"c{index}": [1.0, 2.0] for index in range(number)})
        return count_transforms(Analyze(many_features(number), table))

    assert transforms(500) == transforms(5) < 40


def test_elements_are_tasks_and_counts_never_rows(tmp_path: Path) -> None:
    table = trips(20_000)
    source = write(tmp_path, table, group=2_500)
    seen = watch(Analyze(FEW, source, rows_per_task=2_500))
    types = {(one.step.split("/")[1], one.types) for one in seen}
    # Of a task, and of the job as a whole, which counts no rows.
    entries = [frozenset({"int", one}) for one in ("ParquetTask", "NoneType")]
    assert {entry for step, entry in types if step == "Spread"} == set(entries)
    assert {entry for step, entry in types if step == "Tasks"} == {
        frozenset({"bytes"}),  # encoded at first
        *entries,
    }
    assert ("Measure", frozenset({"int", "PartialStatistics"})) in types
    assert max(one.size for one in seen) < 4_000 < table.nbytes / 100


def test_no_worker_gets_what_all_tasks_have_counted(tmp_path: Path) -> None:
    """Also where an engine sends all parts of a key to one worker unmerged."""
    source = write(tmp_path, trips(1_000), files=1, group=20)
    seen = watch(Analyze(FEW, source, rows_per_task=20))
    count = Counter(one.step.split("/")[1] for one in seen)
    assert count["Measure"] == 51  # of fifty tasks, and of the job
    assert count["Parts"] == 7


def test_a_refused_row_fails_the_pipeline_with_its_place() -> None:
    with pytest.raises(RowError) as raised:
        run(Analyze(BAD, BAD_ROWS, rows_per_task=2))
    error = raised.value
    assert (error.code, error.row, error.column) == ("OUT_OF_RANGE", 2, "a")
    found = run(Analyze(BAD, BAD_ROWS, rows_per_task=2, on_bad_row="dead_letter"))
    kept = {"a": [1.0, 2.0, 4.0], "k": list("pqs")}
    assert same(found, fk.analyze(BAD, kept))


def test_a_refused_row_of_a_batch_fails_the_pipeline() -> None:
    batch = pa.record_batch(BAD_ROWS)
    with pytest.raises(RowError, match="OUT_OF_RANGE"), pipeline() as built:
        _ = built | beam.Create([batch]) | beam.CombineGlobally(MeasureBatches(BAD))
    lenient = MeasureBatches(BAD, on_bad_row="dead_letter")
    counted = lenient.add_input(lenient.create_accumulator(), batch)
    assert (counted.accounting.rows_read, counted.accounting.rows_rejected) == (4, 1)


def test_a_wrong_call_fails_before_there_is_a_pipeline() -> None:
    with pytest.raises(MissingColumnError):
        Analyze(SPEC, {"delay": [1.0]})
    with pytest.raises(SourceError, match="BAD_ARGUMENT"):
        Analyze(SPEC, trips(), rows_per_task=0)
    with pytest.raises(SourceError, match="BAD_ARGUMENT"):
        MeasureBatches(SPEC, on_bad_row="ignore")  # type: ignore[arg-type]
