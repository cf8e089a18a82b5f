"""Loading an exported model: only one that is whole and reproduces itself."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tensorflow as tf

from featurekit.backends.host.executor import HostBackend
from featurekit.errors import ArtifactError, FeatureKitError
from featurekit.io.adapter import read_columns
from featurekit.plan.graph import Plan
from featurekit.plan.lower import compile_spec
from featurekit.serve.artifact import EXTRA, open_whole
from featurekit.serve.golden import Golden
from featurekit.serve.graph_check import check_graph
from featurekit.serve.graph_errors import graph_error, readable_refusals
from featurekit.serve.heads import CLASSIFY, REGRESS
from featurekit.serve.replay import replay_signatures
from featurekit.serve.serving_module import (
    DEFAULT,
    EXAMPLES,
    JSON,
    TEXT_INPUTS,
    TRANSFORM,
    TRANSFORM_EXAMPLES,
    named_tensors,
)

_WHY_NOT = {
    JSON: ": it reads columns of bytes, which JSON cannot hold",
    CLASSIFY: ": it was exported without probability=, or tells no classes",
    REGRESS: ": it gives something else than one number per row",
}


class ServedModel:
    """An exported model in this process. Made by `load_model`.

    Attributes:
        path: Its folder.
        description: Versions and fingerprints.
        spec: The declaration that it was exported with.
        stats: The statistics that it was exported with.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.description, self.spec, self.stats = open_whole(path)
        check_graph(path)
        self._loaded = tf.saved_model.load(str(path))
        self._backend = HostBackend(compile_spec(self.spec, self.stats, serving=True))
        self._replay()

    @property
    def plan(self) -> Plan:
        """The preprocessing."""
        return self._backend.plan

    @property
    def signatures(self) -> Mapping[str, Callable[..., Mapping[str, tf.Tensor]]]:
        """The ways to call the graph, by name; they take tensors as keywords."""
        return self._loaded.signatures  # type: ignore[no-any-return]

    def _replay(self) -> None:
        """Computes the golden vectors again."""
        rows = Golden.open(self.path / EXTRA)
        inputs = [
            one for one in self.spec.serving_inputs if one.name in self.plan.columns
        ]
        for one in replay_signatures(
            self.signatures, self.spec, self.stats, inputs, rows
        ):
            try:
                one.require()
            except FeatureKitError as error:
                error.add_note(f"while replaying the golden rows of {self.path}")
                raise

    def _call(self, signature: str, batch: pa.RecordBatch) -> dict[str, Any]:
        columns = named_tensors(batch, self.spec.serving_inputs)
        return dict(self._loaded.signatures[signature](**columns))

    def predict(self, rows: Any) -> dict[str, npt.NDArray[Any]]:
        """The model's outputs for raw rows.

        Args:
            rows: A dict of columns, a list of dicts, a frame, a path; see
                `featurekit.io.adapter`. Columns beyond those of the features are
                ignored.

        Returns:
            By output an array of shape (rows, ...).

        Raises:
            SourceError: A column is missing, or has the wrong type.
            RowError: A row holds a value that the spec does not accept.
        """
        return self._run(DEFAULT, rows)

    def transform(self, rows: Any) -> dict[str, npt.NDArray[Any]]:
        """The features of raw rows, as the model receives them; see `predict`."""
        return self._run(TRANSFORM, rows)

    def _run(self, signature: str, rows: Any) -> dict[str, npt.NDArray[Any]]:
        names = list(self._backend.plan.columns)
        parts = [
            self._run_batch(signature, batch)
            for batch in read_columns(self.spec, rows, names)
        ]
        return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}

    def _run_batch(
        self, signature: str, batch: pa.RecordBatch
    ) -> dict[str, npt.NDArray[Any]]:
        try:
            found = self._call(signature, batch)
        except tf.errors.InvalidArgumentError:
            done = self._backend.run(batch)
            if not len(done.rejected_rows):
                raise
            raise done.error(0) from None
        return {name: np.asarray(value) for name, value in found.items()}

    def predict_examples(
        self, examples: Sequence[bytes]
    ) -> dict[str, npt.NDArray[Any]]:
        """The model's outputs for serialized tf.Examples of raw columns.

        Raises:
            RowError: A record is no tf.Example, or a row is not accepted.
        """
        return self._run_texts(EXAMPLES, examples)

    def transform_examples(
        self, examples: Sequence[bytes]
    ) -> dict[str, npt.NDArray[Any]]:
        """The features of serialized tf.Examples; see `predict_examples`."""
        return self._run_texts(TRANSFORM_EXAMPLES, examples)

    def classify(self, examples: Sequence[bytes]) -> dict[str, npt.NDArray[Any]]:
        """The classes of serialized tf.Examples, as TensorFlow Serving tells them.

        Returns:
            "classes", texts as bytes, and "scores", float32: the probability of each;
            shape (rows, classes).

        Raises:
            ArtifactError: The model was exported without `probability=`.
            RowError: A record is no tf.Example, or a row is not accepted.
        """
        return self._run_texts(CLASSIFY, examples)

    def regress(self, examples: Sequence[bytes]) -> dict[str, npt.NDArray[Any]]:
        """The model's one number, as TensorFlow Serving tells it.

        Returns:
            "outputs", float32, shape (rows, 1).

        Raises:
            ArtifactError: The model gives more than one number, or probabilities.
            RowError: A record is no tf.Example, or a row is not accepted.
        """
        return self._run_texts(REGRESS, examples)

    def predict_json(self, rows: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        """The model's outputs for rows written as JSON objects.

        Raises:
            ArtifactError: The model reads bytes, which JSON cannot hold.
            RowError: A row is not accepted.
        """
        return self._run_texts(JSON, rows)

    def _signature(self, name: str) -> Any:
        if name not in self._loaded.signatures:
            raise ArtifactError(
                f"the model has no signature {name!r}{_WHY_NOT.get(name, '')}",
                code="NO_SIGNATURE",
                file=str(self.path),
                expected=" or ".join(sorted(self._loaded.signatures)),
            )
        return self._loaded.signatures[name]

    def _run_texts(
        self, signature: str, texts: Sequence[str | bytes]
    ) -> dict[str, npt.NDArray[Any]]:
        call = self._signature(signature)
        tensor = tf.constant(list(texts), tf.string, shape=[len(texts)])
        try:
            with readable_refusals():
                found = call(**{TEXT_INPUTS[signature]: tensor})
        except tf.errors.OpError as error:
            raise graph_error(error, tensor.numpy().tolist()) from None
        return {name: np.asarray(value) for name, value in found.items()}


def load_model(path: str | PathLike[str]) -> ServedModel:
    """Loads an exported model, and proves that it is the one that was exported.

    Every file is compared with its digest, the graph may hold operations that compute
    and nothing else, and every signature computes the golden rows again: features have
    to agree in every bit, the model's outputs within 1e-4.

    Args:
        path: The folder that `featurekit.export` wrote.

    Raises:
        ArtifactError: The folder is damaged, or does not reproduce itself.
        VersionTooNewError: A newer featurekit wrote it.
    """
    return ServedModel(Path(path))
