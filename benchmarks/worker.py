"""The process of one case: `python -m benchmarks.worker '{"case": ...}'`.

Modes:
    - prepare: only sets the case up, so that its files exist.
    - repeat: sets up, warms up, and then times each repetition.
    - process: sets up and runs once, without a warm-up; the harness times the process.
    - latency: as repeat, but each repetition times many calls one by one.
"""

import gc
import importlib.metadata
import json
import resource
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.work import Settings, Skipped, Work

WARM_UP_CALLS = 50
LEAST_SECONDS = 0.3
PACKAGES = (
    "apache-beam",
    "featurekit",
    "keras",
    "numba",
    "numpy",
    "protobuf",
    "pyarrow",
    "tensorflow-cpu",
    "tensorflow",
    "tensorflow-transform",
    "tfx-bsl",
    "google-crc32c",
)


def cpu_seconds() -> float:
    """Of this process and of the children that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def peak_rss() -> int:
    """The most memory that this process held, in bytes.

    The kernel's own maximum (`ru_maxrss`) begins with that of the parent process.
    """
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    line = next(one for one in status.read_text().splitlines() if "VmHWM" in one)
    return int(line.split()[1]) * 1024


def versions() -> dict[str, str]:
    """The installed packages that matter, and Python."""
    found = {"python": sys.version.split()[0]}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def repeat(work: Work, repetitions: int) -> dict[str, list[float]]:
    """Wall and CPU seconds of each repetition, after one that is not counted.

    A repetition is the mean of as many calls as take LEAST_SECONDS together.
    """
    kept = (work.warm_up or work.run)()
    del kept
    if work.warm_up is None:
        work.after()
    found: dict[str, list[float]] = {"wall": [], "cpu": []}
    for _ in range(repetitions):
        calls, wall, cpu = 0, 0.0, 0.0
        while wall < LEAST_SECONDS:
            gc.collect()
            cpu_before, before = cpu_seconds(), time.perf_counter()
            kept = work.run()
            wall += time.perf_counter() - before
            cpu += cpu_seconds() - cpu_before
            calls += 1
            del kept
            work.after()
        found["wall"].append(wall / calls)
        found["cpu"].append(cpu / calls)
    return found


def latency(work: Work, repetitions: int, calls: int) -> dict[str, list[float]]:
    """The median and the 99th percentile of the calls of each repetition, in seconds.

    `first` is the time of the very first call, which traces or compiles.
    """
    found: dict[str, list[float]] = {"p50": [], "p99": [], "cpu": [], "wall": []}
    started = time.perf_counter()
    work.run()
    found["first"] = [time.perf_counter() - started]
    for _ in range(WARM_UP_CALLS):
        work.run()
    for _ in range(repetitions):
        gc.collect()
        cpu, times = cpu_seconds(), []
        for _ in range(calls):
            started = time.perf_counter()
            work.run()
            times.append(time.perf_counter() - started)
        found["cpu"].append((cpu_seconds() - cpu) / calls)
        times.sort()
        found["wall"].append(sum(times) / calls)
        found["p50"].append(times[len(times) // 2])
        found["p99"].append(times[len(times) * 99 // 100])
    return found


def measure(job: dict[str, Any]) -> dict[str, Any]:
    """Runs a job; its numbers, or why it was skipped."""
    module, _, function = job["case"].partition(":")
    settings = Settings(job["rows"], Path(job["folder"]), job["options"])
    try:
        prepare = getattr(import_module(f"benchmarks.cases.{module}"), function)
        work: Work = prepare(settings)
    except Skipped as reason:
        return {"skipped": str(reason)}
    series: dict[str, list[float]] = {}
    if job["mode"] == "repeat":
        series = repeat(work, job["repetitions"])
    elif job["mode"] == "latency":
        series = latency(work, job["repetitions"], job["calls"])
    elif job["mode"] == "process":
        work.run()
    return {
        "rows": work.rows,
        "needs": dict(work.needs),
        "series": {**series, **{name: [one] for name, one in work.extra.items()}},
    }


def main() -> None:
    """Runs the job of the command line and writes what it gave."""
    job = json.loads(sys.argv[1])
    found = measure(job)
    found["peak_rss"] = peak_rss()
    if job["mode"] != "process":
        found["versions"] = versions()
    Path(job["result"]).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
