"""Rows of lists become rows of windows, before the plan sees them."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.kernels.arrow_buffers import arrow_array, read_only
from featurekit.kernels.arrow_lists import list_array, list_parts
from featurekit.spec.windows import Windows

BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MadeRows:
    """What became of the rows of a batch.

    Args:
        batch: The windows.
        rows: For each window the row that it is of.
        misfits: Rows whose lists differ in length, or of which one is missing.
        unused: Rows of which there is no window, as they are too short.
    """

    batch: pa.RecordBatch
    rows: IntArray
    misfits: IntArray
    unused: int


def make_windows(spec: Windows, batch: pa.RecordBatch) -> MadeRows:
    """All windows of a batch, in order.

    Args:
        spec: How rows are cut.
        batch: Rows as the source has them, cast.

    Example:
        >>> import featurekit as fk
        >>> cut = fk.windows(["x"], size=2, horizon=1, future={"y": "x"}, start="at")
        >>> made = make_windows(cut, pa.record_batch({"x": [[1, 2, 3, 4], [5]]}))
        >>> made.batch.to_pylist()
        [{'x': [1, 2], 'y': [3], 'at': 0}, {'x': [2, 3], 'y': [4], 'at': 1}]
        >>> made.rows.tolist(), made.unused
        ([0, 0], 1)
    """
    parts = {name: list_parts(batch.column(name)) for name in spec.lists}
    lengths = [np.diff(part.offsets) for part in parts.values()]
    misfits = np.zeros(batch.num_rows, np.bool_)
    for part, length in zip(parts.values(), lengths, strict=True):
        misfits |= length != lengths[0]
        if len(part.valid):
            misfits |= ~part.valid
    room = lengths[0] - spec.size - spec.horizon
    counts = np.where(misfits | (room < 0), 0, room // spec.stride + 1)
    rows = np.repeat(np.arange(batch.num_rows), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    starts = (np.arange(len(rows)) - first) * spec.stride
    columns = {}
    for name in batch.schema.names:
        if name not in parts:
            columns[name] = batch.column(name).take(arrow_array(rows))
            continue
        offsets, _, elements = parts[name]
        columns[name] = _cut(elements, offsets[rows] + starts, spec.size)
    for name, source in spec.future:
        offsets, _, elements = parts[source]
        behind = offsets[rows] + starts + spec.size
        columns[name] = _cut(elements, behind, spec.horizon)
    if spec.start is not None:
        columns[spec.start] = arrow_array(starts)
    made = pa.RecordBatch.from_arrays(list(columns.values()), list(columns))
    unused = int((counts == 0).sum() - misfits.sum())
    return MadeRows(made, rows, np.flatnonzero(misfits), unused)


def _cut(elements: pa.Array, starts: IntArray, size: int) -> pa.Array:
    """A list of `size` elements from each start on."""
    places = (starts[:, np.newaxis] + np.arange(size)).reshape(-1)
    offsets = read_only(np.arange(len(starts) + 1) * size)
    return list_array(offsets, elements.take(arrow_array(places)))
