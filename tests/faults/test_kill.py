"""Conversions that are killed with SIGKILL at random moments."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from jobs.trips import SPEC, trips, write

import featurekit as fk
from checks.job import Job
from checks.killing import (
    Trial,
    Undisturbed,
    attempt,
    draw_positions,
    run_undisturbed,
)
from checks.processes import Target
from featurekit.spec.serialize import spec_to_proto

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="finds the processes in /proc"
)
TASKS = 12
CASES: list[tuple[int, Target]] = [
    (2, "parent"),
    (1, "group"),
    (2, "worker"),
    (2, "group"),
    (1, "parent"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kill")


@pytest.fixture(scope="module")
def job(folder: Path) -> Job:
    source = write(folder / "source", trips(1200 * TASKS), files=1, group=1200)
    (folder / "spec.pb").write_bytes(spec_to_proto(SPEC))
    fk.analyze(SPEC, source).save(folder / "stats.pb")
    return Job(folder / "spec.pb", folder / "stats.pb", source, rows_per_task=1200)


@pytest.fixture(scope="module")
def new(job: Job, folder: Path) -> dict[int, Undisturbed]:
    found = {
        workers: run_undisturbed(replace(job, workers=workers), folder / f"{workers}")
        for workers in (1, 2)
    }
    assert found[1].content == found[2].content
    assert len(found[1].pauses) == TASKS + 1
    return found


@pytest.fixture(scope="module")
def old(job: Job, folder: Path) -> Undisturbed:
    return run_undisturbed(replace(job, rows_per_task=4800), folder / "old")


def check(
    trial: Trial, new: dict[int, Undisturbed], old_folder: Path, output: Path
) -> None:
    if trial.old is not None:
        shutil.copytree(old_folder, output)
    outcome = attempt(trial, new[trial.job.workers], output)
    assert outcome.problems == (), (trial.target, trial.position, outcome)


@pytest.mark.proves(100)
@pytest.mark.parametrize("index", range(3))
def test_killed_at_three_moments(
    index: int,
    job: Job,
    new: dict[int, Undisturbed],
    old: Undisturbed,
    folder: Path,
    tmp_path: Path,
) -> None:
    workers, target = CASES[index]
    position = list(draw_positions(3, TASKS, seed=0))[index]
    replaced = old if index % 2 else None
    trial = Trial(replace(job, workers=workers), target, position, replaced)
    check(trial, new, folder / "old", tmp_path / "out")


@pytest.mark.slow
@pytest.mark.parametrize("replaces", [False, True])
@pytest.mark.parametrize(("workers", "target"), CASES)
def test_killed_at_ten_moments(
    workers: int,
    target: Target,
    replaces: bool,
    job: Job,
    new: dict[int, Undisturbed],
    old: Undisturbed,
    folder: Path,
    tmp_path: Path,
) -> None:
    seed = 2 * CASES.index((workers, target)) + replaces
    for index, position in enumerate(draw_positions(10, TASKS, seed)):
        trial = Trial(
            replace(job, workers=workers), target, position, old if replaces else None
        )
        check(trial, new, folder / "old", tmp_path / str(index))
