"""Times of a training step, and of one written byte, for texts of several lengths.

    python -m benchmarks.byte_lm_speed --lengths 128 1024 --contexts 256 4096

Weights and bytes are random: times do not depend on them. Kinds take turns, so that a
machine that is busy for a while is so for all. Prints one line of JSON for each kind.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from examples.byte_lm.train import PRESETS, Preset, make_model
from examples.command import BACKENDS

Runs = dict[str, Callable[[], object]]
ROUNDS = 7
WRITTEN = 64
"""Bytes that are written in one call, by each stream."""


def median_ms(runs: Runs) -> dict[str, float]:
    """Median milliseconds of each, which take turns; the first run compiles."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for round_ in range(ROUNDS + 1):
        for name, once in runs.items():
            start = time.perf_counter()
            once()
            if round_:
                found[name].append(1e3 * (time.perf_counter() - start))
    return {name: statistics.median(times) for name, times in found.items()}


def training(kind: str, preset: Preset, length: int) -> Callable[[], object]:
    """Trains on one batch of as many bytes as a batch of the preset has."""
    rows = max(1, preset.batch * preset.length // length)
    text = np.random.default_rng(0).integers(0, 128, (rows, length + 1))
    model = make_model(kind, replace(preset, length=length))
    return lambda: model.train_on_batch(text[:, :-1], text[:, 1:])


def writing(kind: str, preset: Preset, context: int) -> Callable[[], object]:
    """Writes bytes with room for `context` in the states: those all are computed."""
    from examples.byte_lm.model import Writer

    writer = Writer(make_model(kind, preset), context)
    writer.compile()
    noise = np.zeros((preset.batch, WRITTEN, 256), np.float32)
    given: Any = {"prompt": np.zeros((preset.batch, 1), np.int32), "noise": noise}
    return lambda: writer.predict_on_batch(given)


def main() -> None:
    """Reads the command line and measures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.byte_lm_speed")
    parser.add_argument("--preset", choices=list(PRESETS), default="toy")
    parser.add_argument("--backend", choices=BACKENDS, default="jax")
    parser.add_argument("--lengths", type=int, nargs="*", default=[128, 1024])
    parser.add_argument("--contexts", type=int, nargs="*", default=[256, 4096])
    args = parser.parse_args()
    os.environ["KERAS_BACKEND"] = args.backend
    from examples.byte_lm.model import KINDS

    preset = PRESETS[args.preset]
    lines: dict[str, dict[str, Any]] = {kind: {"kind": kind} for kind in KINDS}
    for length in args.lengths:
        found = median_ms({kind: training(kind, preset, length) for kind in KINDS})
        for kind, ms in found.items():
            lines[kind][f"train_step_{length}_ms"] = round(ms, 2)
    for context in args.contexts:
        found = median_ms({kind: writing(kind, preset, context) for kind in KINDS})
        for kind, ms in found.items():
            lines[kind][f"byte_of_{context}_ms"] = round(ms / WRITTEN, 4)
    for line in lines.values():
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
