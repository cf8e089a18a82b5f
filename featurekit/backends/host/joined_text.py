"""Joined and changed text: columns are made of it, and the program reads them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from featurekit.backends.host.text import ChangedText, change_text
from featurekit.kernels.arrow_buffers import binary_array

Refusals: TypeAlias = list[tuple[int, npt.NDArray[np.bool_]]]
"""Nodes, and the rows that each of them refuses."""


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


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A column without some of its texts.

    Args:
        name: Of the column, as of `JoinedText`.
        parts: The one column that it is made of, and what fills it.
        marked: The texts that are missing.
    """

    name: str
    parts: tuple[tuple[str, bytes | None], ...]
    marked: tuple[bytes, ...]


MadeText: TypeAlias = JoinedText | ChangedText | MarkedText


def with_made(
    batch: pa.RecordBatch, made: Iterable[MadeText]
) -> tuple[pa.RecordBatch, Refusals]:
    """The batch with columns of made text behind its own, and what refuses rows."""
    refusals: Refusals = []
    for one in made:
        texts = [plain_text(batch.column(name), fill) for name, fill in one.parts]
        if isinstance(one, ChangedText):
            text, refused = change_text(one.op, texts[0])
            refusals.append((one.node, refused))
        elif isinstance(one, MarkedText):
            marked = pc.is_in(texts[0], binary_array(one.marked))
            text = pc.if_else(marked, pa.nulls(1, texts[0].type)[0], texts[0])
        else:
            separator = binary_array([one.separator])[0]
            text = pc.binary_join_element_wise(*texts, separator)
        names = [*batch.schema.names, one.name]
        batch = pa.RecordBatch.from_arrays([*batch.columns, text], names=names)
    return batch, refusals


def add_refusals(refusals: Refusals, refused_by: npt.NDArray[np.int64]) -> int:
    """Notes what refuses rows before others do; returns how many rows are refused."""
    for node, refused in refusals:
        later = refused & ((refused_by < 0) | (refused_by > node))
        refused_by[later] = node
    return int(np.count_nonzero(refused_by >= 0))


def plain_text(array: pa.Array, fill: bytes | None = None) -> pa.Array:
    """Text as large_binary, filled where it is missing."""
    if isinstance(array, pa.DictionaryArray):
        array = array.dictionary.cast(pa.large_binary()).take(array.indices)
    found = array.cast(pa.large_binary())
    return found if fill is None else found.fill_null(binary_array([fill])[0])
