"""The measures of the training examples against scikit-learn and by hand."""

import numpy as np
import pytest

from examples.scores import auc, log_loss

metrics = pytest.importorskip("sklearn.metrics")


@pytest.mark.parametrize("levels", [3, 1000])
def test_equal_to_scikit_learn(levels: int) -> None:
    chance = np.random.default_rng(levels)
    label = chance.integers(0, 2, 500)
    logit = chance.integers(0, levels, 500) / levels - label * 0.3
    wanted = metrics.roc_auc_score(label, logit)
    assert auc(label, logit) == pytest.approx(wanted, abs=1e-12)
    wanted = metrics.log_loss(label, 1 / (1 + np.exp(-logit)))
    assert log_loss(label, logit) == pytest.approx(wanted, abs=1e-12)


def test_log_loss_of_certain_answers_is_finite() -> None:
    logit = np.array([1e4, -1e4], np.float32)
    assert log_loss(np.array([1, 0]), logit) == 0.0
    assert log_loss(np.array([0, 1]), logit) == pytest.approx(1e4)


def test_labels_of_one_kind_have_no_curve() -> None:
    with pytest.raises(ValueError, match="0 zeros and 3 ones"):
        auc(np.ones(3), np.arange(3))
