"""Laws of attention, for every kind; numpy and Keras as oracles."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from featurekit.layers.attend import KINDS, attend
from featurekit.layers.streaming import attend_next, start_stream

pytestmark = pytest.mark.tensorflow

ops = keras.ops
every_kind = pytest.mark.parametrize("kind", KINDS)
every_order = pytest.mark.parametrize("causal", [False, True])
every_dtype = pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
LENGTH, CHUNK = 11, 4  # chunks that do not divide the length


def tokens(
    length: int = LENGTH, *, width: int = 8, values: int = 6, seed: int = 0
) -> list[np.ndarray]:
    """Queries, keys and values."""
    rng = np.random.default_rng(seed)
    shapes = [(2, length, 3, width)] * 2 + [(2, length, 3, values)]
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


def run(arrays: list[np.ndarray], dtype: str = "float32", **arguments) -> np.ndarray:
    cast = [ops.cast(array, dtype) for array in arrays]
    return ops.convert_to_numpy(
        ops.cast(attend(*cast, chunk=CHUNK, **arguments), "float32")
    )


def quadratic(
    arrays: list[np.ndarray], *, kind: str, causal: bool, mask: np.ndarray | None = None
) -> np.ndarray:
    """The definition: all weights, in float64."""
    query, key, value = (array.astype(np.float64) for array in arrays)
    length, width = key.shape[1], key.shape[-1]
    seen = np.ones((key.shape[0], 1, length, length), bool)
    if mask is not None:
        seen &= mask[:, None, None, :]
    if causal:
        seen &= np.tril(np.ones((length, length), bool))
    scores = np.einsum("bqhd,bkhd->bhqk", query, key) / np.sqrt(width)
    if kind == "softmax":
        weights = np.exp(scores) * seen
    elif kind == "linear":
        query, key = (np.where(x > 0, x + 1, np.exp(x)) for x in (query, key))
        weights = np.einsum("bqhd,bkhd->bhqk", query, key) * seen
    else:
        return quadratic_relu2(scores, value, seen, kind == "mixed_chunk", causal)
    total = weights.sum(-1, keepdims=True)
    weights = np.divide(weights, total, where=total > 0, out=np.zeros_like(weights))
    return np.einsum("bhqk,bkhe->bqhe", weights, value)


def quadratic_relu2(scores, value, seen, mixed: bool, causal: bool) -> np.ndarray:
    length = value.shape[1]
    weights = np.maximum(scores, 0.0) ** 2
    if not mixed:
        weights = weights * seen / np.maximum(seen.sum(-1, keepdims=True), 1)
        return np.einsum("bhqk,bkhe->bqhe", weights, value)
    chunk = np.arange(length) // CHUNK
    near = seen & (chunk[:, None] == chunk[None, :])
    far = seen & (chunk[:, None] > chunk[None, :]) if causal else seen
    total = weights * near / np.maximum(near.sum(-1, keepdims=True), 1)
    total = total + scores * far / np.maximum(far.sum(-1, keepdims=True), 1)
    return np.einsum("bhqk,bkhe->bqhe", total, value)


@every_kind
@every_order
@every_dtype
@pytest.mark.parametrize("masked", [False, True])
def test_chunked_equals_quadratic(
    kind: str, causal: bool, dtype: str, masked: bool
) -> None:
    arrays = tokens()
    mask = np.random.default_rng(5).random((2, LENGTH)) < 0.6 if masked else None
    found = run(arrays, dtype, kind=kind, causal=causal, mask=mask)
    wanted = quadratic(arrays, kind=kind, causal=causal, mask=mask)
    tolerance = 2e-6 if dtype == "float32" else 4e-2
    np.testing.assert_allclose(found, wanted, atol=tolerance, rtol=tolerance)


@every_kind
@every_dtype
@pytest.mark.parametrize("place", [1, CHUNK - 1, CHUNK, LENGTH - 1])
def test_nothing_leaks_from_the_future(kind: str, dtype: str, place: int) -> None:
    before, after = tokens(seed=1), tokens(seed=2)
    changed = [
        np.concatenate([old[:, :place], new[:, place:]], axis=1)
        for old, new in zip(before, after, strict=True)
    ]
    found = run(before, dtype, kind=kind, causal=True)
    other = run(changed, dtype, kind=kind, causal=True)
    assert np.array_equal(found[:, :place], other[:, :place])
    assert not np.allclose(found[:, place:], other[:, place:])


@every_kind
@every_order
def test_padding_changes_nothing(kind: str, causal: bool) -> None:
    arrays, behind = tokens(), tokens(5, seed=3)
    padded = [np.concatenate(pair, axis=1) for pair in zip(arrays, behind, strict=True)]
    mask = np.arange(LENGTH + 5)[None].repeat(2, 0) < LENGTH
    found = run(padded, kind=kind, causal=causal, mask=mask)[:, :LENGTH]
    np.testing.assert_allclose(found, run(arrays, kind=kind, causal=causal), atol=1e-6)


@every_kind
@every_order
def test_no_key_gives_zeros(kind: str, causal: bool) -> None:
    mask = np.zeros((2, LENGTH), bool)
    mask[1] = True
    found = run(tokens(), kind=kind, causal=causal, mask=mask)
    assert not found[0].any()
    assert found[1].any()


@every_kind
def test_streaming_equals_all_at_once(kind: str) -> None:
    arrays = tokens()
    state = start_stream(
        kind, 2, 3, 8, 6, length=CHUNK if kind == "mixed_chunk" else LENGTH
    )
    shapes = {name: tensor.shape for name, tensor in state.items()}
    steps = []
    for place in range(LENGTH):
        token = [array[:, place : place + 1] for array in arrays]
        found, state = attend_next(*token, state, kind=kind)
        steps.append(ops.convert_to_numpy(found))
    assert {name: tensor.shape for name, tensor in state.items()} == shapes
    np.testing.assert_allclose(
        np.concatenate(steps, axis=1), run(arrays, kind=kind, causal=True), atol=1e-5
    )


def test_other_queries_between_chunks() -> None:
    arrays, other = tokens(), tokens(seed=4)
    far = (other[0], other[1])
    whole = run(arrays, kind="mixed_chunk", causal=True, far=far)
    nearby = run(arrays, kind="mixed_chunk", causal=True, far=(0 * far[0], far[1]))
    assert np.array_equal(whole[:, :CHUNK], nearby[:, :CHUNK])
    assert not np.allclose(whole[:, CHUNK:], nearby[:, CHUNK:])
    state = start_stream("mixed_chunk", 2, 3, 8, 6, length=CHUNK)
    for place in range(LENGTH):
        at = slice(place, place + 1)
        found, state = attend_next(
            *(array[:, at] for array in arrays), state, kind="mixed_chunk",
            far=(far[0][:, at], far[1][:, at]),
        )  # fmt: skip
        np.testing.assert_allclose(ops.convert_to_numpy(found), whole[:, at], atol=1e-5)


def test_linear_attention_has_the_rank_of_its_width() -> None:
    """Why it recalls less than softmax: N x N weights of rank d."""
    rng = np.random.default_rng(0)
    query, key = rng.normal(size=(2, 1, 40, 1, 4)).astype(np.float32)
    identity = np.eye(40, dtype=np.float32)[None, :, None, :]
    ranks = {
        kind: np.linalg.matrix_rank(
            run([query, key, identity], kind=kind)[0, :, 0], tol=1e-4
        )
        for kind in ("linear", "softmax")
    }
    assert ranks["linear"] == 4
    assert ranks["softmax"] > 20


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "cosine"}, "cosine"),
        ({"causal": True}, "one query per key"),
        ({"kind": "mixed_chunk"}, "one query per key"),
    ],
)
def test_what_cannot_be_done(changes: dict, message: str) -> None:
    query, key, value = tokens()
    with pytest.raises(ValueError, match=message):
        attend(query[:, :3], key, value, **changes)
    with pytest.raises(ValueError, match="kind"):
        start_stream("cosine", 1, 1, 1, 1, length=1)


def test_cross_attention_of_other_lengths() -> None:
    query, key, value = tokens()
    for kind in ("softmax", "relu2", "linear"):
        found = run([query[:, :3], key, value], kind=kind)
        whole = run([query, key, value], kind=kind)
        np.testing.assert_allclose(found, whole[:, :3], atol=1e-6)


def test_softmax_on_jax_is_its_definition_for_even_and_odd_lengths() -> None:
    script = Path(__file__).with_name("attention_on_jax.py")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        env={
            **os.environ,
            "KERAS_BACKEND": "jax",
            "JAX_PLATFORMS": "cpu",
            "PYTHONPATH": str(script.parents[2]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "agree\n", done.stderr
