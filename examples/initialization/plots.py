"""The figures of the study as an image."""

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

from examples.command import say

Curves = Mapping[str, Sequence[float]]


def draw(path: Path, panels: Mapping[str, tuple[Curves, str, bool]]) -> None:
    """Writes panels side by side, if matplotlib is installed.

    Args:
        path: Of the PNG.
        panels: By title the curves by name, what their places count, and whether the
            values are on a logarithmic scale.
    """
    if importlib.util.find_spec("matplotlib") is None:
        say("no plots: matplotlib is not installed")
        return
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, len(panels), figsize=(4 * len(panels), 3.2))
    for axis, (title, (curves, counted, logarithmic)) in zip(
        axes, panels.items(), strict=True
    ):
        for name, values in curves.items():
            axis.plot(range(1, len(values) + 1), values, label=name, linewidth=1.2)
        axis.set_title(title, fontsize=9)
        axis.set_xlabel(counted, fontsize=8)
        axis.tick_params(labelsize=7)
        axis.legend(fontsize=7)
        if logarithmic:
            axis.set_yscale("log")
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    plt.close(figure)
    say(f"wrote {path}")
