"""Stacks of blocks."""

from typing import Any

import keras
from keras import ops

from featurekit.layers.attend import State
from featurekit.layers.block import Block
from featurekit.layers.flops import Shape
from featurekit.layers.residual import normalizer


@keras.saving.register_keras_serializable(package="featurekit")
class Encoder(keras.layers.Layer):
    """Blocks one behind the other, and a norm where their sum was not normalized.

    With `cross=True` it is a decoder: its tokens are queries of a context. Causal, they
    are the text so far; not causal, learned queries for objects or for later steps.

    Args:
        depth: Number of blocks. Defaults to `3`.
        block: Arguments of `Block`, besides `depth`.

    Call arguments:
        inputs, context, mask, context_mask: As of `Block`.

    Output shape:
        `(batch, tokens, dim)`, same dtype.

    Example:
        >>> import numpy as np
        >>> tokens = np.zeros((5, 3, 8), "float32")
        >>> tuple(Encoder(2, num_heads=2, ffn_dim=16)(tokens).shape)
        (5, 3, 8)
    """

    def __init__(self, depth: int = 3, **block: Any) -> None:
        kwargs = {
            name: block.pop(name) for name in ("name", "dtype", "trainable")
            if name in block
        }  # fmt: skip
        super().__init__(**kwargs)
        self.supports_masking = True
        self.depth, self.block = depth, block
        policy = self.dtype_policy
        self.blocks = [
            Block(**{"depth": depth, **block}, dtype=policy, name=f"block_{index}")
            for index in range(depth)
        ]
        first = self.blocks[0] if self.blocks else Block()
        self._normalizes = first.placement in ("pre", "rezero")
        self._norm = normalizer(first.norm, dtype=policy, name="norm")

    def build(self, inputs_shape: Any, context_shape: Any = None) -> None:
        """Builds all blocks for the width of the input."""
        for block in self.blocks:
            block.build(inputs_shape, context_shape)
        if self._normalizes:
            self._norm.build(inputs_shape)

    def call(
        self,
        inputs: Any,
        context: Any = None,
        mask: Any = None,
        context_mask: Any = None,
        training: bool | None = None,
    ) -> Any:
        """Transforms the tokens of each row."""
        tokens = inputs
        for block in self.blocks:
            tokens = block(
                tokens, context, mask=mask, context_mask=context_mask, training=training
            )
        return self._norm(tokens) if self._normalizes else tokens

    def start(self, batch: int, length: int) -> list[State]:
        """The states of all blocks before the first token of a stream."""
        return [block.start(batch, length) for block in self.blocks]

    def step(
        self, token: Any, states: list[State], place: Any, context: Any = None
    ) -> tuple[Any, list[State]]:
        """What `call` gives for the next token of each stream, under `causal`."""
        token = ops.cast(token, self.compute_dtype)
        found = []
        for block, state in zip(self.blocks, states, strict=True):
            token, state = block.step(token, state, place, context)
            found.append(state)
        return self._norm(token) if self._normalizes else token, found

    def flops(
        self,
        inputs_shape: Shape,
        context_shape: Shape | None = None,
        *,
        training: bool = False,
    ) -> int:
        """Floating-point operations of `call`, see `featurekit.layers.flops`."""
        return sum(
            block.flops(inputs_shape, context_shape, training=training)
            for block in self.blocks
        )

    def compute_output_shape(
        self, inputs_shape: tuple[int | None, ...], context_shape: Any = None
    ) -> tuple[int | None, ...]:
        """The shape of the input."""
        return tuple(inputs_shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {**super().get_config(), "depth": self.depth, **self.block}
