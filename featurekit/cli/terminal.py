"""Where output goes: results to stdout, progress and errors to stderr."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from featurekit.cli.formats import plain, visible

ReportProgress = Callable[[int, int, int], None]


def console(*, stderr: bool = False) -> Console:
    """A console that takes text as it is: data is no markup."""
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False)


class Terminal:
    """Where one command writes.

    Args:
        json: Write one JSON value to stdout, and nothing else there.
    """

    def __init__(self, *, json: bool = False) -> None:
        self.json = json
        self.out = console()
        self.err = console(stderr=True)

    def write_json(self, found: Mapping[str, Any]) -> None:
        """One JSON value; only ASCII where stdout is not UTF-8."""
        text = json.dumps(plain(found), ensure_ascii=False, indent=2, allow_nan=False)
        try:
            text.encode(sys.stdout.encoding or "ascii")
        except UnicodeEncodeError:
            text = json.dumps(plain(found), indent=2, allow_nan=False)
        sys.stdout.write(text + "\n")

    def line(self, text: str = "", style: str | None = None) -> None:
        """One line of the result."""
        self.out.print(text, style=style, soft_wrap=True)

    def facts(self, found: Mapping[str, str]) -> None:
        """Names and values, one per line; empty values are left out."""
        print_facts(self.out, {name: text for name, text in found.items() if text})

    def show(self, grid: "Grid") -> None:
        """A table of the result."""
        self.out.print(grid.table)

    @contextmanager
    def progress(self, what: str, rows: str = "rows") -> Iterator[ReportProgress]:
        """A bar on stderr, if that is a terminal; yields the library's callback.

        Args:
            what: What is being done.
            rows: What the third number of the callback counts.
        """
        if not self.err.is_terminal:
            yield lambda done, total, count: None
            return
        # Imported here: half of the commands never draw a bar.
        from rich import progress as bars

        shown = bars.Progress(
            bars.TextColumn("{task.description}"),
            bars.BarColumn(),
            bars.TextColumn("{task.fields[note]}"),
            bars.TimeElapsedColumn(),
            console=self.err,
            transient=True,
        )
        with shown:
            # Until the first report a bar without length moves.
            task = shown.add_task(what, total=None, note="")

            def report(done: int, total: int, count: int) -> None:
                note = f"{done}/{total} parts, {count:,} {rows}"
                shown.update(task, completed=done, total=total, note=note)

            yield report


def print_facts(target: Console, found: Mapping[str, str], indent: str = "") -> None:
    """Names and values, one per line, never broken: a path can be copied."""
    width = max(map(len, found), default=0)
    for name, text in found.items():
        line = Text(f"{indent}{name:{width}}  ", style="dim")
        line.append(visible(text), style="default not dim")
        target.print(line, soft_wrap=True)


class Grid:
    """A table of one line per row: cells of flexible columns are cut to fit.

    Args:
        *columns: The headings.
        right: Those of numbers.
        flexible: Those that give way where the terminal is narrow.
    """

    def __init__(
        self,
        *columns: str,
        right: Sequence[str] = (),
        flexible: Sequence[str] = (),
    ) -> None:
        self.table = Table(
            box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), header_style="bold"
        )
        for name in columns:
            self.table.add_column(
                name,
                justify="right" if name in right else "left",
                # Rich narrows the columns that may wrap; their cells do not.
                no_wrap=name not in flexible,
                overflow="ellipsis",
            )

    def add(self, *cells: str, style: str | None = None) -> None:
        """Adds a row."""
        shown = [
            Text(visible(cell), no_wrap=True, overflow="ellipsis") for cell in cells
        ]
        self.table.add_row(*shown, style=style)
