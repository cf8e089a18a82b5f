"""Kills conversions of the flights at random moments: nothing may be lost or torn.

    python -m checks.kill_convert --times 10

At each moment another process is killed with SIGKILL: the whole job, the process that
was started, or a worker. Then readers must see no dataset, the old one, or the whole
new one; no process may be left; and the same command must finish the work, with the
bytes of a run that nobody killed, and no other file. Exit code 1 if one of it fails.
"""

import argparse
import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from checks.flights import flights_job, other_job
from checks.killing import Outcome, Trial, attempt, draw_positions, run_undisturbed
from checks.processes import Target

CASES: tuple[tuple[int, Target], ...] = (
    (1, "group"),
    (2, "worker"),
    (2, "parent"),
    (1, "parent"),
    (2, "group"),
)
ROW = "{:>6}  {:>7}  {:<6}  {:<6}  {:<20}  {:<8}  {}"


def run(times: int, seed: int, folder: Path) -> bool:
    """Prints a table of all trials; False if anything was wrong."""
    job = flights_job(folder)
    jobs = {workers: replace(job, workers=workers) for workers in (1, 2)}
    new = {n: run_undisturbed(one, folder / f"new{n}") for n, one in jobs.items()}
    old = run_undisturbed(other_job(job), folder / "old")
    sound = new[1].content == new[2].content
    header = ("moment", "workers", "killed", "before", "reached", "visible")
    print(ROW.format(*header, "same bytes after rerun"))
    positions = draw_positions(times, len(new[1].pauses) - 1, seed)
    for index, position in enumerate(positions):
        workers, target = CASES[index % len(CASES)]
        replaced = old if index % 2 else None
        trial = Trial(jobs[workers], target, position, replaced)
        output = folder / f"out{index}"
        if replaced is not None:
            shutil.copytree(folder / "old", output)
        outcome = attempt(trial, new[workers], output)
        shutil.rmtree(output)
        print(_row(trial, outcome), flush=True)
        sound = sound and not outcome.problems
    return sound


def _row(trial: Trial, outcome: Outcome) -> str:
    return ROW.format(
        f"{trial.position:.2f}",
        trial.job.workers,
        trial.target,
        "nothing" if trial.old is None else "old",
        outcome.phase,
        outcome.visible,
        "no: " + "; ".join(outcome.problems) if outcome.problems else "yes",
    )


def main() -> None:
    """Runs the check."""
    parser = argparse.ArgumentParser(
        prog="python -m checks.kill_convert",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        sound = run(given.times, given.seed, Path(folder))
    print("a moment is the number of tasks done, and the part of the next one that is")
    raise SystemExit(not sound)


if __name__ == "__main__":
    main()
