"""Training in JAX: batches of records on the device before the step needs them.

    for features, label in on_device(records.iter_numpy(1024, shuffle=True)):
        state = train_step(state, features, label)

Run as a program, it fits a logistic regression to made-up rows.
"""

import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import featurekit as fk
from featurekit.io.dataset import Dataset


def on_device(batches: Iterable[Any], *, size: int = 2) -> Iterator[Any]:
    """Yields batches as device arrays, with `size` copies under way.

    `device_put` returns before the copy is done, so it runs while the step before
    computes. The order stays.

    Args:
        batches: Dicts or tuples of NumPy arrays.
        size: Batches on the device that wait. Defaults to 2.
    """
    waiting: deque[Any] = deque()
    for batch in batches:
        waiting.append(jax.device_put(batch))
        if len(waiting) > size:
            yield waiting.popleft()
    yield from waiting


@jax.jit
def _loss(weights: jax.Array, features: dict[str, jax.Array], label: jax.Array) -> Any:
    logits = jnp.stack([features["x"], features["y"]], axis=1) @ weights
    return jnp.mean(jnp.logaddexp(0.0, logits) - label * logits)


_step = jax.jit(jax.value_and_grad(_loss))


def fit(records: Dataset, *, epochs: int = 5) -> list[float]:
    """Trains on all records; returns the loss of each step."""
    weights = jnp.zeros(2)
    losses = []
    batches = records.iter_numpy(256, shuffle=True, num_epochs=epochs)
    for features, label in on_device(batches):
        loss, slope = _step(weights, features, label)
        weights -= slope
        losses.append(loss)
    return [float(loss) for loss in losses]


def main() -> None:
    """Converts made-up rows, and trains on them."""
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(2, 10_000))
    rows = {"x": x, "y": y, "above": (x > y).astype(float)}
    features = {"x": fk.numeric("x"), "y": fk.numeric("y")}
    spec = fk.FeatureSpec(features, label=fk.numeric("above"))
    with tempfile.TemporaryDirectory() as folder:
        fk.convert(spec, fk.analyze(spec, rows), rows, folder, layout="packed")
        losses = fit(fk.load(folder))
    print(f"loss of the first step {losses[0]:.3f}, of the last {losses[-1]:.3f}")


if __name__ == "__main__":
    main()
