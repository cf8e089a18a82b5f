"""Attention of several heads, to the tokens themselves or to others."""

from typing import Any

import keras
from keras import ops

from featurekit.layers.attend import KINDS, Kind, State, attend
from featurekit.layers.dense import ScaledDense
from featurekit.layers.flops import Shape, attention_flops, rows_of
from featurekit.layers.initializers import Scheme, score_scale
from featurekit.layers.positions import rotary
from featurekit.layers.streaming import attend_next, start_stream


@keras.saving.register_keras_serializable(package="featurekit")
class MultiHeadAttention(keras.layers.Layer):
    """Each head weighs the tokens anew; the heads' values are joined and projected.

    Keys carry no bias: it would shift all scores of a query alike.

    Args:
        num_heads: Heads; divides the width of the tokens.
        kind: How weights come about, see `featurekit.layers.attend`. Defaults to
            `"softmax"`.
        causal: Whether a token sees itself and those before alone. Defaults to `False`.
        rotary: Whether queries and keys are turned by their positions. Defaults to
            `False`.
        chunk: As in `attend`. Defaults to `256`.
        init: Scheme of the first values. Defaults to `"xavier"`.
        depth: Blocks of the model; "deepnet" asks. Defaults to `1`.

    Call arguments:
        inputs: `(batch, tokens, dim)`, floating.
        context: `(batch, keys, other dim)`: what is attended to. Defaults to `inputs`.
        mask: bool, `(batch, keys)`: which keys are there. Defaults to all.

    Output shape:
        `(batch, tokens, dim)`, same dtype.

    Raises:
        ValueError: An argument is not as described.

    Reference:
        Vaswani et al., "Attention Is All You Need", 2017, section 3.2.

    Example:
        >>> import numpy as np
        >>> tuple(MultiHeadAttention(2)(np.zeros((5, 3, 8), "float32")).shape)
        (5, 3, 8)
    """

    def __init__(
        self,
        num_heads: int,
        *,
        kind: Kind = "softmax",
        causal: bool = False,
        rotary: bool = False,
        chunk: int = 256,
        init: Scheme = "xavier",
        depth: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        if num_heads < 1:
            raise ValueError(
                f"Expected at least one attention head. Received: num_heads={num_heads}"
            )
        if kind not in KINDS:
            raise ValueError(
                f"Invalid value for argument `kind`. Expected one of {KINDS}. "
                f"Received: kind={kind!r}"
            )
        self.num_heads, self.kind, self.causal = num_heads, kind, causal
        self.rotary, self.chunk = rotary, chunk
        self.init, self.depth = init, depth

    def build(self, inputs_shape: Any, context_shape: Any = None) -> None:
        """Creates the projections."""
        dim = inputs_shape[-1]
        if dim is None or dim % self.num_heads:
            raise ValueError(
                f"Expected num_heads to divide the width of the tokens. "
                f"Received: num_heads={self.num_heads}, width={dim}"
            )
        self._width = dim // self.num_heads
        context = inputs_shape if context_shape is None else context_shape
        self._query = self._projection("query", dim, inputs_shape)
        self._key = self._projection("key", dim, context)
        self._value = self._projection("value", dim, context)
        self._out = ScaledDense(
            dim,
            init=self.init,
            role="output",
            depth=self.depth,
            dtype=self.dtype_policy,
            name="out",
        )
        self._out.build(inputs_shape)

    def _projection(self, role: Any, dim: int, shape: Any) -> ScaledDense:
        layer = ScaledDense(
            dim,
            init=self.init,
            role=role,
            depth=self.depth,
            head_width=self._width,
            use_bias=False,
            dtype=self.dtype_policy,
            name=role,
        )
        layer.build(shape)
        return layer

    def call(self, inputs: Any, context: Any = None, mask: Any = None) -> Any:
        """Mixes the tokens of each row."""
        query, key, value = self._project(inputs, context)
        if self.rotary:
            query, key = rotary(query), rotary(key)
        found = attend(
            query,
            key,
            value,
            kind=self.kind,
            causal=self.causal,
            mask=mask,
            chunk=self.chunk,
        )
        return self._join(found)

    def start(self, batch: int, length: int) -> State:
        """The state before the first token of a stream, see `start_stream`."""
        return start_stream(
            self.kind,
            batch,
            self.num_heads,
            self._width,
            self._width,
            length=self.chunk if self.kind == "mixed_chunk" else length,
            dtype=self.compute_dtype,
        )

    def step(self, token: Any, state: State, place: Any) -> tuple[Any, State]:
        """What `call` gives for the next token of each stream, under `causal`.

        Args:
            token: `(batch, 1, dim)`.
            state: Of `start`, or of the token before.
            place: Position of the token, from 0.
        """
        query, key, value = self._project(ops.cast(token, self.compute_dtype), None)
        if self.rotary:
            query, key = rotary(query, start=place), rotary(key, start=place)
        found, state = attend_next(query, key, value, state, kind=self.kind)
        return self._join(found), state

    def _project(self, inputs: Any, context: Any) -> tuple[Any, Any, Any]:
        """Queries, keys and values, each (batch, tokens, heads, width)."""
        context = inputs if context is None else context
        # Three products: cutting one result into three costs more than it saves.
        query, key, value = (
            self._split(layer(source))
            for layer, source in (
                (self._query, inputs),
                (self._key, context),
                (self._value, context),
            )
        )
        # Kernels scale scores by width^-1/2; a scheme that has it in its queries not.
        surplus = score_scale(self.init, self._width) * self._width**0.5
        return (query if surplus == 1.0 else query * surplus), key, value

    def _split(self, tensor: Any) -> Any:
        return ops.reshape(tensor, (-1, tensor.shape[1], self.num_heads, self._width))

    def _join(self, heads: Any) -> Any:
        dim = self.num_heads * self._width
        return self._out(ops.reshape(heads, (-1, heads.shape[1], dim)))

    def flops(self, inputs_shape: Shape, context_shape: Shape | None = None) -> int:
        """Floating-point operations of `call`, see `featurekit.layers.flops`."""
        context = inputs_shape if context_shape is None else context_shape
        projections = (
            2 * self._query.flops(inputs_shape)  # and back
            + self._key.flops(context)
            + self._value.flops(context)
        )
        return projections + rows_of(inputs_shape[:2]) * attention_flops(
            self.kind,
            heads=self.num_heads,
            queries=inputs_shape[1] or 0,
            keys=context[1] or 0,
            width=self._width,
            value_width=self._width,
            causal=self.causal,
            chunk=self.chunk,
        )

    def compute_output_shape(
        self, inputs_shape: tuple[int | None, ...], context_shape: Any = None
    ) -> tuple[int | None, ...]:
        """The shape of the input."""
        return tuple(inputs_shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "kind": self.kind,
            "causal": self.causal,
            "rotary": self.rotary,
            "chunk": self.chunk,
            "init": self.init,
            "depth": self.depth,
        }
