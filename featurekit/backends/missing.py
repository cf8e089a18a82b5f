"""How a missing value travels in a TensorFlow tensor, which has no nulls.

Every dtype has one reserved value: for float32 a NaN with a payload, as in R; for
integers and timestamps the smallest int64, which casting refuses in the data; for text
two bytes that never occur in UTF-8, and a name.

Lists are the rows of a matrix, and need two more: one for all places behind the last
element, and one for the first place of a list that is missing itself.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.errors import DTypeMismatchError
from featurekit.kernels.arrow_buffers import filled_numbers, nulls
from featurekit.kernels.arrow_lists import is_list_like, list_parts
from featurekit.spec.inputs import MISSING_TEXT as MISSING_TEXT

MISSING_FLOAT_BITS = 0x7FC007A2
"""Bits of the float32 NaN that means missing; it is quiet, so copies keep it."""

MISSING_INTEGER = -(2**63)
"""The int64, also of timestamps, that means missing."""

END_FLOAT_BITS = 0x7FC007A3
"""Bits of the float32 NaN that fills a row of a matrix behind the end of its list."""
END_INTEGER = MISSING_INTEGER + 1
END_TEXT = b"\xff\xfefeaturekit:end of list"

NO_LIST_FLOAT_BITS = 0x7FC007A4
"""Bits of the float32 NaN that means that the list is missing, as its first element."""
NO_LIST_INTEGER = MISSING_INTEGER + 2
NO_LIST_TEXT = b"\xff\xfefeaturekit:missing list"

_ORDINARY_NAN_BITS = 0x7FC00000


def to_tensors(batch: pa.RecordBatch) -> dict[str, npt.NDArray[np.generic]]:
    r"""The columns of a batch as NumPy arrays, shape (rows,), with nulls marked.

    Args:
        batch: float32, int64, and text or bytes (also dictionary-encoded) columns, and
            lists of those, as casting leaves them.

    Returns:
        float32, int64 and object (bytes) arrays by column name. A float32 NaN that
        is a value becomes the ordinary one, whatever its bits. Lists are the rows of
        an array of shape (rows, longest list), at least (rows, 1).

    Raises:
        DTypeMismatchError: A column has another type.

    Example:
        >>> batch = pa.record_batch({"i": pa.array([1, None]), "s": ["a", None]})
        >>> tensors = to_tensors(batch)
        >>> tensors["i"].tolist(), tensors["s"].tolist()
        ([1, -9223372036854775808], [b'a', b'\xff\xfefeaturekit:missing'])
    """
    return {name: _to_tensor(name, batch.column(name)) for name in batch.schema.names}


def is_missing(values: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    """Which values of an array that `to_tensors` made are missing."""
    if values.dtype == np.float32:
        return np.asarray(values.view(np.uint32) == MISSING_FLOAT_BITS)
    if values.dtype == np.int64:
        return np.asarray(values == MISSING_INTEGER)
    return np.asarray(values == MISSING_TEXT)


def _to_tensor(name: str, column: pa.Array) -> npt.NDArray[np.generic]:
    if is_list_like(column.type) and not is_list_like(column.type.value_type):
        return _lists(name, column)
    if pa.types.is_float32(column.type):
        return _floats(column)
    if pa.types.is_int64(column.type):
        found: npt.NDArray[np.int64] = filled_numbers(column, MISSING_INTEGER)
        return found
    kind = column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    try:
        encoded = column.cast(pa.large_binary())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        encoded = None
    if encoded is None or not _is_text(kind):
        raise DTypeMismatchError(
            "the column cannot become a tensor",
            column=name,
            got=column.type,
            expected="float32, int64, text, or lists of those",
            hint="cast the batch first",
        )
    texts: npt.NDArray[np.object_] = encoded.to_numpy(zero_copy_only=False)
    if encoded.null_count:
        texts = np.where(nulls(encoded), MISSING_TEXT, texts)
    return texts


def _lists(name: str, column: pa.Array) -> npt.NDArray[np.generic]:
    offsets, valid, elements = list_parts(column)
    lengths = np.diff(offsets)
    values = _to_tensor(name, elements)
    end, missing = _list_markers(values.dtype)
    found = np.full((len(lengths), max(1, lengths.max(initial=0))), end)
    found[np.arange(found.shape[1]) < lengths[:, np.newaxis]] = values
    if len(valid):
        found[~valid, 0] = missing
    return found


def _list_markers(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    """What stands behind a list, and for a missing list."""
    if dtype == np.float32:
        bits = np.array([END_FLOAT_BITS, NO_LIST_FLOAT_BITS], np.uint32)
        end, missing = bits.view(np.float32)
        return end, missing
    if dtype == np.int64:
        return END_INTEGER, NO_LIST_INTEGER
    return np.array(END_TEXT, object), NO_LIST_TEXT


def _floats(column: pa.Array) -> npt.NDArray[np.float32]:
    values = filled_numbers(column)
    bits = np.where(np.isnan(values), _ORDINARY_NAN_BITS, values.view(np.uint32))
    if column.null_count:
        bits = np.where(nulls(column), np.uint32(MISSING_FLOAT_BITS), bits)
    return bits.astype(np.uint32, copy=False).view(np.float32)


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
    )
