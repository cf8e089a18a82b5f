"""The pipelines keep to the part of Beam that all engines run alike.

Linear graphs of Impulse, ParDo, GroupByKey and Combine, with one end. Anything else is
refused here, because some engine gives wrong results for it without an error: Dask, for
one, works out a side input anew for each of its readers, and computes one end only.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.portability.api import beam_runner_api_pb2 as beam_proto
from beam.direct import pipeline
from jobs.trips import SPEC, trips, write

import featurekit as fk
from featurekit.beam.analysis import Analyze
from featurekit.beam.conversion import Convert

pytestmark = pytest.mark.beam

PARDO = "beam:transform:pardo:v1"
PRIMITIVES = {
    "beam:transform:impulse:v1",
    "beam:transform:group_by_key:v1",
    PARDO,
}
COMPOSITES = {
    "beam:transform:pickled_python:v1",  # Create
    "beam:transform:combine_per_key:v1",
    "beam:transform:combine_grouped_values:v1",
    "beam:transform:generic_composite:v1",
    "",  # the root
}


def problems(proto: beam_proto.Pipeline) -> list[str]:
    """What in a pipeline is outside of the subset."""
    found = []
    transforms = proto.components.transforms.values()
    readers = Counter(
        one
        for transform in transforms
        if not transform.subtransforms
        for one in transform.inputs.values()
    )
    leaves = [one for one in transforms if one.outputs and not one.subtransforms]
    # What hands its input on, as the empty branch of Create does, is no step.
    leaves = [
        one for one in leaves if set(one.outputs.values()) - set(one.inputs.values())
    ]
    for transform in transforms:
        allowed = PRIMITIVES if transform in leaves else COMPOSITES
        if transform.spec.urn not in allowed:
            found.append(f"{transform.unique_name}: {transform.spec.urn}")
    for leaf in leaves:
        found += [f"{leaf.unique_name}: {one}" for one in _unusual(leaf)]
    ends = [one for one in leaves if not any(readers[o] for o in one.outputs.values())]
    if len(ends) != 1:
        found.append(f"ends: {sorted(one.unique_name for one in ends)}")
    return found


def _unusual(leaf: Any) -> list[str]:
    found = []
    if len(leaf.inputs) > 1 or len(leaf.outputs) > 1:
        found.append("more than one input or output")
    if leaf.spec.urn == PARDO:
        payload = beam_proto.ParDoPayload.FromString(leaf.spec.payload)
        for name in ("side_inputs", "state_specs", "timer_family_specs"):
            if getattr(payload, name):
                found.append(name)
        for name in ("restriction_coder_id", "requests_finalization"):
            if getattr(payload, name):
                found.append(name)
    return found


def proto_of(transform: beam.PTransform) -> beam_proto.Pipeline:
    built = pipeline()
    _ = built | transform
    return built.to_runner_api()


@pytest.mark.parametrize("job", ["analyze", "convert"])
def test_the_pipelines_are_portable(job: str, tmp_path: Path) -> None:
    source = write(tmp_path / "source", trips())
    transform = (
        Analyze(SPEC, source)
        if job == "analyze"
        else Convert(SPEC, fk.analyze(SPEC, source), source, tmp_path / "out")
    )
    assert problems(proto_of(transform)) == []


class _SideInput(beam.PTransform):
    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[int]:
        side = begin | "Side" >> beam.Create([1], reshuffle=False)
        return (
            begin
            | beam.Create([1], reshuffle=False)
            | beam.Map(max, beam.pvalue.AsSingleton(side))
        )


class _TwoEnds(beam.PTransform):
    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[int]:
        made = begin | beam.Create([1], reshuffle=False)
        _ = made | "One" >> beam.Map(abs)
        return made | "Other" >> beam.Map(abs)


class _Reshuffle(beam.PTransform):
    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[int]:
        return begin | beam.Create([1], reshuffle=False) | beam.Reshuffle()


@pytest.mark.parametrize(
    ("transform", "problem"),
    [(_SideInput, "side_inputs"), (_TwoEnds, "ends"), (_Reshuffle, "reshuffle")],
)
def test_what_is_not_portable_is_found(
    transform: type[beam.PTransform], problem: str
) -> None:
    assert problem in " ".join(problems(proto_of(transform())))
