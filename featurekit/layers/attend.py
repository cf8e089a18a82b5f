"""One contract for four kinds of attention.

All kinds take `(batch, length, heads, width)` and give the weighted values of each
query. A kind decides the weights alone:

| kind | weight of a key | cost of length N | state of a stream |
|---|---|---|---|
| `softmax` | exp(q k / sqrt(d)), divided by their sum | N² | all keys |
| `relu2` | relu(q k / sqrt(d))², divided by the number of keys | N² | all keys |
| `linear` | f(q) f(k), divided by their sum; f(x) = elu(x) + 1 | N | one matrix |
| `mixed_chunk` | relu2 within a chunk, plus q k / sqrt(d) of all keys of chunks | N | a matrix and a chunk |
"""  # noqa: E501

from collections.abc import Mapping
from typing import Any, Literal

from featurekit.layers.linear_attention import attend_linear
from featurekit.layers.mixed_chunk_attention import attend_mixed_chunk
from featurekit.layers.quadratic_attention import attend_relu2, attend_softmax

Kind = Literal["softmax", "relu2", "linear", "mixed_chunk"]
KINDS: tuple[Kind, ...] = ("softmax", "relu2", "linear", "mixed_chunk")
State = Mapping[str, Any]
"""What a stream of tokens has left behind: named tensors of fixed shapes."""


def attend(
    query: Any,
    key: Any,
    value: Any,
    *,
    kind: Kind = "softmax",
    causal: bool = False,
    mask: Any = None,
    chunk: int = 256,
    far: tuple[Any, Any] | None = None,
) -> Any:
    """The values of the keys, weighted for each query.

    Args:
        query: Shape (batch, queries, heads, width).
        key: Shape (batch, keys, heads, width).
        value: Shape (batch, keys, heads, value width).
        kind: How a weight comes about, see the module. Defaults to "softmax".
        causal: Whether a query sees the keys up to its own place alone; then there are
            as many queries as keys. Defaults to False.
        mask: bool, shape (batch, keys): which keys are there. Defaults to all.
        chunk: Tokens per chunk of `mixed_chunk`, and of the computation of causal
            `linear`, whose result does not depend on it. Defaults to 256.
        far: Other queries and keys for the part of `mixed_chunk` that is between
            chunks. Defaults to `query` and `key`.

    Returns:
        Shape (batch, queries, heads, value width), in the dtype of `value`. Zeros for
        a query that sees no key.

    Raises:
        ValueError: The kind is not known; or it cannot do what is asked.

    References:
        Vaswani et al. 2017 (softmax); Katharopoulos et al. 2020 (linear); Hua et al.
        2022 (relu2, mixed chunks).

    Example:
        >>> import numpy as np
        >>> tokens = np.ones((2, 5, 1, 8), "float32")
        >>> tuple(attend(tokens, tokens, tokens, kind="linear", causal=True).shape)
        (2, 5, 1, 8)
    """
    if causal and query.shape[1] != key.shape[1]:
        raise ValueError(
            "Causal attention needs one query per key. Received: "
            f"query.shape={tuple(query.shape)}, key.shape={tuple(key.shape)}"
        )
    match kind:
        case "softmax":
            return attend_softmax(query, key, value, causal=causal, mask=mask)
        case "relu2":
            return attend_relu2(query, key, value, causal=causal, mask=mask)
        case "linear":
            return attend_linear(
                query, key, value, causal=causal, mask=mask, chunk=chunk
            )
        case "mixed_chunk":
            return attend_mixed_chunk(
                query, key, value, causal=causal, mask=mask, chunk=chunk, far=far
            )
    raise ValueError(
        f"Invalid value for argument `kind`. Expected one of {KINDS}. "
        f"Received: kind={kind!r}"
    )
