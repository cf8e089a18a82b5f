"""One model in three versions: experts, one expert for all rows, and no balance."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

import featurekit as fk
from featurekit.models import MoEClassifier

# One expert of which every row uses one is a plain network. It has the width of each of
# the experts, so a row costs as much.
VARIANTS: dict[str, dict[str, Any]] = {
    "experts": {"choices": 1},
    "dense": {"num_experts": 1, "choices": 1},
    "no_balance": {"choices": 1, "balance_weight": 0.0},
}

USE_BATCHES = 20
ROUNDS = 30


def build_model(
    spec: fk.FeatureSpec,
    stats: fk.Stats,
    experts: Mapping[str, Any],
    *,
    dim: int,
    steps: int,
    learning_rate: float,
    dtype: str = "float32",
) -> MoEClassifier:
    """A compiled model.

    Args:
        spec: The declaration; decides the inputs.
        stats: Its statistics; decide the size of the vocabulary.
        experts: Arguments of `MixtureOfExperts`, such as one of `VARIANTS`.
        dim: Width of a row, and hidden width of each expert.
        steps: Batches of the whole training, for the schedule of the learning rate.
        learning_rate: The first one; it falls to 0 along a cosine.
        dtype: The policy, such as "mixed_bfloat16". Defaults to "float32".
    """
    model = MoEClassifier(
        fk.model_inputs(spec, stats),
        dim=dim,
        hidden_dim=dim,
        experts=experts,
        dtype=dtype,
    )
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(
        keras.optimizers.Adam(schedule),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    return model


def expert_use(
    model: MoEClassifier, features: Mapping[str, npt.NDArray[Any]], batch_size: int
) -> dict[str, float]:
    """What the experts do with the first batches, as in training.

    Args:
        model: It is not changed, but for what its layers say of the last batch.
        features: Rows, at least of 20 batches, which are used.
        batch_size: That of the training: queues have places for so many rows.

    Returns:
        `min_load`, the share of the least used expert in units of an even share, and
        `dropped`, the share of rows that found the queue of their expert full: of the
        layer where they are worst.
    """
    share, dropped = [], []
    for start in range(0, USE_BATCHES * batch_size, batch_size):
        batch = {name: x[start : start + batch_size] for name, x in features.items()}
        model(batch, training=True)
        share.append([_numpy(mixture.load) for mixture in model.mixtures])
        dropped.append([_numpy(mixture.dropped) for mixture in model.mixtures])
    load = np.mean(share, axis=0)  # layers x experts
    least = load.min(axis=1) / load.mean(axis=1)
    # Shares of rows are sums of float32, and can be a rounding below 0.
    lost = np.maximum(np.mean(dropped, axis=0), 0.0)
    return {"min_load": float(least.min()), "dropped": float(lost.max())}


def step_times(
    models: Sequence[MoEClassifier],
    features: Mapping[str, npt.NDArray[Any]],
    label: npt.NDArray[np.float32],
    batch_size: int,
) -> list[float]:
    """Seconds of a training step of each model; it trains them a little further.

    The models take turns, and the fastest of 30 steps counts: what else the machine
    does slows down some steps, of all models alike.
    """
    batch = {name: array[:batch_size] for name, array in features.items()}
    seconds = np.empty((ROUNDS, len(models)))
    for turn in range(ROUNDS):
        for index, model in enumerate(models):
            start = time.perf_counter()
            model.train_on_batch(batch, label[:batch_size])
            seconds[turn, index] = time.perf_counter() - start
    return [float(fastest) for fastest in seconds.min(axis=0)]


def _numpy(variable: Any) -> npt.NDArray[Any]:
    return np.asarray(keras.ops.convert_to_numpy(variable))
