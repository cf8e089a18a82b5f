"""The one place that accepts what people have: paths, frames, Arrow, dicts, rows."""

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from featurekit.errors import EmptySourceError, SourceError
from featurekit.io.csv_source import CsvOptions, CsvSource
from featurekit.io.frames import (
    arrow_stream,
    comes_from,
    dict_of_columns,
    list_of_rows,
    pandas_frame,
)
from featurekit.io.parquet_source import ParquetSource
from featurekit.io.paths import PARQUET_SUFFIXES, SUFFIXES, resolve_paths
from featurekit.io.sources import Source
from featurekit.spec.feature_spec import FeatureSpec

ACCEPTED = (
    "a path, a pattern or a list of them; a pandas or Polars frame; a pyarrow table,"
    " reader or dataset; an object with an Arrow stream; a dict of columns; or a list"
    " of dicts"
)


def open_source(
    data: Any, *, csv: CsvOptions | None = None, allow_duplicates: bool = False
) -> Source:
    """Opens rows from wherever they are.

    Args:
        data: One of

            - a path or pattern (``**`` included), or a list of them, to Parquet
              (.parquet, .parq, .pq) or CSV (.csv, .tsv, also .gz and .zst) files; a
              path that exists is taken literally, so names with brackets work;
            - a folder of Parquet files, or else of CSV files;
            - a pandas DataFrame (its index is not a column), a Polars DataFrame or
              LazyFrame, a pyarrow Table, RecordBatch, RecordBatchReader or Dataset,
              a DuckDB relation, or any object with ``__arrow_c_stream__``;
            - a dict of columns: lists, NumPy arrays, Arrow arrays, series;
            - a list of dicts, one per row;
            - a Source, which is returned as it is.

            All but files are held in memory. None and NaN stay apart; see `frames`.
        csv: How CSV files are read. Defaults to ``CsvOptions()``.
        allow_duplicates: Whether one file may be named twice. Defaults to False.

    Returns:
        A frozen, picklable source.

    Raises:
        EmptySourceError: nothing matches.
        DuplicateSourceError: one file is named twice.
        CorruptSourceError: a file is damaged, or holds another format.
        SourceError: the object or file type is not supported (UNSUPPORTED_SOURCE),
            files of two formats are mixed (MIXED_FORMATS), or their column types
            differ (SCHEMA_MISMATCH).

    Example:
        >>> source = open_source({"age": [31, None], "city": ["Lyon", "Oslo"]})
        >>> [task] = source.plan_tasks()
        >>> [batch] = task.read({"age": "float32", "city": "string"})
        >>> batch.to_pylist()
        [{'age': 31.0, 'city': 'Lyon'}, {'age': None, 'city': 'Oslo'}]
    """
    if isinstance(data, str | os.PathLike):
        return _open_files([data], csv, allow_duplicates)
    if isinstance(data, list | tuple):
        return _open_list(data, csv, allow_duplicates)
    if isinstance(data, Source):
        return data
    return _open_object(data)


def read_columns(
    spec: FeatureSpec, rows: Any, names: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """The named columns of any source, cast as the spec declares them.

    Args:
        spec: Declares the columns; the features read all of them.
        rows: See `open_source`.
        names: The columns.

    Raises:
        SourceError: A column is missing, or has the wrong type.
        RowError: A value cannot be cast.
    """
    inputs = {one.name: one for one in spec.serving_inputs if one.name in names}
    columns = {name: inputs[name].dtype for name in names}
    zones = {n: one.time_zone for n, one in inputs.items() if one.time_zone}
    source = open_source(rows)
    source.check(columns, zones)
    for task in source.plan_tasks():
        yield from task.read(columns, zones)


def _open_object(data: Any) -> Source:
    kind = type(data)
    name = f"<{kind.__name__}>"
    if comes_from(data, "pandas") and hasattr(data, "columns"):
        return pandas_frame(data, name)
    if comes_from(data, "polars") and hasattr(data, "collect"):
        data = data.collect()
    if hasattr(data, "__arrow_c_stream__") and not _is_column(data):
        return arrow_stream(data, name)
    if comes_from(data, "pyarrow") and hasattr(data, "to_table"):
        return arrow_stream(data.to_table(), name)
    if comes_from(data, "duckdb", "_duckdb"):
        return arrow_stream(_duckdb_table(data), name)
    if isinstance(data, Mapping):
        return dict_of_columns(data, name)
    if hasattr(data, "__arrow_c_array__") and not _is_column(data):
        return arrow_stream(data, name)
    raise _unsupported(data)


def _is_column(data: object) -> bool:
    """Whether the object is one column, not a table."""
    return hasattr(data, "dtype") or (
        comes_from(data, "pyarrow") and not hasattr(data, "schema")
    )


def _duckdb_table(data: Any) -> Any:
    # A table first: a reader keeps the connection busy, also after its last batch.
    for method in ("to_arrow_table", "fetch_arrow_table", "arrow"):
        if hasattr(data, method):
            with warnings.catch_warnings():
                # The result of execute() has no way without the copy it warns of.
                warnings.simplefilter("ignore", UserWarning)
                return getattr(data, method)()
    raise _unsupported(data)


def _open_list(
    data: Sequence[Any], csv: CsvOptions | None, allow_duplicates: bool
) -> Source:
    if not data:
        raise EmptySourceError("the list is empty", expected="paths or rows")
    if all(isinstance(one, str | os.PathLike) for one in data):
        return _open_files(data, csv, allow_duplicates)
    if isinstance(data[0], Mapping):
        return list_of_rows(data, f"<{type(data).__name__}>")
    raise _unsupported(data)


def _open_files(
    given: Sequence[str | os.PathLike[str]],
    csv: CsvOptions | None,
    allow_duplicates: bool,
) -> Source:
    versions = resolve_paths(given, allow_duplicates=allow_duplicates)
    parquet = []
    for version in versions:
        name = version.file.lower()
        if not name.endswith(SUFFIXES):
            raise SourceError(
                "the format of the file is not known by its suffix",
                code="UNSUPPORTED_SOURCE",
                file=version.file,
                expected=", ".join(SUFFIXES),
                hint="rename the file, or read it yourself and pass the table",
            )
        parquet.append(name.endswith(PARQUET_SUFFIXES))
    if all(parquet):
        return ParquetSource.of(versions)
    if any(parquet):
        other = versions[parquet.index(not parquet[0])]
        raise SourceError(
            f"the format differs from that of {versions[0].file}",
            code="MIXED_FORMATS",
            file=other.file,
            hint="pass files of one format",
        )
    return CsvSource.of(versions, csv)


def _unsupported(data: object) -> SourceError:
    kind = type(data)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(data, list | tuple):
        name += f" of {type(data[0]).__name__}"
    return SourceError(
        "this is not a source of rows",
        code="UNSUPPORTED_SOURCE",
        got=name,
        expected=ACCEPTED,
    )
