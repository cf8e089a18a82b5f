"""Rows in, the outputs of an ONNX file out, without TensorFlow."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.backends.host.executor import HostBackend
from featurekit.backends.reference import ReferenceBackend
from featurekit.errors import FeatureKitError
from featurekit.io.adapter import read_columns
from featurekit.plan.lower import compile_spec
from featurekit.serve import golden
from featurekit.serve.onnx.description import Description
from featurekit.serve.onnx.feeds import Inputs
from featurekit.serve.onnx.session import ACCEPTED, check_accepted, load, run
from featurekit.serve.preprocessor import FEW_ROWS
from featurekit.serve.row_values import RowReader, Unusual
from featurekit.serve.tensor_names import tensor_names

FEATURE = "feature/"
"""Begins the names of the features in a file."""


class OnnxScorer:
    """Answers rows by a file that `fk.export_onnx` wrote.

    Needs NumPy, pyarrow and onnxruntime; TensorFlow and Keras are not loaded. The file
    holds its declaration and its statistics, so that it is all there is to give. Safe
    to share between threads.

    Loading runs the golden rows that the file holds: which rows are accepted, and
    features, have to agree exactly, the outputs of a model within 1e-4.

    Args:
        path: The file.

    Attributes:
        spec: The declaration that it was exported with.
        stats: The statistics that it was exported with.
        plan: The preprocessing.
        session: The `onnxruntime.InferenceSession`.

    Raises:
        ArtifactError: The file is damaged, or does not reproduce itself; ONNX Runtime
            does not load it.
        VersionTooNewError: A newer featurekit wrote it.

    Example:
        >>> import featurekit as fk, tempfile
        >>> from featurekit.serve.onnx import OnnxScorer
        >>> spec = fk.FeatureSpec({"size": fk.numeric("x").fill(0.0).buckets([1.0])})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     report = fk.export_onnx(None, spec, fk.Stats({}), f"{folder}/a.onnx")
        ...     scorer = OnnxScorer(f"{folder}/a.onnx")
        >>> int(scorer({"x": 2.5})["size"])
        1
        >>> scorer.predict({"x": [2.5, None]})["size"].tolist()
        [1, 0]
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.session = load(Path(path))
        properties = self.session.get_modelmeta().custom_metadata_map
        made = Description.from_properties(properties, file=str(path))
        self.spec, self.stats = made.spec, made.stats
        self.plan = compile_spec(self.spec, self.stats, serving=True)
        names = tensor_names(
            one for one in self.spec.serving_inputs if one.name in self.plan.columns
        )
        self._inputs = Inputs.of(self.plan, names)
        self._read = RowReader(self.spec, self.plan)
        self._prefix = "" if made.has_model else FEATURE
        try:
            self._replay(made)
        except FeatureKitError as error:
            error.add_note(f"while replaying the golden rows of {path}")
            raise

    def _replay(self, made: Description) -> None:
        """Computes the golden rows again."""
        found = self._run(self._inputs.from_batch(made.golden_inputs))
        # One by one, as it needs no compiled code.
        wanted = ReferenceBackend(self.plan).run(made.golden_inputs)
        accepted = check_accepted(found.pop(ACCEPTED), wanted.accepted_rows)
        kept = {name: one[accepted] for name, one in found.items()}
        if not made.has_model:
            golden.compare_features(wanted.outputs, kept)
        golden.compare_outputs(made.golden_outputs, kept)

    def _run(self, feeds: dict[str, Any]) -> dict[str, npt.NDArray[Any]]:
        found = run(self.session, feeds)
        return {name.removeprefix(self._prefix): one for name, one in found.items()}

    @cached_property
    def _columns(self) -> HostBackend:
        return HostBackend(self.plan)

    def __call__(self, row: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
        """The outputs for one row.

        Args:
            row: By column a value; None is missing. Columns that no feature reads are
                ignored.

        Returns:
            By output an array, or a NumPy number where a row has one.

        Raises:
            SourceError: A column is missing, or has the wrong type.
            RowError: The row holds a value that the spec does not accept.
        """
        return {name: one[0] for name, one in self.predict([row]).items()}

    def predict(self, rows: Any) -> dict[str, npt.NDArray[Any]]:
        """The outputs for raw rows.

        Args:
            rows: A list of dicts, a dict of columns, a frame, a path; see
                `featurekit.io.adapter`. Columns that no feature reads are ignored.

        Returns:
            By output an array of shape (rows, ...): the model's outputs, or the
            features if the file has no model.

        Raises:
            SourceError: A column is missing, or has the wrong type.
            RowError: A row holds a value that the spec does not accept; with the
                feature and the column.
        """
        if isinstance(rows, Sequence) and 0 < len(rows) <= FEW_ROWS:
            try:
                feeds = self._inputs.from_values(self._read.all(rows))
            except Unusual:
                pass  # whatever is wrong or unusual, the general cast knows it
            else:
                found = self._run(feeds)
                if found.pop(ACCEPTED).all():
                    return found
        return self._many(rows)

    def _many(self, rows: Any) -> dict[str, npt.NDArray[Any]]:
        parts = [
            self._run_batch(batch)
            for batch in read_columns(self.spec, rows, list(self.plan.columns))
        ]
        return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}

    def _run_batch(self, batch: pa.RecordBatch) -> dict[str, npt.NDArray[Any]]:
        found = self._run(self._inputs.from_batch(batch))
        accepted = found.pop(ACCEPTED)
        if accepted.all():
            return found
        # The graph says which rows, the plan says why.
        done = self._columns.run(batch)
        check_accepted(accepted, done.accepted_rows)
        raise done.error(0)
