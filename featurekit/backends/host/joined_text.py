"""Text that is made on the host: Arrow makes columns of it, which the program reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

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

    def make(self, batch: pa.RecordBatch) -> pa.Array:
        """The column."""
        texts = [_plain(batch.column(name), fill) for name, fill in self.parts]
        separator = binary_array([self.separator])[0]
        return pc.binary_join_element_wise(*texts, separator)


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A column without some of its texts.

    Args:
        name: Of the column, as of `JoinedText`.
        source: The column that it is made of.
        fill: What fills that one; None if nothing does.
        marked: The texts that are missing.
    """

    name: str
    source: str
    fill: bytes | None
    marked: tuple[bytes, ...]

    def make(self, batch: pa.RecordBatch) -> pa.Array:
        """The column."""
        text = _plain(batch.column(self.source), self.fill)
        found = pc.is_in(text, binary_array(self.marked))
        return pc.if_else(found, pa.nulls(1, text.type)[0], text)


MadeText: TypeAlias = JoinedText | MarkedText


def with_joined(batch: pa.RecordBatch, joined: Iterable[MadeText]) -> pa.RecordBatch:
    """The batch with columns of text that is made behind its own."""
    for one in joined:
        names = [*batch.schema.names, one.name]
        columns = [*batch.columns, one.make(batch)]
        batch = pa.RecordBatch.from_arrays(columns, names=names)
    return batch


def _plain(array: pa.Array, fill: bytes | None) -> pa.Array:
    """Text as large_binary, filled where it is missing."""
    if isinstance(array, pa.DictionaryArray):
        array = array.dictionary.cast(pa.large_binary()).take(array.indices)
    found = array.cast(pa.large_binary())
    return found if fill is None else found.fill_null(binary_array([fill])[0])
