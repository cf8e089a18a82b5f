"""The one place that decides which Arrow column may become which declared dtype.

A cast is exact, or it is a located error. The only rounding is float64 to float32.

| declared  | accepted                                                | becomes        |
|-----------|---------------------------------------------------------|----------------|
| float32   | bool, integers that are exact, float16, float32, float64| float32        |
| int64     | bool, integers, date32 (days), decimals of scale 0      | int64          |
| string    | text and UTF-8 bytes in any layout, dictionaries of them| large_string or|
|           |                                                         | dictionary     |
| timestamp | timestamps, dates, ISO 8601 text                        | int64          |
| key       | text, and integers as their decimal text                | as string      |
| bytes     | binary in any layout                                    | large_binary   |
| list<…>   | lists of any layout of what the element's dtype accepts | large_list     |

Numbers may be dictionary-encoded. A column of type null is all missing in any dtype.
"""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.types as pt

from featurekit.errors import RowError, SpecError
from featurekit.io.cast_lists import is_castable, to_lists
from featurekit.io.cast_numbers import to_float32, to_int64
from featurekit.io.cast_strings import (
    as_bytes,
    check_layout,
    is_bytes,
    is_text,
    to_string,
)
from featurekit.io.cast_text import parse_float32, parse_int64
from featurekit.io.cast_times import to_timestamp
from featurekit.io.origin import Origin, plain
from featurekit.kernels.arrow_buffers import arrow_array
from featurekit.kernels.arrow_lists import is_list_like
from featurekit.spec.inputs import element_dtype

SUPPORTED = {
    "float32": "bool, integers, float16, float32 or float64",
    "int64": "bool, integers, date32, or decimals of scale 0",
    "string": "string, large_string, string_view, UTF-8 binary, or dictionaries",
    "timestamp": "timestamp, date32, date64, or ISO 8601 text",
    "key": "text or integers",
    "bytes": "binary, large_binary or binary_view; not in a text file",
    "list<float32>": "lists of bool, integers, float16, float32 or float64",
    "list<int64>": "lists of bool, integers, date32, or decimals of scale 0",
    "list<string>": "lists of text, UTF-8 binary, or dictionaries",
}
"""What a column of each declared dtype may be in the source."""


def cast_column(
    array: pa.Array,
    dtype: str,
    *,
    column: str,
    file: str | None = None,
    first_row: int = 0,
    timezone: str | None = None,
    text: bool = False,
) -> pa.Array:
    """Casts a batch of one source column to the declared dtype.

    Args:
        array: The values as the source stores them; any offset, any layout.
        dtype: "float32", "int64", "string", "timestamp", "key" or "bytes"; or a
            list, such as "list<int64>".
        column: The name of the column, for messages.
        file: The source, for messages.
        first_row: The row in the source, from 0, of the first value.
        timezone: The IANA zone of timestamps that carry none.
        text: Whether the values are fields of a text file, so that numbers are
            parsed. Defaults to False: text in a typed source is no number.

    Returns:
        float32, int64, int64 microseconds in UTC for "timestamp", and large_string
        or dictionary<int32, large_string> for "string"; large_list for lists. Nulls
        stay nulls, NaN stays NaN.

    Raises:
        DTypeMismatchError: the type cannot become the dtype.
        CorruptSourceError: the array's memory is invalid.
        SourceError: TZ_REQUIRED or TZ_UNKNOWN.
        RowError: at the first bad value: OUT_OF_RANGE, LOSSY_CAST, INT_OVERFLOW,
            PARSE, BAD_UTF8, TZ_AMBIGUOUS, TZ_REQUIRED or RESERVED_VALUE.

    Example:
        >>> import pyarrow as pa
        >>> cast_column(pa.array([1, None]), "float32", column="age").to_pylist()
        [1.0, None]
    """
    origin = Origin(column=column, file=file, first_row=first_row)
    check_type(array.type, dtype, column=column, file=file, text=text)
    element = element_dtype(dtype)
    if element is not None:
        cast_elements = partial(cast_column, dtype=element, column=column)
        return to_lists(array, cast_elements, origin)
    check_layout(array, origin)
    value = array.type.value_type if pt.is_dictionary(array.type) else array.type
    if dtype == "key" and pt.is_integer(value):
        array = _decoded(array) if pt.is_dictionary(array.type) else array
        return to_int64(array, origin).cast(pa.large_string())
    if dtype == "bytes":
        return array.cast(pa.large_binary())
    if dtype in ("string", "key"):
        return to_string(array, origin)
    if isinstance(array, pa.DictionaryArray):
        array = _decoded(array)
    if dtype == "timestamp":
        return to_timestamp(array, origin, timezone)
    if text and not pt.is_null(array.type):
        parse = parse_float32 if dtype == "float32" else parse_int64
        return parse(array, origin)
    return to_float32(array, origin) if dtype == "float32" else to_int64(array, origin)


def cast_batch(
    batch: pa.RecordBatch,
    columns: Mapping[str, str],
    timezones: Mapping[str, str],
    *,
    file: str | None = None,
    first_row: int = 0,
    text: bool = False,
) -> pa.RecordBatch:
    """Casts the columns of a batch; the result holds them in the order of `columns`.

    Args:
        batch: Raw columns; others than the requested ones are ignored.
        columns: Declared dtype per column name.
        timezones: The IANA zone of naive timestamps, per column name.
        file: The source, for messages.
        first_row: The row in the source of the first row of the batch.
        text: Whether the values are fields of a text file.

    Raises:
        The errors of `cast_column`.
    """
    arrays = [
        cast_column(
            batch.column(name),
            dtype,
            column=name,
            file=file,
            first_row=first_row,
            timezone=timezones.get(name),
            text=text,
        )
        for name, dtype in columns.items()
    ]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def cast_accepted(
    batch: pa.RecordBatch,
    columns: Mapping[str, str],
    timezones: Mapping[str, str],
    *,
    file: str | None = None,
    first_row: int = 0,
    text: bool = False,
) -> tuple[pa.RecordBatch, list[RowError]]:
    """Casts what can be cast, and says what cannot.

    Args:
        batch: As of `cast_batch`, as are the other arguments.
        columns: Declared dtype per column name.
        timezones: The IANA zone of naive timestamps, per column name.
        file: The source, for messages.
        first_row: The row in the source of the first row of the batch.
        text: Whether the values are fields of a text file.

    Returns:
        All rows, with a missing value in place of each bad one; and one error per bad
        value, by column and then by row.
    """
    errors: list[RowError] = []
    arrays = []
    for name, dtype in columns.items():
        raw = batch.column(name)
        while True:
            try:
                found = cast_column(
                    raw,
                    dtype,
                    column=name,
                    file=file,
                    first_row=first_row,
                    timezone=timezones.get(name),
                    text=text,
                )
                break
            except RowError as error:
                # One round per kind of error: it names all its rows.
                bad = [row - first_row for row in error.rows]
                errors += [_for_row(error, row, raw, first_row) for row in bad]
                raw = _without(raw, bad)
        arrays.append(found)
    return pa.RecordBatch.from_arrays(arrays, names=list(columns)), errors


def _for_row(error: RowError, row: int, raw: pa.Array, first_row: int) -> RowError:
    return RowError(
        f"values {error.fault}",
        code=error.code,
        file=error.file,
        row=first_row + row,
        column=error.column,
        got=plain(raw[row]),
        expected=error.expected,
        hint=error.hint,
    )


def _without(array: pa.Array, rows: list[int]) -> pa.Array:
    """The array with missing values in place of some."""
    missing = np.zeros(len(array), np.bool_)
    missing[rows] = True
    return array.take(arrow_array(np.arange(len(array)), ~missing))


def check_type(
    kind: pa.DataType,
    dtype: str,
    *,
    column: str,
    file: str | None = None,
    text: bool = False,
) -> None:
    """Refuses a column type that can never become the declared dtype.

    A float column passes for int64, as it may be all null; its values will not.

    Raises:
        DTypeMismatchError: with what is supported, and a hint.
        SpecError: for an unknown dtype.
    """
    if dtype not in SUPPORTED:
        raise SpecError(
            f"there is no dtype {dtype!r}",
            code="SPEC_UNKNOWN_DTYPE",
            column=column,
            expected=", ".join(SUPPORTED),
        )
    value = kind.value_type if pt.is_dictionary(kind) else kind
    parsed = text and is_bytes(value) and dtype != "bytes"
    readable = _accepts(value, dtype) and not (text and dtype == "bytes")
    if pt.is_null(value) or readable or parsed:
        return
    origin = Origin(column=column, file=file)
    origin.mismatch(kind, dtype, SUPPORTED[dtype], _hint(value, dtype))


def _accepts(kind: pa.DataType, dtype: str) -> bool:
    element = element_dtype(dtype)
    if element is not None:
        return is_castable(kind, lambda inner: _accepts_plain(inner, element))
    if dtype == "key" and pt.is_integer(kind):
        return True
    if dtype == "bytes":
        return is_bytes(kind)
    if dtype in ("string", "key"):
        return is_text(kind) or is_bytes(kind)
    if dtype == "timestamp":
        return bool(pt.is_timestamp(kind) or pt.is_date(kind) or is_text(kind))
    number = pt.is_boolean(kind) or pt.is_integer(kind) or pt.is_floating(kind)
    if dtype == "int64":
        integral = pt.is_decimal(kind) and kind.scale == 0
        return bool(number or integral or pt.is_date32(kind))
    return bool(number)


def _accepts_plain(kind: pa.DataType, dtype: str) -> bool:
    """As `_accepts`, of a type that may be a dictionary, or of nulls alone."""
    value = kind.value_type if pt.is_dictionary(kind) else kind
    return bool(pt.is_null(value)) or _accepts(value, dtype)


def _hint(kind: pa.DataType, dtype: str) -> str:
    if element_dtype(dtype) is not None:
        if is_list_like(kind):
            return "convert the elements to a supported type"
        return "declare the column as a single value, or split it into lists yourself"
    if is_list_like(kind):
        return "declare the column with fk.strings, fk.integers or fk.numerics"
    if pt.is_decimal(kind):
        return "cast the column to double yourself, which rounds"
    if is_text(kind) or is_bytes(kind):
        return "declare the column as string, or convert it to numbers yourself"
    if pt.is_integer(kind) and dtype == "timestamp":
        return "an integer has no unit: convert the column to a timestamp type"
    if pt.is_timestamp(kind) or pt.is_date(kind):
        return "declare the column as timestamp"
    if pt.is_boolean(kind) or pt.is_integer(kind):
        return "declare the column as int64, or convert it to text yourself"
    if pt.is_floating(kind):
        return "declare the column as float32"
    return "convert the column to a supported type"


def _decoded(array: pa.DictionaryArray) -> pa.Array:
    values = array.dictionary
    if is_text(values.type) or is_bytes(values.type):
        # 32-bit offsets could overflow in `take`; 64-bit ones cannot.
        values = as_bytes(values).cast(pa.large_binary())
    return values.take(array.indices)
