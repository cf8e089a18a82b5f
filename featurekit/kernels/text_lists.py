"""Text in pieces: what is at its ends, between separators, in runs of tokens, in words.

Kernels that make lists run twice: first without room, to measure, then to write. What
they write are the bytes of texts, one after another, and where each begins.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import inlined, kernel
from featurekit.kernels.memory import address_of, leading_word
from featurekit.kernels.token_table import find_token, hash_token
from featurekit.kernels.varint import as_int

BoolArray: TypeAlias = npt.NDArray[np.bool_]
ByteArray: TypeAlias = npt.NDArray[np.uint8]
LongArray: TypeAlias = npt.NDArray[np.int64]


@inlined
def _is_space(byte: int) -> bool:
    return byte == 0x20 or 0x09 <= byte <= 0x0D


@inlined
def _is_there(valid: BoolArray, i: int) -> bool:
    return len(valid) == 0 or bool(valid[i])


@inlined
def _copy(data: ByteArray, start: int, end: int, out: ByteArray, to: int) -> int:
    if len(out):
        for at in range(start, end):
            out[to + at - start] = data[at]
    return to + end - start


@inlined
def _end_piece(starts: LongArray, made: int, to: int) -> int:
    if len(starts):
        starts[made + 1] = to
    return made + 1


@kernel
def strip_texts(data: ByteArray, offsets: LongArray, starts: LongArray) -> ByteArray:
    """Takes whitespace of ASCII off both ends of texts.

    Args:
        data: The bytes of the texts.
        offsets: Where each begins, one more than texts.
        starts: Receives where each new text begins, one more than texts.

    Returns:
        The bytes of the new texts.
    """
    out = np.empty(offsets[-1] - offsets[0] + 1, np.uint8)
    to = 0
    starts[0] = 0
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        while start < end and _is_space(data[start]):
            start += 1
        while start < end and _is_space(data[end - 1]):
            end -= 1
        to = _copy(data, start, end, out, to)
        starts[row + 1] = to
    return out


@inlined
def _separates(data: ByteArray, at: int, end: int, separator: ByteArray) -> bool:
    if at + len(separator) > end:
        return False
    same = 0
    while same < len(separator) and data[at + same] == separator[same]:
        same += 1
    return same == len(separator)


@kernel
def _next_cut(data: ByteArray, at: int, end: int, separator: ByteArray) -> int:
    """Where the next separator begins, or the end."""
    while at < end:
        if len(separator) == 0 and _is_space(data[at]):
            return at
        if len(separator) and _separates(data, at, end, separator):
            return at
        at += 1
    return end


@kernel
def cut_texts(
    texts: tuple[ByteArray, LongArray, BoolArray],
    separator: ByteArray,
    lists: LongArray,
    out: ByteArray,
    starts: LongArray,
) -> tuple[int, int]:
    """Cuts texts at a separator, or at whitespace.

    Args:
        texts: Bytes, where each text begins, and which are there (of length 0: all).
        separator: Its bytes; none for whitespace, which leaves no empty part.
        lists: Receives where the list of each text begins, one more than texts.
        out: Receives the bytes of the parts; of length 0 to measure.
        starts: Receives where each part begins, after a 0; of length 0 to measure.

    Returns:
        How many parts there are, and how many bytes.
    """
    data, offsets, valid = texts
    made, to = 0, 0
    for row in range(len(offsets) - 1):
        lists[row] = made
        at, end = offsets[row], offsets[row + 1]
        while _is_there(valid, row):
            cut = _next_cut(data, at, end, separator)
            if len(separator) or cut > at:
                to = _copy(data, at, cut, out, to)
                made = _end_piece(starts, made, to)
            if cut == end:
                break
            at = cut + max(1, len(separator))
    lists[len(offsets) - 1] = made
    return made, to


@kernel
def join_ngrams(
    tokens: tuple[ByteArray, LongArray, BoolArray],
    given: LongArray,
    lengths: tuple[int, int],
    separator: ByteArray,
    lists: LongArray,
    out: ByteArray,
    starts: LongArray,
) -> tuple[int, int]:
    """Joins runs of the tokens of each list.

    Args:
        tokens: Bytes, where each token begins, and which are there (of length 0: all).
        given: Where each list of tokens begins, one more than lists.
        lengths: The shortest and the longest run.
        separator: The bytes between two tokens.
        lists: As of `cut_texts`.
        out: As of `cut_texts`.
        starts: As of `cut_texts`.

    Returns:
        How many runs there are, and how many bytes.
    """
    data, offsets, valid = tokens
    made, to = 0, 0
    for row in range(len(given) - 1):
        lists[row] = made
        kept = np.empty(given[row + 1] - given[row], np.int64)
        count = 0
        for token in range(given[row], given[row + 1]):
            if _is_there(valid, token):
                kept[count] = token
                count += 1
        for size in range(lengths[0], lengths[1] + 1):
            for first in range(count - size + 1):
                for i in range(first, first + size):
                    if i > first:
                        to = _copy(separator, 0, len(separator), out, to)
                    token = kept[i]
                    to = _copy(data, offsets[token], offsets[token + 1], out, to)
                made = _end_piece(starts, made, to)
    lists[len(given) - 1] = made
    return made, to


@kernel
def _longest_piece(
    key: ByteArray, least: int, table: tuple[int, int, int], length: int
) -> int:
    """The bytes of the longest piece that a text begins with, more than `least`; or -1.

    Args:
        key: The text, and 8 bytes more.
        least: Bytes that are no whole piece.
        table: Of the pieces.
        length: Bytes of the text.
    """
    start = address_of(key)
    end = length
    while end > least:
        word = leading_word(start, end, start + len(key))
        hashed = as_int(hash_token(word, start, end))
        if find_token(table[0], table[1], table[2], hashed, word, start, end) >= 0:
            return end
        end -= 1
        while end > least and (key[end] & 0xC0) == 0x80:
            end -= 1
    return -1


@kernel
def _cut_word(
    word: ByteArray,
    prefix: ByteArray,
    table: tuple[int, int, int],
    max_chars: int,
    ends: LongArray,
) -> int:
    """Where the pieces of a word end; their number, or -1 where it has none."""
    chars = 0
    for at in range(len(word)):
        chars += at == 0 or (word[at] & 0xC0) != 0x80
    if chars > max_chars:
        return -1
    key = np.zeros(len(prefix) + len(word) + 8, np.uint8)
    count, start = 0, 0
    while start < len(word):
        before = len(prefix) if start else 0
        key[:before] = prefix[:before]
        rest = len(word) - start
        key[before : before + rest] = word[start:]
        found = _longest_piece(key, before, table, before + rest)
        if found < 0:
            return -1
        start += found - before
        ends[count] = start
        count += 1
    return count


@kernel
def cut_wordpieces(
    tokens: tuple[ByteArray, LongArray, BoolArray],
    given: LongArray,
    table: tuple[int, int, int],
    max_chars: int,
    prefix: ByteArray,
    unknown: ByteArray,
    lists: LongArray,
    out: ByteArray,
    starts: LongArray,
) -> tuple[int, int]:
    """Cuts the tokens of each list into pieces.

    Args:
        tokens: Bytes, where each token begins, and which are there (of length 0: all).
        given: Where each list of tokens begins, one more than lists.
        table: Of the pieces.
        max_chars: The most characters of a token that is cut.
        prefix: What pieces have before them that begin no token.
        unknown: What a token becomes that has no pieces.
        lists: As of `cut_texts`.
        out: As of `cut_texts`.
        starts: As of `cut_texts`.

    Returns:
        How many pieces there are, and how many bytes.
    """
    data, offsets, valid = tokens
    made, to = 0, 0
    for row in range(len(given) - 1):
        lists[row] = made
        for token in range(given[row], given[row + 1]):
            if not _is_there(valid, token):
                continue
            word = data[offsets[token] : offsets[token + 1]]
            ends = np.empty(len(word), np.int64)
            count = _cut_word(word, prefix, table, max_chars, ends)
            if count < 0:
                to = _copy(unknown, 0, len(unknown), out, to)
                made = _end_piece(starts, made, to)
            start = 0
            for i in range(count):
                if start:
                    to = _copy(prefix, 0, len(prefix), out, to)
                to = _copy(word, start, ends[i], out, to)
                made = _end_piece(starts, made, to)
                start = ends[i]
    lists[len(given) - 1] = made
    return made, to
