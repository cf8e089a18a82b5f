"""What first values do to numbers that pass through layers, without any training."""

import numpy as np
import numpy.typing as npt
from keras import ops

from featurekit.layers.initializers import Scheme, initializer, score_scale

Floats = npt.NDArray[np.float64]
SCHEMES: tuple[Scheme, ...] = ("lecun", "xavier", "he")
WIDTHS = (16, 64, 256, 1024)


def draw(scheme: Scheme, inputs: int, outputs: int, **options: object) -> Floats:
    """A kernel as a layer of the scheme starts with it."""
    make = initializer(scheme, inputs, outputs, **options)  # type: ignore[arg-type]
    return np.asarray(ops.convert_to_numpy(make((inputs, outputs))), np.float64)


def share_of_variance(seed: int) -> float:
    """What a normal distribution keeps of its variance, cut off at two deviations.

    The library's kernels have the variance that is stated, the distribution they are
    drawn from a larger one: their largest number is two deviations of that.
    """
    kernel = draw("lecun", 1024, 1024, seed=seed)
    return float(kernel.var() / (np.abs(kernel).max() / 2) ** 2)


def second_moments(scheme: Scheme, layers: int, width: int, seed: int) -> list[float]:
    """Mean squares behind each of many layers of ReLU, of inputs of mean square 1."""
    hidden = np.random.default_rng(seed).normal(size=(width, width))
    found = []
    for layer in range(layers):
        kernel = draw(scheme, width, width, seed=1000 * seed + layer)
        hidden = np.maximum(hidden @ kernel, 0.0)
        found.append(float((hidden**2).mean()))
    return found


def scores(width: int, scale: float, seed: int) -> tuple[float, float]:
    """Deviation of the scores of 256 random keys, and entropy of their softmax.

    The entropy is in parts of the largest one, log 256.
    """
    query, key = np.random.default_rng(seed).normal(size=(2, 256, width))
    products = query @ key.T * scale
    weights = np.exp(products - products.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    entropy = -(weights * np.log(np.maximum(weights, 1e-300))).sum(axis=1).mean()
    return float(products.std()), float(entropy / np.log(256))


def t5_scores(dim: int, width: int, seed: int) -> float:
    """Deviation of the scores under "t5", which scales queries and not products."""
    tokens = np.random.default_rng(seed).normal(size=(256, dim))
    query = draw("t5", dim, width, role="query", head_width=width, seed=seed)
    key = draw("t5", dim, width, role="key", head_width=width, seed=seed + 1)
    products = (tokens @ query) @ (tokens @ key).T
    return float(products.std() * score_scale("t5", width))


def measure(layers: int, width: int, seed: int) -> dict[str, float]:
    """All figures of this file by name."""
    found = {"truncated_variance": share_of_variance(seed)}
    for scheme in SCHEMES:
        last = second_moments(scheme, layers, width, seed)[-1]
        found[f"{scheme}_log2_moment"] = float(np.log2(last))
    for width_ in WIDTHS:
        raw, entropy = scores(width_, 1.0, seed)
        found[f"scores_{width_}"], found[f"entropy_{width_}"] = raw, entropy
        scaled = score_scale("xavier", width_)
        found[f"scaled_entropy_{width_}"] = scores(width_, scaled, seed)[1]
    found["t5_scores"] = t5_scores(256, 64, seed)
    return found
