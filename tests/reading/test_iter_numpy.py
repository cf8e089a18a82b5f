"""Batches for training: order, shares of processes, restarts, damage, threads."""

import gc
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading.records import flat, make, numbered, numbers, reading_threads, same

import featurekit as fk
from featurekit.errors import CorruptRecordError, DatasetError, DatasetIncompleteError
from featurekit.io import block_decoder, numpy_batches, reading_order, shard_stream
from featurekit.io.dataset import Dataset
from featurekit.io.reading_order import ReadingOrder, Run, Steps, cut_blocks

ROWS = 203


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return numbered(tmp_path_factory.mktemp("numbered"), ROWS, 17)


@pytest.fixture(autouse=True)
def no_threads_are_left() -> Any:
    yield
    assert reading_threads() == []


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file in several chunks and pieces, every epoch in several blocks."""
    monkeypatch.setattr(block_decoder, "CHUNK_BYTES", 300)
    monkeypatch.setattr(shard_stream, "PIECE_ROWS", 3)
    monkeypatch.setattr(numpy_batches, "BLOCK_ROWS", 11)


ORDERS = [
    {"shuffle": False},
    {"shuffle": True, "buffer_rows": 1},
    {"shuffle": True, "buffer_rows": 40},
    {"shuffle": True, "buffer_rows": 10_000},
]


@pytest.mark.parametrize("options", ORDERS)
@pytest.mark.parametrize("batch_size", [1, 7, 50, ROWS, 1000])
def test_every_record_is_in_one_batch_of_an_epoch(
    dataset: Dataset, batch_size: int, options: dict[str, Any]
) -> None:
    found = numbers(dataset.iter_numpy(batch_size, num_epochs=2, **options))
    steps = -(-ROWS // batch_size)
    assert len(found) == 2 * steps
    for epoch in (found[:steps], found[steps:]):
        assert sorted(flat(epoch)) == list(range(ROWS))
        assert all(len(batch) == batch_size for batch in epoch[:-1])


def test_without_shuffling_records_come_in_their_order(dataset: Dataset) -> None:
    assert flat(numbers(dataset.iter_numpy(10))) == list(range(ROWS))
    whole = dataset.to_numpy()
    parts = list(dataset.iter_numpy(10))
    assert same({k: np.concatenate([p[k] for p in parts]) for k in whole}, whole)


@pytest.mark.parametrize("options", ORDERS)
def test_threads_and_prefetch_do_not_change_the_order(
    dataset: Dataset, options: dict[str, Any]
) -> None:
    runs = [
        list(dataset.iter_numpy(9, num_epochs=2, threads=t, prefetch=p, **options))
        for t, p in ((1, 0), (4, 0), (1, 2), (4, 3))
    ]
    for others in runs[1:]:
        assert len(others) == len(runs[0])
        assert all(same(a, b) for a, b in zip(runs[0], others, strict=True))


def test_a_seed_decides_the_order(dataset: Dataset) -> None:
    def order(seed: int) -> list[int]:
        batches = dataset.iter_numpy(9, shuffle=True, seed=seed, num_epochs=2)
        return flat(numbers(batches))

    first, again, other = order(1), order(1), order(2)
    assert first == again != other
    assert first[:ROWS] != first[ROWS:]
    assert first[:ROWS] != sorted(first[:ROWS])


def test_the_order_is_the_same_for_every_version_of_numpy(dataset: Dataset) -> None:
    """A golden value: a changed order would change what a saved state means."""
    batches = dataset.iter_numpy(8, shuffle=True, seed=3, buffer_rows=64)
    assert numbers(batches)[0] == [121, 176, 19, 85, 68, 154, 17, 21]


def test_rows_are_mixed_with_those_of_other_shards(dataset: Dataset) -> None:
    first = numbers(dataset.iter_numpy(40, shuffle=True, buffer_rows=80))[0]
    assert len({number // 17 for number in first}) >= 6


@pytest.mark.parametrize("options", ORDERS)
@pytest.mark.parametrize("count", [1, 2, 3, 13])
def test_processes_share_every_epoch(
    dataset: Dataset, count: int, options: dict[str, Any]
) -> None:
    shares = [
        numbers(dataset.iter_numpy(5, shard=(i, count), num_epochs=2, **options))
        for i in range(count)
    ]
    for epoch in (0, 1):
        parts = [s[: len(s) // 2] if not epoch else s[len(s) // 2 :] for s in shares]
        rows = [len(flat(part)) for part in parts]
        assert sorted(flat(flat(part) for part in parts)) == list(range(ROWS))
        assert max(rows) - min(rows) <= 1


@pytest.mark.parametrize("count", [1, 2, 3, 13])
def test_without_remainders_all_processes_have_as_many_batches(
    dataset: Dataset, count: int
) -> None:
    shares = [
        numbers(dataset.iter_numpy(4, shard=(i, count), drop_remainder=True, **options))
        for i in range(count)
        for options in ORDERS
    ]
    assert {len(share) for share in shares} == {ROWS // count // 4}
    assert all(len(batch) == 4 for share in shares for batch in share)


@pytest.mark.parametrize("options", [ORDERS[0], ORDERS[2]])
@pytest.mark.parametrize("shard", [(0, 1), (1, 3)])
@pytest.mark.parametrize("drop_remainder", [False, True])
def test_a_resumed_iterator_goes_on_with_the_next_batch(
    dataset: Dataset,
    options: dict[str, Any],
    shard: tuple[int, int],
    drop_remainder: bool,
) -> None:
    def start() -> numpy_batches.NumpyBatches:
        return dataset.iter_numpy(
            9, num_epochs=3, shard=shard, drop_remainder=drop_remainder, **options
        )

    whole = numbers(start())
    running = start()
    for step in range(len(whole) + 1):
        state = json.loads(json.dumps(running.get_state()))
        with start() as resumed:
            resumed.set_state(state)
            ahead = numbers(itertools.islice(resumed, 4))
        assert ahead == whole[step : step + 4]
        if step < len(whole):
            next(running)
    last = start()
    last.set_state(state)
    assert list(last) == []


def test_an_iterator_can_go_back(dataset: Dataset) -> None:
    batches = dataset.iter_numpy(9, shuffle=True)
    start = batches.get_state()
    first = numbers(batches)
    batches.set_state(start)
    assert numbers(batches) == first


def test_a_state_of_other_batches_is_refused(dataset: Dataset) -> None:
    state = dataset.iter_numpy(9, shuffle=True).get_state()
    for other in (
        dataset.iter_numpy(8, shuffle=True),
        dataset.iter_numpy(9),
        dataset.iter_numpy(9, shuffle=True, seed=1),
        dataset.iter_numpy(9, shuffle=True, shard=(0, 2)),
        dataset.iter_numpy(9, shuffle=True, buffer_rows=5),
        fk.load(dataset.path, "train").iter_numpy(9, shuffle=True),
    ):
        with pytest.raises(DatasetError, match="STATE_MISMATCH"):
            other.set_state(state)
    more = dataset.iter_numpy(9, shuffle=True, num_epochs=7, threads=3, prefetch=0)
    more.set_state(state)
    with pytest.raises(DatasetError, match="STATE_MISMATCH"):
        more.set_state({**state, "step": -1})


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("prefetch", [0, 2])
def test_damage_is_raised_where_it_is_used(
    tmp_path: Path, threads: int, prefetch: int
) -> None:
    dataset = numbered(tmp_path, 100, 20)
    path = dataset.file(dataset.shards[2].path)
    content = bytearray(path.read_bytes())
    at = 0
    for _ in range(10):
        at += int.from_bytes(content[at : at + 8], "little") + 16
    content[at + 14] ^= 1
    path.write_bytes(content)
    batches = dataset.iter_numpy(5, threads=threads, prefetch=prefetch)
    with pytest.raises(CorruptRecordError) as raised:
        list(batches)
    assert (raised.value.file, raised.value.code) == (str(path), "DATA_CRC")
    assert raised.value.record == 10
    assert reading_threads() == []
    # It does not end as if that had been all.
    with pytest.raises(CorruptRecordError):
        next(batches)
    with pytest.raises(CorruptRecordError):
        dataset.to_numpy(threads=threads)


@pytest.mark.parametrize("records", [16, 18])
def test_a_wrong_number_of_records_is_noticed(tmp_path: Path, records: int) -> None:
    dataset = numbered(tmp_path, 40, 17)
    text = (tmp_path / "manifest.json").read_text()
    changed = text.replace('"records": "17"', f'"records": "{records}"', 1)
    assert changed != text
    (tmp_path / "manifest.json").write_text(changed)
    dataset = fk.load(tmp_path)
    for read in (dataset.to_numpy, dataset.to_arrow, lambda: [*dataset.iter_numpy(5)]):
        with pytest.raises(DatasetIncompleteError, match="number of records"):
            read()


def test_a_lost_shard_is_noticed(tmp_path: Path) -> None:
    dataset = numbered(tmp_path, 40, 17)
    dataset.file(dataset.shards[1].path).unlink()
    with pytest.raises(DatasetIncompleteError, match="gone"):
        list(dataset.iter_numpy(5))


def test_leaving_a_loop_ends_the_threads(dataset: Dataset) -> None:
    gc.disable()
    try:
        for _ in dataset.iter_numpy(2, shuffle=True, num_epochs=None):
            assert reading_threads()
            break
        assert reading_threads() == []
    finally:
        gc.enable()


def test_a_closed_iterator_has_ended(dataset: Dataset) -> None:
    with dataset.iter_numpy(2, num_epochs=None) as batches:
        next(batches)
    assert reading_threads() == []
    assert list(batches) == []
    unused = dataset.iter_numpy(2)
    unused.close()
    assert list(unused) == []


def test_epochs_without_end(dataset: Dataset) -> None:
    batches = dataset.iter_numpy(100, num_epochs=None, shuffle=True)
    assert batches.batches_per_epoch == 3
    found = flat(numbers(itertools.islice(batches, 9)))
    batches.close()
    assert sorted(found) == sorted(3 * list(range(ROWS)))
    assert list(dataset.iter_numpy(100, num_epochs=0)) == []


def test_files_are_closed_at_the_end_of_an_epoch(dataset: Dataset) -> None:
    """A process that has a part of some shards does not collect open files."""
    batches = dataset.iter_numpy(
        7, shuffle=True, shard=(1, 5), num_epochs=30, drop_remainder=True
    )
    assert len(numbers(batches)) == 30 * batches.batches_per_epoch


def test_batches_are_the_callers_own(dataset: Dataset) -> None:
    batches = dataset.iter_numpy(5)
    first = next(batches)
    kept = {name: array.copy() for name, array in first.items()}
    for name, array in next(batches).items():
        assert array.flags.c_contiguous and array.flags.writeable, name
        array[:] = 0
    assert same(first, kept)
    batches.close()


def test_label_and_weight_are_apart(tmp_path: Path) -> None:
    dataset = make(tmp_path)
    whole = dataset.to_numpy()
    features, label, weight = next(dataset.iter_numpy(1000))
    assert same(label, whole.pop("label")) and same(weight, whole.pop("weight"))
    assert same(features, whole)


@pytest.mark.parametrize("layout", ["named", "packed"])
def test_an_empty_dataset_has_no_batches(tmp_path: Path, layout: str) -> None:
    empty = numbered(tmp_path, 0, 10, layout=layout)
    assert list(empty.iter_numpy(5, num_epochs=None, shuffle=True)) == []
    assert list(empty.iter_numpy(5, shard=(1, 2))) == []
    assert same(
        empty.to_numpy(), {"n": np.empty(0, np.float32), "id": np.empty(0, np.int64)}
    )
    assert empty.to_arrow().num_rows == 0


def test_more_processes_than_records(tmp_path: Path) -> None:
    dataset = numbered(tmp_path, 3, 2)
    shares = [numbers(dataset.iter_numpy(2, shard=(i, 7))) for i in range(7)]
    assert sorted(flat(flat(share) for share in shares)) == [0, 1, 2]
    assert list(dataset.iter_numpy(2, shard=(2, 7), drop_remainder=True)) == []


def test_gzip_gives_the_same_batches(dataset: Dataset, tmp_path: Path) -> None:
    other = numbered(tmp_path, ROWS, 17, compression="gzip")
    pair = [d.iter_numpy(9, shuffle=True) for d in (dataset, other)]
    assert all(same(a, b) for a, b in zip(*pair, strict=True))


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 0},
        {"seed": -1},
        {"num_epochs": -1},
        {"shard": (2, 2)},
        {"shard": (-1, 2)},
        {"buffer_rows": 0},
        {"prefetch": -1},
        {"threads": 0},
        {"batch_size": 1.5},
        {"seed": "7"},
    ],
)
def test_wrong_arguments_are_refused(dataset: Dataset, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        dataset.iter_numpy(**{"batch_size": 5, **options})


def test_no_threads_cannot_read(dataset: Dataset) -> None:
    with pytest.raises(ValueError, match="threads"):
        dataset.to_numpy(threads=0)


counts = st.lists(st.integers(0, 30), max_size=12).map(tuple)


@given(counts, st.integers(1, 40), st.integers(1, 10))
def test_blocks_are_full_and_hold_each_row_once(
    records: tuple[int, ...], block_rows: int, ways: int
) -> None:
    runs = [Run(i, 0, n) for i, n in enumerate(records) if n]
    blocks = list(cut_blocks(runs, block_rows, ways))
    sizes = [sum(map(len, block)) for block in blocks]
    assert all(size == block_rows for size in sizes[:-1])
    assert all(0 < size <= block_rows for size in sizes)
    ends = dict.fromkeys(range(len(records)), 0)
    for run in itertools.chain.from_iterable(blocks):
        assert run.start == ends[run.shard] < run.stop
        ends[run.shard] = run.stop
    assert tuple(ends.values()) == records
    # No more files are open than ways.
    for block in range(len(blocks)):
        before = {r.shard for b in blocks[: block + 1] for r in b}
        after = {r.shard for b in blocks[block + 1 :] for r in b}
        assert len(before & after) <= ways


@given(
    counts,
    st.integers(1, 20),
    st.integers(1, 20),
    st.booleans(),
    st.integers(1, 5),
    st.booleans(),
    st.data(),
)
def test_blocks_cover_the_batches_from_any_step(
    records: tuple[int, ...],
    block_rows: int,
    batch_size: int,
    shuffle: bool,
    count: int,
    drop: bool,
    data: st.DataObject,
) -> None:
    index = data.draw(st.integers(0, count - 1))
    order = ReadingOrder(records, block_rows, shuffle, 0, index, count)
    steps = Steps(order, batch_size, 2, drop)
    whole = list(steps.sizes(0))
    assert len(whole) == 2 * steps.per_epoch
    first = data.draw(st.integers(0, len(whole)))
    assert list(steps.sizes(first)) == whole[first:]
    needed = {
        (epoch, at // block_rows)
        for epoch, row, size in whole[first:]
        for at in range(row, row + size)
    }
    assert len(list(steps.blocks(first))) == len(needed)


def test_permutations_are_permutations() -> None:
    found = reading_order.permutation(1000, (1, 2, 3))
    assert sorted(found.tolist()) == list(range(1000))
    assert found.tolist() != reading_order.permutation(1000, (1, 2, 4)).tolist()
