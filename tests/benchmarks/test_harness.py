"""The harness of the benchmarks on tiny rows: it measures, skips, and fails aloud."""

import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.harness import Harness
from benchmarks.suite import Case
from benchmarks.suites import SUITES

ROWS = 300


@pytest.fixture
def harness(tmp_path: Path) -> Harness:
    return Harness({"project": sys.executable}, tmp_path / "suite", quick=True)


def test_a_case_is_measured_in_its_own_process(harness: Harness) -> None:
    case = Case("decode", "codec_featurekit:decode")
    found = harness.measure(case, ROWS)
    assert found.skipped is None
    assert found.rows == ROWS
    assert found.needs["crc32c"] > 300 * ROWS
    assert len(found.series["wall"]) == len(found.series["cpu"]) == 1
    assert found.series["wall"][0] > 0
    assert found.peak_rss[0] > 2**20
    assert {"python", "numpy", "pyarrow"} <= harness.versions["project"].keys()


def test_a_whole_process_is_measured(harness: Harness) -> None:
    case = Case("whole", "transform_featurekit:whole", mode="process", processes=2)
    found = harness.measure(case, ROWS)
    assert found.skipped is None
    # The start of the interpreter is part of it.
    assert found.series["wall"][0] > 0.1
    assert found.series["cpu"][0] > 0.1
    assert found.needs["write"] > 0
    assert not (harness.folder / "outputs").exists()


def test_a_missing_environment_skips(harness: Harness) -> None:
    found = harness.measure(Case("peer", "codec_tfx_bsl:encode", "tft"), ROWS)
    assert found.skipped == "the environment 'tft' is not installed"


def test_a_failure_is_reported(harness: Harness) -> None:
    found = harness.measure(Case("none", "codec_featurekit:nothing"), ROWS)
    assert found.skipped is not None
    assert found.skipped.startswith("failed: AttributeError")


def test_every_bar_and_reference_names_a_case() -> None:
    for suite in SUITES.values():
        names = [case.name for group in suite.groups for case in group.cases]
        assert len(set(names)) == len(names)
        named = {bar.ours for bar in suite.bars}
        named |= {bar.peer for bar in suite.bars if bar.peer is not None}
        assert named | {group.ours for group in suite.groups} <= set(names)
        for bar in suite.bars:
            assert (bar.at_least is None) != (bar.at_most is None)


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_runs_without_the_second_environment(
    suite: str, tmp_path: Path
) -> None:
    report = tmp_path / "RESULTS.md"
    arguments = [suite, "--quick", "--rows=300", "--without-tft", f"--output={report}"]
    assert main(arguments) == 0
    text = report.read_text()
    assert f"`python -m benchmarks {suite} --rows 300 --quick`" in text
    assert (tmp_path / "plots" / f"{suite}.svg").is_file()
