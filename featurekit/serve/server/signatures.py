"""What the graph says of itself: its signatures, with the names of their tensors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from featurekit.errors import RequestError

# What `tf.saved_model` adds for its own purposes; no request calls it.
_INTERNAL = "__saved_model_init_op"
# Their inputs are columns, whatever these are called.
_OF_COLUMNS = ("serving_default", "transform")
# Those of Classify and Regress are called "inputs", by TensorFlow's convention.
_EXAMPLES = ("examples", "inputs")


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One input or output.

    Args:
        name: As requests write it.
        dtype: float32, int64 or string; strings are bytes.
        shape: With None for what a request decides; the first is the number of rows.
    """

    name: str
    dtype: tf.DType
    shape: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call the graph."""

    name: str
    inputs: Mapping[str, TensorInfo]
    outputs: Mapping[str, TensorInfo]

    @property
    def text_input(self) -> str | None:
        """The name of the input, if that is one vector of strings and nothing else."""
        if len(self.inputs) != 1:
            return None
        (one,) = self.inputs.values()
        is_vector = one.dtype == tf.string and one.shape == (None,)
        return one.name if is_vector else None

    @property
    def takes_examples(self) -> bool:
        """Whether it reads serialized tf.Examples: those of raw columns do not."""
        return self.name not in _OF_COLUMNS and self.text_input in _EXAMPLES

    @property
    def is_of_columns(self) -> bool:
        """Whether its inputs are the raw columns."""
        return self.name in _OF_COLUMNS or self.text_input is None


class Signatures(Mapping[str, Signature]):
    """All signatures of an exported model.

    Args:
        path: Its folder.
    """

    def __init__(self, path: Path) -> None:
        saved = saved_model_pb2.SavedModel()
        saved.ParseFromString((path / "saved_model.pb").read_bytes())
        self.definitions = {
            name: one
            for name, one in saved.meta_graphs[0].signature_def.items()
            if name != _INTERNAL
        }
        self._found = {
            name: Signature(name, _tensors(one.inputs), _tensors(one.outputs))
            for name, one in self.definitions.items()
        }

    def __getitem__(self, name: str) -> Signature:
        if name not in self._found:
            raise RequestError(
                "the model has no such signature",
                code="NO_SIGNATURE",
                got=name,
                expected=", ".join(sorted(self._found)),
            )
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __contains__(self, name: object) -> bool:
        return name in self._found

    def of_examples(self, name: str) -> Signature | None:
        """The signature that computes the same from serialized tf.Examples.

        By their names: "serving_examples" for "serving_default", and "x_examples" for
        any other "x".
        """
        if name in self._found and self._found[name].takes_examples:
            return self._found[name]
        stem = "serving" if name == "serving_default" else name
        found = self._found.get(f"{stem}_examples")
        return found if found is not None and found.takes_examples else None


def _tensors(infos: Mapping[str, Any]) -> dict[str, TensorInfo]:
    found = {}
    for name, info in sorted(infos.items()):
        sizes = (one.size for one in info.tensor_shape.dim)
        shape = tuple(None if size < 0 else size for size in sizes)
        found[name] = TensorInfo(name, tf.as_dtype(info.dtype), shape)
    return found


def head_signature(signatures: Signatures, name: str, outputs: set[str]) -> Signature:
    """The signature that answers Classify or Regress.

    Args:
        signatures: Those of the model.
        name: What the request names; without a name, the one with the outputs.
        outputs: One of them at least has to be there.

    Raises:
        RequestError: There is none (NO_SIGNATURE).
    """
    names = [name] if name else sorted(signatures)
    for one in (signatures[name] for name in names):
        if one.takes_examples and outputs & one.outputs.keys():
            return one
    raise RequestError(
        "the model has no such signature",
        code="NO_SIGNATURE",
        got=name or None,
        expected=f"one of tf.Examples with the outputs {', '.join(sorted(outputs))}",
        hint="export with probability='softmax' to classify; other models predict",
    )
