"""Export: a model and its preprocessing as one SavedModel that proves itself."""

import time
from collections.abc import Callable, Collection
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
import pyarrow as pa
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tensorflow.python.saved_model.fingerprinting_utils import write_fingerprint

from featurekit._version import __version__
from featurekit.backends.host.executor import HostBackend
from featurekit.backends.keras.token_tables import TableFiles
from featurekit.backends.missing import to_tensors
from featurekit.errors import ArtifactError
from featurekit.plan.lower import compile_spec
from featurekit.plan.stats import Stats
from featurekit.serve import golden
from featurekit.serve.artifact import EXTRA, Description, digests, new_folder
from featurekit.serve.export_report import ExportReport
from featurekit.serve.golden import Golden
from featurekit.serve.golden_inputs import golden_inputs
from featurekit.serve.graph_check import GRAPH, check_graph
from featurekit.serve.heads import METHODS, Probability
from featurekit.serve.other_backends import export_by_tensorflow
from featurekit.serve.replay import replay_preprocessing, replay_signatures
from featurekit.serve.serving_module import ServingModule, tensor_names
from featurekit.serve.warm_up import write_warm_up
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.inputs import Input
from featurekit.spec.serialize import spec_to_proto


def export(
    model: Any,
    spec: FeatureSpec,
    stats: Stats,
    path: str | PathLike[str],
    *,
    rows: Any = None,
    training: Any = None,
    probability: Probability | None = None,
) -> ExportReport:
    """Writes a SavedModel from raw columns to the model's outputs.

    It has these signatures, and loads with plain TensorFlow:

    - `serving_default`: one tensor per source column of the features, of shape
      (batch,), or (batch, n) for lists, with the markers of `backends.missing`;
    - `serving_examples`: `examples`, serialized tf.Examples of the same columns;
    - `serving_json`: `rows`, one flat JSON object per row; not where a column is bytes;
    - `transform` and `transform_examples`: the preprocessing alone, of tensors and of
      tf.Examples;
    - `classify`, where `probability` is given and the output tells classes, and
      `regress`, where the model gives one real number per row and no probability: as
      TensorFlow Serving calls them, of tf.Examples.

    Label, weight, key and split are no part
    of them. Golden vectors, computed by batch conversion, are stored beside the graph;
    `featurekit.serve.load_model` replays them. TensorFlow Serving finds requests of
    such rows beside the graph, and calls every signature before it answers.

    Args:
        model: A Keras model that takes the features by name. One of the JAX or torch
            backend is exported by a process of its own, on TensorFlow, and has to
            answer there what it answers here. None to export the preprocessing alone.
        spec: The declaration.
        stats: What `analyze` measured for it.
        path: The model's folder, such as "served/1"; must not exist.
        rows: Rows for the golden vectors, besides those of unusual values that are
            always among them: a path, a table; see `featurekit.io.adapter`. The first
            64 that the spec accepts are used. Defaults to none.
        training: Rows of the training data, sketched for the drift sensor, which needs
            the extra `serve`; as `rows`. Defaults to None: no `drift.pb`.
        probability: "sigmoid" or "softmax" adds an output "probabilities", computed
            from the model's one output. Defaults to None.

    Raises:
        OutputExistsError: The folder exists.
        ArtifactError: The model does not take the features, or the exported model does
            not reproduce what batch conversion computes. Nothing is left behind.

    Example:
        >>> import featurekit as fk, keras, tempfile
        >>> spec = fk.FeatureSpec({"size": fk.numeric("size").fill(0).clip(0, 9)})
        >>> model = fk.models.TabularTransformer(
        ...     fk.model_inputs(spec), dim=8, depth=1, num_heads=2
        ... )
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     report = fk.export(model, spec, fk.Stats({}), f"{folder}/1")
        >>> report.inputs, report.outputs
        ({'size': 'float32'}, {'output': 'float32[1]'})
    """
    batch = golden_inputs(spec, stats, rows)
    drift = _sketches(spec, stats, training)
    here = model is None or keras.backend.backend() == "tensorflow"
    call: Callable[..., ExportReport] = export_rows if here else export_by_tensorflow
    return call(model, spec, stats, Path(path), batch, probability, drift=drift)


def _sketches(spec: FeatureSpec, stats: Stats, training: Any) -> bytes | None:
    if training is None:
        return None
    # Imported here: only this needs the package datasketches.
    from featurekit.serve.drift.sketching import sketch

    return sketch(spec, stats, training).to_proto()


def export_rows(
    model: Any,
    spec: FeatureSpec,
    stats: Stats,
    target: Path,
    batch: pa.RecordBatch,
    probability: Probability | None,
    *,
    drift: bytes | None = None,
    answers: pa.RecordBatch | None = None,
) -> ExportReport:
    """Exports with the rows that the golden vectors are made of; see `export`.

    Args:
        model: As in `export`, on the TensorFlow backend.
        spec: The declaration.
        stats: What `analyze` measured for it.
        target: The model's folder.
        batch: Columns that are cast, of rows that the plan accepts.
        probability: As in `export`.
        drift: The file of sketches for the drift sensor. Defaults to None.
        answers: What the model answered for the rows where it was trained, to compare.
            Defaults to None.
    """
    started = time.perf_counter()
    with TemporaryDirectory() as tables, new_folder(target) as folder:
        module = ServingModule(
            model,
            spec,
            stats,
            probability=probability,
            make_table=TableFiles(tables),
        )
        names = _save(module, folder)
        outputs = _outputs(module, batch)
        rows = Golden(
            batch,
            HostBackend(module.plan).run(batch).outputs,
            golden.outputs_to_arrow(outputs),
        )
        if answers is not None:
            golden.compare_outputs(answers, outputs)
        ways = _check(folder, spec, stats, module.inputs, rows)
        write_warm_up(folder, names, batch, module.inputs)
        _describe(folder, spec, stats, rows, ways, drift)
    columns = tensor_names(module.inputs)
    return ExportReport(
        target,
        names,
        {columns[one.name]: one.dtype for one in module.inputs},
        {
            name: f"{value.dtype.name}{list(value.shape[1:])}"
            for name, value in sorted(outputs.items())
        },
        batch.num_rows,
        ways,
        sum(one.stat().st_size for one in target.rglob("*") if one.is_file()),
        time.perf_counter() - started,
    )


def _outputs(
    module: ServingModule, batch: pa.RecordBatch
) -> dict[str, np.ndarray[Any, Any]]:
    """What the graph answers before it is written."""
    columns = {n: tf.constant(one) for n, one in to_tensors(batch).items()}
    return {name: np.asarray(one) for name, one in module.predict(columns).items()}


def _save(module: ServingModule, folder: Path) -> tuple[str, ...]:
    """Writes the graph; the names of its signatures."""
    try:
        signatures = module.signatures()
    except (ValueError, TypeError, KeyError) as error:
        if isinstance(error, ArtifactError):
            raise
        reason = " ".join(str(error).split())
        raise ArtifactError(
            f"the model does not accept the features of the spec: {reason[:200]}",
            code="MODEL_INPUTS",
            expected=", ".join(name for name, _ in module.plan.outputs),
            hint="build the model by from_spec(spec, stats)",
        ) from error
    tf.saved_model.save(module, str(folder), signatures=signatures)
    _finish_graph(folder, METHODS.keys() & signatures)
    return tuple(signatures)


def _finish_graph(folder: Path, names: Collection[str]) -> None:
    """Says what TensorFlow's saver cannot be told."""
    path = folder / GRAPH
    saved = SavedModel.FromString(path.read_bytes())
    for graph in saved.meta_graphs:
        # Which call of TensorFlow Serving a signature answers.
        for name in names:
            graph.signature_def[name].method_name = METHODS[name]
        # Conditionals stay calls of functions: what they would be lowered to is the
        # one thing that TensorFlow's single-threaded executor cannot run.
        for function in graph.graph_def.library.function:
            for node in function.node_def:
                if node.op in ("If", "StatelessIf"):
                    node.attr["_lower_using_switch_merge"].b = False
    path.write_bytes(saved.SerializeToString(deterministic=True))
    # It holds a checksum of the file that was just changed.
    write_fingerprint(str(folder))


def _check(
    folder: Path,
    spec: FeatureSpec,
    stats: Stats,
    inputs: tuple[Input, ...],
    rows: Golden,
) -> tuple[str, ...]:
    """Compares every way to compute; which there are."""
    check_graph(folder)
    graph = tf.saved_model.load(str(folder))
    ways = []
    for one in (
        *replay_preprocessing(spec, stats, rows),
        *replay_signatures(graph.signatures, spec, stats, inputs, rows),
    ):
        one.require()
        ways.append(one.way)
    return tuple(ways)


def _describe(
    folder: Path,
    spec: FeatureSpec,
    stats: Stats,
    rows: Golden,
    ways: tuple[str, ...],
    drift: bytes | None,
) -> None:
    plan = compile_spec(spec, stats, serving=True)
    extra = folder / EXTRA
    extra.mkdir(parents=True)
    (extra / "spec.pb").write_bytes(spec_to_proto(spec))
    (extra / "stats.pb").write_bytes(stats.to_proto())
    rows.save(extra)
    if drift is not None:
        (extra / "drift.pb").write_bytes(drift)
    Description(
        library_version=__version__,
        tensorflow_version=tf.__version__,
        spec_fingerprint=spec.fingerprint(),
        stats_fingerprint=stats.fingerprint(),
        plan_fingerprint=plan.fingerprint(),
        golden_rows=rows.inputs.num_rows,
        ways=ways,
        digests=digests(folder),
    ).save(folder)
