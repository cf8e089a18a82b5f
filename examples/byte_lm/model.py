"""A language model of bytes, with one of four ways to mix them."""

from typing import Any

import keras
from keras import ops

from featurekit.layers.attend import State
from featurekit.layers.encoder import Encoder

BYTES = 256
KINDS = ("softmax", "linear", "gau", "mixed_chunk")


def blocks_of(
    kind: str, *, dim: int, depth: int, heads: int, unit: int, chunk: int
) -> dict[str, Any]:
    """Arguments of an `Encoder` of a kind, of the same number of weights for all.

    Two gated units hold 12 dim² + 2 dim unit weights; attention and a network with
    4 dim + unit hidden numbers hold as many. First values are "lecun", and "he" where
    all numbers pass a unit's SiLU: from smaller ones it learns later to look back.
    """
    common = {"causal": True, "rotary": True, "chunk": chunk}
    if kind in ("softmax", "linear"):
        sizes = {"depth": depth, "num_heads": heads, "ffn_dim": 4 * dim + unit}
        return {"kind": kind, "init": "lecun", **sizes, **common}
    gated = {"mixer": "gated_unit", "network": "none", "unit_width": unit}
    weights = "relu2" if kind == "gau" else kind
    return {"kind": weights, "init": "he", "depth": 2 * depth, **gated, **common}


class ByteModel(keras.Model):
    """Logits of the byte behind each byte.

    One table, drawn with deviation dim^-1/2, gives the vectors of bytes, times dim^1/2,
    and the logits: both have deviation 1 at the start.

    Args:
        dim: Width of the vectors.
        blocks: Arguments of `Encoder`, causal.
    """

    def __init__(self, dim: int, blocks: dict[str, Any]) -> None:
        super().__init__()
        self.dim = dim
        start = keras.initializers.RandomNormal(stddev=dim**-0.5)
        self.table = self.add_weight(
            name="table", shape=(BYTES, dim), initializer=start
        )
        self.encoder = Encoder(**blocks)
        self.encoder.build((None, None, dim))

    def embed(self, tokens: Any) -> Any:
        """The vectors of bytes."""
        found = ops.take(self.table, tokens, axis=0) * self.dim**0.5
        return ops.cast(found, self.compute_dtype)

    def score(self, hidden: Any) -> Any:
        """The logits, float32."""
        found = ops.matmul(hidden, ops.cast(ops.transpose(self.table), hidden.dtype))
        return ops.cast(found, "float32")

    def call(self, tokens: Any, training: bool | None = None) -> Any:
        """Logits (batch, length, 256) of integers (batch, length)."""
        return self.score(self.encoder(self.embed(tokens), training=training))

    def step(self, token: Any, states: list[State], place: Any) -> tuple[Any, Any]:
        """What `call` says behind the next byte (batch, 1) of each stream."""
        hidden, states = self.encoder.step(self.embed(token), states, place)
        return self.score(hidden), states


class Writer(keras.Model):
    """Goes on with texts, byte by byte, in one loop that is compiled once.

    Args:
        model: The language model.
        context: The most bytes that models which keep all keys can see.

    Call arguments:
        prompt: `(batch, given)`, the first bytes.
        noise: `(batch, steps, 256)`, added to the logits: zeros write the likeliest
            bytes; Gumbel noise draws from the model.

    Returns:
        The texts, `(batch, steps)`, which begin with the prompt; and the logits of the
        byte behind each of their bytes, `(batch, steps, 256)`.
    """

    def __init__(self, model: ByteModel, context: int) -> None:
        super().__init__()
        self.model, self.context = model, context

    def build(self, input_shape: Any) -> None:
        """The model is built already."""

    def call(self, inputs: dict[str, Any]) -> tuple[Any, Any]:
        """Writes."""
        prompt, noise = ops.cast(inputs["prompt"], "int32"), inputs["noise"]
        batch, steps = noise.shape[:2]
        given = prompt.shape[1]
        texts = ops.pad(prompt, [[0, 0], [0, steps + 1 - given]])

        def body(place: Any, carry: Any) -> Any:
            states, texts, logits = carry
            token = ops.slice(texts, (0, place), (batch, 1))
            said, states = self.model.step(token, states, place)
            random = ops.slice(noise, (0, place, 0), (batch, 1, BYTES))
            chosen = ops.cast(ops.argmax(said + random, axis=-1), "int32")
            behind = ops.slice(texts, (0, place + 1), (batch, 1))
            chosen = ops.where(place + 1 < given, behind, chosen)
            texts = ops.slice_update(texts, (0, place + 1), chosen)
            return states, texts, ops.slice_update(logits, (0, place, 0), said)

        states = self.model.encoder.start(batch, self.context)
        start = (states, texts, ops.zeros_like(noise))
        _, texts, logits = ops.fori_loop(0, steps, body, start)
        return texts[:, :-1], logits
