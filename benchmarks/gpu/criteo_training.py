"""From records on disk to a trained transformer on one GPU, without TensorFlow.

    python benchmarks/gpu/criteo_training.py --rows 2000000

Rows shaped like the Criteo click logs are drawn from a seed, analyzed and converted on
the machine itself; then a TabularTransformer reads the records for one epoch, shuffled,
by `Dataset.iter_numpy`, on Keras with JAX in bfloat16. The line of JSON has the rate,
and how busy the GPU was: the time of a step whose batch is on the device already,
over the time of a step that reads; and what `nvidia-smi` saw in the meantime.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["KERAS_BACKEND"] = "jax"

import numpy as np

import featurekit as fk
from benchmarks.criteo import write_parquet
from benchmarks.specs import model_spec
from examples.jax_prefetch import on_device


def prepare(rows: int, folder: Path) -> tuple[Any, dict[str, float]]:
    """The records, and the seconds that each stage took."""
    seconds: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        found = work()
        seconds[name] = round(time.perf_counter() - start, 1)
        return found

    source = timed("draw", lambda: write_parquet(folder / "rows.parquet", rows))
    spec = model_spec()
    stats = timed("analyze", lambda: fk.analyze(spec, source))
    records = folder / "records"
    options: Any = {"layout": "packed", "workers": os.cpu_count()}
    timed("convert", lambda: fk.convert(spec, stats, source, records, **options))
    return fk.load(records), seconds


def train_step(model: Any) -> tuple[Callable[..., Any], Any]:
    """A compiled step, and the state it starts from."""
    import jax
    import jax.numpy as jnp
    import keras

    optimizer = keras.optimizers.AdamW(3e-4, weight_decay=0.01)
    optimizer.build(model.trainable_variables)
    frozen = [variable.value for variable in model.non_trainable_variables]

    def loss(weights: Any, features: Any, label: Any) -> Any:
        logits, _ = model.stateless_call(weights, frozen, features, training=True)
        logits = logits[:, 0]
        return jnp.mean(jnp.logaddexp(0.0, logits) - label * logits)

    def update(state: Any, features: Any, label: Any) -> Any:
        weights, slots = state
        value, gradients = jax.value_and_grad(loss)(weights, features, label)
        weights, slots = optimizer.stateless_apply(slots, gradients, weights)
        return (weights, slots), value

    weights = [variable.value for variable in model.trainable_variables]
    slots = [variable.value for variable in optimizer.variables]
    return jax.jit(update, donate_argnums=0), (weights, slots)


@contextmanager
def utilisation(samples: list[float]) -> Iterator[None]:
    """Fills in what `nvidia-smi` says each second: per cent of time with a kernel."""
    command = (
        "nvidia-smi --query-gpu=utilization.gpu --format=csv,noheader,nounits -l 1"
    )
    try:
        watcher = subprocess.Popen(command.split(), stdout=subprocess.PIPE, text=True)
    except FileNotFoundError:
        yield
        return
    try:
        yield
    finally:
        watcher.terminate()
        samples += [float(line) for line in watcher.communicate()[0].split()]


def measure(records: Any, model: Any, batch_size: int) -> dict[str, Any]:
    """One epoch, and before it steps on a batch that is there."""
    import jax

    step, state = train_step(model)
    features, label = jax.device_put(next(iter(records.iter_numpy(batch_size))))
    for _ in range(3):
        state, value = step(state, features, label)
    first = float(value)
    start = time.perf_counter()
    for _ in range(30):
        state, value = step(state, features, label)
    jax.block_until_ready(value)
    alone = (time.perf_counter() - start) / 30
    samples: list[float] = []
    losses = []
    batches = records.iter_numpy(batch_size, shuffle=True, drop_remainder=True)
    with utilisation(samples):
        start = time.perf_counter()
        for features, label in on_device(batches):
            state, value = step(state, features, label)
            losses.append(value)
        jax.block_until_ready(losses[-1])
        reading = (time.perf_counter() - start) / len(losses)
    return {
        "ms_on_device": round(alone * 1e3, 2),
        "ms_from_records": round(reading * 1e3, 2),
        "busy": round(alone / reading, 3),
        "nvidia_smi": float(np.median(samples)) if samples else None,
        "rows_per_s": round(batch_size / reading),
        "steps": len(losses),
        "loss": [round(first, 4), round(float(np.mean(losses[-20:])), 4)],
    }


def main() -> None:
    """Prepares the records once, and trains one model of each size on them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--batch-size", type=int, default=8192)
    parser.add_argument(
        "--sizes", nargs="+", default=["256x6", "64x3"], help="width x blocks"
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        records, seconds = prepare(chosen.rows, Path(folder))
        size = sum(
            path.stat().st_size for path in (Path(folder) / "records").rglob("*")
        )
        line = {"rows": records.num_rows, "bytes": size, "seconds": seconds}
        print(json.dumps(line), flush=True)
        import keras

        keras.config.set_dtype_policy("mixed_bfloat16")
        for one in chosen.sizes:
            dim, depth = (int(number) for number in one.split("x"))
            model = fk.models.TabularTransformer(
                fk.model_inputs(records.spec, records.stats),
                dim=dim, depth=depth, num_heads=dim // 32, ffn_multiple=4, dropout=0.0,
            )  # fmt: skip
            found = measure(records, model, chosen.batch_size)
            line = {"dim": dim, "depth": depth, "params": model.count_params()}
            line |= {**found, "tensorflow": "tensorflow" in sys.modules}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
