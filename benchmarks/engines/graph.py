"""How large the pipelines are that an engine is sent: `--graph`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq

import featurekit as fk
from featurekit.beam.analysis import Analyze
from featurekit.beam.conversion import Convert
from featurekit.spec.serialize import spec_to_proto

FEATURES = (5, 50, 500)


@dataclass(frozen=True, slots=True)
class Size:
    """A pipeline, as it is submitted.

    Args:
        job: "analyze" or "convert".
        features: Of the spec.
        transforms: Nodes of the graph, composite ones too.
        bytes: Of the whole pipeline.
        payload: Of its functions with what they hold, within `bytes`.
        job_bytes: Of the spec and, for a conversion, its statistics.
    """

    job: str
    features: int
    transforms: int
    bytes: int
    payload: int
    job_bytes: int


def sizes(features: Sequence[int] = FEATURES) -> list[Size]:
    """The sizes of both pipelines for specs of so many standardized numbers."""
    with TemporaryDirectory() as folder:
        return [size for number in features for size in _sizes(number, Path(folder))]


def _sizes(features: int, folder: Path) -> list[Size]:
    names = [f"column_{index}" for index in range(features)]
    source = folder / f"{features}.parquet"
    pq.write_table(pa.table({name: [1.0, 2.0] for name in names}), source)
    spec = fk.FeatureSpec({n: fk.numeric(n).fill(0).standardize() for n in names})
    stats = fk.analyze(spec, source)
    spec_bytes = len(spec_to_proto(spec))
    both = spec_bytes + len(stats.to_proto())
    convert = Convert(spec, stats, source, folder / "dataset")
    return [
        _measure("analyze", features, Analyze(spec, source), spec_bytes),
        _measure("convert", features, convert, both),
    ]


def _measure(
    job: str, features: int, transform: beam.PTransform, job_bytes: int
) -> Size:
    pipeline = beam.Pipeline(runner="FnApiRunner")
    _ = pipeline | transform
    proto = pipeline.to_runner_api()
    transforms = proto.components.transforms.values()
    return Size(
        job,
        features,
        len(transforms),
        proto.ByteSize(),
        sum(len(one.spec.payload) for one in transforms),
        job_bytes,
    )


def print_sizes() -> None:
    """Prints a line for each size."""
    print("job      features transforms   bytes payload  spec and statistics")
    for one in sizes():
        print(
            f"{one.job:8} {one.features:8,} {one.transforms:10,} {one.bytes:7,} "
            f"{one.payload:7,} {one.job_bytes:20,}"
        )
