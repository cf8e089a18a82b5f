"""Plots of what the GPU benchmarks printed.

    python benchmarks/gpu/plot.py

Reads `benchmarks/gpu/results.jsonl`, their lines with the name of the run added, and
writes two images beside it.
"""

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

FOLDER = Path(__file__).parent
NAMES = {"cudnn": "softmax (cuDNN)", "linear": "linear", "mixed_chunk": "mixed chunks"}


def lines(run: str) -> list[dict[str, Any]]:
    """The lines of one run."""
    text = (FOLDER / "results.jsonl").read_text()
    found: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
    return [line for line in found if line["run"] == run]


def plot_lengths(path: Path) -> None:
    """Tokens per second of causal attention, by the length of the text."""
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    points = [line for line in lines("length") if line["level"] == "attention"]
    for kind, name in NAMES.items():
        own = [line for line in points if line["kind"] == kind]
        rate = [x["length"] * x["batch"] / x["ms"] / 1e3 for x in own]
        axes.plot([x["length"] for x in own], rate, marker="o", label=name)
    axes.set(xscale="log", yscale="log", xlabel="tokens per text")
    axes.set_xscale("log", base=2)
    axes.set(ylabel="million tokens per second", title="Forwards and backwards, H100")
    axes.legend()
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def plot_experts(path: Path) -> None:
    """Time of a training step by the number of experts."""
    figure, axes = plt.subplots(figsize=(5, 3.6), layout="constrained")
    points = [line for line in lines("experts") if line["tokens"] == 65536]
    names = ["dense" if x["model"] == "dense" else str(x["experts"]) for x in points]
    bars = axes.bar(names, [x["ms"] for x in points])
    axes.bar_label(bars, fmt="%.1f")
    axes.set(xlabel="experts, one for each token", ylabel="ms per step")
    axes.set(title="Encoder of 6 blocks, 65,536 tokens, H100")
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    plot_lengths(FOLDER / "attention_length.png")
    plot_experts(FOLDER / "experts_step.png")
