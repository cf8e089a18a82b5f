"""Jobs that are killed at each of their phases, and jobs that meet at one output."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from engines.jobs_of_trips import Expected, expect

import featurekit as fk
from benchmarks.engines.cache import Missing
from benchmarks.engines.engines import ENGINES, Running
from benchmarks.engines.job import Job
from benchmarks.engines.processes import end, run
from benchmarks.work import ROOT
from checks.folders import content
from checks.killing import Undisturbed, visible
from featurekit.io.verify import verify

pytestmark = [pytest.mark.beam, pytest.mark.engines]

TASKS = 15
PATIENCE = 120.0


def count(output: Path, pattern: str) -> int:
    return sum(1 for _ in output.glob(pattern))


PHASES: dict[str, Callable[[Path], bool]] = {
    "begun": lambda output: count(output, "*/spec.pb") > 0,
    "writing": lambda output: count(output, "*/*.tfrecord.*.partial") > 0,
    "half": lambda output: count(output, "*/receipts/*.pb") >= TASKS // 2,
    "all written": lambda output: count(output, "*/receipts/*.pb") == TASKS,
    "published": lambda output: (output / "manifest.json").exists(),
}
BY_NAME = {one.name: one for one in ENGINES}
QUICK = [("fn_api", "writing"), ("fn_api", "all written"), ("dask", "half")]
CASES = [
    (engine, phase)
    for engine in ("fn_api", "portable_external", "prism", "dask")
    for phase in PHASES
]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Expected:
    return expect(tmp_path_factory.mktemp("large"), rows=60_000, tasks=TASKS)


def begin(
    job: Job, stats: Path, output: Path, running: Running
) -> subprocess.Popen[str]:
    """A conversion in a process of its own."""
    return subprocess.Popen(
        job.convert(stats, output, *running.options),
        cwd=ROOT,
        env=dict(running.env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def kill_at(phase: str, process: subprocess.Popen[str], output: Path) -> None:
    """Kills the submitting process, with what it has started, not the engine."""
    deadline = time.monotonic() + PATIENCE
    while not PHASES[phase](output):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.0005)
    process.kill()
    end(process)
    process.communicate()


@pytest.mark.parametrize(
    ("engine", "phase"),
    [
        pytest.param(*case, marks=() if case in QUICK else pytest.mark.slow)
        for case in CASES
    ],
)
def test_the_submitting_process_is_killed(
    engine: str, phase: str, large: Expected, tmp_path: Path
) -> None:
    output, job = tmp_path / "dataset", large.job
    new = Undisturbed(
        content(large.dataset), (), fk.load(large.dataset).manifest.run_id
    )
    try:
        with BY_NAME[engine].start(tmp_path) as running:
            kill_at(phase, begin(job, large.stats, output, running), output)
            assert visible(output, new, None) in ("nothing", "new")
            again = job.convert(large.stats, output, *running.options)
            run(again, seconds=PATIENCE, env=running.env)
    except Missing as missing:
        pytest.skip(str(missing))
    assert content(output) == new.content


def run_both(first: Job, second: Job, stats: Path, folder: Path) -> list[str]:
    """Two jobs at one output at once; what those said that failed."""
    with BY_NAME["fn_api"].start(folder) as running:
        jobs = [
            begin(one, stats, folder / "dataset", running) for one in (first, second)
        ]
        said = [process.communicate(timeout=PATIENCE)[0] for process in jobs]
    ended = zip(jobs, said, strict=True)
    return [text for process, text in ended if process.returncode]


def test_the_same_job_twice_at_once(large: Expected, tmp_path: Path) -> None:
    assert run_both(large.job, large.job, large.stats, tmp_path) == []
    assert content(tmp_path / "dataset") == content(large.dataset)


def test_two_jobs_at_one_output(large: Expected, tmp_path: Path) -> None:
    """The second to begin, or else to publish, is refused."""
    other = Job(large.job.spec, large.job.source, 10_000)
    (text,) = run_both(large.job, other, large.stats, tmp_path)
    assert "OUTPUT_EXISTS" in text
    assert verify(tmp_path / "dataset").sound
