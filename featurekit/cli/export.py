"""`featurekit export`: a model and its preprocessing as a SavedModel or ONNX file."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from featurekit.cli import options as o
from featurekit.cli.formats import size, visible
from featurekit.cli.terminal import Terminal

if TYPE_CHECKING:
    from featurekit.plan.stats import Stats
    from featurekit.spec.feature_spec import FeatureSpec

EXAMPLE = (
    "Example: featurekit export --model model.keras --dataset out --output served/1"
)


class Format(StrEnum):
    """What is written."""

    savedmodel = "savedmodel"
    onnx = "onnx"


class Probability(StrEnum):
    """How a model's output becomes probabilities."""

    none = "none"
    sigmoid = "sigmoid"
    softmax = "softmax"


_ACTIVATIONS: dict[Probability, Literal["sigmoid", "softmax"] | None] = {
    Probability.none: None,
    Probability.sigmoid: "sigmoid",
    Probability.softmax: "softmax",
}
ModelFile = Annotated[
    Path,
    typer.Option(
        metavar="FILE.keras",
        help="The trained model; loaded in safe mode, so it can hold no code.",
        show_default=False,
    ),
]
DatasetOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Take spec and statistics from here.", show_default=False
    ),
]
SpecOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Or from a spec ...", show_default=False),
]
StatsOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="... and its statistics.", show_default=False),
]
VersionFolder = Annotated[
    Path,
    typer.Option(
        metavar="DIR/VERSION",
        help="The model's new folder; of ONNX, its new file.",
        show_default=False,
    ),
]
GoldenRows = Annotated[
    list[str] | None,
    typer.Option(
        "--rows",
        metavar="SOURCE",
        help="Rows whose results are stored, and compared on every load. Repeatable.",
        show_default=False,
    ),
]
TrainingRows = Annotated[
    list[str] | None,
    typer.Option(
        "--training",
        metavar="SOURCE",
        help="Rows of the training data, sketched for `drift`. Repeatable.",
        show_default=False,
    ),
]
ProbabilityOption = Annotated[
    Probability, typer.Option(help="Adds an output `probabilities`.")
]
FormatOption = Annotated[
    Format,
    typer.Option("--format", help="A SavedModel, or a file for ONNX Runtime."),
]


def export(
    model: ModelFile,
    output: VersionFolder,
    dataset: DatasetOption = None,
    spec: SpecOption = None,
    stats: StatsOption = None,
    rows: GoldenRows = None,
    training: TrainingRows = None,
    probability: ProbabilityOption = Probability.none,
    target_format: FormatOption = Format.savedmodel,
    json: o.AsJson = False,
    csv_delimiter: o.Delimiter = None,
    csv_null: o.NullValues = None,
    csv_quoted_nulls: o.QuotedNulls = False,
    csv_block_bytes: o.BlockBytes = o.BLOCK_BYTES,
) -> None:
    """Write raw columns to predictions as one model, and prove it equal."""
    import featurekit as fk

    terminal = Terminal(json=json)
    if training and target_format is Format.onnx:
        raise typer.BadParameter(
            "only a SavedModel keeps sketches", param_hint="'--training'"
        )
    declared, measured = _declaration(dataset, spec, stats)
    csv = o.csv_options(csv_delimiter, csv_null, csv_quoted_nulls, csv_block_bytes)
    source = o.open_rows(rows, csv) if rows else None
    trained_on = o.open_rows(training, csv) if training else None
    with terminal.progress("exporting"):
        arguments = _load_model(model), declared, measured, output
        chosen = _ACTIVATIONS[probability]
        report: Any
        if target_format is Format.onnx:
            report = fk.export_onnx(*arguments, rows=source, probability=chosen)
        else:
            report = fk.export(
                *arguments, rows=source, training=trained_on, probability=chosen
            )
    if json:
        terminal.write_json(_as_json(report))
    else:
        _show(terminal, report)


def _show(terminal: Terminal, report: Any) -> None:
    terminal.line(f"{visible(str(report.path))}: exported", style="bold green")
    pairs = {name: getattr(report, name).items() for name in ("inputs", "outputs")}
    terminal.facts(
        {
            **_notation(report),
            **{
                name: ", ".join(f"{key} {kind}" for key, kind in entries)
                for name, entries in pairs.items()
            },
            "proof": f"{report.golden_rows} golden rows: batch conversion and what was "
            f"written agree{_ways(report)}",
            "size": f"{size(report.bytes)}, {report.seconds:.1f} s",
        }
    )


def _ways(report: Any) -> str:
    """How often a SavedModel was compared."""
    return f" in {len(report.ways)} ways" if hasattr(report, "ways") else ""


def _notation(report: Any) -> dict[str, str]:
    """The ways to call the model; or, of ONNX, the version of its operators."""
    if hasattr(report, "opset"):
        return {"opset": str(report.opset)}
    return {"signatures": ", ".join(report.signatures)}


def _as_json(report: Any) -> dict[str, object]:
    return {
        "path": str(report.path),
        **(
            {"opset": report.opset}
            if hasattr(report, "opset")
            else {"signatures": report.signatures}
        ),
        "inputs": report.inputs,
        "outputs": report.outputs,
        "golden_rows": report.golden_rows,
        **({"ways": report.ways} if hasattr(report, "ways") else {}),
        "bytes": report.bytes,
        "seconds": report.seconds,
    }


def _declaration(
    dataset: Path | None, spec: Path | None, stats: Path | None
) -> "tuple[FeatureSpec, Stats]":
    """Spec and statistics, of a dataset or of two files."""
    from featurekit.io.dataset import load
    from featurekit.plan.stats import Stats
    from featurekit.spec.load import load_spec

    if dataset is not None and spec is None and stats is None:
        found = load(dataset)
        return found.spec, found.stats
    if dataset is None and spec is not None and stats is not None:
        return load_spec(spec), Stats.open(stats)
    raise typer.BadParameter(
        "give --dataset, or both --spec and --stats", param_hint="'--dataset'"
    )


def _load_model(path: Path) -> Any:
    """The Keras model; a file that holds code is refused.

    Raises:
        ArtifactError: The file is not there, or no model that may be loaded.
        MissingDependencyError: Keras or TensorFlow is not installed.
    """
    from featurekit.errors import ArtifactError, MissingDependencyError

    if not path.is_file():
        raise ArtifactError("there is no such model", code="MODEL_FILE", file=str(path))
    try:
        import keras

        _register_layers()
    except ImportError as error:
        raise MissingDependencyError("Keras", "tensorflow") from error
    try:
        return keras.models.load_model(path, safe_mode=True)
    except Exception as error:  # whatever a damaged file makes Keras raise
        reason = " ".join(str(error).split())
        raise ArtifactError(
            f"the model cannot be loaded: {reason[:200]}",
            code="MODEL_FILE",
            file=str(path),
            expected="what model.save('model.keras') writes, without lambdas",
        ) from error


def _register_layers() -> None:
    """Makes our layers known to Keras, which finds those of loaded modules only."""
    from importlib import import_module
    from pkgutil import iter_modules

    from featurekit import layers, models

    for package in (layers, models):
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)
