"""Which capabilities are proved, and by which tests?

    python -m checks.features

Runs all tests that are marked with `@pytest.mark.proves(number, ...)` and prints a row
for each capability all of whose tests pass; then the unproved ones of priority P0, with
their count. Exits with 1 if a marked test fails.
"""

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pytest

from checks.capabilities import CAPABILITIES


@dataclass(eq=False)
class Proofs:
    """A plugin of pytest: what became of the tests of each capability.

    Args:
        numbers: The capabilities that a test proves, by the test's id.
        outcomes: What became of the test: passed, failed or skipped.
    """

    numbers: dict[str, tuple[int, ...]] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Notes what each test proves."""
        for item in items:
            if found := proved_by(item):
                self.numbers[item.nodeid] = found

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes what became of a test; its body and what surrounds it both count."""
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.nodeid] = report.outcome

    def tests(self) -> dict[int, dict[str, str]]:
        """The outcome of each test of each capability."""
        found: dict[int, dict[str, str]] = {}
        for test, numbers in self.numbers.items():
            for number in numbers:
                found.setdefault(number, {})[test] = self.outcomes.get(test, "not run")
        return found


def proved_by(item: pytest.Item) -> tuple[int, ...]:
    """The capabilities that a test proves.

    Raises:
        pytest.UsageError: There is no capability of a number.
    """
    found = [number for mark in item.iter_markers("proves") for number in mark.args]
    for number in found:
        if number not in CAPABILITIES:
            raise pytest.UsageError(f"{item.nodeid} proves {number!r}: no such row")
    return tuple(dict.fromkeys(found))


def table(tests: Mapping[int, Mapping[str, str]]) -> list[str]:
    """The lines of the table: rows that are proved, then those of P0 that are not."""
    proved = {
        number: found
        for number, found in sorted(tests.items())
        if "passed" in found.values() and set(found.values()) <= {"passed", "skipped"}
    }
    lines = []
    for number, found in proved.items():
        words, priority = CAPABILITIES[number]
        passed = [test for test, outcome in found.items() if outcome == "passed"]
        lines.append(f"{number:>3} {priority} {words}")
        lines += [f"       {line}" for line in _functions(passed)]
    open_rows = [n for n, row in CAPABILITIES.items() if row.priority == "P0"]
    unproved = [number for number in open_rows if number not in proved]
    lines.append("")
    lines.append(
        f"{len(unproved)} of {len(open_rows)} capabilities of P0 are unproved:"
    )
    lines += [f"{number:>3} {CAPABILITIES[number].words}" for number in unproved]
    lines.append(f"{len(proved)} of {len(CAPABILITIES)} capabilities are proved")
    return lines


def _functions(tests: Iterable[str]) -> list[str]:
    """The tests, with the cases of one function counted."""
    counts: dict[str, int] = {}
    for test in tests:
        name = test.partition("[")[0]
        counts[name] = counts.get(name, 0) + 1
    return [f"{name} ({n} cases)" if n > 1 else name for name, n in counts.items()]


def main() -> int:
    """Runs the marked tests and prints the table."""
    parser = argparse.ArgumentParser(
        prog="python -m checks.features",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args()
    proofs = Proofs()
    code = pytest.main(["-q", "-m", "proves and not slow", "tests"], plugins=[proofs])
    print("\n".join(table(proofs.tests())))
    return int(code)


if __name__ == "__main__":
    raise SystemExit(main())
