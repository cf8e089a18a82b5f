"""Records in PyTorch: workers, processes, epochs. Skipped where it is not installed."""

import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
from reading.records import flat, make, numbered, reading_threads

from featurekit.errors import MissingDependencyError
from featurekit.io.dataset import Dataset

# Asked for here whatever the number of cores.
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return numbered(tmp_path_factory.mktemp("numbered"), 203, 17)


def loader(records: Any, workers: int = 0, **options: Any) -> Any:
    data = pytest.importorskip("torch.utils.data")
    return data.DataLoader(records, batch_size=None, num_workers=workers, **options)


def numbers(batches: Any) -> list[list[int]]:
    return [batch["n"].long().tolist() for batch in batches]


def test_torch_is_asked_for_by_name(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "featurekit.torchdata", raising=False)
    with pytest.raises(MissingDependencyError, match=r"featurekit\[torch\]"):
        dataset.to_torch(5)


@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize("shuffle", [False, True])
def test_every_record_is_in_one_batch(
    dataset: Dataset, workers: int, shuffle: bool
) -> None:
    pytest.importorskip("torch")
    shares = [
        flat(numbers(loader(dataset.to_torch(10, shuffle=shuffle, shard=s), workers)))
        for s in ((0, 2), (1, 2))
    ]
    assert sorted(flat(shares)) == list(range(203))
    assert reading_threads() == []


def test_tensors_are_those_of_numpy(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    dataset = make(tmp_path, "packed")
    for found, expected in zip(
        loader(dataset.to_torch(32)), dataset.iter_numpy(32), strict=True
    ):
        features, label, weight = found
        assert list(features) == list(expected[0])
        for name, tensor in features.items():
            assert torch.equal(tensor, torch.from_numpy(expected[0][name])), name
        assert torch.equal(label, torch.from_numpy(expected[1]))
        assert torch.equal(weight, torch.from_numpy(expected[2]))


@pytest.mark.parametrize("workers", [0, 2])
def test_an_epoch_is_set_also_for_living_workers(
    dataset: Dataset, workers: int
) -> None:
    pytest.importorskip("torch")
    records = dataset.to_torch(10, shuffle=True)
    batches = loader(records, workers, persistent_workers=workers > 0)
    orders = []
    for epoch in (0, 1, 0):
        records.set_epoch(epoch)
        orders.append(flat(numbers(batches)))
    assert orders[0] == orders[2] != orders[1]
    whole = dataset.iter_numpy(10, shuffle=True, num_epochs=2)
    if not workers:
        expected = [n for b in whole for n in b["n"].astype(int).tolist()]
        assert orders[0] + orders[1] == expected
    assert sorted(orders[1]) == list(range(203))


def test_without_remainders_all_workers_have_as_many_batches(dataset: Dataset) -> None:
    pytest.importorskip("torch")
    for index in (0, 1):
        records = dataset.to_torch(7, drop_remainder=True, shard=(index, 2))
        assert len(numbers(loader(records, 3))) == 3 * (203 // 6 // 7)


def test_it_can_be_sent_to_spawned_workers(dataset: Dataset) -> None:
    pytest.importorskip("torch")
    records = dataset.to_torch(10, shuffle=True)
    copy = pickle.loads(pickle.dumps(records))
    assert numbers(copy) == numbers(records)


def test_wrong_shards_are_refused(dataset: Dataset) -> None:
    pytest.importorskip("torch")
    with pytest.raises(ValueError, match="shard"):
        dataset.to_torch(5, shard=(3, 3))
