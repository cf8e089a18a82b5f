"""Runs commands in this process, on small files."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from typer.testing import CliRunner

import featurekit as fk
from featurekit.cli.commands import app


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json["error"]
        return found


def run(*arguments: object) -> Ran:
    """Runs `featurekit` with the arguments, 100 characters wide."""
    runner = CliRunner(env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"})
    done = runner.invoke(app, [str(one) for one in arguments])
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.exit_code, done.stdout, done.stderr)


def write_spec(folder: Path, features: str, **others: str) -> Path:
    """A Python file with a spec of these features."""
    more = "".join(f", {name}={text}" for name, text in others.items())
    file = folder / "spec.py"
    file.write_text(
        f"import featurekit as fk\n\nspec = fk.FeatureSpec({{{features}}}{more})\n",
        encoding="utf-8",
    )
    return file


def write_parquet(folder: Path, columns: Any, name: str = "rows.parquet") -> Path:
    file = folder / name
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    pq.write_table(table, file, write_page_checksum=True)
    return file


def empty_stats(folder: Path) -> Path:
    """Statistics for specs that learn nothing."""
    file = folder / "stats.json"
    fk.Stats({}).save(file)
    return file
