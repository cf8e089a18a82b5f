"""How well hidden features are told, beside the best constant."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from keras import ops

from featurekit.models.masked_feature_model import MaskedFeatureModel

Array = npt.NDArray[Any]


def masked_skill(
    model: MaskedFeatureModel, features: Mapping[str, Array], *, batch_size: int = 1024
) -> dict[str, float]:
    """By feature, 1 - loss / loss of the best constant, over hidden values.

    0 is no better than the distribution of the values themselves, 1 is exact. Of
    numbers it is R², of ids the share of the entropy that is explained.

    Args:
        model: A trained model.
        features: Rows that it was not trained on, by feature.
        batch_size: Rows that are computed together. Defaults to 1,024.

    Returns:
        By feature the skill; NaN where no value was hidden, or all are equal.

    Reference:
        McFadden, "Conditional Logit Analysis of Qualitative Choice Behavior", 1974.

    Example:
        >>> import numpy as np
        >>> model = MaskedFeatureModel([{"name": "a", "width": 1}], dim=8, depth=1)
        >>> rows = {"a": np.linspace(-1.0, 1.0, 50, dtype=np.float32)}
        >>> masked_skill(model, rows)["a"] <= 0.0  # nothing tells it
        True
    """
    size = len(next(iter(features.values())))
    losses, values = [], []
    for start in range(0, size, batch_size):
        rows = {name: one[start : start + batch_size] for name, one in features.items()}
        told = model(rows, training=False)
        there = told["hidden"] & model.heads.present(rows)
        losses.append(_chosen(model.heads.cell_losses(rows, told), there))
        values.append([ops.convert_to_numpy(one) for one in model.heads.values(rows)])
    loss = np.concatenate(losses)
    found = {}
    for index, name in enumerate(model.names):
        hidden = ~np.isnan(loss[:, index])
        value = np.concatenate([batch[index] for batch in values])[hidden]
        constant = _constant_loss(model.heads.targets[name]["loss"], value)
        mean = loss[hidden, index].mean() if hidden.any() else np.nan
        found[name] = float(1.0 - mean / constant) if constant > 0 else np.nan
    return found


def _chosen(losses: Any, there: Any) -> Array:
    """The losses as float64; NaN where they do not count."""
    exact = ops.convert_to_numpy(losses).astype(np.float64)
    return np.where(ops.convert_to_numpy(there), exact, np.nan)


def _constant_loss(loss: str, values: Array) -> float:
    """The least mean loss of one answer for all rows."""
    if not len(values):
        return 0.0
    if loss == "sparse_categorical_crossentropy":
        return float(_entropy(np.bincount(values) / len(values)).sum())
    mean = values.mean(axis=0, dtype=np.float64)
    if loss == "categorical_crossentropy":
        return float(_entropy(mean).sum())
    if loss == "binary_crossentropy":
        return float((_entropy(mean) + _entropy(1.0 - mean)).mean())
    return float(values.var(axis=0, dtype=np.float64).mean())


def _entropy(shares: Array) -> Array:
    positive = np.where(shares > 0, shares, 1.0)
    return np.asarray(-shares * np.log(positive))
