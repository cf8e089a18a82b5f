"""Pipelines on the DirectRunner, in this process, and what passes through them."""

import json
import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pipeline import AppliedPTransform, PipelineVisitor

# Without a place for it, DirectRunner would first try to download a server (Prism).
OPTIONS = ("--runner=DirectRunner", "--prism_location=none")


def pipeline() -> beam.Pipeline:
    return beam.Pipeline(options=PipelineOptions(list(OPTIONS)))


def run(transform: beam.PTransform) -> list[Any]:
    """The elements that a transform of a pipeline gives."""
    with TemporaryDirectory() as folder:
        with pipeline() as built:
            _ = built | transform | "Keep" >> beam.Map(_keep, folder)
        return [pickle.loads(path.read_bytes()) for path in Path(folder).iterdir()]


def _keep(element: Any, folder: str) -> None:
    Path(folder, uuid4().hex).write_bytes(pickle.dumps(element))


def count_transforms(transform: beam.PTransform) -> int:
    built = pipeline()
    _ = built | transform
    return len(built.to_runner_api().components.transforms)


@dataclass(frozen=True)
class Seen:
    """One element of one collection, also of those within a transform."""

    step: str
    types: frozenset[str]
    size: int


class _Collections(PipelineVisitor):
    def __init__(self) -> None:
        self.found: list[tuple[str, beam.PCollection[Any]]] = []

    def visit_transform(self, applied: AppliedPTransform) -> None:
        # Runners replace what is within a combine.
        if not _is_within_combine(applied):
            step = applied.full_label
            self.found += [(step, out) for out in applied.outputs.values()]


def _is_within_combine(applied: AppliedPTransform | None) -> bool:
    while applied is not None:
        if isinstance(applied.transform, beam.CombinePerKey):
            return True
        applied = applied.parent
    return False


def watch(transform: beam.PTransform) -> list[Seen]:
    """Runs a transform of a pipeline and records every element of every collection."""
    with TemporaryDirectory() as folder:
        with pipeline() as built:
            _ = built | transform
            collections = _Collections()
            built.visit(collections)
            for index, (step, collection) in enumerate(collections.found):
                _ = collection | f"See {index}" >> beam.Map(_see, step, folder)
        return [
            Seen(entry["step"], frozenset(entry["types"]), entry["size"])
            for path in Path(folder).iterdir()
            for entry in [json.loads(path.read_text())]
        ]


def _see(element: Any, step: str, folder: str) -> None:
    entry = {
        "step": step,
        "types": sorted(set(_types(element))),
        "size": len(pickle.dumps(element)),
    }
    Path(folder, uuid4().hex).write_text(json.dumps(entry))


def _types(element: Any) -> Iterator[str]:
    if isinstance(element, tuple | list) or (
        isinstance(element, Iterable) and not isinstance(element, str | bytes)
    ):
        for entry in element:
            yield from _types(entry)
    else:
        yield type(element).__name__
