"""Golden rows computed again, in every way that a model has.

One function compares at export, at load, and for the certificate, so that what they
call equal is the same.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import pyarrow as pa
import tensorflow as tf

from featurekit.backends.host.executor import HostBackend
from featurekit.backends.keras.feature_layer import FeatureLayer
from featurekit.backends.missing import to_tensors
from featurekit.errors import ArtifactError
from featurekit.io.layout import stored_arrays
from featurekit.plan.stats import Stats
from featurekit.serve import golden
from featurekit.serve.golden import Difference, Golden
from featurekit.serve.heads import METHODS, class_names, expected_head
from featurekit.serve.notations import arguments
from featurekit.serve.preprocessor import Preprocessor
from featurekit.serve.serving_module import TRANSFORM, TRANSFORM_EXAMPLES
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.inputs import Input

Signatures: TypeAlias = Mapping[str, Callable[..., Mapping[str, tf.Tensor]]]
Run: TypeAlias = Callable[[], Mapping[str, Any]]

FEATURES = "features"
OUTPUTS = "outputs"


@dataclass(frozen=True, slots=True)
class Replay:
    """What one way to compute made of the golden rows.

    Args:
        way: "batch", "rows", "layer", or a signature.
        compared: "features", which have to agree in every bit, or "outputs", which may
            differ by 1e-4 of their size, or by 1e-5.
        values: How many were compared.
        seconds: Wall-clock time.
        differences: Those that are not reproduced.
    """

    way: str
    compared: str
    values: int
    seconds: float
    differences: tuple[Difference, ...] = ()

    def require(self) -> None:
        """Refuses a way that differs.

        Raises:
            ArtifactError: It does (GOLDEN_MISMATCH).
        """
        try:
            golden.require_same(f"golden {self.compared}", self.differences)
        except ArtifactError as error:
            error.add_note(f"computed by {self.way}")
            raise


def replay_preprocessing(
    spec: FeatureSpec, stats: Stats, rows: Golden
) -> Iterator[Replay]:
    """Features by batch conversion, by the row path, and by the Keras layer."""
    preprocessor = Preprocessor(spec, stats)
    layer = FeatureLayer(spec, stats)
    ways: dict[str, Run] = {
        "batch": lambda: stored_arrays(
            HostBackend(preprocessor.plan).run(rows.inputs).outputs
        ),
        "rows": lambda: preprocessor.replayed(rows.inputs),
        "layer": lambda: layer(
            {name: tf.constant(one) for name, one in to_tensors(rows.inputs).items()}
        ),
    }
    for way, run in ways.items():
        yield _replay(way, FEATURES, rows.features, run)


def replay_signatures(
    signatures: Signatures,
    spec: FeatureSpec,
    stats: Stats,
    inputs: Iterable[Input],
    rows: Golden,
) -> Iterator[Replay]:
    """What every signature of a graph answers.

    Args:
        signatures: By name.
        spec: The declaration.
        stats: Its statistics.
        inputs: The columns that the graph reads.
        rows: What it has to answer.
    """
    inputs = tuple(inputs)
    for name, call in signatures.items():
        run = _calling(call, name, rows.inputs, inputs)
        if name in (TRANSFORM, TRANSFORM_EXAMPLES):
            yield _replay(name, FEATURES, rows.features, run)
            continue
        expected = rows.outputs
        if name in METHODS:
            head = expected_head(
                name, expected, lambda count: class_names(spec, stats, count)
            )
            expected = golden.outputs_to_arrow(head)
        yield _replay(name, OUTPUTS, expected, run)


def _calling(
    call: Callable[..., Mapping[str, tf.Tensor]],
    name: str,
    batch: pa.RecordBatch,
    inputs: tuple[Input, ...],
) -> Run:
    return lambda: call(**arguments(name, batch, inputs))


def _replay(way: str, compared: str, expected: pa.RecordBatch, run: Run) -> Replay:
    started = time.perf_counter()
    found = run()
    compare = (
        golden.feature_differences
        if compared == FEATURES
        else golden.output_differences
    )
    differences = compare(expected, found)
    values = sum(map(_size, expected.columns))
    return Replay(way, compared, values, time.perf_counter() - started, differences)


def _size(column: pa.Array) -> int:
    is_list = pa.types.is_fixed_size_list(column.type)
    return len(column.flatten() if is_list else column)
