"""Text on the host: columns of it that are changed, and lists that are made of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.backends.unicode_arrays import composition_arrays, mapping_arrays
from featurekit.kernels import text_lists
from featurekit.kernels.arrow_buffers import (
    bitmap,
    nulls,
    read_only,
    string_buffers,
    validity,
)
from featurekit.kernels.token_table import TokenTable
from featurekit.kernels.unicode_text import COMPOSE, DECOMPOSE, EACH, change_texts
from featurekit.plan import ops

BoolArray: TypeAlias = npt.NDArray[np.bool_]
ByteArray: TypeAlias = npt.NDArray[np.uint8]
LongArray: TypeAlias = npt.NDArray[np.int64]
MakeLists: TypeAlias = Callable[[pa.Array, LongArray], tuple[LongArray, pa.Array]]
"""From texts, and where lists of them begin, to where new lists begin, and texts."""

_KINDS = {"NFC": COMPOSE, "NFKC": COMPOSE, "NFD": DECOMPOSE, "NFKD": DECOMPOSE}


@dataclass(frozen=True, slots=True)
class ChangedText:
    """A column of changed text.

    Args:
        name: Of the column; no source column has it, as it holds a slash.
        parts: The column that is changed, and what fills it; None if nothing does.
        op: What changes it.
        node: Its place in the plan, which refuses rows.
    """

    name: str
    parts: tuple[tuple[str, bytes | None], ...]
    op: ops.MapText | ops.StripText
    node: int


def change_text(
    op: ops.MapText | ops.StripText, texts: pa.Array
) -> tuple[pa.Array, BoolArray]:
    """The texts, changed; and which of them the op refuses.

    Args:
        op: What changes them.
        texts: An array of large_binary; what is null stays null.
    """
    data, offsets = string_buffers(texts)
    starts = np.empty(len(texts) + 1, np.int64)
    refused = np.zeros(len(texts), np.bool_)
    if isinstance(op, ops.StripText):
        out = text_lists.strip_texts(data, offsets, starts)
    else:
        table, points = mapping_arrays(op.change)
        properties, pairs, composed = composition_arrays()
        kind = _KINDS.get(op.change, EACH)
        mapping, composition = (*table, points), (*properties, pairs, composed)
        out = change_texts(data, offsets, kind, mapping, composition, starts, refused)
    valid = ~nulls(texts)
    return _text_array(out, starts, valid), refused & valid


def list_maker(op: ops.BaseTextLists) -> MakeLists:
    """What an op makes lists with."""
    match op:
        case ops.CutText(separator=separator):
            mark = _bytes(separator or "")

            def cut(texts: pa.Array, given: LongArray) -> tuple[LongArray, pa.Array]:
                measure = _texts(texts), mark
                return _run(text_lists.cut_texts, measure, len(texts))

            return cut
        case ops.JoinNgrams(least=least, most=most, separator=separator):
            between = _bytes(separator)

            def join(texts: pa.Array, given: LongArray) -> tuple[LongArray, pa.Array]:
                measure = _texts(texts), read_only(given), (least, most), between
                return _run(text_lists.join_ngrams, measure, len(given) - 1)

            return join
        case ops.CutWordpieces():
            return _wordpiece_maker(op)
    raise AssertionError(op)


def _wordpiece_maker(op: ops.CutWordpieces) -> MakeLists:
    tokens = op.vocabulary.tokens
    table = TokenTable.build(tokens, range(len(tokens)))
    prefix, unknown = _bytes(op.prefix), _bytes(op.unknown)

    def cut(texts: pa.Array, given: LongArray) -> tuple[LongArray, pa.Array]:
        found = table.arguments, op.max_chars, prefix, unknown
        measure = _texts(texts), read_only(given), *found
        return _run(text_lists.cut_wordpieces, measure, len(given) - 1)

    return cut


def _run(
    function: Callable[..., tuple[int, int]], arguments: tuple[object, ...], rows: int
) -> tuple[LongArray, pa.Array]:
    """Measures, and then writes."""
    lists = np.zeros(rows + 1, np.int64)
    count, size = function(
        *arguments, lists, np.empty(0, np.uint8), np.empty(0, np.int64)
    )
    # One byte more: no room at all would be taken for a measurement.
    out, starts = np.empty(size + 1, np.uint8), np.zeros(count + 1, np.int64)
    function(*arguments, lists, out, starts)
    return lists, _text_array(out, starts, None)


def _bytes(text: str) -> ByteArray:
    return read_only(np.frombuffer(text.encode(), np.uint8))


def _texts(texts: pa.Array) -> tuple[ByteArray, LongArray, BoolArray]:
    data, offsets = string_buffers(texts)
    return data, offsets, validity(texts)


def _text_array(
    data: ByteArray, starts: LongArray, valid: BoolArray | None
) -> pa.Array:
    buffers = [bitmap(valid), pa.py_buffer(starts), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_binary(), len(starts) - 1, buffers)
