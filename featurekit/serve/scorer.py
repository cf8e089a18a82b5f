"""One row in, the model's outputs out, in this process."""

from collections.abc import Mapping
from contextlib import suppress
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.python.eager import context

from featurekit.errors import RowError
from featurekit.io.example_row import ExampleRowEncoder
from featurekit.serve.row_values import RowReader, Unusual
from featurekit.serve.served_model import load_model
from featurekit.serve.serving_module import EXAMPLES

_SINGLE_THREADED = "SINGLE_THREADED_EXECUTOR"


class Scorer:
    """Answers single rows of an exported model, without a server.

    Loading checks the model as `featurekit.serve.load_model` does, and answers one row,
    so that the first request is as fast as any other. Safe to share between threads.

    Args:
        path: The folder that `featurekit.export` wrote.

    Attributes:
        model: The loaded model; its `predict` takes many rows.

    Raises:
        ArtifactError: The folder is damaged, or does not reproduce itself.
        VersionTooNewError: A newer featurekit wrote it.

    Semantics:
        - The row is written as a tf.Example and sent to `serving_examples`: one tensor
          takes TensorFlow less time than one for each column.
        - The answer is that of `model.predict` of the same row.

    Example:
        >>> import featurekit as fk, tempfile
        >>> spec = fk.FeatureSpec({"size": fk.numeric("x").fill(0.0).buckets([1.0])})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     report = fk.export(None, spec, fk.Stats({}), f"{folder}/1")
        ...     scorer = fk.Scorer(f"{folder}/1")
        >>> int(scorer({"x": 2.5})["size"])
        1
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.model = load_model(path)
        self._read = RowReader(self.model.spec, self.model.plan)
        self._encode = ExampleRowEncoder(self._read.dtypes)
        self._graph = self.model.signatures[EXAMPLES]
        self._executor = _SINGLE_THREADED
        with suppress(tf.errors.InvalidArgumentError):
            self._find_executor()

    def _find_executor(self) -> None:
        """Settles on the executor that can run the graph."""
        row = self._encode(dict.fromkeys(self._read.dtypes))
        try:
            self._call(row)
        except tf.errors.FailedPreconditionError:
            self._executor = ""  # a loop, which needs the usual one
            self._call(row)

    def _call(self, example: bytes) -> Mapping[str, tf.Tensor]:
        # For one row, handing operations to threads takes longer than they do.
        with context.function_executor_type(self._executor):
            return self._graph(examples=tf.constant([example]))

    def __call__(self, row: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
        """The model's outputs for a row.

        Args:
            row: By column a value; None is missing. Columns that no feature reads are
                ignored.

        Returns:
            By output an array, or a NumPy number where a row has one.

        Raises:
            SourceError: A column is missing, or has the wrong type.
            RowError: The row holds a value that the spec does not accept.
        """
        try:
            example = self._encode(self._read(row))
            found = self._call(example)
        except (Unusual, RowError, tf.errors.InvalidArgumentError):
            # The general way knows every form of a value, and words every refusal.
            return {name: one[0] for name, one in self.model.predict([row]).items()}
        return {name: np.asarray(one)[0] for name, one in found.items()}
