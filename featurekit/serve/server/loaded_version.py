"""One version of a model in memory: checked, warmed up, ready to be called."""

from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tensorflow as tf

from featurekit.io.example import encode_payloads
from featurekit.serve import golden
from featurekit.serve.artifact import EXTRA
from featurekit.serve.graph_errors import readable_refusals
from featurekit.serve.json_notation import to_json_rows
from featurekit.serve.preprocessor import Preprocessor
from featurekit.serve.served_model import ServedModel, load_model
from featurekit.serve.server.loaded_gradients import forgotten_gradients
from featurekit.serve.server.request_rows import RequestRows
from featurekit.serve.server.signatures import Signature, Signatures

Arrays: TypeAlias = dict[str, npt.NDArray[Any]]
# So that the first requests find their shapes traced and their memory allocated.
_WARM_UP_ROWS = (1, 2, 8, 32)


class LoadedVersion:
    """A version that has proven itself.

    Args:
        number: The version.
        path: Its folder.

    Raises:
        ArtifactError: The folder is damaged, or does not reproduce its golden vectors.
        VersionTooNewError: A newer featurekit wrote it.
    """

    def __init__(self, number: int, path: Path) -> None:
        self.number = number
        self.path = path
        with forgotten_gradients():
            self.model: ServedModel = load_model(path)
        self.signatures = Signatures(path)
        self.rows = RequestRows(self.model.spec, self.model.stats)
        self._functions = self.model.signatures

    @cached_property
    def preprocessor(self) -> Preprocessor:
        """The preprocessing without TensorFlow, to explain rows."""
        return Preprocessor(self.model.spec, self.model.stats)

    def call(self, signature: str, inputs: Arrays) -> Arrays:
        """Runs the graph.

        Args:
            signature: Which one.
            inputs: By name; strings are object arrays of bytes.

        Raises:
            InvalidArgumentError: A row is refused; TensorFlow's own class.
        """
        infos = self.signatures[signature].inputs
        tensors = {
            name: tf.constant(value, infos[name].dtype)
            for name, value in inputs.items()
        }
        with readable_refusals():
            found = self._functions[signature](**tensors)
        return {name: value.numpy() for name, value in found.items()}

    def warm_up(self) -> None:
        """Calls every signature that reads texts, on the golden rows."""
        batch = golden.open_rows(self.path / EXTRA / "golden_inputs.arrow")
        if not batch.num_rows:
            return
        for signature in self.signatures.values():
            texts = self._texts(signature, batch)
            if texts is None:
                continue
            for count in (*_WARM_UP_ROWS, len(texts)):
                rows = np.resize(texts, count)
                self.call(signature.name, {str(signature.text_input): rows})

    def _texts(
        self, signature: Signature, batch: pa.RecordBatch
    ) -> npt.NDArray[Any] | None:
        """The golden rows as the signature reads them; None if it reads tensors."""
        if signature.takes_examples:
            return as_strings(payloads(batch))
        if signature.text_input == "rows":
            spec = self.model.spec
            inputs = [
                one for one in spec.serving_inputs if one.name in batch.schema.names
            ]
            return as_strings([row.encode() for row in to_json_rows(batch, inputs)])
        return None


def payloads(batch: pa.RecordBatch) -> list[bytes]:
    """The rows as serialized tf.Examples."""
    buffer, offsets = encode_payloads(batch)
    data = buffer.tobytes()
    return [data[start:stop] for start, stop in pairwise(offsets.tolist())]


def as_strings(values: list[bytes]) -> npt.NDArray[Any]:
    """An array of bytes objects, also where they have equal lengths."""
    found = np.empty(len(values), object)
    found[:] = values
    return found
