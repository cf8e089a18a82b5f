"""Attention and feed-forward network in one: the gated attention unit."""

from typing import Any

import keras
from keras import ops

from featurekit.layers.attend import KINDS, Kind, State, attend
from featurekit.layers.dense import ScaledDense
from featurekit.layers.flops import Shape, attention_flops, rows_of
from featurekit.layers.initializers import Scheme
from featurekit.layers.positions import rotary
from featurekit.layers.streaming import attend_next, start_stream


@keras.saving.register_keras_serializable(package="featurekit")
class GatedAttentionUnit(keras.layers.Layer):
    """One head that weighs wide values, gated by the token itself.

    Queries and keys, narrow, come from one shared projection, each by a scale and an
    offset per number. Two units hold about as many weights as one attention with its
    feed-forward network, and take their place.

    Args:
        width: Numbers of a query and of a key. Defaults to `128`.
        expansion: Width of values and gates, in widths of the token. Defaults to `2`.
        kind: How weights come about, see `featurekit.layers.attend`. Defaults to
            `"relu2"`.
        causal: Whether a token sees itself and those before alone. Defaults to `False`.
        rotary: Whether queries and keys are turned by their positions. Defaults to
            `True`.
        chunk: As in `attend`. Defaults to `256`.
        init: Scheme of the first values. Defaults to `"xavier"`.
        depth: Blocks of the model; "deepnet" asks. Defaults to `1`.

    Call arguments:
        inputs: `(batch, tokens, dim)`, floating.
        mask: bool, `(batch, tokens)`: which tokens are there. Defaults to all.

    Output shape:
        `(batch, tokens, dim)`, same dtype.

    Raises:
        ValueError: The kind is not known.

    Reference:
        Hua et al., "Transformer Quality in Linear Time", 2022, sections 2.2 and 3.

    Example:
        >>> import numpy as np
        >>> tokens = np.zeros((5, 3, 8), "float32")
        >>> tuple(GatedAttentionUnit(16, kind="mixed_chunk")(tokens).shape)
        (5, 3, 8)
    """

    def __init__(
        self,
        width: int = 128,
        *,
        expansion: int = 2,
        kind: Kind = "relu2",
        causal: bool = False,
        rotary: bool = True,
        chunk: int = 256,
        init: Scheme = "xavier",
        depth: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        if kind not in KINDS:
            raise ValueError(
                f"Invalid value for argument `kind`. Expected one of {KINDS}. "
                f"Received: kind={kind!r}"
            )
        self.width, self.expansion, self.kind = width, expansion, kind
        self.causal, self.rotary, self.chunk = causal, rotary, chunk
        self.init, self.depth = init, depth

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the projections, and a scale and an offset for each role."""
        dim = input_shape[-1]
        if dim is None:
            raise ValueError(f"Expected a known width. Received: {tuple(input_shape)}")
        wide = self.expansion * dim
        common: dict[str, Any] = {
            "init": self.init,
            "depth": self.depth,
            "dtype": self.dtype_policy,
        }
        # Gate, value and shared projection side by side: one product.
        self._enter = ScaledDense(2 * wide + self.width, name="enter", **common)
        self._enter.build(input_shape)
        self._leave = ScaledDense(dim, role="output", name="leave", **common)
        self._leave.build((*input_shape[:-1], wide))
        roles = 4 if self.kind == "mixed_chunk" else 2
        # Scales of 1: with the 0.02 of the paper all early weights are about 0.
        self._scale = self.add_weight(
            name="scale", shape=(roles, self.width), initializer="ones"
        )
        self._offset = self.add_weight(
            name="offset", shape=(roles, self.width), initializer="zeros"
        )
        self._wide = wide

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Mixes the tokens of each row."""
        gate, value, roles = self._project(inputs, 0)
        found = attend(
            roles[0],
            roles[1],
            value,
            kind=self.kind,
            causal=self.causal,
            mask=mask,
            chunk=self.chunk,
            far=(roles[2], roles[3]) if self.kind == "mixed_chunk" else None,
        )
        return self._leave(gate * found[:, :, 0])

    def start(self, batch: int, length: int) -> State:
        """The state before the first token of a stream, see `start_stream`."""
        return start_stream(
            self.kind,
            batch,
            1,
            self.width,
            self._wide,
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
        gate, value, roles = self._project(ops.cast(token, self.compute_dtype), place)
        far = (roles[2], roles[3]) if self.kind == "mixed_chunk" else None
        found, state = attend_next(
            roles[0], roles[1], value, state, kind=self.kind, far=far
        )
        return self._leave(gate * found[:, :, 0]), state

    def _project(self, inputs: Any, place: Any) -> tuple[Any, Any, list[Any]]:
        joined = ops.silu(self._enter(inputs))
        gate, value, shared = ops.split(joined, [self._wide, 2 * self._wide], axis=-1)
        scale = ops.cast(self._scale, shared.dtype)
        offset = ops.cast(self._offset, shared.dtype)
        roles = [
            (shared * scale[index] + offset[index])[:, :, None]
            for index in range(self._scale.shape[0])
        ]
        if self.rotary:
            roles = [rotary(role, start=place) for role in roles]
        return gate, value[:, :, None], roles

    def flops(self, input_shape: Shape) -> int:
        """Floating-point operations of `call`, see `featurekit.layers.flops`."""
        tokens = input_shape[1] or 0
        products = self._enter.flops(input_shape)
        products += self._leave.flops((*input_shape[:-1], self._wide))
        return products + rows_of(input_shape[:2]) * attention_flops(
            self.kind,
            heads=1,
            queries=tokens,
            keys=tokens,
            width=self.width,
            value_width=self._wide,
            causal=self.causal,
            chunk=self.chunk,
        )

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """The shape of the input."""
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {
            **super().get_config(),
            "width": self.width,
            "expansion": self.expansion,
            "kind": self.kind,
            "causal": self.causal,
            "rotary": self.rotary,
            "chunk": self.chunk,
            "init": self.init,
            "depth": self.depth,
        }
