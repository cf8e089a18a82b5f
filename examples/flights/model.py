"""The model of the demo: a small transformer over the features of one flight.

One block and little training: what is learned has to hold for months to come, and a
larger model learns the weather of single days by heart. The settings were compared on
earlier months: trained to April, June or August, and tested on the two months after.
"""

from typing import Any

import keras

import featurekit as fk

SEED = 0
EPOCHS = 3
BATCH_SIZE = 2048
LEARNING_RATE = 2e-3
WARMUP = 0.05


def build_model(
    spec: fk.FeatureSpec, stats: fk.Stats, steps: int, **sizes: Any
) -> keras.Model:
    """A compiled model.

    Args:
        spec: The declaration; decides the inputs.
        stats: Its statistics; decide the sizes of the vocabularies.
        steps: Batches of the whole training, for the schedule of the learning rate.
        sizes: Arguments of `TabularTransformer`, in place of those of the demo.
    """
    model = fk.models.TabularTransformer.from_spec(
        spec, stats, **{"dim": 32, "depth": 1, **sizes}
    )
    compile_model(model, fk.models.label_loss(spec, stats), steps)
    return model


def compile_model(model: keras.Model, loss: keras.losses.Loss, steps: int) -> None:
    """Gives a model its loss, its optimizer, and a schedule of so many steps."""
    warmup = max(1, int(WARMUP * steps))
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0,
        decay_steps=max(1, steps - warmup),
        warmup_target=LEARNING_RATE,
        warmup_steps=warmup,
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.01, global_clipnorm=1.0)
    # Measured on two cores: in TensorFlow an epoch took nearly twice as long with XLA.
    # JAX has nothing else.
    jit = keras.config.backend() == "jax"
    model.compile(optimizer=optimizer, loss=loss, jit_compile=jit)
