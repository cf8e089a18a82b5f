"""What a suite is: groups of cases that do the same work, and the bars."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Environment: TypeAlias = Literal["project", "tft"]
Mode: TypeAlias = Literal["prepare", "repeat", "process", "latency"]
Quantity: TypeAlias = Literal["cpu", "wall", "p50", "load", "peak_rss"]


@dataclass(frozen=True, slots=True)
class Case:
    """One measured way to do something.

    Args:
        name: Unique within the suite.
        function: In `benchmarks.cases`, as "module:function".
        environment: Where it runs.
        mode: See `benchmarks.worker`.
        repetitions: Timed repetitions of each process.
        processes: Fresh processes, one after another.
        rows: A number of its own, or that of the suite.
        at_most: Fewer rows than the suite, for slow peers; rates are per row.
        calls: Of each repetition, for latencies.
        options: Further arguments of the function.
    """

    name: str
    function: str
    environment: Environment = "project"
    mode: Mode = "repeat"
    repetitions: int = 5
    processes: int = 1
    rows: int | None = None
    at_most: int | None = None
    calls: int = 500
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Cases that do the same work.

    Args:
        title: What they do.
        ours: The name of the case that ratios compare with the others.
        cases: In the order of the table.
        large: Run on demand only, as it takes long.
    """

    title: str
    ours: str
    cases: tuple[Case, ...]
    large: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """What featurekit has to reach.

    Args:
        text: What is compared.
        ours: The name of a case.
        peer: The name of another; None compares with a number in the quantity's unit.
        quantity: "cpu" and "wall" are seconds per row, "p50" and "load" seconds,
            "peak_rss" bytes.
        at_least: The peer's quantity divided by ours has to be at least this.
        at_most: Ours divided by the peer's has to be at most this.
    """

    text: str
    ours: str
    peer: str | None
    quantity: Quantity
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """One table of the report.

    Args:
        name: As on the command line.
        title: Of the section.
        about: What a reader has to know.
        rows: How many by default.
        groups: The measured work.
        bars: What has to be reached.
    """

    name: str
    title: str
    about: str
    rows: int
    groups: tuple[Group, ...]
    bars: tuple[Bar, ...] = ()
