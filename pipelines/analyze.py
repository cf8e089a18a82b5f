r"""Measures what a spec has to learn, as a Beam job.

    python -m pipelines.analyze --spec spec.py --source 'data/*.parquet' \
        --stats stats.json --runner=DirectRunner

Arguments that are not listed below are options of the Beam runner.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from featurekit.beam.analysis import Analyze
from featurekit.io.sources import ROWS_PER_TASK
from featurekit.plan.stats import Stats
from featurekit.spec.load import load_spec


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.analyze",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        # The runner has options of its own, which may begin alike.
        allow_abbrev=False,
    )
    parser.add_argument("--spec", required=True, help=".py, .json, .textproto or .pb")
    parser.add_argument(
        "--source", required=True, nargs="+", help="files or patterns of files"
    )
    parser.add_argument("--stats", required=True, help="file to write, .json or .pb")
    parser.add_argument("--on-bad-row", choices=("fail", "dead_letter"), default="fail")
    parser.add_argument("--rows-per-task", type=int, default=ROWS_PER_TASK)
    return parser


def _save(stats: Stats, path: str) -> None:
    stats.save(path)
    print(f"{path}: {len(stats)} statistics, {stats.fingerprint()[:12]}")


def run(arguments: Sequence[str] | None = None) -> None:
    """Builds and runs the pipeline."""
    known, rest = _parser().parse_known_args(arguments)
    with beam.Pipeline(options=PipelineOptions(rest)) as pipeline:
        _ = (
            pipeline
            | Analyze(
                load_spec(known.spec),
                known.source,
                on_bad_row=known.on_bad_row,
                rows_per_task=known.rows_per_task,
            )
            # Workers have working folders of their own.
            | "Save" >> beam.Map(_save, str(Path(known.stats).absolute()))
        )


if __name__ == "__main__":
    run()
