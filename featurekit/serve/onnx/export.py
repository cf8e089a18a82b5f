"""Export to ONNX: preprocessing and model as one file that was proved before it is."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import keras
import numpy as np
import onnx
import pyarrow as pa
import tensorflow as tf
from onnx import helper

from featurekit.backends.missing import to_tensors
from featurekit.errors import ArtifactError, OutputExistsError
from featurekit.io.layout import stored_arrays
from featurekit.plan.graph import Plan
from featurekit.plan.lower import compile_spec
from featurekit.plan.stats import Stats
from featurekit.serve import golden
from featurekit.serve.heads import Probability
from featurekit.serve.onnx import verify
from featurekit.serve.onnx.compose import convert_model, join
from featurekit.serve.onnx.description import Description
from featurekit.serve.onnx.graph_builder import OPSET
from featurekit.serve.onnx.preprocessing import (
    emit,
    require_supported,
)
from featurekit.serve.onnx.scorer import FEATURE, OnnxScorer
from featurekit.serve.serving_module import ServingModule
from featurekit.serve.tensor_names import tensor_names
from featurekit.spec.feature_spec import FeatureSpec


@dataclass(frozen=True, slots=True)
class OnnxReport:
    """What was exported; `print(report)` shows it.

    Args:
        path: The file.
        opset: The version of the operators.
        inputs: Names and types of the inputs.
        outputs: Names and types of the outputs.
        golden_rows: Rows whose features and outputs were compared.
        bytes: Size of the file.
        seconds: Wall-clock time.
    """

    path: Path
    opset: int
    inputs: dict[str, str]
    outputs: dict[str, str]
    golden_rows: int
    bytes: int
    seconds: float

    def __str__(self) -> str:
        inputs = ", ".join(f"{name} {kind}" for name, kind in self.inputs.items())
        outputs = ", ".join(f"{name} {kind}" for name, kind in self.outputs.items())
        return "\n".join(
            [
                f"{self.path}: {self.bytes:,} bytes, {self.seconds:.2f} s",
                f"  opset {self.opset}",
                f"  inputs {inputs}",
                f"  outputs {outputs}",
                f"  {self.golden_rows} golden rows: batch and ONNX Runtime agree",
            ]
        )


def export_onnx(
    model: Any,
    spec: FeatureSpec,
    stats: Stats,
    path: str | os.PathLike[str],
    *,
    rows: Any = None,
    probability: Probability | None = None,
) -> OnnxReport:
    """Writes an ONNX file from raw columns to the model's outputs.

    The inputs are the source columns of the features, one tensor of shape (batch,)
    each, named as in the SavedModel: float32 with NaN for missing, int64 with the
    smallest int64 for missing (timestamps are microseconds since 1970-01-01 UTC), and
    text. A text column, and a number whose NaN is kept or an error, has a second
    input `<column>__missing`, bool: in those rows the value is missing, whatever it is.

    The outputs are those of the model, and `accepted`, bool, shape (batch,): False in
    rows that batch conversion refuses. In these every feature is 0 and the other
    outputs mean nothing: ONNX has no operator that fails.

    Before the file has its name, ONNX Runtime has loaded it, and its features are
    those of batch conversion bit for bit, its outputs those of the model.

    The file carries the declaration, the statistics, fingerprints, and the rows that
    were compared, as metadata: `featurekit.serve.onnx.OnnxScorer` needs nothing else.

    Args:
        model: A Keras model on the TensorFlow backend that takes the features by name;
            None to export the preprocessing alone, with outputs `feature/<name>`.
        spec: The declaration.
        stats: What `analyze` measured for it.
        path: The file, such as "model.onnx"; must not exist.
        rows: Rows to compare, besides unusual ones that always are: a path, a table;
            see `featurekit.io.adapter`. The first 64 are used. Defaults to none.
        probability: "sigmoid" or "softmax" adds an output "probabilities", computed
            from the model's one output. Defaults to None.

    Raises:
        OutputExistsError: The file exists.
        ArtifactError: An op has no exact form in ONNX (code ONNX_UNSUPPORTED, with the
            feature and the op), the model cannot be converted, or ONNX Runtime
            computes something else. Nothing is left behind.

    Example:
        >>> import featurekit as fk, tempfile
        >>> spec = fk.FeatureSpec({"size": fk.numeric("size").fill(0).clip(0, 9)})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     report = fk.export_onnx(None, spec, fk.Stats({}), f"{folder}/a.onnx")
        >>> report.inputs, report.outputs
        ({'size': 'float32'}, {'accepted': 'bool', 'feature/size': 'float32'})
    """
    started = time.perf_counter()
    target = Path(path)
    plan = compile_spec(spec, stats, serving=True)
    _require_backend(model)
    _require_text(spec, plan)
    require_supported(plan)
    module = ServingModule(model, spec, stats, probability=probability)
    names = tensor_names(module.inputs)
    # An input has the name of its column, and a graph has each name once.
    made = emit(plan, names, prefix=FEATURE)
    batch = verify.rows_to_check(spec, plan, rows)
    done = verify.check_features(made, plan, batch)
    whole = made.model
    outputs = stored_arrays(done.outputs)
    if model is not None:
        whole = join(made, convert_model(module.outputs, plan))
        outputs = _predict(module, batch.take(pa.array(done.accepted_rows)))
    expected = golden.outputs_to_arrow(outputs)
    description = Description(spec, stats, model is not None, batch, expected)
    helper.set_model_props(whole, description.to_properties())
    with _new_file(target) as partial:
        onnx.save(whole, str(partial))
        OnnxScorer(partial)  # replays the golden rows, as every process that loads it
    return _report(target, whole, batch.num_rows, time.perf_counter() - started)


def _require_backend(model: Any) -> None:
    if model is not None and keras.backend.backend() != "tensorflow":
        raise ArtifactError(
            f"a model on the {keras.backend.backend()} backend has no TensorFlow graph",
            code="BACKEND",
            hint="save the model, and export it in a process with "
            "KERAS_BACKEND=tensorflow",
        )


def _require_text(spec: FeatureSpec, plan: Plan) -> None:
    for one in spec.serving_inputs:
        if one.name in plan.columns and one.dtype == "bytes":
            raise ArtifactError(
                "read_column has no exact form in ONNX: its text is UTF-8, not bytes",
                code="ONNX_UNSUPPORTED",
                column=one.name,
                hint="run fk.Preprocessor before an ONNX file of the model alone, or "
                "export a SavedModel",
            )


def _predict(module: ServingModule, batch: pa.RecordBatch) -> dict[str, Any]:
    columns = {n: tf.constant(one) for n, one in to_tensors(batch).items()}
    return {n: np.asarray(one) for n, one in module.predict(columns).items()}


@contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """A file beside the target that takes its name if all goes well."""
    if target.exists():
        raise OutputExistsError(
            "the file exists", file=str(target), hint="give another path"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{uuid4().hex}.partial")
    try:
        yield partial
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def _report(
    path: Path, model: onnx.ModelProto, rows: int, seconds: float
) -> OnnxReport:
    size = path.stat().st_size
    inputs, outputs = _kinds(model.graph.input), _kinds(model.graph.output)
    return OnnxReport(path, OPSET, inputs, outputs, rows, size, seconds)


def _kinds(infos: Any) -> dict[str, str]:
    """Dtypes and shapes of a row, by name."""
    found = {}
    for info in infos:
        kind = info.type.tensor_type
        dtype = onnx.TensorProto.DataType.Name(kind.elem_type).lower()
        dtype = {"float": "float32", "double": "float64"}.get(dtype, dtype)
        sizes = [dim.dim_value for dim in kind.shape.dim[1:]]
        found[info.name] = f"{dtype}{sizes}" if sizes else dtype
    return found
