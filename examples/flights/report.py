"""What the demo prints: a line while a stage works, and a table of all of them."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from featurekit.io.infer import InferredColumn

OnStep = Callable[..., None]
"""Called with steps done, steps in all, and anything worth showing."""


@dataclass(slots=True)
class Stage:
    """What one stage did; numbers that it does not have are None."""

    name: str
    rows_in: int | None = None
    rows_out: int | None = None
    rejected: int | None = None
    seconds: float = 0.0
    bytes: int | None = None
    note: str = ""


class Stages:
    """Runs the stages one after the other, and remembers them."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self.done: list[Stage] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[tuple[Stage, OnStep]]:
        """Shows a bar while the body works, and a line when it is done."""
        stage = Stage(name)
        started = time.perf_counter()
        bar = Progress(
            TextColumn("{task.description:28}"),
            BarColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
        )
        with bar:
            shown = bar.add_task(name, total=None, note="")

            def step(done: int, total: int, note: object = "") -> None:
                text = f"{note:,}" if isinstance(note, int) else f"{note}"
                bar.update(shown, completed=done, total=total, note=text)

            yield stage, step
        stage.seconds = round(time.perf_counter() - started, 2)
        self.done.append(stage)
        done = f"[green]done[/] {name:28} {stage.seconds:6.1f} s  "
        self.console.print(done + escape(stage.note), soft_wrap=True)

    def table(self) -> Table:
        """All stages, one per row."""
        table = Table(title="Stages", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        table.add_column("stage", no_wrap=True)
        for name in ("rows in", "out", "rejected", "seconds", "bytes"):
            table.add_column(name, justify="right", no_wrap=True)
        for one in self.done:
            numbers = (one.rows_in, one.rows_out, one.rejected)
            counts = ["" if n is None else f"{n:,}" for n in numbers]
            size = "" if one.bytes is None else f"{one.bytes:,}"
            table.add_row(one.name, *counts, f"{one.seconds:.1f}", size)
        total = sum(one.seconds for one in self.done)
        table.add_section()
        table.add_row("all", "", "", "", f"{total:.1f}", "")
        return table

    def as_dicts(self) -> list[dict[str, Any]]:
        """All stages, for JSON."""
        return [asdict(one) for one in self.done]


def schema_table(columns: list[InferredColumn]) -> Table:
    """What was inferred, one column per row."""
    table = Table(title="Schema, as inferred")
    for name in ("column", "source", "declare as", "missing", "distinct", "range"):
        table.add_column(name, justify="left" if name != "missing" else "right")
    for one in columns:
        found = f"{one.minimum} to {one.maximum}" if one.minimum is not None else ""
        more = "+" if one.distinct_capped else ""
        table.add_row(
            one.name,
            one.source_type,
            str(one.dtype),
            f"{one.nulls / one.rows:.1%}",
            f"{one.distinct:,}{more}",
            found,
        )
    return table


def auc_table(scores: Mapping[str, tuple[float | None, float]]) -> Table:
    """Area under the ROC curve of each model, on validation and test."""
    table = Table(title="Area under the ROC curve")
    table.add_column("model")
    table.add_column("October", justify="right")
    table.add_column("November-December", justify="right")
    for name, (validation, test) in scores.items():
        october = "" if validation is None else f"{validation:.4f}"
        table.add_row(name, october, f"{test:.4f}")
    return table
