"""Drift of a whole data set against an exported model."""

from os import PathLike
from pathlib import Path
from typing import Any

from featurekit.errors import ArtifactError
from featurekit.serve.artifact import open_whole
from featurekit.serve.drift.monitor import read_training
from featurekit.serve.drift.report import ALPHA, DriftReport, compare
from featurekit.serve.drift.sketching import sketch


def drift(path: str | PathLike[str], rows: Any, *, alpha: float = ALPHA) -> DriftReport:
    """Tests whether rows are distributed as the training rows of an exported model.

    Numbers are compared by the Kolmogorov-Smirnov distance, categories by a chi-square
    test, rates of missing and of unknown values by Fisher's exact test. The p-values
    are corrected for their number by Holm's procedure, and all tests hold for small
    samples: rows like the training rows are reported with a chance of at most `alpha`.

    Args:
        path: The folder that `featurekit.export(..., training=...)` wrote.
        rows: A path, a table; see `featurekit.io.adapter`.
        alpha: The chance of any false alarm. Defaults to 0.01.

    Returns:
        A report; `print` shows it as a table, `.drifted` names what has changed.

    Raises:
        ArtifactError: The folder is damaged, or has no sketches of its training rows.
        SourceError: A column is missing, or has the wrong type.
        RowError: A value cannot be cast.
        ValueError: Alpha is not between 0 and 1.

    Example:
        >>> import tempfile
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec({"age": fk.numeric("age").fill(0.0)})
        >>> rows = {"age": [20.0, 30.0, 40.0, 50.0] * 25}
        >>> inputs = fk.model_inputs(spec, fk.Stats({}))
        >>> model = fk.models.TabularTransformer(inputs, dim=8, depth=1, num_heads=2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = f"{folder}/1"
        ...     _ = fk.export(model, spec, fk.Stats({}), path, training=rows)
        ...     same = fk.drift(path, {"age": [20.0, 50.0, 40.0, 30.0] * 5})
        ...     older = fk.drift(path, {"age": [50.0, 60.0] * 20})
        >>> same.drifted, older.drifted
        ([], ['age'])
        >>> older.tests[0].moved
        '0.0% are at most 40, was 75.0%'
    """
    root = Path(path)
    _, spec, stats = open_whole(root)
    training = read_training(root)
    if training is None:
        raise ArtifactError(
            "the model has no sketches of its training rows",
            code="NO_TRAINING_SKETCHES",
            file=str(root),
            hint="export it again with training=, the rows that it was trained on",
        )
    return compare(training, sketch(spec, stats, rows), alpha=alpha)
