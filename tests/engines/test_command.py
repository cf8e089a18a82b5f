"""What `python -m benchmarks.engines` compares and prints."""

from pathlib import Path

import pytest
from engines.jobs_of_trips import Expected

from benchmarks.engines import __main__ as command
from benchmarks.engines import table
from benchmarks.engines.cache import Missing
from benchmarks.engines.engines import ENGINES, Engine, Running, without_server
from benchmarks.engines.graph import sizes
from benchmarks.engines.measure import Result

pytestmark = [pytest.mark.beam, pytest.mark.engines]


def absent(logs: Path) -> Running:
    raise Missing("not here")


def test_what_differs_fails_or_is_missing_is_told(
    expected: Expected, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "BUILD", tmp_path / "build")
    other_bytes = without_server("--runner=FnApiRunner", "--rows-per-task=1000")
    engines = [
        Engine("absent", 1, absent),  # type: ignore[arg-type]
        Engine("fails", 1, without_server("--runner=NoSuchRunner")),
        Engine("differs", 1, other_bytes),
    ]
    found: dict[str, Result] = {}
    lines: list[str] = []

    def show(one: Result, reference: Result) -> None:
        found[one.engine] = one
        lines.append(table.row(one, reference))

    assert not command.compare(engines, expected.job, tmp_path / "all", show)
    assert found["local"].digest == expected.digest
    assert "skipped: not here" in lines[1]
    assert "FAILED" in lines[2]
    assert "NoSuchRunner" in found["fails"].reason
    assert found["differs"].rows == 4000
    assert lines[3].endswith(" NO")
    kept = {path.name for path in (tmp_path / "build" / "engines").iterdir()}
    assert kept == {"fails", "differs"}
    # What cannot be had is no failure.
    assert command.compare(engines[:1], expected.job, tmp_path / "one", show)


def test_the_engines_of_the_command_line() -> None:
    names = [one.name for one in command.choose(None, restarts=False)]
    assert names == [one.name for one in ENGINES if one.name != "local"]
    assert [one.name for one in command.choose("dask,prism", restarts=True)] == ["dask"]
    with pytest.raises(SystemExit, match="no such engine: fink"):
        command.choose("dask,fink", restarts=False)


def test_the_graph_does_not_grow_with_the_features() -> None:
    """Only the functions do, by what they hold: the spec and its statistics."""
    found = sizes()
    for job, holders in (("analyze", 7), ("convert", 3)):
        few, *more = [one for one in found if one.job == job]
        for many in more:
            assert many.transforms == few.transforms
            graph = [one.bytes - one.payload for one in (few, many)]
            assert abs(graph[1] - graph[0]) < 50  # the lengths of longer payloads
            # Each holds it compressed; a combine counts three times.
            assert many.payload - few.payload < holders * many.job_bytes
        assert few.transforms < 25
