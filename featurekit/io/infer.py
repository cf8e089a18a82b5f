"""Looks at a source and suggests a declared dtype for each of its columns."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from featurekit.errors import FeatureKitError, RowError, SourceError
from featurekit.io.cast_strings import is_bytes, is_text
from featurekit.io.casting import cast_column
from featurekit.io.origin import plain
from featurekit.io.sources import Source, require_positive
from featurekit.kernels.arrow_lists import is_list_like

MAX_DISTINCT = 10_000
NUM_EXAMPLES = 3

# Text is tried in this order; the first dtype that takes every value wins.
_TEXT_DTYPES = ("int64", "float32", "timestamp", "string")
_LEADING_ZERO = r"^\s*[+-]?0[0-9]"


@dataclass(frozen=True, slots=True, kw_only=True)
class InferredColumn:
    """What a column holds, and the dtype that a spec may declare for it.

    Args:
        name: The column.
        source_type: The Arrow type in the source; "csv text" for CSV.
        dtype: "float32", "int64", "string" or "timestamp"; None when no dtype can
            hold the column.
        rows: Rows seen.
        nulls: Missing values.
        nans: NaN values, which are not missing.
        distinct: Distinct values that are neither null nor NaN.
        distinct_capped: Whether counting stopped: there are more.
        minimum: The smallest value; microseconds since 1970 UTC for timestamps.
        maximum: The largest value.
        examples: Up to three distinct values, as the source stores them.
        needs_zone: Whether timestamps carry no zone, so that the spec must give one.
        note: What to mind, or the reason for `dtype` None; empty otherwise.
    """

    name: str
    source_type: str
    dtype: str | None
    rows: int
    nulls: int
    nans: int
    distinct: int
    distinct_capped: bool
    minimum: object
    maximum: object
    examples: tuple[object, ...]
    needs_zone: bool = False
    note: str = ""


def infer_schema(
    source: Source, *, sample_rows: int | None = None
) -> list[InferredColumn]:
    """Reads a source and describes every column.

    The suggested dtype is one that the casts accept for all rows that were read:
    the whole source, or the first `sample_rows` rows.

    Args:
        source: From `adapter.open_source`.
        sample_rows: How many rows to look at. Defaults to all of them.

    Returns:
        One description per column, in the order of the source.

    Raises:
        SourceError: the source cannot be read.

    Example:
        >>> from featurekit.io.adapter import open_source
        >>> [age] = infer_schema(open_source({"age": [31.5, None]}))
        >>> age.dtype, age.nulls, age.maximum
        ('float32', 1, 31.5)
    """
    if sample_rows is not None:
        require_positive(sample_rows=sample_rows)
    schema = source.column_types()
    text = any(task.text for task in source.plan_tasks())
    columns = [_Column(one.name, one.type, text=text) for one in schema]
    for batch in _batches(source, schema.names, sample_rows):
        for column, array in zip(columns, batch.columns, strict=True):
            column.add(array)
    return [column.finish() for column in columns]


def _batches(
    source: Source, names: list[str], sample_rows: int | None
) -> Iterator[pa.RecordBatch]:
    left = sample_rows
    for task in source.plan_tasks():
        for batch in task.read_raw(names):
            if left is not None:
                batch = batch.slice(0, left)
                left -= batch.num_rows
            yield batch
            if left == 0:
                return


@dataclass(slots=True)
class _Column:
    """The running description of one column."""

    name: str
    kind: pa.DataType
    text: bool
    candidates: list[str] = field(init=False)
    note: str = ""
    refusal: str = ""
    needs_zone: bool = False
    rows: int = 0
    nulls: int = 0
    ranges: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    nans: dict[str, int] = field(default_factory=dict)
    seen: pa.Array | None = None
    capped: bool = False

    def __post_init__(self) -> None:
        self.candidates = list(_TEXT_DTYPES) if self.text else _typed(self.kind)

    def add(self, array: pa.Array) -> None:
        """Takes the next values."""
        self.rows += len(array)
        if isinstance(array, pa.DictionaryArray):
            nulls = pc.is_null(array.dictionary).take(array.indices)
            self.nulls += pc.sum(nulls.fill_null(True)).as_py() or 0
        else:
            self.nulls += array.null_count
        if array.null_count < len(array):
            self.candidates = [
                dtype for dtype in self.candidates if self._try(dtype, array)
            ]
        self._count_distinct(array)

    def finish(self) -> InferredColumn:
        """The description after the last value."""
        dtype = self.candidates[0] if self.candidates else None
        note = self.note if dtype == "string" else ""
        if self.nulls == self.rows:
            dtype, note = ("string" if self.text else dtype), "all values are missing"
        elif dtype is None:
            note = self.refusal or _no_dtype(self.kind)
        low, high = self.ranges.get(dtype or "", (None, None))
        seen = self.seen
        return InferredColumn(
            name=self.name,
            source_type="csv text" if self.text else str(self.kind),
            dtype=dtype,
            rows=self.rows,
            nulls=self.nulls,
            nans=self.nans.get(dtype or "", 0),
            distinct=0 if seen is None else min(len(seen), MAX_DISTINCT),
            distinct_capped=self.capped,
            minimum=low,
            maximum=high,
            examples=()
            if seen is None
            else tuple(_readable(one) for one in seen[:NUM_EXAMPLES]),
            needs_zone=self.needs_zone and dtype == "timestamp",
            note=note,
        )

    def _try(self, dtype: str, array: pa.Array) -> bool:
        """Casts the values to a candidate; False when it does not hold them."""
        if self.text and dtype in ("int64", "float32") and _leading_zeros(array):
            self.note = "leading zeros would be lost as a number"
            return False
        try:
            found = self._cast(dtype, array)
        except FeatureKitError as error:
            self.refusal = error.message
            return False
        if isinstance(found, pa.DictionaryArray):
            found = found.dictionary.take(found.indices.unique().drop_null())
        self._measure(dtype, found)
        return True

    def _cast(self, dtype: str, array: pa.Array) -> pa.Array:
        def cast(timezone: str | None) -> pa.Array:
            return cast_column(
                array, dtype, column=self.name, text=self.text, timezone=timezone
            )

        if dtype != "timestamp":
            return cast(None)
        try:
            return cast(None)
        except (SourceError, RowError) as error:
            if error.code != "TZ_REQUIRED":
                raise
        found = cast("UTC")
        self.needs_zone = True
        return found

    def _measure(self, dtype: str, found: pa.Array) -> None:
        if pt.is_floating(found.type):
            nan = pc.is_nan(found)
            self.nans[dtype] = self.nans.get(dtype, 0) + (pc.sum(nan).as_py() or 0)
            found = found.filter(pc.invert(nan))
        bounds = pc.min_max(found)
        low, high = bounds["min"].as_py(), bounds["max"].as_py()
        if low is None:
            return
        known = self.ranges.get(dtype)
        if known is not None:
            low, high = min(low, known[0]), max(high, known[1])
        self.ranges[dtype] = (low, high)

    def _count_distinct(self, array: pa.Array) -> None:
        if self.capped or pt.is_nested(self.kind):
            return
        values = _distinct(array)
        if self.seen is not None:
            values = pc.unique(pa.concat_arrays([self.seen, values]))
        self.capped = len(values) > MAX_DISTINCT
        self.seen = values


def _distinct(array: pa.Array) -> pa.Array:
    """The distinct values that are neither null nor NaN, in order of appearance."""
    if isinstance(array, pa.DictionaryArray):
        array = array.dictionary.take(array.indices.unique().drop_null())
    for same, plain_type in _HASHABLE:
        if same(array.type):
            array = array.cast(plain_type)
    found = pc.unique(array).drop_null()
    if pt.is_floating(found.type):
        found = found.filter(pc.invert(pc.is_nan(found)))
    return found


_HASHABLE: tuple[tuple[Callable[[pa.DataType], bool], pa.DataType], ...] = (
    (pt.is_string_view, pa.large_string()),
    (pt.is_string, pa.large_string()),
    (pt.is_binary_view, pa.large_binary()),
    (pt.is_binary, pa.large_binary()),
    (pt.is_float16, pa.float32()),
)


def _no_dtype(kind: pa.DataType) -> str:
    if is_list_like(kind):
        return f"type {kind}: declare lists with fk.strings, fk.integers or fk.numerics"
    return f"type {kind} has no declared dtype"


def _typed(kind: pa.DataType) -> list[str]:
    """The dtypes to try for a typed column, the best first."""
    if pt.is_dictionary(kind):
        return _typed(kind.value_type)
    if pt.is_boolean(kind) or pt.is_integer(kind) or pt.is_decimal(kind):
        return ["int64"]
    if pt.is_floating(kind):
        return ["float32"]
    if pt.is_timestamp(kind) or pt.is_date(kind):
        return ["timestamp"]
    if is_text(kind):
        return ["timestamp", "string"]
    return ["string"] if is_bytes(kind) or pt.is_null(kind) else []


def _leading_zeros(array: pa.Array) -> bool:
    """Whether a field such as 007 would lose characters as a number."""
    try:
        text = array.cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return bool(pc.any(pc.match_substring_regex(text, _LEADING_ZERO)).as_py())


def _readable(scalar: pa.Scalar) -> object:
    value = plain(scalar)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return float(value) if isinstance(value, np.floating) else value
