"""Golden vectors: rows and their features and outputs, stored with the model.

A model that does not reproduce them is not the one that was exported.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.ipc as ipc

from featurekit.backends.host.executor import HostBackend
from featurekit.backends.missing import MISSING_INTEGER
from featurekit.errors import ArtifactError
from featurekit.io.cast_lists import NUM_RESERVED
from featurekit.plan import ops
from featurekit.plan.graph import Plan
from featurekit.serve.sample_images import sample_images
from featurekit.spec.inputs import element_dtype

RELATIVE_TOLERANCE = 1e-4
"""Of a model's outputs, which depend on the processor; features have none."""
ABSOLUTE_TOLERANCE = 1e-5

_NUMBERS = (None, float("nan"), 0.0, -0.0, 1.0, -1.5, 0.1, 1e-40, 3e38, float("inf"))
_INTEGERS = (None, 0, 1, -1, 7, 2**53 + 1, -(2**63) + 1, 2**63 - 1)
_TEXTS = (None, "", " ", "a", "A", "é", "日本", "😀", "a\nb", 'a"\\b', "\x00")
_TIMES = (
    None,
    0,
    -1,
    1_357_034_400_000_000,
    1_362_898_800_000_000,
    4_102_444_799_999_999,
)
_TYPES = {
    "float32": pa.float32(),
    "int64": pa.int64(),
    "string": pa.large_string(),
    "timestamp": pa.int64(),
}
_MAX_LEARNED = 8


def edge_rows(plan: Plan) -> pa.RecordBatch:
    """Rows of unusual values that the plan accepts: missing, extreme, unknown."""
    values = {name: _candidates(plan, name) for name in plan.columns}
    backend = HostBackend(plan)
    while True:
        size = max(map(len, values.values()))
        batch = pa.record_batch(
            {
                name: pa.array(
                    itertools.islice(itertools.cycle(values[name]), size),
                    _arrow_type(read.dtype, values[name]),
                )
                for name, read in plan.columns.items()
            }
        )
        done = backend.run(batch)
        if not len(done.rejected_rows):
            return batch
        refused = zip(done.rejected_rows, done.rejecting_nodes, strict=True)
        bad = {
            (name, int(row) % len(values[name]))
            for row, node in refused
            for name in plan.columns_of[node]
        }
        values = {
            name: [v for at, v in enumerate(found) if (name, at) not in bad]
            for name, found in values.items()
        }
        if not all(values.values()):
            return batch.slice(0, 0)


def _arrow_type(dtype: str, values: list[Any]) -> pa.DataType:
    if any(isinstance(value, bytes) for value in values):
        return pa.large_binary()
    element = element_dtype(dtype)
    return _TYPES[dtype] if element is None else pa.large_list(_TYPES[element])


def _candidates(plan: Plan, column: str) -> list[Any]:
    """Unusual values of a column's type, and what the plan has learned of it.

    Of lists: a missing one, an empty one, and lists of one value, of some, and of all.
    None of these has a missing element, which a tf.Example cannot say.
    """
    dtype = plan.columns[column].dtype
    element = element_dtype(dtype)
    if element is None:
        return _values(plan, column, dtype)
    values = [v for v in _values(plan, column, element) if v is not None]
    if element == "int64":
        values = [v for v in values if v >= MISSING_INTEGER + NUM_RESERVED]
    alone = [[value] for value in values]
    sized = [
        [*itertools.islice(itertools.cycle(values), size)]
        for size in _sizes(plan, column)
    ]
    return [None, [], *alone, values[:3], values * 2, *sized]


def _sizes(plan: Plan, column: str) -> Iterator[int]:
    """Lengths that the lists of a column need to have."""
    for index, node in enumerate(plan.nodes):
        if isinstance(node.op, ops.ShapeList) and plan.columns_of[index] == (column,):
            yield math.prod(node.op.shape)


def _values(plan: Plan, column: str, dtype: str) -> list[Any]:
    usual: dict[str, Sequence[Any]] = {
        "float32": _NUMBERS,
        "int64": _INTEGERS,
        "string": _TEXTS,
        "timestamp": _TIMES,
    }
    found = list(usual[dtype])
    for index, node in enumerate(plan.nodes):
        if plan.columns_of[index] != (column,):
            continue
        match node.op:
            case ops.LookupVocabulary(vocabulary=vocabulary):
                tokens = vocabulary.tokens[:_MAX_LEARNED]
                found += [t.decode() if isinstance(t, bytes) else t for t in tokens]
            case ops.Bucketize(boundaries=boundaries):
                found += boundaries[:_MAX_LEARNED]
            case ops.StandardizeValue(mean=mean, std=std):
                found += [mean, mean + std]
            case ops.DecodeTensor():
                size = math.prod(node.op.shape) * node.op.item_bytes
                found = [None, bytes(size), bytes(at % 119 for at in range(size))]
            case ops.DecodeImage():
                found = [None, *sample_images(node.op)]
            case ops.CheckRange(num_ids=num_ids):
                found += [num_ids - 1]
    return found


def compare_features(expected: pa.RecordBatch, found: dict[str, Any]) -> None:
    """Refuses features that differ in a bit.

    Raises:
        ArtifactError: With the feature, the row, and both values.
    """
    for name in expected.schema.names:
        column = expected.column(name)
        wanted = np.asarray(
            column.flatten() if pa.types.is_fixed_size_list(column.type) else column
        )
        got = np.ascontiguousarray(found[name]).reshape(-1)
        width = max(1, len(wanted) // max(1, expected.num_rows))
        _compare(
            name, wanted, got, width, _bits(wanted) == _bits(got), "golden features"
        )


def compare_outputs(expected: pa.RecordBatch, found: dict[str, Any]) -> None:
    """Refuses model outputs that differ by more than the tolerance.

    Raises:
        ArtifactError: With the output, the row, and both values.
    """
    for name in expected.schema.names:
        wanted = np.asarray(expected.column(name).flatten())
        got = np.asarray(found[name]).reshape(-1)
        width = max(1, len(wanted) // max(1, expected.num_rows))
        if wanted.dtype.kind == "f":
            same = np.isclose(
                wanted, got, RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE, equal_nan=True
            )
        else:
            same = wanted == got
        _compare(name, wanted, got, width, same, "golden outputs")


def _compare(
    name: str, wanted: Any, got: Any, width: int, same: Any, what: str
) -> None:
    different = np.flatnonzero(~same)
    if not len(different):
        return
    at = int(different[0])
    raise ArtifactError(
        f"the model does not reproduce its {what}",
        code="GOLDEN_MISMATCH",
        feature=name,
        row=at // width,
        got=got[[at]].tolist()[0],
        expected=repr(wanted[[at]].tolist()[0]),
        hint="this runtime computes another result than the one that exported",
    )


def _bits(values: Any) -> Any:
    values = np.ascontiguousarray(values)
    return values.view(f"u{values.dtype.itemsize}")


def outputs_to_arrow(outputs: dict[str, Any]) -> pa.RecordBatch:
    """Outputs of any shape (rows, ...) as one list of numbers per row."""
    columns = {}
    for name, array in outputs.items():
        values = np.asarray(array)
        width = int(np.prod(values.shape[1:], dtype=np.int64))
        flat = pa.array(values.reshape(-1))
        columns[name] = pa.FixedSizeListArray.from_arrays(flat, width)
    return pa.record_batch(columns)


def save(path: Path, batch: pa.RecordBatch) -> None:
    """Writes rows as an Arrow file."""
    with ipc.new_file(path, batch.schema) as file:
        file.write_batch(batch)


def open_rows(path: Path) -> pa.RecordBatch:
    """Reads what `save` wrote."""
    with pa.OSFile(str(path)) as source, ipc.open_file(source) as file:
        return file.get_batch(0)
