"""Rows as JSON objects, read into what a signature takes.

What a value may be is what batch conversion accepts: values that services usually send
are read one by one, and whatever else goes through the cast that files go through.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy.typing as npt
import pyarrow as pa

from featurekit.backends.missing import to_tensors
from featurekit.errors import FeatureKitError, RequestError, RowError
from featurekit.io.adapter import read_columns
from featurekit.io.example import encode_payloads
from featurekit.io.example_row import ExampleRowEncoder
from featurekit.plan.lower import compile_spec
from featurekit.plan.stats import Stats
from featurekit.serve.row_values import RowReader, Unusual
from featurekit.serve.server.column_batches import to_batch
from featurekit.serve.serving_module import tensor_names
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.inputs import element_dtype

Row = Mapping[str, Any]
FEW_ROWS = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RequestRows:
    """Reads rows of raw columns.

    Args:
        spec: The model's declaration.
        stats: Its statistics.

    Semantics:
        - A column is named as in the data, or as the signature names its tensor.
        - null, and a column that is not there: missing. Columns of the spec that no
          feature reads are ignored; any other name is refused.
        - Time: text in ISO 8601, or int64 microseconds since 1970 UTC.
        - Bytes, and text if one likes: {"b64": "..."}.
    """

    def __init__(self, spec: FeatureSpec, stats: Stats) -> None:
        self._spec = spec
        plan = compile_spec(spec, stats, serving=True)
        self.columns = tuple(plan.columns)
        self._read = RowReader(spec, plan)
        self._dtypes = self._read.dtypes
        self._encode = ExampleRowEncoder(self._dtypes)
        inputs = [one for one in spec.serving_inputs if one.name in self._dtypes]
        self._tensor_names = tensor_names(inputs)
        self._column_of = {new: old for old, new in self._tensor_names.items()}
        self._known = {one.name for one in spec.inputs} | self._dtypes.keys()

    def to_examples(self, rows: Sequence[Any]) -> list[bytes]:
        """The rows as serialized tf.Examples.

        Raises:
            RowError: A value is not what its column takes.
                Elements of lists may not be missing, as a tf.Example cannot say that
                (NULL_ELEMENT); `to_tensors` can.
        """
        found = self.named(rows)
        if len(rows) <= FEW_ROWS:
            with suppress(Unusual, RowError):
                return [self._encode(row) for row in self._read.all(found)]
        buffer, offsets = encode_payloads(self._cast(found))
        data = buffer.tobytes()
        return [data[start:stop] for start, stop in pairwise(offsets.tolist())]

    def to_tensors(self, rows: Sequence[Any]) -> dict[str, npt.NDArray[Any]]:
        """The rows as one array per column, under the names of the signature."""
        batch = self._cast(self.named(rows))
        return {
            self._tensor_names[name]: array for name, array in to_tensors(batch).items()
        }

    def from_tensors(self, inputs: Mapping[str, npt.NDArray[Any]]) -> pa.RecordBatch:
        """The columns that arrays hold under the names of the signature."""
        return to_batch({self._column_of[name]: one for name, one in inputs.items()})

    def named(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """The rows with all columns, under the names that the data has."""
        found = []
        for index, row in enumerate(rows):
            if not isinstance(row, Mapping):
                raise RowError(
                    "a row is not an object of named columns",
                    code="BAD_ROW",
                    row=index,
                    got=type(row).__name__,
                    expected=", ".join(self.columns),
                )
            found.append(self._named_row(row, index))
        return found

    def _named_row(self, row: Row, index: int) -> dict[str, Any]:
        named = dict.fromkeys(self.columns)
        for key, value in row.items():
            name = key if key in self._known else self._column_of.get(key)
            if name is None:
                raise RowError(
                    "the spec reads no such column",
                    code="UNKNOWN_COLUMN",
                    row=index,
                    column=key[:64],
                    hint="check the spelling; send columns of the spec only",
                )
            if name in named:
                named[name] = self._decoded(value, name, index)
        return named

    def _decoded(self, value: Any, name: str, index: int) -> Any:
        """The value, with what JSON cannot say made Python values."""
        dtype = element_dtype(self._dtypes[name]) or self._dtypes[name]
        if isinstance(value, list):
            return [self._decoded(one, name, index) for one in value]
        if dtype == "timestamp" and type(value) is int:
            return _instant(value, name, index)
        if dtype not in ("string", "bytes"):
            return value
        if isinstance(value, Mapping):
            value = from_base64(value, column=name, row=index)
            return value if dtype == "bytes" else _text(value, name, index)
        return value.encode() if dtype == "bytes" and isinstance(value, str) else value

    def _cast(self, rows: Sequence[Row]) -> pa.RecordBatch:
        """The rows as cast columns; an error names its row."""
        try:
            return self._cast_columns(rows)
        except FeatureKitError as error:
            if error.row is not None:
                raise error
            for index, row in enumerate(rows):
                try:
                    self._cast_columns([row])
                except FeatureKitError as found:
                    raise _of_row(found, index) from None
            raise

    def _cast_columns(self, rows: Sequence[Row]) -> pa.RecordBatch:
        columns = {
            name: self._array([row[name] for row in rows], name)
            for name in self.columns
        }
        batches = list(read_columns(self._spec, columns, list(self.columns)))
        return pa.Table.from_batches(batches).combine_chunks().to_batches()[0]

    def _array(self, values: list[Any], name: str) -> Any:
        if any(value is not None for value in values):
            return values
        # Arrow's type of a column without values is none that could be cast.
        dtype = self._dtypes[name]
        element = _ARROW[element_dtype(dtype) or dtype]
        if element_dtype(dtype) is not None:
            element = pa.list_(element)
        return pa.nulls(len(values), element)


_ARROW = {
    "float32": pa.float32(),
    "int64": pa.int64(),
    "string": pa.string(),
    "bytes": pa.binary(),
    "timestamp": pa.timestamp("us", "UTC"),
}


def from_base64(
    value: Mapping[str, Any], *, column: str | None = None, row: int | None = None
) -> bytes:
    """The bytes of {"b64": "..."}.

    Raises:
        RowError: It is another object, or no base64.
    """
    text = value.get("b64")
    if isinstance(text, str) and len(value) == 1:
        with suppress(binascii.Error, ValueError):
            return base64.b64decode(text, validate=True)
    raise RowError(
        "an object is no bytes in base64",
        code="BAD_BASE64",
        row=row,
        column=column,
        expected='{"b64": "..."}',
    )


def _instant(value: int, name: str, row: int) -> str:
    """The time as text: the times of a column have to be of one type."""
    try:
        return (_EPOCH + timedelta(microseconds=value)).isoformat()
    except OverflowError:
        raise RowError(
            "the time is out of range",
            code="OUT_OF_RANGE",
            row=row,
            column=name,
            got=value,
            expected="microseconds since 1970 UTC, of the years 1 to 9999",
        ) from None


def _text(value: bytes, name: str, row: int) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise RowError(
            "the text is not valid UTF-8",
            code="BAD_UTF8",
            row=row,
            column=name,
            expected="UTF-8",
        ) from None


def _of_row(error: FeatureKitError, row: int) -> FeatureKitError:
    """The error with the row that it is of, and without the file that there is not."""
    kind = type(error) if not isinstance(error, RequestError) else RowError
    return kind(
        error.message,
        code=error.code,
        row=row,
        column=error.column,
        feature=error.feature,
        got=error.got,
        expected=error.expected,
        hint=error.hint,
    )
