"""Rows of unusual values: missing, extreme, unknown, and what was learned."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from featurekit.backends.host.executor import HostBackend
from featurekit.backends.missing import MISSING_INTEGER
from featurekit.io.cast_lists import NUM_RESERVED
from featurekit.plan import ops
from featurekit.plan.graph import Plan
from featurekit.serve.sample_images import sample_images
from featurekit.spec.inputs import element_dtype

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
    return _accepted(plan)[1]


def accepted_values(plan: Plan) -> dict[str, list[Any]]:
    """By column the unusual values that the plan accepts; none if it is so strict."""
    return _accepted(plan)[0]


def to_batch(plan: Plan, values: Mapping[str, Sequence[Any]]) -> pa.RecordBatch:
    """Columns of values in the types that the plan reads; short ones begin again."""
    size = max(map(len, values.values()))
    return pa.record_batch(
        {
            name: pa.array(
                itertools.islice(itertools.cycle(values[name]), size),
                _arrow_type(plan, name),
            )
            for name in plan.columns
        }
    )


def together(parts: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """The rows of several batches of one schema."""
    # Without rows, a table has no batches.
    batches = pa.Table.from_batches(parts).combine_chunks().to_batches()
    return batches[0] if batches else parts[0]


def _accepted(plan: Plan) -> tuple[dict[str, list[Any]], pa.RecordBatch]:
    values = {name: _candidates(plan, name) for name in plan.columns}
    backend = HostBackend(plan)
    while True:
        batch = to_batch(plan, values)
        done = backend.run(batch)
        if not len(done.rejected_rows):
            return values, batch
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
            return {name: [] for name in values}, batch.slice(0, 0)


def _arrow_type(plan: Plan, column: str) -> pa.DataType:
    if reads_bytes(plan, column):
        return pa.large_binary()
    dtype = plan.columns[column].dtype
    element = element_dtype(dtype)
    return _TYPES[dtype] if element is None else pa.large_list(_TYPES[element])


def reads_bytes(plan: Plan, column: str) -> bool:
    """Whether the values of a column are tensors or images."""
    return any(
        isinstance(node.op, ops.DecodeTensor | ops.DecodeImage)
        and plan.columns_of[index] == (column,)
        for index, node in enumerate(plan.nodes)
    )


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
        for size in list_sizes(plan, column)
    ]
    return [None, [], *alone, values[:3], values * 2, *sized]


def list_sizes(plan: Plan, column: str) -> Iterator[int]:
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
