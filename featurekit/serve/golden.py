"""Golden vectors: rows and their features and outputs, stored with the model.

A model that does not reproduce them is not the one that was exported.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.ipc as ipc

from featurekit.errors import ArtifactError
from featurekit.kernels.arrow_buffers import filled_numbers

RELATIVE_TOLERANCE = 1e-4
"""Of a model's outputs, which depend on the processor; features have none."""
ABSOLUTE_TOLERANCE = 1e-5


def compare_features(expected: pa.RecordBatch, found: dict[str, Any]) -> None:
    """Refuses features that differ in a bit.

    Raises:
        ArtifactError: With the feature, the row, and both values.
    """
    for name in expected.schema.names:
        column = expected.column(name)
        is_list = pa.types.is_fixed_size_list(column.type)
        wanted = filled_numbers(column.flatten() if is_list else column)
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
