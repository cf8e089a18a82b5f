"""The table of capabilities: complete, and no row without a test that passes."""

from collections import Counter

from checks.capabilities import CAPABILITIES
from checks.features import table


def test_there_are_120_rows() -> None:
    assert list(CAPABILITIES) == [*range(1, 121)]
    counts = Counter(row.priority for row in CAPABILITIES.values())
    assert counts == {"P0": 81, "P1": 30, "P2": 9}


def test_a_row_needs_a_test_that_passes_and_none_that_fails() -> None:
    tests = {
        1: {"t.py::a[x]": "passed", "t.py::a[y]": "passed", "t.py::b": "passed"},
        2: {"t.py::a[x]": "passed", "t.py::c": "failed"},
        3: {"t.py::d": "skipped"},
        4: {"t.py::e": "not run", "t.py::b": "passed"},
        5: {"t.py::b": "passed", "t.py::d": "skipped"},
    }
    lines = table(tests)
    end = lines.index("")
    assert lines[:end] == [
        f"  1 P0 {CAPABILITIES[1].words}",
        "       t.py::a (2 cases)",
        "       t.py::b",
        f"  5 P1 {CAPABILITIES[5].words}",
        "       t.py::b",
    ]
    assert lines[end + 1] == "80 of 81 capabilities of P0 are unproved:"
    assert [int(line[:3]) for line in lines[end + 2 : -1]][:4] == [2, 3, 4, 6]
    assert lines[-1] == "2 of 120 capabilities are proved"
