"""The two jobs on the library's own engine, with the command line of `pipelines`."""

import argparse
from pathlib import Path

import featurekit as fk
from featurekit.spec.load import load_spec


def main() -> None:
    """Runs one of the jobs."""
    parser = argparse.ArgumentParser("python -m benchmarks.engines.local")
    parser.add_argument("job", choices=("analyze", "convert"))
    for name in ("spec", "source", "stats"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--rows-per-task", type=int, required=True)
    parser.add_argument("--workers", type=int)
    given = parser.parse_args()
    spec = load_spec(given.spec)
    options = {"workers": given.workers, "rows_per_task": given.rows_per_task}
    if given.job == "analyze":
        fk.analyze(spec, given.source, **options).save(given.stats)
    else:
        stats = fk.Stats.open(given.stats)
        fk.convert(spec, stats, given.source, given.output, **options)


if __name__ == "__main__":
    main()
