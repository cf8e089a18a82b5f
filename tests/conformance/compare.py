"""Equality of results, bit for bit."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from conformance.case import Case

from featurekit.backends.base import Transformed
from featurekit.plan.rejects import describe_reject

NAN_BITS = np.array(np.nan, np.float32).view(np.uint32)[()]


def to_bits(column: pa.Array) -> list[object]:
    """Values such that equal ones have equal bits: floats as integers, None is null."""
    if pa.types.is_fixed_size_list(column.type):
        width = column.type.list_size
        flat = to_bits(column.flatten())
        return [flat[at : at + width] for at in range(0, len(flat), width)]
    if pa.types.is_large_list(column.type):
        flat, starts = to_bits(column.flatten()), [0]
        lengths = [len(one) if one.is_valid else None for one in column]
        for length in lengths:
            starts.append(starts[-1] + (length or 0))
        return [
            None if length is None else flat[start : start + length]
            for start, length in zip(starts, lengths, strict=False)
        ]
    if pa.types.is_dictionary(column.type):
        column = column.dictionary.take(column.indices)
    if not pa.types.is_floating(column.type):
        return list(column.to_pylist())
    double = pa.types.is_float64(column.type)
    values = column.fill_null(0.0).to_numpy()
    if double:  # a double never leaves the process: there, any NaN is NaN
        values = np.where(np.isnan(values), np.nan, values)
    found = values.view(np.uint64 if double else np.uint32).tolist()
    valid = column.is_valid().to_pylist()
    return [bits if ok else None for bits, ok in zip(found, valid, strict=True)]


def logical_type(column: pa.Array) -> pa.DataType:
    kind = column.type
    if pa.types.is_large_list(kind) and pa.types.is_dictionary(kind.value_type):
        kind = pa.large_list(kind.value_type.value_type)
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def assert_same(found: Transformed, wanted: Transformed) -> None:
    """Same rows refused by the same nodes, same types, same bits."""
    assert found.rejected_rows.tolist() == wanted.rejected_rows.tolist()
    assert found.rejecting_nodes.tolist() == wanted.rejecting_nodes.tolist()
    assert found.rejected_rows.dtype == found.rejecting_nodes.dtype == np.int64
    assert found.outputs.schema.names == wanted.outputs.schema.names
    assert found.outputs.num_rows == wanted.outputs.num_rows
    for name in wanted.outputs.schema.names:
        ours, theirs = found.outputs.column(name), wanted.outputs.column(name)
        assert logical_type(ours) == logical_type(theirs), name
        assert to_bits(ours) == to_bits(theirs), name
        ours.validate(full=True)


def assert_expected(case: Case, found: Transformed) -> None:
    """What the case says."""
    codes = {
        int(row): describe_reject(case.plan.nodes[node].op)[0]
        for row, node in zip(found.rejected_rows, found.rejecting_nodes, strict=True)
    }
    assert codes == dict(case.rejected)
    assert found.outputs.schema.names == list(case.expected)
    for name, values in case.expected.items():
        column = found.outputs.column(name)
        assert column.null_count == 0
        assert to_bits(column) == to_bits(_as_arrow(values, column.type)), name


def _as_arrow(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    if pa.types.is_fixed_size_list(kind):
        return pa.array(values, kind, from_pandas=False)
    return pa.array(values, kind, from_pandas=False)
