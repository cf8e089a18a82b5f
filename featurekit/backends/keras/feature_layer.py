"""FeatureLayer: a spec as one Keras layer."""

from collections.abc import Mapping
from typing import Any, Literal

import keras
import numpy as np
import pyarrow as pa
import tensorflow as tf

from featurekit.backends.base import Transformed
from featurekit.backends.inputs import check_columns
from featurekit.backends.keras.lists import read_lists
from featurekit.backends.keras.program import Computed, Program
from featurekit.backends.keras.values import DTYPES, Value, as_raised, mark
from featurekit.backends.missing import is_missing, to_tensors
from featurekit.errors import (
    DTypeMismatchError,
    FeatureKitError,
    MissingColumnError,
)
from featurekit.plan.graph import Plan
from featurekit.plan.lower import compile_spec
from featurekit.plan.rejects import row_error
from featurekit.plan.stats import Stats
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.inputs import element_dtype
from featurekit.spec.serialize import spec_from_text, spec_to_text


@keras.saving.register_keras_serializable(package="featurekit")
class FeatureLayer(keras.layers.Layer):
    """Raw columns in, ids and floats out: the same bits as batch conversion.

    Runs eagerly, in `tf.data`, in a functional model, and in a SavedModel, on the CPU:
    TensorFlow has no text on GPUs.

    Args:
        spec: The declaration.
        stats: What `analyze` measured for it. Defaults to none, which suffices for a
            spec that learns nothing.
        outputs: "features", or "all" for label and weight as well. Defaults to
            "features".
        **kwargs: Of `keras.layers.Layer`, such as name.

    Call arguments:
        inputs: A dict with a tensor of shape (batch,) for each source column: float32,
            int64, string, or int64 microseconds since 1970-01-01 UTC. A missing value
            is the marker of `featurekit.backends.missing`; for a number under
            `nan="missing"`, any NaN. Lists are a `tf.RaggedTensor` of shape
            (batch, None), or a tensor of shape (batch, n) with the markers of lists,
            of which the number of columns does not matter. Other entries are ignored.

    Returns:
        A dict by feature name: int64 ids or float32 numbers, shape (batch,), or
        either, shape (batch, width), or in the shape that the column says.

    Semantics:
        - Refused rows: RowError when run eagerly; in a graph InvalidArgumentError with
          the same text. Nothing is returned for the batch.
        - Batch size: does not change a bit of any row.
        - Missing, NaN, infinite, unknown: as the columns say.

    Raises:
        MissingColumnError: A source column is not among the inputs.
        DTypeMismatchError: A tensor has another dtype, or number of dimensions.

    Example:
        >>> import featurekit as fk
        >>> layer = fk.keras.FeatureLayer(
        ...     fk.FeatureSpec({"size": fk.numeric("x").buckets([0.0, 1.0])})
        ... )
        >>> layer({"x": tf.constant([-1.0, 0.5])})["size"].numpy().tolist()
        [0, 1]
    """

    def __init__(
        self,
        spec: FeatureSpec,
        stats: Stats | None = None,
        *,
        outputs: Literal["features", "all"] = "features",
        **kwargs: Any,
    ) -> None:
        # No casts on the way in: ids of 64 bits and markers have to arrive as they are.
        super().__init__(**{"autocast": False, "trainable": False, **kwargs})
        self.spec = spec
        self.stats = stats
        self.outputs = outputs
        self.plan = compile_spec(spec, stats, serving=outputs == "features")
        self.program = Program(self.plan)
        # XLA has no text, and multiplies by the reciprocal of a constant divisor.
        self.supports_jit = False
        self.built = True

    def call(self, inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Runs the plan; see the class."""
        columns = check_tensors(self.plan, inputs)
        computed = self.program.compute(columns)
        if tf.executing_eagerly():
            self._require_accepted(columns, computed)
            return self.program.shaped(computed)
        return self.program.require_accepted(computed)

    def _require_accepted(
        self, columns: Mapping[str, tf.Tensor], computed: Computed
    ) -> None:
        rejecting = computed.rejecting.numpy()
        refused = np.flatnonzero(rejecting < len(self.plan.nodes))
        if not len(refused):
            return
        row = int(refused[0])
        node = int(rejecting[row])
        values = [_plain(columns[name][row]) for name in self.plan.columns_of[node]]
        got = values[0] if len(values) == 1 else tuple(values)
        raise as_raised(row_error(self.plan, node, row=row, got=got))

    def compute_output_spec(
        self, inputs: Mapping[str, Any]
    ) -> dict[str, keras.KerasTensor]:
        """Shapes and dtypes, without running anything."""
        batch = next(iter(inputs.values())).shape[0]
        return {
            name: keras.KerasTensor(
                (batch, *kind.row_shape),
                dtype=kind.dtype,
            )
            for name, kind in self.plan.output_types.items()
        }

    def get_config(self) -> dict[str, Any]:
        """Spec and statistics as JSON text."""
        return {
            **super().get_config(),
            "spec": spec_to_text(self.spec, form="json"),
            "stats": None if self.stats is None else self.stats.to_json(),
            "outputs": self.outputs,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "FeatureLayer":
        """The layer that gave the config."""
        spec, stats, *_ = config.pop("spec"), config.pop("stats")
        return cls(
            spec_from_text(spec, form="json"),
            None if stats is None else Stats.from_json(stats),
            **config,
        )


def check_tensors(plan: Plan, inputs: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """The columns that a plan reads, as tensors of the right dtype and shape.

    Raises:
        MissingColumnError: One is not there.
        DTypeMismatchError: One has another dtype, or number of dimensions.
    """
    found = {}
    for name, read in plan.columns.items():
        element = element_dtype(read.dtype)
        wanted = DTYPES[element or read.dtype]  # type: ignore[index]
        rank, shape = (1, "(batch,)") if element is None else (2, "(batch, n)")
        if name not in inputs:
            error: FeatureKitError = MissingColumnError(
                "an input is missing",
                column=name,
                got=sorted(inputs),
                expected=f"a {wanted.name} tensor of shape {shape}",
            )
            raise as_raised(error)
        tensor = inputs[name]
        if element is None or not isinstance(tensor, tf.RaggedTensor):
            tensor = tf.convert_to_tensor(tensor)
        if tensor.dtype != wanted or tensor.shape.rank not in (rank, None):
            error = DTypeMismatchError(
                "an input has the wrong type or shape",
                column=name,
                got=f"{tensor.dtype.name} of shape {tensor.shape}",
                expected=f"{wanted.name} of shape {shape}",
            )
            raise as_raised(error)
        found[name] = tensor
    return found


def _plain(scalar: tf.Tensor) -> object:
    """The Python value of a scalar or of a list; None for a marker."""
    if scalar.shape.rank:
        (flat, valid), _, _, there = read_lists(scalar[tf.newaxis])
        found = tf.unstack(mark(Value(flat, valid)))
        return [_plain(one) for one in found] if there[0] else None
    value = np.atleast_1d(scalar.numpy())
    if is_missing(value)[0]:
        return None
    found = value[0]
    return (
        found.decode("utf-8", "replace") if isinstance(found, bytes) else found.item()
    )


class KerasBackend:
    """Runs a plan on Arrow batches through TensorFlow, as other backends do.

    Args:
        plan: The plan.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.program = Program(plan)

    def run(self, batch: pa.RecordBatch) -> Transformed:
        """Computes all outputs for all rows that no op refuses."""
        check_columns(self.plan, batch)
        columns = to_tensors(batch.select(list(self.plan.columns)))
        computed = self.program.compute(
            {name: tf.constant(array) for name, array in columns.items()}
        )
        return self.transformed(batch, computed)

    def transformed(self, batch: pa.RecordBatch, computed: Computed) -> Transformed:
        """What a program made of a batch, in the form that all backends share."""
        rejecting = np.asarray(computed.rejecting)
        refused = np.flatnonzero(rejecting < len(self.plan.nodes))
        accepted = np.flatnonzero(rejecting == len(self.plan.nodes))
        outputs = {
            name: _to_arrow(np.asarray(tensor)[accepted])
            for name, tensor in computed.outputs.items()
        }
        return Transformed(
            self.plan, batch, pa.record_batch(outputs), refused, rejecting[refused]
        )


def _to_arrow(array: np.ndarray[Any, Any]) -> pa.Array:
    if array.ndim == 1:
        return pa.array(array)
    return pa.FixedSizeListArray.from_arrays(array.ravel(), array.shape[1])
