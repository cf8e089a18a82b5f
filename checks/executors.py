"""Every way to run a plan on a batch, in one form that can be compared bit for bit."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tensorflow as tf

from featurekit.backends.base import Transformed
from featurekit.backends.host.executor import HostBackend
from featurekit.backends.keras.feature_layer import KerasBackend
from featurekit.backends.keras.program import Program
from featurekit.backends.missing import to_tensors
from featurekit.backends.reference import ReferenceBackend
from featurekit.plan.graph import Plan
from featurekit.spec.inputs import element_dtype

# Each plan is traced anew: the advice against it is for models.
tf.get_logger().setLevel("ERROR")

Tensors: TypeAlias = Mapping[str, Any]
_REJECTING = "rejecting "  # no feature has this name: SavedModels strip no spaces


@dataclass(frozen=True)
class Result:
    """What an executor made of some rows.

    Args:
        rejecting: int64, shape (rows,): the node that refused the row first, or the
            number of nodes.
        outputs: The accepted rows, in order, by name.
    """

    rejecting: npt.NDArray[np.int64]
    outputs: Mapping[str, npt.NDArray[Any]]
    nodes: int

    def first(self, rows: int) -> "Result":
        """The first rows alone."""
        rejecting = self.rejecting[:rows]
        kept = int(np.count_nonzero(rejecting == self.nodes))
        outputs = {name: array[:kept] for name, array in self.outputs.items()}
        return Result(rejecting, outputs, self.nodes)

    @property
    def values(self) -> int:
        """How many values, refused ones included, it has."""
        return len(self.rejecting) * len(self.outputs)

    def differences(self, other: "Result") -> int:
        """Bits that differ in rows that both accept; and rows judged otherwise."""
        if len(self.rejecting) != len(other.rejecting):
            raise ValueError("other rows")
        judged = int(np.count_nonzero(self.rejecting != other.rejecting))
        ours, theirs = self._at(other), other._at(self)
        return judged + sum(
            _differing_bits(ours[name], theirs[name]) for name in self.outputs
        )

    def _at(self, other: "Result") -> dict[str, npt.NDArray[Any]]:
        """The outputs of the rows that both accept."""
        accepted = self.rejecting == self.nodes
        both = (other.rejecting == other.nodes)[accepted]
        return {name: array[both] for name, array in self.outputs.items()}


def join(parts: list[Result]) -> Result:
    """The result of batches, as of one batch."""
    names = parts[0].outputs
    return Result(
        np.concatenate([part.rejecting for part in parts]),
        {n: np.concatenate([part.outputs[n] for part in parts]) for n in names},
        parts[0].nodes,
    )


def _differing_bits(ours: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> int:
    if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
        return max(ours.nbytes, theirs.nbytes, 1) * 8
    left, right = (np.ascontiguousarray(one).reshape(-1) for one in (ours, theirs))
    changed = left.view(np.uint8) ^ right.view(np.uint8)
    return int(np.bitwise_count(changed).sum())


def _of_arrow(plan: Plan, found: Transformed) -> Result:
    rejecting = np.full(found.source.num_rows, len(plan.nodes), np.int64)
    rejecting[found.rejected_rows] = found.rejecting_nodes
    outputs = {name: _to_numpy(found.outputs.column(name)) for name, _ in plan.outputs}
    return Result(rejecting, outputs, len(plan.nodes))


def _to_numpy(column: pa.Array) -> npt.NDArray[Any]:
    if pa.types.is_fixed_size_list(column.type):
        flat: npt.NDArray[Any] = column.flatten().to_numpy()
        return flat.reshape(-1, column.type.list_size)
    found: npt.NDArray[Any] = column.to_numpy()
    return found


def _of_tensors(plan: Plan, found: Mapping[str, Any]) -> Result:
    rejecting = np.asarray(found[_REJECTING])
    accepted = rejecting == len(plan.nodes)
    outputs = {name: np.asarray(found[name])[accepted] for name, _ in plan.outputs}
    return Result(rejecting, outputs, len(plan.nodes))


def reference(plan: Plan, batch: pa.RecordBatch) -> Result:
    """The definition, row by row in Python."""
    return _of_arrow(plan, ReferenceBackend(plan).run(batch))


def host(plan: Plan, batch: pa.RecordBatch) -> Result:
    """The compiled interpreter of batch jobs."""
    return _of_arrow(plan, HostBackend(plan).run(batch))


def keras_eager(plan: Plan, batch: pa.RecordBatch) -> Result:
    """TensorFlow, one operation after the other."""
    return _of_arrow(plan, KerasBackend(plan).run(batch))


def tensors(plan: Plan, batch: pa.RecordBatch) -> Tensors:
    """The columns that a plan reads, as TensorFlow takes them."""
    return to_tensors(batch.select(list(plan.columns)))


def _function(program: Program) -> Callable[[Tensors], dict[str, Any]]:
    def compute(columns: Tensors) -> dict[str, Any]:
        found = program.compute(columns)
        return {**found.outputs, _REJECTING: found.rejecting}

    return compute


def tf_function(plan: Plan, batch: pa.RecordBatch, *, xla: bool = False) -> Result:
    """One graph for the whole batch; compiled by XLA if asked."""
    program = Program(plan)
    compute = tf.function(_function(program), jit_compile=xla)
    columns = {name: tf.constant(one) for name, one in tensors(plan, batch).items()}
    return _of_tensors(plan, compute(columns))


def tf_data(plan: Plan, batch: pa.RecordBatch, *, size: int = 4096) -> Result:
    """A tf.data pipeline that maps the program over batches."""
    program = Program(plan)
    return _pipeline(plan, _function(program), batch, size)


def _pipeline(
    plan: Plan, compute: Callable[[Tensors], Any], batch: pa.RecordBatch, size: int
) -> Result:
    """Batches of the size, and a smaller one of the rows that remain."""
    whole = batch.num_rows - batch.num_rows % size
    parts = [(batch.slice(0, whole), size)] if whole else []
    if whole < batch.num_rows:
        parts.append((batch.slice(whole), batch.num_rows - whole))
    return join([_full_batches(plan, compute, *part) for part in parts])


def _full_batches(
    plan: Plan, compute: Callable[[Tensors], Any], batch: pa.RecordBatch, size: int
) -> Result:
    data = tf.data.Dataset.from_tensor_slices(dict(tensors(plan, batch)))
    options = tf.data.Options()
    options.autotune.enabled = False
    # Many batches come to Python together, so that a million of one row are cheap.
    mapped = data.batch(size).map(compute).batch(max(1, 2**16 // size))
    parts = [
        {name: one.reshape(-1, *one.shape[2:]) for name, one in part.items()}
        for part in mapped.with_options(options).as_numpy_iterator()
    ]
    return join([_of_tensors(plan, part) for part in parts])


class SavedPlans:
    """Plans saved as one SavedModel, and loaded again by TensorFlow alone.

    Args:
        plans: The plans by name.
        folder: Where the model is written.
    """

    def __init__(self, plans: Mapping[str, Plan], folder: Path) -> None:
        self._plans = list(plans.values())
        self._places = {name: at for at, name in enumerate(plans)}
        module = tf.Module()
        module.programs = [Program(plan) for plan in self._plans]
        module.functions = [
            tf.function(_function(program)).get_concrete_function(_signature(plan))
            for program, plan in zip(module.programs, self._plans, strict=True)
        ]
        tf.saved_model.save(module, str(folder))
        self._loaded = tf.saved_model.load(str(folder))

    def run(self, name: str, batch: pa.RecordBatch, *, size: int) -> Result:
        """Runs one plan in batches of the size."""
        at = self._places[name]
        return _pipeline(self._plans[at], self._loaded.functions[at], batch, size)


def _signature(plan: Plan) -> dict[str, Any]:
    dtypes = {"float32": tf.float32, "string": tf.string}
    found = {}
    for name, read in plan.columns.items():
        elements = element_dtype(read.dtype)
        shape = [None] if elements is None else [None, None]
        dtype = dtypes.get(elements or read.dtype, tf.int64)
        found[name] = tf.TensorSpec(shape, dtype, name)
    return found
