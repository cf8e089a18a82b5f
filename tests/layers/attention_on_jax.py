"""Run on JAX: softmax attention of even and odd lengths against its definition."""

from itertools import product

import jax
import numpy as np

from featurekit.layers import quadratic_attention
from featurekit.layers.attend import attend

LENGTHS = ((5, 5), (4, 4), (5, 4), (4, 5), (1, 3), (1, 1))


def defined(query, key, value, mask, *, causal: bool) -> np.ndarray:
    scores = np.einsum("bqhd,bkhd->bhqk", query, key) / np.sqrt(query.shape[-1])
    seen = np.ones((len(query), 1, query.shape[1], key.shape[1]), bool)
    if causal:
        seen &= np.tril(np.ones(seen.shape[2:], bool))
    if mask is not None:
        seen &= mask[:, None, None, :]
    weights = np.where(seen, np.exp(scores), 0)
    total = weights.sum(-1, keepdims=True)
    weights = np.divide(weights, total, where=total > 0, out=np.zeros_like(weights))
    return np.einsum("bhqk,bkhd->bqhd", weights, value)


def check(queries: int, keys: int, *, causal: bool, masked: bool) -> None:
    rng = np.random.default_rng(queries + 10 * keys)
    query, key, value = (
        rng.normal(size=(3, length, 2, 8)).astype(np.float32)
        for length in (queries, keys, keys)
    )
    mask = rng.random((3, keys)) < 0.7 if masked else None
    found = attend(query, key, value, causal=causal, mask=mask)
    wanted = defined(query, key, value, mask, causal=causal)
    np.testing.assert_allclose(found, wanted, atol=1e-5)

    def total(query):
        return attend(query, key, value, causal=causal, mask=mask).sum()

    assert np.isfinite(jax.grad(total)(query)).all()


if __name__ == "__main__":
    for least in (0, 64):  # by the fused kernel's path, and by stored scores
        quadratic_attention.SHORT = quadratic_attention.SHORT_ODD = least
        for (queries, keys), causal, masked in product(
            LENGTHS, (False, True), (False, True)
        ):
            if queries == keys or not causal:
                check(queries, keys, causal=causal, masked=masked)
    print("agree")
