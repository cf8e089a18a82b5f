"""The next item of each step of a history: a causal transformer over items.

After Kang and McAuley, "Self-Attentive Sequential Recommendation", 2018 (SASRec), but
trained with all items as alternatives, as they are few.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from featurekit.layers.dense import ScaledDense
from featurekit.layers.encoder import Encoder
from featurekit.layers.positions import Positions


class NextItem(keras.Model):
    """Scores all items as the next one, after each step.

    Args:
        num_ids: Ids of items; 0 is padding.
        length: Steps of a history.
        dim: Width of a step inside of the model.
        depth: Blocks of the encoder.
        num_heads: Heads of attention.
        dropout: Share of values set to zero in training.

    Call arguments:
        inputs: `item`, integer ids, and `rating` and `gap`, floating: each of shape
            `(batch, length)`.

    Output shape:
        `(batch, length, num_ids)`, float32 logits.
    """

    def __init__(
        self,
        num_ids: int,
        length: int,
        *,
        dim: int,
        depth: int,
        num_heads: int,
        dropout: float,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.dim = dim
        policy = self.dtype_policy
        # One table: items as steps, and items as answers.
        self.items = keras.layers.Embedding(
            num_ids, dim, keras.initializers.RandomNormal(stddev=dim**-0.5)
        )
        self.measures = ScaledDense(dim, dtype=policy)
        self.positions = Positions(length, learned=True, dtype=policy)
        self.drop = keras.layers.Dropout(dropout, dtype=policy)
        self.encoder = Encoder(
            depth,
            num_heads=num_heads,
            ffn_dim=2 * dim,
            causal=True,
            dropout=dropout,
            dtype=policy,
        )
        self.items.build(None)
        self.measures.build((None, length, 2))
        self.positions.build((None, length, dim))
        self.encoder.build((None, length, dim))
        self.built = True

    def call(self, inputs: Mapping[str, Any], training: bool | None = None) -> Any:
        """The logits of each step."""
        ids = inputs["item"]
        measures = ops.stack([inputs["rating"], inputs["gap"]], axis=-1)
        # Numbers of the table are small, as those of answers; tokens have deviation 1.
        tokens = self.items(ids) * self.dim**0.5
        tokens = ops.cast(tokens, self.compute_dtype) + self.measures(measures)
        tokens = self.drop(self.positions(tokens), training=training)
        found = self.encoder(tokens, mask=ids != 0, training=training)
        table = ops.cast(self.items.embeddings, found.dtype)
        return ops.cast(ops.matmul(found, ops.transpose(table)), "float32")

    def next_scores(self, inputs: Mapping[str, Any]) -> npt.NDArray[np.float32]:
        """The logits of the item after each history: `(rows, num_ids)`."""
        found = []
        for start in range(0, len(inputs["item"]), 128):
            batch = {name: x[start : start + 128] for name, x in inputs.items()}
            found.append(ops.convert_to_numpy(self(batch)[:, -1]))
        return np.concatenate(found)


def compile_model(model: NextItem, learning_rate: float, steps: int) -> None:
    """Gives the model its loss, and a learning rate that falls to 0 along a cosine."""
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=0.01, global_clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        ),
    )
