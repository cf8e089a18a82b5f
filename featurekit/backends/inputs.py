"""What a batch must look like before a backend runs a plan on it."""

import pyarrow as pa

from featurekit.errors import DTypeMismatchError, MissingColumnError
from featurekit.kernels.arrow_buffers import is_string_like
from featurekit.kernels.arrow_lists import is_list_like
from featurekit.plan.graph import Plan
from featurekit.spec.inputs import element_dtype

_EXPECTED = {
    "float32": "float32",
    "int64": "int64",
    "string": "text or bytes, also dictionary-encoded",
    "timestamp": "int64 microseconds since 1970-01-01 UTC",
    "float64": "float64",
}


def check_columns(plan: Plan, batch: pa.RecordBatch) -> None:
    """Checks that the batch holds the columns that the plan reads, in their types.

    Raises:
        MissingColumnError: A column is not there.
        DTypeMismatchError: A column has another type, or is there twice.
    """
    for name, read in plan.columns.items():
        found = batch.schema.get_all_field_indices(name)
        if not found:
            raise MissingColumnError(
                "the batch lacks a column that the plan reads",
                column=name,
                got=", ".join(batch.schema.names),
                expected=_expected(read.dtype),
            )
        kind = batch.schema.field(found[0]).type
        if len(found) > 1 or not _fits(kind, read.dtype):
            raise DTypeMismatchError(
                "the batch does not hold the column once, as the plan reads it",
                column=name,
                got=", ".join(str(batch.schema.field(index).type) for index in found),
                expected=_expected(read.dtype),
                hint="cast the batch with featurekit.io.casting",
            )


def _expected(dtype: str) -> str:
    element = element_dtype(dtype)
    return _EXPECTED[dtype] if element is None else f"lists of {_EXPECTED[element]}"


def _fits(kind: pa.DataType, dtype: str) -> bool:
    element = element_dtype(dtype)
    if element is not None:
        return is_list_like(kind) and _fits(kind.value_type, element)
    if dtype == "float64":
        return bool(pa.types.is_float64(kind))
    if dtype == "float32":
        return bool(pa.types.is_float32(kind))
    if dtype == "string":
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        return is_string_like(kind)
    return bool(pa.types.is_int64(kind))
