"""Runs cases, each in fresh processes, and collects what they measured."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measurement import Measurement
from benchmarks.suite import Case, Environment
from benchmarks.work import OUTPUTS, ROOT


@dataclass(slots=True)
class Harness:
    """Runs cases.

    Args:
        pythons: The Python of each environment that is there.
        folder: Files of the suite.
        quick: One repetition of everything, to see that it works.
        versions: Filled with the packages of each environment that was used.
    """

    pythons: dict[Environment, str]
    folder: Path
    quick: bool = False
    versions: dict[str, dict[str, str]] = field(default_factory=dict)

    def measure(self, case: Case, rows: int) -> Measurement:
        """All processes of a case; a failing one is reported, and ends the case."""
        if case.environment not in self.pythons:
            reason = f"the environment {case.environment!r} is not installed"
            return Measurement(case.name, case.environment, skipped=reason)
        rows = min(case.rows or rows, rows) if self.quick else case.rows or rows
        rows = min(rows, case.at_most or rows)
        if case.mode != "repeat" or not self.quick:
            # Files and exports are made by another process: this one's memory is free
            # of that, and bytecode and kernels are compiled.
            prepared = self._run(case, rows, "prepare")
            if "skipped" in prepared:
                return self._skipped(case, prepared["skipped"])
        if case.mode == "process":
            self._run(case, min(rows, 1000), "process" if _is_ours(case) else "prepare")
        runs = []
        for _ in range(1 if self.quick else case.processes):
            runs.append(self._run(case, rows, case.mode))
            if "skipped" in runs[-1]:
                return self._skipped(case, runs[-1]["skipped"])
        return _collect(case, runs)

    def _skipped(self, case: Case, reason: str) -> Measurement:
        return Measurement(case.name, case.environment, skipped=reason)

    def _run(self, case: Case, rows: int, mode: str) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            result, log = Path(folder, "result.json"), Path(folder, "log")
            job = {
                "case": case.function,
                "rows": rows,
                "mode": mode,
                "repetitions": 1 if self.quick else case.repetitions,
                "calls": min(case.calls, 50) if self.quick else case.calls,
                "options": dict(case.options),
                "folder": str(self.folder),
                "result": str(result),
            }
            command = [self.pythons[case.environment], "-m", "benchmarks.worker"]
            with log.open("wb") as output:
                times = _timed([*command, json.dumps(job)], output)
            if times["status"] or not result.is_file():
                lines = log.read_text(errors="replace").strip().splitlines()
                last = lines[-1] if lines else f"status {times['status']}"
                return {"skipped": f"failed: {last[:300]}"}
            found: dict[str, Any] = json.loads(result.read_text())
        shutil.rmtree(self.folder / OUTPUTS, ignore_errors=True)
        if "versions" in found:
            self.versions[case.environment] = found["versions"]
        if mode == "process" and "series" in found:
            found["series"] |= {"wall": [times["wall"]], "cpu": [times["cpu"]]}
        return found


def _is_ours(case: Case) -> bool:
    """Whether a process without a warm-up would compile, which is kept on disk."""
    return "featurekit" in case.function


def _timed(command: list[str], output: Any) -> dict[str, float]:
    """From exec to exit: wall, and CPU of the process and its children."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=_variables(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        _, status, spent = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        raise
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = spent.ru_utime + spent.ru_stime
    return {"wall": wall, "cpu": cpu, "status": process.returncode}


def _variables() -> dict[str, str]:
    """The environment of a process: bytecode is kept, and TensorFlow is quiet."""
    names = os.environ.keys() - {"PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV", "PYTHONPATH"}
    kept = {name: os.environ[name] for name in names}
    return {**kept, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}


def _collect(case: Case, runs: list[dict[str, Any]]) -> Measurement:
    series: dict[str, list[float]] = {}
    for run in runs:
        for name, values in run["series"].items():
            series.setdefault(name, []).extend(values)
    return Measurement(
        case.name,
        case.environment,
        rows=runs[0]["rows"],
        series=series,
        peak_rss=[run["peak_rss"] for run in runs],
        needs=runs[0]["needs"],
    )
