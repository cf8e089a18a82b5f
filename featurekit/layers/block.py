"""The one block of all encoders and decoders."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

import keras

from featurekit.layers.attend import Kind, State
from featurekit.layers.feed_forward import FeedForward
from featurekit.layers.flops import Shape
from featurekit.layers.gated_attention_unit import GatedAttentionUnit
from featurekit.layers.initializers import Scheme
from featurekit.layers.mixture_of_experts import MixtureOfExperts
from featurekit.layers.multi_head_attention import MultiHeadAttention
from featurekit.layers.residual import Normalizer, Placement, Residual

Mixer = Literal["attention", "gated_unit"]
Network = Literal["dense", "experts", "none"]
MIXERS: tuple[Mixer, ...] = get_args(Mixer)
NETWORKS: tuple[Network, ...] = get_args(Network)


@keras.saving.register_keras_serializable(package="featurekit")
class Block(keras.layers.Layer):
    """Mixes the tokens of a row, then transforms each: two residual branches.

    With `cross` a third branch between them attends to other tokens.

    Args:
        num_heads: Heads of attention; divides the width of the tokens. Defaults to `4`.
        ffn_dim: Hidden width of the network. Defaults to `256`.
        mixer: `"attention"` or `"gated_unit"`. Defaults to `"attention"`.
        kind: How weights come about, see `featurekit.layers.attend`. Defaults to
            `"softmax"`.
        network: `"dense"`, `"experts"`, or `"none"`, as gated units need none.
            Defaults to `"dense"`.
        activation: As of `FeedForward`. Defaults to `"gelu"`.
        experts: Arguments of `MixtureOfExperts` besides those given here, such as
            `{"num_experts": 8}`.
        placement: Of the norms, see `Residual`. Defaults to `"pre"`.
        norm: `"layer"`, `"rms"` or `"scale"`. Defaults to `"layer"`.
        init: Scheme of the first values. Defaults to `"xavier"`.
        depth: Blocks of the model; "deepnorm" and "deepnet" ask. Defaults to `1`.
        causal: Whether a token sees itself and those before alone. Defaults to `False`.
        cross: Whether the block attends to a context too. Defaults to `False`.
        rotary: Whether queries and keys are turned by their positions. Defaults to
            `False`.
        chunk: As in `attend`. Defaults to `256`.
        unit_width: Width of queries and keys of a gated unit. Defaults to `128`.
        dropout: Share of values set to zero in training: of the hidden layer, and of
            each branch. Defaults to `0.0`.

    Call arguments:
        inputs: `(batch, tokens, dim)`, floating.
        mask: bool, `(batch, tokens)`: which tokens are there. Defaults to all.
        context: `(batch, keys, other dim)`, with `cross`.
        context_mask: bool, `(batch, keys)`. Defaults to all.

    Output shape:
        `(batch, tokens, dim)`, same dtype.

    Raises:
        ValueError: An argument is not as described; or experts that choose tokens
            would make a causal block see what comes behind.

    Reference:
        Vaswani et al., "Attention Is All You Need", 2017.

    Example:
        >>> import numpy as np
        >>> tuple(Block(2, 16)(np.zeros((5, 3, 8), "float32")).shape)
        (5, 3, 8)
    """

    def __init__(
        self,
        num_heads: int = 4,
        ffn_dim: int = 256,
        *,
        mixer: Mixer = "attention",
        kind: Kind = "softmax",
        network: Network = "dense",
        activation: str = "gelu",
        experts: Mapping[str, Any] | None = None,
        placement: Placement = "pre",
        norm: Normalizer = "layer",
        init: Scheme = "xavier",
        depth: int = 1,
        causal: bool = False,
        cross: bool = False,
        rotary: bool = False,
        chunk: int = 256,
        unit_width: int = 128,
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.num_heads, self.ffn_dim = num_heads, ffn_dim
        self.mixer, self.kind, self.network = mixer, kind, network
        self.activation, self.experts = activation, dict(experts or {})
        self.placement, self.norm, self.init = placement, norm, init
        self.depth, self.causal, self.cross = depth, causal, cross
        self.rotary, self.chunk, self.unit_width = rotary, chunk, unit_width
        self.dropout = dropout
        self._mix = self._mixer()
        self._around_mix = self._residual("around_mix")
        if cross:
            self._attend = MultiHeadAttention(num_heads, name="attend", **self._common)
            self._around_attend = self._residual("around_attend")
        self._transform = self._network()
        if self._transform is not None:
            self._around_transform = self._residual("around_transform")

    @property
    def _common(self) -> dict[str, Any]:
        return {"init": self.init, "depth": self.depth, "dtype": self.dtype_policy}

    def _residual(self, name: str) -> Residual:
        return Residual(
            self.placement,
            norm=self.norm,
            depth=self.depth,
            dropout=self.dropout,
            dtype=self.dtype_policy,
            name=name,
        )

    def _mixer(self) -> MultiHeadAttention | GatedAttentionUnit:
        arguments: dict[str, Any] = {
            "kind": self.kind,
            "causal": self.causal,
            "rotary": self.rotary,
            "chunk": self.chunk,
            "name": "mix",
            **self._common,
        }
        match self.mixer:
            case "attention":
                return MultiHeadAttention(self.num_heads, **arguments)
            case "gated_unit":
                return GatedAttentionUnit(self.unit_width, **arguments)
        raise _unknown("mixer", self.mixer, MIXERS)

    def _network(self) -> FeedForward | MixtureOfExperts | None:
        arguments: dict[str, Any] = {
            "activation": self.activation,
            "name": "transform",
            **self._common,
        }
        match self.network:
            case "none":
                return None
            case "dense":
                return FeedForward(self.ffn_dim, dropout=self.dropout, **arguments)
            case "experts":
                arguments |= {"hidden_dim": self.ffn_dim, **self.experts}
                layer = MixtureOfExperts(**arguments)
                if self.causal and not layer.causal:
                    raise ValueError(
                        "Experts that choose tokens see tokens behind. Expected "
                        'causal=False or another router than "expert_choice".'
                    )
                return layer
        raise _unknown("network", self.network, NETWORKS)

    def build(self, inputs_shape: Any, context_shape: Any = None) -> None:
        """Builds all branches for the width of the input."""
        self._mix.build(inputs_shape)
        self._around_mix.build(inputs_shape)
        if self.cross:
            self._attend.build(inputs_shape, context_shape)
            self._around_attend.build(inputs_shape)
        if self._transform is not None:
            self._transform.build(inputs_shape)
            self._around_transform.build(inputs_shape)

    def call(
        self,
        inputs: Any,
        context: Any = None,
        mask: Any = None,
        context_mask: Any = None,
        training: bool | None = None,
    ) -> Any:
        """Transforms the tokens of each row."""
        around = self._around_mix
        mixed = self._mix(around.enter(inputs), mask=mask)
        tokens = around(inputs, mixed, training=training)
        return self._rest(tokens, context, mask, context_mask, training)

    def _rest(
        self, tokens: Any, context: Any, mask: Any, context_mask: Any, training: Any
    ) -> Any:
        """All that happens to tokens once they are mixed."""
        if self.cross:
            around = self._around_attend
            found = self._attend(around.enter(tokens), context, mask=context_mask)
            tokens = around(tokens, found, training=training)
        if self._transform is None:
            return tokens
        around = self._around_transform
        options = {"mask": mask} if self.network == "experts" else {}
        update = self._transform(around.enter(tokens), training=training, **options)
        return around(tokens, update, training=training)

    def start(self, batch: int, length: int) -> State:
        """The state before the first token of a stream, see `start_stream`."""
        return self._mix.start(batch, length)

    def step(
        self, token: Any, state: State, place: Any, context: Any = None
    ) -> tuple[Any, State]:
        """What `call` gives for the next token of each stream, under `causal`.

        Args:
            token: `(batch, 1, dim)`.
            state: Of `start`, or of the token before.
            place: Position of the token, from 0.
            context: As in `call`.
        """
        around = self._around_mix
        mixed, state = self._mix.step(around.enter(token), state, place)
        tokens = around(token, mixed)
        return self._rest(tokens, context, None, None, False), state

    def flops(
        self,
        inputs_shape: Shape,
        context_shape: Shape | None = None,
        *,
        training: bool = False,
    ) -> int:
        """Floating-point operations of `call`, see `featurekit.layers.flops`."""
        total = self._mix.flops(inputs_shape)
        if self.cross:
            total += self._attend.flops(inputs_shape, context_shape)
        if isinstance(self._transform, MixtureOfExperts):
            return total + self._transform.flops(inputs_shape, training=training)
        return total + (self._transform.flops(inputs_shape) if self._transform else 0)

    def compute_output_shape(
        self, inputs_shape: tuple[int | None, ...], context_shape: Any = None
    ) -> tuple[int | None, ...]:
        """The shape of the input."""
        return tuple(inputs_shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        names = (
            "num_heads", "ffn_dim", "mixer", "kind", "network", "activation", "experts",
            "placement", "norm", "init", "depth", "causal", "cross", "rotary", "chunk",
            "unit_width", "dropout",
        )  # fmt: skip
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _unknown(name: str, value: object, known: tuple[str, ...]) -> ValueError:
    return ValueError(
        f"Invalid value for argument `{name}`. Expected one of {known}. "
        f"Received: {name}={value!r}"
    )
