"""Deep models of bytes, and the gradients with which their training begins."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from examples.byte_lm.model import ByteModel
from featurekit.layers.initializers import Scheme
from featurekit.layers.residual import Placement


@dataclass(frozen=True, slots=True)
class Variant:
    """What is compared: where norms are, first values, and the scale of scores."""

    placement: Placement = "pre"
    init: Scheme = "xavier"
    scaled: bool = True


PLACEMENTS = {
    "pre": Variant(),
    "post": Variant("post"),
    "deepnorm": Variant("deepnorm", "deepnet"),
    "rezero": Variant("rezero"),
}
SCALES = {
    "xavier": Variant(),
    "xavier_unscaled": Variant(scaled=False),
    "t5_unscaled": Variant(init="t5", scaled=False),
}


def make_model(
    variant: Variant, *, dim: int, depth: int, heads: int, learning_rate: float
) -> ByteModel:
    """A compiled model; the learning rate is constant from the first step."""
    blocks = {"placement": variant.placement, "init": variant.init, "num_heads": heads}
    sizes = {"ffn_dim": 4 * dim, "depth": depth, "causal": True, "rotary": True}
    model = ByteModel(dim, {**blocks, **sizes})
    if not variant.scaled:
        drop_score_scale(model)
    loss: Any = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss=loss)
    return model


def drop_score_scale(model: ByteModel) -> None:
    """Lets attention compute scores without width^-1/2, as the scheme "t5" does.

    Kernels were drawn when the model was built; the scale is asked for in each call.
    """
    for block in model.encoder.blocks:
        block._mix.init = "t5"


def gradient_norms(model: ByteModel) -> list[float]:
    """Norms of the gradients of each block in the first step, which was the last one.

    Behind one step Adam's first moments are gradients times 1 - beta_1.
    """
    moments = [
        ops.convert_to_numpy(one)
        for one in model.optimizer.variables
        if one.path.endswith("momentum")
    ]
    trained = model.trainable_variables
    places = {id(variable): place for place, variable in enumerate(trained)}
    share = 1.0 - model.optimizer.beta_1
    return [
        float(np.sqrt(sum(
            np.square(moments[places[id(one)]], dtype=np.float64).sum()
            for one in block.trainable_variables
        )) / share)
        for block in model.encoder.blocks
    ]  # fmt: skip
