"""Exporting a model that was trained on JAX or torch.

Keras has one backend per process, and only TensorFlow's writes a SavedModel. So the
model is saved, loaded in a process with that backend, and exported there. What the
model answers here is sent along: an export that answers otherwise is not written.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import pyarrow as pa

from featurekit import errors
from featurekit.backends.host.executor import HostBackend
from featurekit.errors import ArtifactError, FeatureKitError
from featurekit.io.layout import shaped, stored_arrays
from featurekit.io.manifest import output_columns
from featurekit.plan.graph import Plan
from featurekit.plan.lower import compile_spec
from featurekit.plan.stats import Stats
from featurekit.serve import golden
from featurekit.serve.export_report import ExportReport
from featurekit.serve.heads import Probability
from featurekit.serve.model_outputs import named_outputs
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.serialize import spec_from_proto, spec_to_proto

_LAST_LINES = 20


def export_by_tensorflow(
    model: Any,
    spec: FeatureSpec,
    stats: Stats,
    path: Path,
    rows: pa.RecordBatch,
    probability: Probability | None,
    *,
    drift: bytes | None = None,
) -> ExportReport:
    """Exports a model of another backend than TensorFlow; see `featurekit.export`.

    Args:
        model: A Keras model of this process's backend.
        spec: The declaration.
        stats: What `analyze` measured for it.
        path: The model's folder.
        rows: The rows of the golden vectors.
        probability: As in `featurekit.export`.
        drift: The file of sketches for the drift sensor. Defaults to None.

    Raises:
        ArtifactError: The model cannot be loaded with TensorFlow (MODEL_FILE), or
            answers otherwise there (GOLDEN_MISMATCH).
    """
    with tempfile.TemporaryDirectory(prefix="featurekit-export-") as name:
        folder = Path(name)
        model.save(folder / "model.keras")
        (folder / "spec.pb").write_bytes(spec_to_proto(spec))
        (folder / "stats.pb").write_bytes(stats.to_proto())
        if drift is not None:
            (folder / "drift.pb").write_bytes(drift)
        golden.save(folder / "rows.arrow", rows)
        plan = compile_spec(spec, stats, serving=True)
        answers = golden.outputs_to_arrow(_answers(model, plan, rows))
        golden.save(folder / "answers.arrow", answers)
        request = {
            "path": str(path.absolute()),
            "probability": probability,
            "modules": _modules_of_classes(),
        }
        (folder / "request.json").write_text(json.dumps(request))
        _run(folder)
        return _report(json.loads((folder / "reply.json").read_text()))


def _answers(model: Any, plan: Plan, rows: pa.RecordBatch) -> dict[str, Any]:
    """What the model answers on its own backend."""
    computed = stored_arrays(HostBackend(plan).run(rows).outputs)
    features = shaped(computed, output_columns(plan))
    outputs = named_outputs(model(features, training=False))
    return {n: keras.ops.convert_to_numpy(one) for n, one in outputs.items()}


def _modules_of_classes() -> list[str]:
    """Where the classes are defined that a file of a model names."""
    found = {one.__module__ for one in keras.saving.get_custom_objects().values()}
    return sorted(found - {"__main__"})


def _run(folder: Path) -> None:
    environment = {
        **os.environ,
        "KERAS_BACKEND": "tensorflow",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    done = subprocess.run(
        [sys.executable, "-m", "featurekit.serve.other_backends", str(folder)],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        return
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    error = ArtifactError(
        "the process that exports the model by TensorFlow ended without an answer",
        code="EXPORT_PROCESS",
        got=f"exit code {done.returncode}: {lines[-1] if lines else 'no message'}",
    )
    for line in lines[-_LAST_LINES:]:
        error.add_note(line)
    raise error


def _report(reply: dict[str, Any]) -> ExportReport:
    if (error := reply.get("error")) is not None:
        raise getattr(errors, error.pop("type"))(**error)
    report = reply["report"]
    return ExportReport(
        **{
            **report,
            "path": Path(report["path"]),
            "signatures": tuple(report["signatures"]),
            "ways": tuple(report["ways"]),
        }
    )


def _export_here(folder: Path) -> dict[str, Any]:
    """The exporting process: from the request to its reply."""
    request = json.loads((folder / "request.json").read_text())
    try:
        report = _export(folder, request)
    except FeatureKitError as error:
        said: dict[str, object] = {"message": error.message, "code": error.code}
        said |= {"hint": error.hint, "expected": error.expected, "got": error.got}
        return {"error": {"type": type(error).__name__, **said, **error.where}}
    return {"report": asdict(report)}


def _export(folder: Path, request: dict[str, Any]) -> ExportReport:
    from featurekit.serve.export import export_rows

    drift = folder / "drift.pb"
    spec = spec_from_proto((folder / "spec.pb").read_bytes())
    stats = Stats.from_proto((folder / "stats.pb").read_bytes())
    return export_rows(
        _open(folder / "model.keras", request["modules"]),
        spec,
        stats,
        Path(request["path"]),
        golden.open_rows(folder / "rows.arrow"),
        request["probability"],
        drift=drift.read_bytes() if drift.exists() else None,
        answers=golden.open_rows(folder / "answers.arrow"),
    )


def _open(path: Path, modules: list[str]) -> Any:
    from importlib import import_module

    for module in modules:
        import_module(module)
    try:
        return keras.saving.load_model(path, compile=False)
    except (ValueError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise ArtifactError(
            f"the model cannot be loaded with TensorFlow: {reason[:200]}",
            code="MODEL_FILE",
            hint="define its classes in a module that can be imported, decorated with "
            "keras.saving.register_keras_serializable, and use keras.ops only",
        ) from error


if __name__ == "__main__":
    place = Path(sys.argv[1])
    text = json.dumps(_export_here(place), default=str)
    (place / "reply.json").write_text(text)
