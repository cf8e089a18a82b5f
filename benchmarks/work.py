"""What a case is: work that is set up first, and then timed."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
OUTPUTS = "outputs"

Bytes: TypeAlias = Mapping[str, int]
"""Bytes that have to pass through a resource of `benchmarks.floors`, by its name."""


class Skipped(Exception):
    """The case cannot run here; the message says why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a case is told.

    Args:
        rows: How many rows to process.
        folder: The suite's folder; empty when the suite starts.
        options: Further arguments of the case.
    """

    rows: int
    folder: Path
    options: Mapping[str, Any] = field(default_factory=dict)

    def scratch(self, name: str) -> Path:
        """A path of the suite; the folder above it exists."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / name

    def output(self, name: str) -> Path:
        """A path for what is written; the harness removes it after the process."""
        return self.scratch(OUTPUTS) / f"{name}-{os.getpid()}"


@dataclass(frozen=True, slots=True)
class Work:
    """Work that is ready to be timed.

    Args:
        run: What is timed. The result lives until the clock has stopped: the end of a
            tf.data iterator can take as long as the iteration did.
        rows: How many rows one call of `run` processes.
        needs: Bytes that any implementation has to move.
        after: Called after each repetition, outside of the clock.
        warm_up: Runs in place of `run` before the first repetition, if that is long.
        extra: Further numbers, measured during the setup.
    """

    run: Callable[[], object]
    rows: int
    needs: Bytes = field(default_factory=dict)
    after: Callable[[], None] = lambda: None
    warm_up: Callable[[], object] | None = None
    extra: Mapping[str, float] = field(default_factory=dict)
