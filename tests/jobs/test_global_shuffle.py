"""All records of a dataset, in an order that its seed decides."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jobs.trips import SPEC, trips, write

import featurekit as fk
from featurekit.errors import SourceError, SpecError
from featurekit.io.example import ExampleEncoder
from featurekit.io.spill import SpillWriter, read_destination
from featurekit.io.tfrecord import read_records, scan
from featurekit.jobs.convert import Conversion
from featurekit.jobs.global_shuffle import GlobalShuffle

ROWS = 2_000
COUNTER = fk.FeatureSpec({"n": fk.integer("n").identity(ROWS)})
NO_STATS = fk.Stats({})


def records(folder: Path) -> dict[str, list[bytes]]:
    """By part its records, in the order of the shards."""
    found: dict[str, list[bytes]] = {}
    for shard in fk.load(folder).manifest.shards:
        if shard.split != "rejected":
            found.setdefault(shard.split, []).extend(read_records(folder / shard.path))
    return found


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def numbers(folder: Path) -> list[int]:
    return [
        int(n)
        for batch in fk.load(folder).iter_numpy(batch_size=100)
        for n in batch["n"]
    ]


def convert(output: Path, **options: Any) -> fk.convert:
    options = {"rows_per_task": 100, "shuffle": "global", **options}
    return fk.convert(COUNTER, NO_STATS, {"n": np.arange(ROWS)}, output, **options)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    return write(folder / "trips", trips(5_000), files=2, group=500)


def test_every_part_keeps_its_records(source: Path, tmp_path: Path) -> None:
    stats = fk.analyze(SPEC, source)
    options: dict[str, Any] = {"rows_per_task": 500, "on_bad_row": "dead_letter"}
    plain = fk.convert(SPEC, stats, source, tmp_path / "plain", **options)
    mixed = fk.convert(
        SPEC, stats, source, tmp_path / "mixed", shuffle="global", **options
    )
    assert mixed.manifest.accounting == plain.manifest.accounting
    assert mixed.manifest.records_by_split == plain.manifest.records_by_split
    before, after = records(tmp_path / "plain"), records(tmp_path / "mixed")
    assert before.keys() == after.keys()
    for part, found in before.items():
        assert Counter(found) == Counter(after[part])
    assert before != after
    fk.verify(tmp_path / "mixed").raise_if_damaged()


def test_bytes_depend_on_the_seed_and_not_on_workers(tmp_path: Path) -> None:
    one = convert(tmp_path / "a", workers=1)
    convert(tmp_path / "b", workers=2)
    other = convert(tmp_path / "c", workers=1, seed=1)
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert one.manifest.run_id != other.manifest.run_id
    assert numbers(tmp_path / "a") != numbers(tmp_path / "c")
    assert sorted(numbers(tmp_path / "a")) == list(range(ROWS))


def test_nothing_but_the_dataset_stays(tmp_path: Path) -> None:
    report = convert(tmp_path / "out")
    run = tmp_path / "out" / report.manifest.run_id
    shards = {Path(shard.path).name for shard in report.manifest.shards}
    assert {one.name for one in run.iterdir()} == shards | {"spec.pb", "stats.pb"}
    assert convert(tmp_path / "out").resumed


def test_records_go_anywhere(tmp_path: Path) -> None:
    """A chi-squared test of where the records of each task went, and of the order."""
    convert(tmp_path / "out")
    found = np.array(numbers(tmp_path / "out"))
    tasks = 20
    shards = [shard.records for shard in fk.load(tmp_path / "out").manifest.shards]
    assert len(shards) == tasks
    shard_of = np.repeat(np.arange(tasks), shards)
    table = np.zeros((tasks, tasks))
    np.add.at(table, (found // 100, shard_of), 1)
    expected = ROWS / tasks**2
    statistic = ((table - expected) ** 2 / expected).sum()
    degrees = tasks * (tasks - 1)  # rows have fixed sums
    # Five standard deviations of the chi-squared distribution.
    assert abs(statistic - degrees) < 5 * np.sqrt(2 * degrees)
    rises = np.mean([a < b for a, b in pairwise(found)])
    assert 0.45 < rises < 0.55


def test_one_task_is_mixed_too(tmp_path: Path) -> None:
    convert(tmp_path / "out", rows_per_task=ROWS)
    found = numbers(tmp_path / "out")
    assert found != sorted(found) and sorted(found) == list(range(ROWS))


@pytest.mark.parametrize("stage", ["spill", "gather"])
def test_a_rerun_continues_where_a_job_ended(tmp_path: Path, stage: str) -> None:
    convert(tmp_path / "wanted")
    conversion = made(tmp_path / "out")
    with conversion.open_output():
        conversion.prepare()
        for task in conversion.tasks[: 7 if stage == "spill" else None]:
            conversion.run_task(task)
        if stage == "gather":
            for number in range(5):
                conversion.gather(number)
    kept = {
        path: path.stat().st_mtime_ns
        for path in conversion.run.path.iterdir()
        if path.is_file() and path.suffix == ".tfrecord"
    }
    assert len(kept) == (5 if stage == "gather" else 0)
    convert(tmp_path / "out")
    assert content(tmp_path / "out") == content(tmp_path / "wanted")
    assert all(path.stat().st_mtime_ns == then for path, then in kept.items())


def made(output: Path) -> Conversion:
    from featurekit.io.adapter import open_source

    return Conversion(
        COUNTER,
        NO_STATS,
        open_source({"n": np.arange(ROWS)}),
        output,
        rows_per_task=100,
        shuffle="global",
    )


def test_a_spill_that_was_cut_is_found(tmp_path: Path) -> None:
    conversion = made(tmp_path / "out")
    with conversion.open_output():
        conversion.prepare()
        for task in conversion.tasks:
            conversion.run_task(task)
        (first, *_) = sorted(conversion.run.path.glob("*.frames"))
        first.write_bytes(first.read_bytes()[:-10])
        # Its receipt does not hold any more, so the task is done again.
        assert conversion.run.find_receipt(0, "spilled-") is None
    convert(tmp_path / "out")
    convert(tmp_path / "wanted")
    assert content(tmp_path / "out") == content(tmp_path / "wanted")


def test_a_failed_job_leaves_nothing(tmp_path: Path) -> None:
    rows = {"n": [1, 2, -1]}
    with pytest.raises(fk.errors.RowError):
        fk.convert(COUNTER, NO_STATS, rows, tmp_path / "out", shuffle="global")
    assert not (tmp_path / "out").exists()


def test_gzip_and_packed_layout(tmp_path: Path) -> None:
    convert(tmp_path / "out", compression="gzip", layout="packed")
    assert sorted(numbers(tmp_path / "out")) == list(range(ROWS))


def test_no_rows(tmp_path: Path) -> None:
    empty = {"n": np.empty(0, np.int64)}
    report = fk.convert(COUNTER, NO_STATS, empty, tmp_path / "out", shuffle="global")
    assert report.manifest.shards == ()


@pytest.mark.parametrize("wrong", [{"shuffle": "local"}, {"seed": -1}, {"seed": 2**64}])
def test_wrong_arguments(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(SourceError, match=r"shuffle|seed"):
        convert(tmp_path / "out", **wrong)


def test_no_part_is_called_spilled() -> None:
    with pytest.raises(SpecError, match="shuffled"):
        fk.key_split(spilled=1, train=9)


@given(
    blocks=st.lists(
        st.lists(st.tuples(st.binary(max_size=9), st.integers(0, 4)), min_size=1),
        max_size=4,
    )
)
def test_a_destination_gets_its_records_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[list[tuple[bytes, int]]]
) -> None:
    import pyarrow as pa

    folder = tmp_path_factory.mktemp("spill")
    frames, index = folder / "frames", folder / "index"
    encoder = ExampleEncoder()
    wanted: dict[int, list[bytes]] = {}
    with frames.open("wb") as first, index.open("wb") as second:
        spill = SpillWriter(first, second, 5)
        for block in blocks:
            texts = pa.array([data for data, _ in block], pa.binary())
            encoded, starts = encoder.encode(pa.record_batch({"x": texts}))
            where = np.array([at for _, at in block])
            chunk = scan(encoded.tobytes())
            for number, at in enumerate(where):
                wanted.setdefault(int(at), []).append(chunk.payload(number))
            spill.write(encoded, starts, where)
    for which in range(5):
        found = scan(read_destination([(frames, index)], 5, which))
        payloads = [found.payload(at) for at in range(len(found))]
        assert payloads == wanted.get(which, [])


def test_draws_depend_on_nothing_but_task_row_and_seed() -> None:
    shuffle = GlobalShuffle(seed=7, shards=5)
    whole = shuffle.shard_of(3, 0, 50)
    parts = [shuffle.shard_of(3, at, 10) for at in range(0, 50, 10)]
    assert whole.tolist() == np.concatenate(parts).tolist()
    assert whole.tolist() != shuffle.shard_of(4, 0, 50).tolist()
    assert whole.tolist() != GlobalShuffle(8, 5).shard_of(3, 0, 50).tolist()
    order = shuffle.order(2, 50)
    assert sorted(order.tolist()) == list(range(50))
