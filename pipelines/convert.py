r"""Writes the records of a spec, as a Beam job.

    python -m pipelines.convert --spec spec.py --stats stats.json \
        --source 'data/*.parquet' --output out/ --runner=DirectRunner

Arguments that are not listed below are options of the Beam runner.
"""

import argparse
from collections.abc import Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from featurekit.beam.conversion import Convert
from featurekit.io.layout import LAYOUTS
from featurekit.io.manifest import Manifest
from featurekit.io.sources import ROWS_PER_TASK
from featurekit.plan.stats import Stats
from featurekit.spec.load import load_spec


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.convert",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        # The runner has options of its own, which may begin alike.
        allow_abbrev=False,
    )
    parser.add_argument("--spec", required=True, help=".py, .json, .textproto or .pb")
    parser.add_argument("--stats", required=True, help="what pipelines.analyze wrote")
    parser.add_argument(
        "--source", required=True, nargs="+", help="files or patterns of files"
    )
    parser.add_argument("--output", required=True, help="the dataset's folder")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace another dataset"
    )
    parser.add_argument("--compression", choices=("gzip", "gzip-small"))
    parser.add_argument("--on-bad-row", choices=("fail", "dead_letter"), default="fail")
    parser.add_argument("--rows-per-task", type=int, default=ROWS_PER_TASK)
    parser.add_argument("--shard-bytes", type=int, help="instead of --rows-per-task")
    parser.add_argument(
        "--layout",
        choices=LAYOUTS,
        default="named",
        help="packed: one feature for all ids and one for all floats; read faster, "
        "by featurekit.load",
    )
    return parser


def _show(manifest: Manifest, output: str) -> None:
    rows = manifest.accounting
    print(
        f"{output}: {len(manifest.shards)} shards of run {manifest.run_id}, "
        f"rows read {rows.rows_read:,}, written {rows.rows_written:,}, "
        f"rejected {rows.rows_rejected:,}, filtered {rows.rows_filtered:,}"
    )


def run(arguments: Sequence[str] | None = None) -> None:
    """Builds and runs the pipeline."""
    known, rest = _parser().parse_known_args(arguments)
    with beam.Pipeline(options=PipelineOptions(rest)) as pipeline:
        _ = (
            pipeline
            | Convert(
                load_spec(known.spec),
                Stats.open(known.stats),
                known.source,
                known.output,
                overwrite=known.overwrite,
                compression=known.compression,
                on_bad_row=known.on_bad_row,
                rows_per_task=known.rows_per_task,
                shard_bytes=known.shard_bytes,
                layout=known.layout,
            )
            | "Show" >> beam.Map(_show, known.output)
        )


if __name__ == "__main__":
    run()
