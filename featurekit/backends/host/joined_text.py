"""Joined text on the host: Arrow makes columns of it, and the program reads them."""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from featurekit.kernels.arrow_buffers import binary_array


@dataclass(frozen=True, slots=True)
class JoinedText:
    """A column of joined text.

    Args:
        name: Of the column; no source column has it, as it holds a slash.
        parts: The columns that are joined, and what fills each; None if nothing does.
        separator: Put between two texts.
    """

    name: str
    parts: tuple[tuple[str, bytes | None], ...]
    separator: bytes


def with_joined(batch: pa.RecordBatch, joined: Iterable[JoinedText]) -> pa.RecordBatch:
    """The batch with columns of joined text behind its own."""
    for one in joined:
        texts = [_plain(batch.column(name), fill) for name, fill in one.parts]
        separator = binary_array([one.separator])[0]
        text = pc.binary_join_element_wise(*texts, separator)
        names = [*batch.schema.names, one.name]
        batch = pa.RecordBatch.from_arrays([*batch.columns, text], names=names)
    return batch


def _plain(array: pa.Array, fill: bytes | None) -> pa.Array:
    """Text as large_binary, filled where it is missing."""
    if isinstance(array, pa.DictionaryArray):
        array = array.dictionary.cast(pa.large_binary()).take(array.indices)
    found = array.cast(pa.large_binary())
    return found if fill is None else found.fill_null(binary_array([fill])[0])
