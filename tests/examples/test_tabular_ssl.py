"""The example of pretraining: its table, its fairness, and that it learns."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")
from sklearn.linear_model import LinearRegression
from sklearn.metrics import roc_auc_score

from examples.tabular_ssl.data import make_table, read_part, write_records
from examples.tabular_ssl.spec import LEVELS, NUMBERS

pytestmark = pytest.mark.tensorflow
TINY = {"dim": 16, "depth": 1, "num_heads": 2, "cls_token": False}


def test_columns_tell_each_other_and_the_label() -> None:
    table = make_table(4000, seed=3)
    assert table.equals(make_table(4000, seed=3))
    assert not table.equals(make_table(4000, seed=4))
    numbers = np.stack([table[name].to_numpy() for name in NUMBERS], axis=1)
    for index in range(len(NUMBERS)):
        rest, column = np.delete(numbers, index, axis=1), numbers[:, index]
        fitted = LinearRegression().fit(rest[:2000], column[:2000])
        # A noise of 0.6 leaves 1 / 1.36 to be told, at most.
        assert 0.2 < fitted.score(rest[2000:], column[2000:]) < 0.735
    label = table["label"].to_numpy()
    assert 0.4 < label.mean() < 0.6
    for name in LEVELS:
        counts = {
            v["values"]: v["counts"] for v in table[name].value_counts().to_pylist()
        }
        assert 0.03 < counts.pop(None) / 4000 < 0.07
        assert len(counts) == 8 and max(counts.values()) < 1.3 * min(counts.values())


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ssl") / "records"
    write_records(2000, 0, folder)
    return folder


def test_parts_share_no_row_and_leave_out_the_label(records: Path) -> None:
    sizes = []
    for split in ("train", "validation", "test"):
        features, label = read_part(records, split)
        assert "label" not in features and set(np.unique(label)) == {0.0, 1.0}
        sizes.append(len(label))
    assert sum(sizes) == 2000 and sizes[0] > 5 * sizes[1]


def test_area_under_roc() -> None:
    from examples.tabular_ssl.model import area_under_roc

    rng = np.random.default_rng(0)
    label, scores = rng.integers(0, 2, 500), rng.integers(0, 20, 500) / 7  # with ties
    wanted = roc_auc_score(label, scores)
    assert area_under_roc(scores, label) == pytest.approx(wanted, abs=1e-12)


def test_pretraining_learns_and_each_trial_starts_anew(records: Path) -> None:
    import keras

    import featurekit as fk
    from examples.tabular_ssl.model import Search, Trainee, pretrain

    keras.utils.set_random_seed(0)
    dataset = fk.load(records)
    features, label = read_part(records, "train")
    validation, test = read_part(records, "validation"), read_part(records, "test")
    model, _ = pretrain(dataset, features, TINY, steps=150, batch=128)
    skill = fk.models.masked_skill(model, test[0])
    assert np.mean([skill[name] for name in NUMBERS]) > 0.1
    loss = fk.models.label_loss(dataset.spec, dataset.stats)
    trainee = Trainee(model.classifier(), loss)
    few = {name: values[:100] for name, values in features.items()}, label[:100]
    search = Search((1e-3,), rounds=1, steps=5, batch=100)
    found = [trainee.best(search, few, validation, test, seed=1) for _ in range(2)]
    assert found[0] == found[1] > 0.5
    trainee.restart(1e-3)
    for weight, other in zip(
        trainee.model.encoder_weights, model.encoder_weights, strict=True
    ):
        np.testing.assert_array_equal(weight, other)
