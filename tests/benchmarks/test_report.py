"""The report: ratios, bars, floors, and sections that are replaced."""

from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.floors import floor_seconds
from benchmarks.measurement import Measurement, ratio
from benchmarks.plot import draw
from benchmarks.suite import Bar, Case, Group, Suite
from benchmarks.tables import bars_table, group_table, measured_ratio, verdict

OURS = Measurement(
    "ours",
    "project",
    rows=100,
    series={"wall": [1.0, 3.0, 2.0], "cpu": [1.0, 1.0, 4.0], "load": [0.2]},
    peak_rss=[100 * 2**20],
    needs={"memcpy": 50},
)
# Fewer rows: rates are compared per row.
PEER = Measurement(
    "peer",
    "tft",
    rows=10,
    series={"wall": [2.0], "cpu": [3.0]},
    peak_rss=[400 * 2**20],
)
GONE = Measurement("gone", "tft", skipped="not here")
FOUND = {one.name: one for one in (OURS, PEER, GONE)}
GROUP = Group("Work", "ours", tuple(Case(name, "module:function") for name in FOUND))


def test_ratios_are_of_medians_per_row() -> None:
    assert ratio(PEER, OURS, "cpu") == pytest.approx(0.3 / 0.01)
    assert ratio(OURS, PEER, "peak_rss") == 0.25
    assert ratio(PEER, GONE, "cpu") is None
    assert ratio(PEER, OURS, "load") is None


@pytest.mark.parametrize(
    ("bar", "value", "judged"),
    [
        (Bar("", "ours", "peer", "cpu", 30), 30.0, "met"),
        (Bar("", "ours", "peer", "cpu", 31), 30.0, "not met"),
        (Bar("", "ours", "peer", "peak_rss", at_most=0.25), 0.25, "met"),
        (Bar("", "ours", "peer", "peak_rss", at_most=0.2), 0.25, "not met"),
        (Bar("", "ours", None, "load", at_most=0.3), 0.2, "met"),
        (Bar("", "ours", "gone", "cpu", 2), None, "not measured"),
        (Bar("", "absent", None, "load", at_most=1), None, "not measured"),
    ],
)
def test_bars(bar: Bar, value: float | None, judged: str) -> None:
    found = measured_ratio(bar, FOUND)
    assert found == (value if value is None else pytest.approx(value))
    assert verdict(bar, value) == judged
    assert judged in bars_table([bar], FOUND)


def test_a_floor_needs_all_bandwidths() -> None:
    assert floor_seconds({"memcpy": 8, "write": 2}, {"memcpy": 4.0, "write": 1.0}) == 4
    assert floor_seconds({"memcpy": 8, "write": 2}, {"memcpy": 4.0}) is None
    assert floor_seconds({}, {"memcpy": 4.0}) is None


def test_a_table_has_ratios_floors_and_what_was_skipped() -> None:
    table = group_table(GROUP, FOUND, {"memcpy": 100.0})
    lines = table.splitlines()
    assert (
        "| ours | project | 100 | 3 | 2 (1–3) | 1 (1–4) | 100 | 100 | 0.5 | 2 |  |  |"
        in lines
    )
    assert "| peer | tft | 10 | 1 | 2 | 3 | 3.33 | 400 |  |  | 30× | 10× |" in lines
    assert lines[-1] == "- skipped: gone: not here"


def test_one_section_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    report.update(path, {"b": "old b", "a": "old a"}, ["a", "b"])
    report.update(path, {"b": "new b"}, ["a", "b"])
    text = path.read_text()
    assert text.startswith(report.HEAD)
    assert text.index("old a") < text.index("new b")
    assert "old b" not in text
    report.update(path, {}, ["a", "b"])
    assert path.read_text() == text


def test_a_plot_is_the_same_each_time(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    suite = Suite("work", "Work", "", 100, (GROUP,))
    first, second = tmp_path / "a.svg", tmp_path / "b.svg"
    assert draw(suite, FOUND, first)
    assert draw(suite, FOUND, second)
    assert first.read_bytes() == second.read_bytes()
    assert b"<svg" in first.read_bytes()
