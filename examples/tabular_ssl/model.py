"""Pretraining without labels, and training with a few: from scratch, and from there."""

import time
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

import featurekit as fk
from examples.tabular_ssl.data import Arrays

Labels = npt.NDArray[np.float32]


def pretrain(
    dataset: Any, features: Arrays, sizes: dict[str, Any], steps: int, batch: int
) -> tuple[Any, float]:
    """A model that tells hidden columns, and the seconds that it took."""
    model = fk.models.MaskedFeatureModel.from_spec(
        dataset.spec, dataset.stats, dropout=0.0, **sizes
    )
    # Whole batches only: another size would be compiled again.
    rows = len(next(iter(features.values()))) // batch * batch
    epochs = -(-steps * batch // rows)
    steps = epochs * rows // batch
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=2e-3, warmup_steps=steps // 10
    )
    model.compile(keras.optimizers.AdamW(schedule, global_clipnorm=1.0))
    whole = {name: values[:rows] for name, values in features.items()}
    start = time.perf_counter()
    model.fit(whole, batch_size=batch, epochs=epochs, verbose=0)
    return model, time.perf_counter() - start


@dataclass(slots=True)
class Search:
    """What both are given: the same rates of learning, the same steps, the same data.

    After each of `rounds` rounds, the area under the ROC curve of the validation part
    is measured; the best rate and round are kept.

    Args:
        rates: Rates of learning.
        rounds: Rounds of training, at most.
        steps: Batches of a round.
        batch: Rows of a batch.
    """

    rates: tuple[float, ...]
    rounds: int
    steps: int
    batch: int


class Trainee:
    """A compiled model that starts anew from given weights, as often as asked."""

    def __init__(self, model: Any, loss: Any) -> None:
        self.model = model
        self.weights = model.get_weights()
        model.compile(keras.optimizers.AdamW(1e-3, global_clipnorm=1.0), loss)
        model.optimizer.build(model.trainable_variables)
        variables = model.optimizer.variables
        self.fresh = [np.array(keras.ops.convert_to_numpy(one)) for one in variables]

    def restart(self, rate: float) -> None:
        """As before the first step."""
        self.model.set_weights(self.weights)
        for variable, value in zip(
            self.model.optimizer.variables, self.fresh, strict=True
        ):
            variable.assign(value)
        self.model.optimizer.learning_rate = rate

    def best(
        self,
        search: Search,
        train: tuple[Arrays, Labels],
        validation: tuple[Arrays, Labels],
        test: tuple[Arrays, Labels],
        seed: int,
    ) -> float:
        """The test AUC of the rate and round whose validation AUC is the highest."""
        found = []
        for rate in search.rates:
            self.restart(rate)
            rng = np.random.default_rng(seed)
            for _ in range(search.rounds):
                self._round(search, *train, rng)
                found.append((self.auc(*validation), self.model.get_weights()))
        self.model.set_weights(max(found, key=lambda one: one[0])[1])
        return self.auc(*test)

    def _round(self, search: Search, features: Arrays, label: Labels, rng: Any) -> None:
        wanted = search.steps * search.batch
        copies = -(-wanted // len(label))
        order = np.concatenate([rng.permutation(len(label)) for _ in range(copies)])
        order = order[:wanted]
        self.model.fit(
            {name: values[order] for name, values in features.items()},
            label[order],
            batch_size=search.batch,
            shuffle=False,
            verbose=0,
        )

    def auc(self, features: Arrays, label: Labels) -> float:
        """Area under the ROC curve."""
        logits = self.model.predict(features, batch_size=2048, verbose=0)[:, 0]
        return area_under_roc(logits, label)


def area_under_roc(scores: npt.NDArray[Any], label: npt.NDArray[Any]) -> float:
    """How often a row of label 1 has a higher score than one of label 0.

    Example:
        >>> area_under_roc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]))
        0.75
    """
    ordered = np.sort(scores)
    ranks = np.searchsorted(ordered, scores) + np.searchsorted(
        ordered, scores, side="right"
    )
    ones = label > 0.5
    count = int(ones.sum())
    above = ranks[ones].sum() / 2.0 - count * count / 2.0
    return float(above / (count * (len(label) - count)))
