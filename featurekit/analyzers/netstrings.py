"""Columns joined to one, so that combinations of values are counted as values."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from featurekit.analyzers import columns
from featurekit.kernels.arrow_buffers import binary_array


def netstrings(parts: Sequence[pa.Array]) -> pa.Array:
    """For each row a netstring of each value; null where one of them is.

    Args:
        parts: Columns of text, or of integers, which enter as decimal text; equally
            long.

    Returns:
        large_binary.

    Example:
        >>> joined = netstrings([pa.array(["JFK", "", None]), pa.array([17, -1, 3])])
        >>> joined.to_pylist()
        [b'3:JFK,2:17,', b'0:,2:-1,', None]
    """
    # Not from Python values: the first one given to Arrow imports pandas.
    nothing, colon, comma = binary_array([b"", b":", b","])
    pieces: list[pa.Array | pa.Scalar] = []
    for part in parts:
        text = _text(part)
        lengths = pc.binary_length(text).cast(pa.large_string())
        pieces += [lengths.cast(pa.large_binary()), colon, text, comma]
    return pc.binary_join_element_wise(*pieces, nothing)


def _text(part: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(part.type):
        part = part.dictionary_decode()
    if pa.types.is_integer(part.type):
        decimal = columns.integer_array(part).cast(pa.large_string())
        return decimal.cast(pa.large_binary())
    return columns.bytes_array(part)
