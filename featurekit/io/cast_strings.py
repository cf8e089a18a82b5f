"""Arrow text in every layout to large_string or dictionary<int32, large_string>."""

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from featurekit.errors import CorruptSourceError
from featurekit.io.origin import Origin, failing

_AS_BYTES = {
    pa.string(): pa.binary(),
    pa.large_string(): pa.large_binary(),
    pa.string_view(): pa.binary_view(),
}


def is_text(kind: pa.DataType) -> bool:
    """Whether the type is string, large_string or string_view."""
    return kind in _AS_BYTES


def is_bytes(kind: pa.DataType) -> bool:
    """Whether the type is a variable- or fixed-size binary, or binary_view."""
    return bool(
        pt.is_binary(kind)
        or pt.is_large_binary(kind)
        or pt.is_binary_view(kind)
        or pt.is_fixed_size_binary(kind)
    )


def as_bytes(array: pa.Array) -> pa.Array:
    """The same buffers seen as bytes; shares memory and checks nothing."""
    kind = _AS_BYTES.get(array.type)
    if kind is None:
        return array
    return pa.Array.from_buffers(kind, len(array), array.buffers(), offset=array.offset)


def layout_problem(array: pa.Array) -> str | None:
    """What is broken in the memory of an array, or None; text may be any bytes.

    Offsets, codes and buffer sizes are checked in full, so that reading the array
    afterwards cannot run outside of its buffers.
    """
    try:
        if isinstance(array, pa.DictionaryArray):
            inner = layout_problem(array.dictionary)
            if inner is not None:
                return inner
            # The codes alone: the whole would also refuse bad UTF-8.
            codes, size = array.indices, len(array.dictionary)
            codes.validate(full=True)
            bounds = pc.min_max(codes)
            low, high = bounds["min"].as_py(), bounds["max"].as_py()
            if low is not None and (low < 0 or high >= size):
                return f"dictionary codes {low}..{high} outside of 0..{size - 1}"
            return None
        as_bytes(array).validate(full=True)
    except pa.ArrowInvalid as error:
        return str(error)
    return None


def check_layout(array: pa.Array, origin: Origin) -> None:
    """Refuses an array whose memory is broken.

    Raises:
        CorruptSourceError: with the reason.
    """
    problem = layout_problem(array)
    if problem is not None:
        raise CorruptSourceError(
            f"an Arrow array is invalid: {problem}",
            file=origin.file,
            column=origin.column,
        )


def to_string(array: pa.Array, origin: Origin) -> pa.Array:
    """Casts text in any layout to large_string; a dictionary stays a dictionary.

    Args:
        array: string, large_string, string_view, binary in any layout (its bytes
            must be UTF-8), a dictionary of those with any index type, or null.
        origin: Where the values came from.

    Returns:
        large_string, or dictionary<int32, large_string> whose nulls are all in the
        codes. Entries of the dictionary may be unused.

    Raises:
        RowError: BAD_UTF8.
    """
    if pt.is_null(array.type):
        return pa.nulls(len(array), pa.large_string())
    if isinstance(array, pa.DictionaryArray):
        return _recode(array, origin)
    return _utf8(array, origin)


def to_large_string(array: pa.Array, origin: Origin) -> pa.Array:
    """Like `to_string`, with dictionaries replaced by their values."""
    found = to_string(array, origin)
    if isinstance(found, pa.DictionaryArray):
        return found.dictionary.take(found.indices)
    return found


def _check_utf8(part: pa.Array) -> pa.Array:
    """The bytes of `part` as large_string; raises pyarrow.ArrowInvalid."""
    raw = as_bytes(part)
    if not pt.is_large_binary(raw.type):
        raw = raw.cast(pa.large_binary())
    return raw.cast(pa.large_string())


def _utf8(array: pa.Array, origin: Origin) -> pa.Array:
    try:
        return _check_utf8(array)
    except pa.ArrowInvalid:
        origin.reject(
            failing(array, _check_utf8),
            as_bytes(array),
            code="BAD_UTF8",
            what="are not valid UTF-8",
            expected="UTF-8 text",
            hint="convert the column to UTF-8; files from older tools are often"
            " Latin-1",
        )
        raise


def _recode(array: pa.DictionaryArray, origin: Origin) -> pa.Array:
    try:
        values = _check_utf8(array.dictionary)
    except pa.ArrowInvalid:
        # Only a row that uses the bad entry is at fault; see which one does.
        raw = as_bytes(array.dictionary).cast(pa.large_binary())
        return _utf8(raw.take(array.indices), origin)
    codes = array.indices
    if not pt.is_int32(codes.type):
        codes = codes.cast(pa.int32())
    if values.null_count:
        unset = pc.is_null(values).take(codes)
        codes = pc.if_else(unset, pa.scalar(None, pa.int32()), codes)
        values = values.fill_null("")
    return pa.DictionaryArray.from_arrays(codes, values)
