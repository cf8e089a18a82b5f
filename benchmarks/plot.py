"""One SVG for each suite: a bar for each case."""

from collections.abc import Mapping
from pathlib import Path
from statistics import median

from benchmarks.measurement import Measurement
from benchmarks.suite import Group, Suite

OURS, PEER = "#1f6f8b", "#c9a66b"


def draw(suite: Suite, found: Mapping[str, Measurement], path: Path) -> bool:
    """Writes the plot; False, and a message, if matplotlib is not installed."""
    groups = [group for group in suite.groups if _measured(group, found)]
    try:
        import matplotlib
    except ImportError:
        print("no plots: matplotlib is not installed (uv sync --group bench)")
        return False
    if not groups:
        return False
    matplotlib.use("svg")
    # The same measurements give the same bytes.
    matplotlib.rcParams["svg.hashsalt"] = suite.name
    from matplotlib import pyplot

    counts = [len(_measured(group, found)) for group in groups]
    figure, axes = pyplot.subplots(
        len(groups),
        squeeze=False,
        figsize=(9, 0.9 * len(groups) + 0.35 * sum(counts)),
        height_ratios=counts,
        layout="constrained",
    )
    for group, axis in zip(groups, axes[:, 0], strict=True):
        _bars(group, found, axis)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return True


def _measured(group: Group, found: Mapping[str, Measurement]) -> list[Measurement]:
    cases = [found.get(case.name) for case in group.cases]
    return [one for one in cases if one is not None and one.skipped is None]


def _bars(group: Group, found: Mapping[str, Measurement], axis: object) -> None:
    """Rows per CPU-second, or latencies, on a logarithmic scale."""
    measured = _measured(group, found)
    latency = group.cases[0].mode == "latency"
    values = [
        median(one.series["p50"]) * 1e6
        if latency
        else one.rows / max(median(one.series["cpu"]), 1e-9)
        for one in measured
    ]
    names = [one.name for one in measured]
    colors = [OURS if name.startswith("featurekit") else PEER for name in names]
    bars = axis.barh(names, values, color=colors)
    axis.bar_label(bars, [f"{value:,.0f}" for value in values], padding=3, fontsize=8)
    axis.invert_yaxis()
    axis.set_xscale("log")
    axis.margins(x=0.15)
    axis.tick_params(labelsize=8)
    unit = "median latency, µs: less is better" if latency else "rows per CPU-second"
    axis.set_title(f"{group.title} ({unit})", fontsize=9, loc="left")
    axis.spines[["top", "right"]].set_visible(False)
