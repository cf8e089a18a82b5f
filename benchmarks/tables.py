"""Measurements and bars as Markdown tables."""

from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.floors import floor_seconds
from benchmarks.measurement import Measurement, ratio
from benchmarks.suite import Bar, Group

_RATES = (
    "case",
    "env",
    "rows",
    "n",
    "wall s",
    "CPU s",
    "rows/CPU-s",
    "peak RSS MiB",
    "floor s",
    "CPU / floor",
    "first faster, CPU",
    "wall",
)
_LATENCIES = (
    "case",
    "env",
    "n",
    "p50 µs",
    "p99 µs",
    "CPU µs",
    "load s",
    "first call s",
    "peak RSS MiB",
    "first faster, p50",
)


def group_table(
    group: Group,
    found: Mapping[str, Measurement],
    bandwidths: Mapping[str, float],
) -> str:
    """The table of a group, and what was skipped."""
    measured = [found[case.name] for case in group.cases]
    ours = found[group.ours]
    latency = group.cases[0].mode == "latency"
    heads = _LATENCIES if latency else _RATES
    rows = [
        _latencies(one, ours) if latency else _rates(one, ours, bandwidths)
        for one in measured
        if one.skipped is None
    ]
    skipped = [
        f"- skipped: {one.name}: {one.skipped}"
        for one in measured
        if one.skipped is not None
    ]
    parts = [f"### {group.title}", markdown(heads, rows) if rows else ""]
    return "\n\n".join([part for part in [*parts, "\n".join(skipped)] if part])


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; the first two columns are text, the others numbers."""
    rule = ["---" if index < 2 else "---:" for index in range(len(heads))]
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, rule, *rows])


def _rates(
    one: Measurement, ours: Measurement, bandwidths: Mapping[str, float]
) -> list[str]:
    floor = floor_seconds(one.needs, bandwidths)
    cpu = median(one.series["cpu"])
    return [
        one.name,
        one.environment,
        f"{one.rows:,}",
        str(len(one.series["wall"])),
        spread(one.series["wall"]),
        spread(one.series["cpu"]),
        number(one.rows / cpu) if cpu else "",
        number(median(one.peak_rss) / 2**20),
        number(floor),
        number(cpu / floor if floor else None),
        _times(one, ours, "cpu"),
        _times(one, ours, "wall"),
    ]


def _latencies(one: Measurement, ours: Measurement) -> list[str]:
    series = one.series
    return [
        one.name,
        one.environment,
        str(len(series["p50"])),
        spread(series["p50"], 1e6),
        spread(series["p99"], 1e6),
        spread(series["cpu"], 1e6),
        spread(series.get("load", ())),
        spread(series["first"]),
        number(median(one.peak_rss) / 2**20),
        _times(one, ours, "p50"),
    ]


def _times(one: Measurement, ours: Measurement, quantity: str) -> str:
    """How many times faster ours is than one case; empty for ours itself."""
    found = None if one is ours else ratio(one, ours, quantity)
    return "" if found is None else f"{number(found)}×"


def bars_table(bars: Sequence[Bar], found: Mapping[str, Measurement]) -> str:
    """Each bar, what was measured, and whether it is met."""
    rows = [_bar(bar, found) for bar in bars]
    return markdown(["bar", "quantity", "wanted", "measured", "verdict"], rows)


def measured_ratio(bar: Bar, found: Mapping[str, Measurement]) -> float | None:
    """The ratio, or the quantity itself, that a bar judges."""
    ours = found.get(bar.ours)
    if bar.peer is None:
        return None if ours is None else ours.quantity(bar.quantity)
    peer = found.get(bar.peer)
    faster = bar.at_least is not None
    return ratio(peer if faster else ours, ours if faster else peer, bar.quantity)


def verdict(bar: Bar, value: float | None) -> str:
    """Met, not met, or not measured."""
    if value is None:
        return "not measured"
    if bar.at_least is not None:
        return "met" if value >= bar.at_least else "not met"
    return "met" if bar.at_most is not None and value <= bar.at_most else "not met"


_QUANTITIES = {
    "cpu": "CPU-seconds per row",
    "wall": "seconds per row",
    "p50": "median latency",
    "load": "seconds",
    "peak_rss": "peak RSS",
}


def _bar(bar: Bar, found: Mapping[str, Measurement]) -> list[str]:
    value = measured_ratio(bar, found)
    unit = " s" if bar.peer is None else "×"
    wanted = (
        f"≥ {bar.at_least:g}×"
        if bar.at_least is not None
        else f"≤ {bar.at_most:g}{unit}"
    )
    measured = "" if value is None else f"{number(value)}{unit}"
    return [bar.text, _QUANTITIES[bar.quantity], wanted, measured, verdict(bar, value)]


def spread(values: Sequence[float], scale: float = 1.0) -> str:
    """The median, and the smallest and largest value.

    >>> spread([3.0, 1.0, 2.0])
    '2 (1–3)'
    """
    if not values:
        return ""
    middle = number(median(values) * scale)
    if len(values) == 1:
        return middle
    return f"{middle} ({number(min(values) * scale)}–{number(max(values) * scale)})"


def number(value: float | None) -> str:
    """Three digits, with separators from a thousand on.

    >>> number(0.01234), number(12.34), number(123456.0)
    ('0.0123', '12.3', '123,456')
    """
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
