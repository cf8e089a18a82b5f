"""How long the ways to serve a model take to start, and what they hold.

    python -m benchmarks.start_up build/flights/served/1

Each runs in a process of its own, several times in turn. Prints the median seconds from
the start of the program to the first answer, the largest memory of the process, and the
median of the time of one further row. The model: `python -m examples.flights.run`.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median

# Each prints one JSON object; `row` is a golden row of the model.
_BEGIN = """
import time
started = time.perf_counter()
import json, resource, sys
"""
_END = """
answer(row)
seconds = time.perf_counter() - started
times = []
for _ in range(300):
    begin = time.perf_counter()
    answer(row)
    times.append(time.perf_counter() - begin)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
row_ms = 1000 * sorted(times)[len(times) // 2]
print(json.dumps({"seconds": seconds, "mib": memory, "row_ms": row_ms}))
"""
_ROW = """
from pathlib import Path
from featurekit.serve import golden
folder = Path(sys.argv[1]) / "assets.extra/featurekit"
stored = golden.open_rows(folder / "golden_inputs.arrow")
row = stored.slice(stored.num_rows - 1).to_pylist()[0]
"""
_PREPROCESSOR = f"""
import featurekit as fk
{_ROW}
loaded = fk.Preprocessor.load(sys.argv[1])
for one in loaded.spec.serving_inputs:
    if one.dtype == "timestamp" and row.get(one.name) is not None:
        from datetime import UTC, datetime, timedelta
        row[one.name] = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
            microseconds=row[one.name])
answer = lambda row: loaded.transform([row])
"""
_SCORER = _PREPROCESSOR.replace(
    "answer = lambda row: loaded.transform([row])",
    "answer = fk.Scorer(sys.argv[1])",
)
WAYS = {
    "fk.Preprocessor.load, features only": _PREPROCESSOR,
    "fk.Scorer, the model's answer": _SCORER,
}


def measure(code: str, model: Path) -> dict[str, float]:
    """One run of a way to serve, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _BEGIN + code + _END, str(model)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Runs all ways in turn, and prints a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    found: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    for _ in range(options.repeat):
        for name, code in WAYS.items():
            found[name].append(measure(code, options.model))
    for name, runs in found.items():
        seconds, mib, row = (
            median(run[key] for run in runs) for key in ("seconds", "mib", "row_ms")
        )
        print(f"{name:40} {seconds:6.2f} s {mib:6.0f} MiB {row:8.3f} ms a row")


if __name__ == "__main__":
    main()
