"""The command line of the training examples.

    python -m examples.byte_lm.train --preset toy --backend jax --seed 0

Prints one line of JSON at the end; progress goes to standard error.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

BACKENDS = ("tensorflow", "jax", "torch")
Preset = TypeVar("Preset")


@dataclass(frozen=True, slots=True)
class Trained:
    """What an example did.

    Args:
        metrics: Named results, such as `{"auc": 0.94}`.
        params: Trained values of the model that the example is about.
        steps: Training steps of it.
        rows: Rows that these steps read.
        seconds: Seconds that they took, without data and evaluation.
    """

    metrics: Mapping[str, float]
    params: int
    steps: int
    rows: int
    seconds: float


Train = Callable[[Preset, int, Path], Trained]
"""Trains with a preset, a seed, and a folder for all that is written."""


def run(example: str, presets: Mapping[str, Preset], train: Train[Preset]) -> None:
    """Reads the command line, trains, and prints the line of JSON.

    The backend has to be known before Keras is imported, so `train` imports it, and
    everything that needs it.

    Args:
        example: The name, as in `examples/<name>`.
        presets: Sizes by name: `"smoke"` (10 s), `"toy"` (2 minutes on two cores) and
            `"h100"` (8 minutes on a GPU).
        train: See `Train`.
    """
    parser = argparse.ArgumentParser(prog=f"python -m examples.{example}.train")
    parser.add_argument("--preset", choices=list(presets), default="toy")
    parser.add_argument("--backend", choices=BACKENDS, default=None)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("build") / example)
    args = parser.parse_args()
    if args.backend is not None:
        os.environ["KERAS_BACKEND"] = args.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    start = time.perf_counter()
    found = asdict(train(presets[args.preset], args.seed, args.output / args.preset))
    seconds, rows = found.pop("seconds"), found.pop("rows")
    line = {"example": example, "preset": args.preset, **_machine(), **found}
    line |= {
        "sec": round(seconds, 2),
        "rows_per_s": round(rows / seconds) if seconds else None,
        "total_sec": round(time.perf_counter() - start, 2),
        "seed": args.seed,
    }
    line["metrics"] = {name: round(x, 5) for name, x in line["metrics"].items()}
    print(json.dumps(line))


def say(text: str) -> None:
    """A line of progress."""
    print(text, file=sys.stderr, flush=True)


def _machine() -> dict[str, Any]:
    """The backend, and the kind of device it computes on."""
    import keras

    name = keras.config.backend()
    return {"backend": name, "device": keras.distribution.list_devices()[0]}
