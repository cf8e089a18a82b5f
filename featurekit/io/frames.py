"""Data frames, Arrow objects, dicts and lists in memory to one Arrow table.

None and NaN stay apart wherever the container tells them apart:

| container                          | null                     | NaN                 |
|------------------------------------|--------------------------|---------------------|
| pandas float column                | never                    | NaN                 |
| pandas object or str column        | None, NaN, pd.NA, NaT    | never               |
| pandas nullable and Arrow columns  | pd.NA                    | NaN                 |
| NumPy float array                  | never (masked: the mask) | NaN                 |
| lists, rows                        | None, key not there      | float("nan")        |
| Arrow, Polars, DuckDB              | null                     | NaN                 |

Nothing here imports pandas, Polars or DuckDB: their objects are known by the module
of their class.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from featurekit.errors import (
    DTypeMismatchError,
    FeatureKitError,
    RowError,
    SourceError,
)
from featurekit.io.table_source import TableSource

_CONVERT_ERRORS = (pa.ArrowException, TypeError, ValueError, OverflowError)


def comes_from(data: object, *packages: str) -> bool:
    """Whether a class of the object is defined in one of the packages."""
    roots = {kind.__module__.partition(".")[0] for kind in type(data).__mro__}
    return bool(roots & set(packages))


def arrow_stream(data: Any, name: str) -> TableSource:
    """Reads an object with an Arrow C stream, a reader or a pyarrow table."""
    if isinstance(data, pa.Table):
        table = data
    elif isinstance(data, pa.RecordBatch):
        table = pa.Table.from_batches([data])
    elif isinstance(data, pa.RecordBatchReader):
        table = data.read_all()
    elif hasattr(data, "__arrow_c_stream__"):
        table = pa.RecordBatchReader.from_stream(data).read_all()
    else:
        table = pa.Table.from_batches([pa.record_batch(data)])
    return TableSource.of(table, name=name)


def pandas_frame(frame: Any, name: str) -> TableSource:
    """Reads a pandas DataFrame; the index is not a column.

    Raises:
        SourceError: a column name is no string, or appears twice.
    """
    return _columns(
        [(column, series) for column, series in frame.items()],
        name,
        length=len(frame),
    )


def dict_of_columns(data: Mapping[Any, Any], name: str) -> TableSource:
    """Reads a dict of lists, NumPy arrays, Arrow arrays, or pandas or Polars series.

    Raises:
        SourceError: a name is no string, a column is a scalar, or lengths differ.
    """
    return _columns(list(data.items()), name)


def list_of_rows(rows: Sequence[Mapping[Any, Any]], name: str) -> TableSource:
    """Reads a list of dicts; a key that a row lacks is null there.

    The columns are all keys, in the order in which they first appear.

    Raises:
        SourceError: a row is no dict.
    """
    names: dict[Any, None] = {}
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise SourceError(
                "a row is not a dict",
                code="BAD_ROW",
                file=name,
                row=number,
                got=type(row).__name__,
            )
        names.update(dict.fromkeys(row))
    columns = [(key, [row.get(key) for row in rows]) for key in names]
    return _columns(columns, name, length=len(rows))


def _columns(
    columns: Sequence[tuple[Any, Any]], name: str, *, length: int | None = None
) -> TableSource:
    arrays: dict[str, pa.ChunkedArray] = {}
    unreadable: dict[str, FeatureKitError] = {}
    for column, values in columns:
        _require_name(column, name, taken=arrays.keys() | unreadable.keys())
        _require_array(values, column, name)
        try:
            found = _convert(values, column, name)
        except FeatureKitError as error:
            unreadable[column] = error
            continue
        if length is None:
            length = len(found)
        elif len(found) != length:
            raise SourceError(
                "the columns have different lengths",
                code="LENGTH_MISMATCH",
                file=name,
                column=column,
                got=len(found),
                expected=f"{length} values",
            )
        arrays[column] = found
    return TableSource.of(pa.table(arrays), name=name, unreadable=unreadable)


def _require_name(column: object, name: str, *, taken: set[str]) -> None:
    if not isinstance(column, str):
        raise SourceError(
            "a column name is not a string",
            code="BAD_COLUMN_NAME",
            file=name,
            got=column,
            hint="rename the columns, as in df.columns = df.columns.map(str)",
        )
    if column in taken:
        raise SourceError(
            f"the column {column!r} appears twice",
            code="DUPLICATE_COLUMN",
            file=name,
            column=column,
            hint="rename or drop the repeated column",
        )


def _require_array(values: object, column: str, file: str) -> None:
    if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__len__"):
        raise SourceError(
            "a column is not a list or an array",
            code="BAD_COLUMN",
            file=file,
            column=column,
            got=type(values).__name__,
            expected="a list, a NumPy array, an Arrow array or a series",
        )


def _convert(values: Any, column: str, file: str) -> pa.ChunkedArray:
    """One column of any kind as an Arrow chunked array."""
    if isinstance(values, pa.ChunkedArray):
        return values
    if isinstance(values, pa.Array):
        return pa.chunked_array([values])
    if comes_from(values, "pandas"):
        return _guarded(_pandas_values(values), column, file)
    if hasattr(values, "__arrow_c_stream__"):
        return pa.chunked_array(values)
    return _guarded(values, column, file)


def _pandas_values(series: Any) -> Any:
    """The values of a pandas series or index in a form that Arrow converts."""
    if isinstance(series.dtype, np.dtype):
        return series.to_numpy()
    if type(series.dtype).__name__ != "DatetimeTZDtype":
        return series.array
    # Arrow's own conversion goes through a deprecated pandas property.
    instants = pa.array(np.asarray(series.array.tz_convert(None)))
    return instants.cast(pa.timestamp(instants.type.unit, "UTC"))


def _guarded(values: Any, column: str, file: str) -> pa.ChunkedArray:
    """Converts, and locates the first value that fails."""
    from_pandas = isinstance(values, np.ndarray) and values.dtype == object

    def convert(part: Any) -> Any:
        if isinstance(part, np.ndarray) and part.dtype.byteorder == ">":
            part = part.astype(part.dtype.newbyteorder("="))
        try:
            return pa.array(part, from_pandas=from_pandas)
        except OverflowError:
            # Python integers from 2**63 on: refused later, by value, as unsigned.
            return pa.array(part, pa.uint64(), from_pandas=from_pandas)

    try:
        found = values if isinstance(values, pa.Array) else convert(values)
    except _CONVERT_ERRORS as error:
        raise _located(values, convert, column, file, error) from error
    return found if isinstance(found, pa.ChunkedArray) else pa.chunked_array([found])


def _located(
    values: Any,
    convert: Callable[[Any], Any],
    column: str,
    file: str,
    error: Exception,
) -> FeatureKitError:
    row = _first_failure(values, convert)
    got = values[row] if row is not None else type(values).__name__
    where: dict[str, Any] = {"file": file, "column": column, "row": row, "got": got}
    reason = " ".join(str(error).split())[:160]
    if isinstance(error, UnicodeError):
        return RowError(
            "the text is not valid UTF-8", code="BAD_UTF8", expected="UTF-8", **where
        )
    if isinstance(error, OverflowError):
        return RowError(
            "the integer does not fit int64",
            code="INT_OVERFLOW",
            expected="-2**63 < value < 2**63",
            hint="store larger identifiers as strings",
            **where,
        )
    return DTypeMismatchError(
        f"the values have no common type: {reason}",
        expected="values of one type in a column",
        **where,
    )


def _first_failure(values: Any, convert: Callable[[Any], Any]) -> int | None:
    """The first row without which, and without later ones, the rest converts."""
    low, high = 0, len(values)
    if not isinstance(values, Sequence | np.ndarray):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        try:
            convert(values[:middle])
            low = middle
        except _CONVERT_ERRORS:
            high = middle
    return low if high else None
