"""Columns joined to one, so that combinations of values are counted as values."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from featurekit.analyzers import columns
from featurekit.kernels.arrow_buffers import arrow_array, binary_array
from featurekit.kernels.arrow_lists import Lists, as_lists, is_list_like, list_array
from featurekit.kernels.combinations import combinations


def joined(parts: Sequence[pa.Array]) -> pa.Array:
    """The combination of the values of each row; with a list among them, all of them.

    Args:
        parts: Columns of text or integers, or lists of these; equally long.

    Returns:
        As `netstrings`; with a list among the columns, large lists of that.

    Example:
        >>> joined([pa.array([["a", "b"], []]), pa.array([7, 8])]).to_pylist()
        [[b'1:a,1:7,', b'1:b,1:7,'], []]
    """
    if not any(is_list_like(part.type) for part in parts):
        return netstrings(parts)
    lists: list[Lists] = list(map(as_lists, parts))
    offsets, places = combinations([one.offsets for one in lists])
    pairs = zip(lists, places, strict=True)
    taken = [one.elements.take(arrow_array(place)) for one, place in pairs]
    return list_array(offsets, netstrings(taken))


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
