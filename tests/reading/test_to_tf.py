"""What `to_tf` adds to a parser: shards of processes, and an iterator that ends."""

from pathlib import Path

import pytest
from reading.records import flat, numbered, numbers

import featurekit as fk
from featurekit.io.dataset import Dataset

pytestmark = pytest.mark.tensorflow
pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return numbered(tmp_path_factory.mktemp("numbered"), 203, 17)


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("count", [1, 3])
def test_processes_share_the_records(
    dataset: Dataset, shuffle: bool, count: int
) -> None:
    shares = [
        dataset.to_tf(10, shuffle=shuffle, shard=(index, count))
        for index in range(count)
    ]
    for _ in range(2):
        found = [flat(numbers(s.as_numpy_iterator())) for s in shares]
        assert sorted(flat(found)) == list(range(203))
        sizes = [len(share) for share in found]
        assert max(sizes) - min(sizes) <= len(dataset.shards)
    if not shuffle and count == 1:
        assert found == [list(range(203))]


def test_epochs_differ_and_seeds_repeat(dataset: Dataset) -> None:
    def epochs(seed: int) -> list[list[int]]:
        batches = dataset.to_tf(10, shuffle=True, seed=seed)
        return [flat(numbers(batches.as_numpy_iterator())) for _ in range(2)]

    assert epochs(1) == epochs(1) != epochs(2)
    first, second = epochs(1)
    assert first != second


@pytest.mark.parametrize("shuffle", [False, True])
def test_an_empty_dataset_has_no_batches(tmp_path: Path, shuffle: bool) -> None:
    batches = numbered(tmp_path, 0, 10).to_tf(5, shuffle=shuffle)
    assert list(batches) == []
    assert set(batches.element_spec) == {"n", "id"}


def test_batches_of_nothing_are_refused(dataset: Dataset) -> None:
    with pytest.raises(ValueError, match="batch_size"):
        dataset.to_tf(0)


def test_wrong_shards_are_refused(dataset: Dataset) -> None:
    with pytest.raises(ValueError, match="shard"):
        dataset.to_tf(5, shard=(3, 3))


def test_autotune_is_off(dataset: Dataset) -> None:
    assert dataset.to_tf(5).options().autotune.enabled is False


def test_keras_trains_on_packed_records(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    spec = fk.FeatureSpec({"x": fk.numeric("x")}, label=fk.numeric("y"))
    rows = {"x": [0.0, 1.0, 2.0, 3.0], "y": [0.0, 0.0, 1.0, 1.0]}
    fk.convert(spec, fk.Stats({}), rows, tmp_path, layout="packed")
    inputs = {"x": keras.Input((), name="x")}
    outputs = keras.layers.Dense(1)(keras.ops.expand_dims(inputs["x"], -1))
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse")
    batches = fk.load(tmp_path).to_tf(2, shuffle=True)
    assert int(batches.cardinality()) == 2
    history = model.fit(batches, epochs=2, shuffle=False, verbose=0).history
    assert len(history["loss"]) == 2
