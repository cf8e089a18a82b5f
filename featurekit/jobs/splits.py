"""Which part of the data each row belongs to."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.errors import DTypeMismatchError
from featurekit.io.casting import check_type
from featurekit.kernels.arrow_buffers import filled_numbers, nulls
from featurekit.kernels.farmhash import (
    fingerprint64,
    fingerprint_cat64_arrays,
    fingerprint_integers,
    fingerprint_strings,
)
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.splits import KeySplit, TimeSplit


@dataclass(frozen=True, slots=True)
class Assignment:
    """The part of each row of a batch.

    Args:
        parts: Index into `spec.split_names`, int64, shape (rows,).
        missing: Rows in which a column that decides is missing, by column.
    """

    parts: npt.NDArray[np.int64]
    missing: dict[str, npt.NDArray[np.bool_]]


def split_columns(spec: FeatureSpec) -> tuple[str, ...]:
    """The source columns that decide."""
    if isinstance(spec.split, TimeSplit):
        return (spec.split.column.name,)
    if isinstance(spec.split, KeySplit):
        return tuple(item.name for item in spec.key)
    return ()


def split_types(
    spec: FeatureSpec, schema: pa.Schema, *, text: bool = False
) -> dict[str, str]:
    """The types to cast the source columns to that decide.

    A key counts as the text or integer that the source holds, however the features
    read the same column: a new feature moves no row to another part.

    Args:
        spec: The declaration.
        schema: The columns as the source stores them.
        text: Whether the values are fields of a text file.
    """
    if isinstance(spec.split, TimeSplit):
        return {spec.split.column.name: "timestamp"}
    return key_types(spec, split_columns(spec), schema, text=text)


def key_types(
    spec: FeatureSpec, names: Iterable[str], schema: pa.Schema, *, text: bool
) -> dict[str, str]:
    """The types to cast key columns to; see `split_types`."""
    declared = {item.name: item.dtype for item in spec.inputs}
    found = {}
    for name in names:
        found[name] = "key"
        if declared[name] in ("timestamp", "int64"):
            try:
                check_type(schema.field(name).type, "key", column=name, text=text)
            except DTypeMismatchError:
                found[name] = declared[name]
    return found


def assign_split(
    spec: FeatureSpec, batch: pa.RecordBatch, *, num_rows: int | None = None
) -> Assignment:
    """Draws the part of each row from the row alone.

    By time: the last part that starts at or before the row's time. By key: the hash of
    the salt and of each key column's text, folded with FingerprintCat64, as a fraction
    of 2**64, against the cumulative shares.

    Args:
        spec: The declaration.
        batch: The columns of `split_types(spec, ...)`, cast.
        num_rows: Rows, where there is no column to tell. Defaults to the batch's.

    Example:
        >>> import featurekit as fk
        >>> features = {"a": fk.numeric("a")}
        >>> split = fk.time_split("t", test="1970-01-02")
        >>> spec = fk.FeatureSpec(features, split=split)
        >>> batch = pa.record_batch({"t": [0, 86_400_000_000]})
        >>> assign_split(spec, batch).parts.tolist()
        [0, 1]
    """
    missing = {name: nulls(batch.column(name)) for name in split_columns(spec)}
    if isinstance(spec.split, TimeSplit):
        times = filled_numbers(batch.column(spec.split.column.name))
        starts = np.array(spec.split.starts, np.int64)
        return Assignment(np.searchsorted(starts, times, side="right"), missing)
    if isinstance(spec.split, KeySplit):
        hashes = key_hashes(spec, spec.split.salt, batch)
        return Assignment(
            np.searchsorted(_thresholds(spec.split), hashes, side="right"), missing
        )
    rows = batch.num_rows if num_rows is None else num_rows
    return Assignment(np.zeros(rows, np.int64), missing)


def _thresholds(split: KeySplit) -> npt.NDArray[np.uint64]:
    """The first hash of every part but the first."""
    ends = np.cumsum(split.fractions)[:-1]
    return np.array([min(round(end * 2**64), 2**64 - 1) for end in ends], np.uint64)


def key_hashes(
    spec: FeatureSpec, salted: str, batch: pa.RecordBatch
) -> npt.NDArray[np.uint64]:
    """A hash of each row's key, which begins with that of a salt."""
    salt = np.frombuffer(salted.encode(), np.uint8)
    start = fingerprint64(salt, np.array([0, len(salt)]))[0]
    hashes = np.full(batch.num_rows, start, np.uint64)
    for item in spec.key:
        column = batch.column(item.name)
        if pa.types.is_integer(column.type):
            values = fingerprint_integers(filled_numbers(column))
        else:
            values = fingerprint_strings(column)
        hashes = fingerprint_cat64_arrays(hashes, values)
    return hashes
