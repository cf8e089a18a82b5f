"""What was measured of a case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True)
class Measurement:
    """The numbers of one case.

    Args:
        name: The case's.
        environment: Where it ran.
        rows: Rows of one repetition; 0 if it was skipped.
        series: Seconds, one of each repetition: wall, cpu, p50, load and others.
        peak_rss: Bytes, one of each process.
        needs: Bytes that have to move, by resource.
        skipped: Why it was not measured.
    """

    name: str
    environment: str
    rows: int = 0
    series: Mapping[str, Sequence[float]] = field(default_factory=dict)
    peak_rss: Sequence[int] = ()
    needs: Mapping[str, int] = field(default_factory=dict)
    skipped: str | None = None

    def quantity(self, name: str) -> float | None:
        """The median of a quantity of `benchmarks.suite.Bar`; None if not measured."""
        if name == "peak_rss":
            return float(median(self.peak_rss)) if self.peak_rss else None
        values = self.series.get(name)
        if not values:
            return None
        per_row = name in ("cpu", "wall") and self.rows
        return median(values) / (self.rows if per_row else 1)


def ratio(
    above: Measurement | None, below: Measurement | None, quantity: str
) -> float | None:
    """One quantity of two cases, divided; None where one is not measured."""
    if above is None or below is None:
        return None
    dividend, divisor = above.quantity(quantity), below.quantity(quantity)
    return dividend / divisor if dividend is not None and divisor else None
