"""Golden vectors: rows and their features and outputs, stored with the model.

A model that does not reproduce them is not the one that was exported.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
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
FILES = ("golden_inputs.arrow", "golden_features.arrow", "golden_outputs.arrow")


@dataclass(frozen=True, slots=True)
class Golden:
    """Rows, and what was computed of them.

    Args:
        inputs: Cast columns.
        features: What batch conversion made of them.
        outputs: What the model answered; each a list of numbers per row.
    """

    inputs: pa.RecordBatch
    features: pa.RecordBatch
    outputs: pa.RecordBatch

    @classmethod
    def open(cls, folder: Path) -> "Golden":
        """Reads what `save` wrote."""
        return cls(*(open_rows(folder / name) for name in FILES))

    def save(self, folder: Path) -> None:
        """Writes one Arrow file for each."""
        batches = self.inputs, self.features, self.outputs
        for name, batch in zip(FILES, batches, strict=True):
            save(folder / name, batch)


@dataclass(frozen=True, slots=True)
class Difference:
    """A feature or an output that is not reproduced.

    Args:
        name: Which one.
        rows: In how many rows.
        row: The first of them.
        got: The first value that differs.
        expected: What it should be.
        largest: The largest absolute difference of two finite numbers; None where
            there are no such numbers.
    """

    name: str
    rows: int
    row: int
    got: Any
    expected: Any
    largest: float | None = None


def feature_differences(
    expected: pa.RecordBatch, found: Mapping[str, Any]
) -> tuple[Difference, ...]:
    """The features that differ in a bit."""
    return _differences(expected, found, _same_bits)


def output_differences(
    expected: pa.RecordBatch, found: Mapping[str, Any]
) -> tuple[Difference, ...]:
    """The model's outputs that differ by more than the tolerance."""
    return _differences(expected, found, _close)


def compare_features(expected: pa.RecordBatch, found: Mapping[str, Any]) -> None:
    """Refuses features that differ in a bit.

    Raises:
        ArtifactError: With the feature, the row, and both values.
    """
    require_same("golden features", feature_differences(expected, found))


def compare_outputs(expected: pa.RecordBatch, found: Mapping[str, Any]) -> None:
    """Refuses model outputs that differ by more than the tolerance.

    Raises:
        ArtifactError: With the output, the row, and both values.
    """
    require_same("golden outputs", output_differences(expected, found))


def require_same(what: str, differences: tuple[Difference, ...]) -> None:
    """Refuses differences.

    Raises:
        ArtifactError: Of the first one, with a note of each.
    """
    if not differences:
        return
    first = differences[0]
    error = ArtifactError(
        f"the model does not reproduce its {what}",
        code="GOLDEN_MISMATCH",
        feature=first.name,
        row=first.row,
        got=first.got,
        expected=repr(first.expected),
        hint="this runtime computes another result than the one that exported",
    )
    for one in differences:
        error.add_note(described(one))
    raise error


def described(one: Difference) -> str:
    """A difference in words."""
    size = "" if one.largest is None else f", by up to {one.largest:.3g}"
    return (
        f"{one.name}: {one.rows} rows differ{size}; the first is row {one.row}, "
        f"with {one.got!r} instead of {one.expected!r}"
    )


def _differences(
    expected: pa.RecordBatch, found: Mapping[str, Any], same: Any
) -> tuple[Difference, ...]:
    compared = (
        _difference(name, expected.column(name), found.get(name), same)
        for name in expected.schema.names
    )
    return tuple(one for one in compared if one is not None)


def _difference(
    name: str, column: pa.Array, found: Any, same: Any
) -> Difference | None:
    rows = len(column)
    is_list = pa.types.is_fixed_size_list(column.type)
    wanted = _values(column.flatten() if is_list else column)
    got = np.ascontiguousarray([] if found is None else found).reshape(-1)
    if len(got) != len(wanted) or got.dtype.kind != wanted.dtype.kind:
        shown = "nothing" if found is None else f"{got.dtype}, {len(got)} values"
        return Difference(name, rows, 0, shown, f"{wanted.dtype}, {len(wanted)} values")
    different = np.flatnonzero(~same(wanted, got))
    if not len(different):
        return None
    width, at = max(1, len(wanted) // max(1, rows)), int(different[0])
    return Difference(
        name,
        len(np.unique(different // width)),
        at // width,
        got[[at]].tolist()[0],
        wanted[[at]].tolist()[0],
        _largest(wanted[different], got[different]),
    )


def _largest(wanted: Any, got: Any) -> float | None:
    if wanted.dtype.kind not in "fiu":
        return None
    with np.errstate(all="ignore"):
        sizes = np.abs(wanted.astype(np.float64) - got.astype(np.float64))
    finite = sizes[np.isfinite(sizes)]
    return float(finite.max()) if len(finite) else None


def _values(column: pa.Array) -> Any:
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return filled_numbers(column)
    return np.asarray(column)


def _same_bits(wanted: Any, got: Any) -> Any:
    if wanted.dtype != got.dtype:
        return np.zeros(len(wanted), np.bool_)
    if wanted.dtype.kind not in "fiu":
        return wanted == got
    return _bits(wanted) == _bits(got)


def _close(wanted: Any, got: Any) -> Any:
    if wanted.dtype.kind != "f":
        return wanted == got
    return np.isclose(
        wanted, got, RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE, equal_nan=True
    )


def digest_of(digests: Mapping[str, str]) -> str:
    """One SHA-256 of the digests of the golden files, of their folder's paths."""
    names = sorted(name for name in digests if name.rpartition("/")[2] in FILES)
    return hashlib.sha256("".join(digests[n] for n in names).encode()).hexdigest()


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
