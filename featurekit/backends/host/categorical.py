"""Ids on the host: vocabularies, hashes, crosses, ranges, one-hot vectors.

What depends on a text alone is computed once per dictionary entry, where a dictionary
has no more entries than the batch has rows.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.backends.host import instructions as at
from featurekit.backends.host.instructions import has_value, refuse, word
from featurekit.backends.host.time_parts import local_parts
from featurekit.kernels.array_views import bytes_at, doubles_at, floats_at, integers_at
from featurekit.kernels.arrow_columns import (
    DATA,
    END,
    ENTRIES,
    ENTRY_START,
    KIND,
    SPANS,
    list_entries,
    read_entries,
    span_of,
)
from featurekit.kernels.farmhash import (
    DECIMAL_BYTES,
    fingerprint_cat64,
    fingerprint_decimals,
    fingerprint_span,
    write_decimal,
)
from featurekit.kernels.jit import inlined, kernel
from featurekit.kernels.memory import leading_word, load_int64, prefetch
from featurekit.kernels.siphash import siphash_span
from featurekit.kernels.token_table import find_token, hash_token, slot_address
from featurekit.kernels.varint import as_int

BoolArray: TypeAlias = npt.NDArray[np.bool_]
ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]

# What one pass over some rows tells the next.
_ROW = 0
_TEXT = 1
_START = 2
_SIZE = 3
_HEAD = 4  # the first 8 bytes
_HASH = 5
_PASS_WORDS = 6
_PASS_ROWS = 128


@kernel
def _find_texts(code: int, line: int, entries: IntArray) -> None:
    """Puts ids, or -1, in place of texts.

    In passes over some rows: memory that is asked for all of them arrives together,
    and no pass waits for a guess whether a row is null.
    """
    passes = np.empty((_PASS_WORDS, _PASS_ROWS), np.int64)
    for start in range(0, len(entries), _PASS_ROWS):
        part = entries[start : start + _PASS_ROWS]
        count = _pick_present(code, line, part, passes)
        _prepare(code, line, count, passes)
        _probe(code, count, passes, part)


@kernel
def _pick_present(code: int, line: int, entries: IntArray, passes: IntArray) -> int:
    """Lists the rows that have a text, and their texts; gives the others their id."""
    missing, count = word(code, at.SUBSTITUTE), 0
    kind = load_int64(line + KIND)
    spans = load_int64(line + SPANS) + kind * load_int64(line + ENTRY_START)
    for i in range(len(entries)):
        passes[_ROW, count], passes[_TEXT, count] = i, entries[i]
        prefetch(spans + kind * entries[i])
        count += entries[i] >= 0
        entries[i] = missing
    return count


@kernel
def _prepare(code: int, line: int, count: int, passes: IntArray) -> None:
    """Finds the bytes of texts, hashes them, and asks for the slots of the table."""
    slots, mask = word(code, at.FIRST), word(code, at.SECOND)
    kind, spans = load_int64(line + KIND), load_int64(line + SPANS)
    data, end = load_int64(line + DATA), load_int64(line + END)
    first = load_int64(line + ENTRY_START)
    for j in range(count):
        at_text = first + passes[_TEXT, j]
        start, size, stop = span_of(kind, spans, data, end, at_text)
        head = leading_word(start, size, stop)
        hashed = as_int(hash_token(head, start, size))
        prefetch(slot_address(slots, mask, hashed))
        passes[_START, j], passes[_SIZE, j] = start, size
        passes[_HEAD, j], passes[_HASH, j] = head, hashed


@kernel
def _probe(code: int, count: int, passes: IntArray, ids: IntArray) -> None:
    """Finds the ids of prepared texts."""
    slots, mask = word(code, at.FIRST), word(code, at.SECOND)
    tokens = word(code, at.THIRD)
    num_oov, first_oov = word(code, at.FOURTH), word(code, at.FIFTH)
    for j in range(count):
        start, size = passes[_START, j], passes[_SIZE, j]
        head, hashed = passes[_HEAD, j], passes[_HASH, j]
        found = find_token(slots, mask, tokens, hashed, head, start, size)
        if found < 0 and num_oov:
            found = first_oov
            if num_oov > 1:
                whole = fingerprint_span(bytes_at(start, size), 0, size)
                found += as_int(whole % np.uint64(num_oov))
        ids[passes[_ROW, j]] = found


@kernel
def _hash_texts(code: int, line: int, entries: IntArray) -> None:
    """Puts hashes in place of texts."""
    kind, spans = load_int64(line + KIND), load_int64(line + SPANS)
    data, end = load_int64(line + DATA), load_int64(line + END)
    first, missing = load_int64(line + ENTRY_START), word(code, at.SUBSTITUTE)
    for i in range(len(entries)):
        if entries[i] < 0:
            entries[i] = missing
            continue
        start, size, _ = span_of(kind, spans, data, end, first + entries[i])
        entries[i] = _bucket(code, bytes_at(start, size), 0, size)


@inlined
def _bucket(code: int, text: ByteArray, start: int, stop: int) -> int:
    """The hash of a text, keyed or not, modulo the buckets if there are any."""
    if word(code, at.FIRST):
        key = word(code, at.SECOND), word(code, at.THIRD)
        hashed = siphash_span(text, start, stop, key[0], key[1])
    else:
        hashed = fingerprint_span(text, start, stop)
    count = np.uint64(word(code, at.FOURTH))
    return as_int(hashed % count if count else hashed)


@kernel
def _text_values(code: int, line: int, entries: IntArray) -> None:
    if word(code, at.OP) == at.FIND_TEXT:
        _find_texts(code, line, entries)
    else:
        _hash_texts(code, line, entries)


@kernel
def run_text_op(
    code: int,
    line: int,
    first_row: int,
    memo: int,
    y: IntArray,
    valid: BoolArray,
    refused_by: IntArray,
) -> bool:
    """Looks up or hashes the texts of a block, from where Arrow has them.

    Args:
        code: Address of the instruction.
        line: Address of the line of the column.
        first_row: The block's first row in the batch.
        memo: Address of the results by dictionary entry, which the first block fills;
            0 if each row is looked up by itself.
        y: Receives ids or hashes.
        valid: Receives which rows have one; of length 0 if all have.
        refused_by: int64, one per row of the block.

    Returns:
        Whether all codes point into their dictionary.
    """
    if not read_entries(line, first_row, y):
        return False
    for i in range(len(valid)):
        valid[i] = y[i] >= 0
    if memo:
        # The first is that of MISSING: looking before each would cost more.
        known = integers_at(memo, load_int64(line + ENTRIES) + 1)
        if first_row == 0:
            list_entries(line, known)
            _text_values(code, line, known)
        for i in range(len(y)):
            y[i] = known[y[i] + 1]
    else:
        _text_values(code, line, y)
    if word(code, at.OP) == at.FIND_TEXT and word(code, at.FOURTH) == 0:
        for i in range(len(y)):
            if y[i] < 0:
                refuse(refused_by, i, word(code, at.NODE))
    return True


@kernel
def require_text(code: int, line: int, first_row: int, refused_by: IntArray) -> bool:
    """Refuses rows without a text; returns as `run_text_op` does."""
    entries = np.empty(len(refused_by), np.int64)
    if not read_entries(line, first_row, entries):
        return False
    for i in range(len(entries)):
        if entries[i] < 0:
            refuse(refused_by, i, word(code, at.NODE))
    return True


@kernel
def text_is_missing(line: int, first_row: int, y: IntArray) -> bool:
    """1 in rows without a text, 0 in others; returns as `run_text_op` does."""
    if not read_entries(line, first_row, y):
        return False
    for i in range(len(y)):
        y[i] = y[i] < 0
    return True


@kernel
def _find_integers(
    code: int, x: IntArray, y: IntArray, valid: BoolArray, refused_by: IntArray
) -> None:
    slots, mask = word(code, at.FIRST), word(code, at.SECOND)
    tokens = word(code, at.THIRD)
    unknown = 0
    for i in range(len(x)):
        hashed = as_int(hash_token(x[i], 0, 8))
        y[i] = find_token(slots, mask, tokens, hashed, x[i], 0, 8)
        unknown += y[i] < 0
    if unknown == 0:
        return
    count, oov, node = word(code, at.FOURTH), word(code, at.FIFTH), word(code, at.NODE)
    if count:
        hashes = fingerprint_decimals(x)
    for i in range(len(x)):
        if y[i] >= 0:
            continue
        if count:
            y[i] = oov + as_int(hashes[i] % np.uint64(count))
        elif has_value(valid, i):
            refuse(refused_by, i, node)


@kernel
def _hash_integers(code: int, x: IntArray, y: IntArray) -> None:
    """The hashes of the decimal texts."""
    text = np.empty(DECIMAL_BYTES, np.uint8)
    for i in range(len(x)):
        y[i] = _bucket(code, text, write_decimal(x[i], text), DECIMAL_BYTES)


@kernel
def _fold(code: int, x: IntArray, y: IntArray) -> None:
    """Folds one more input of a cross; the last one into a bucket."""
    first, count = word(code, at.FIRST), np.uint64(word(code, at.SECOND))
    start = word(code, at.THIRD)
    for i in range(len(x)):
        state = np.uint64(start if first else y[i])
        state = fingerprint_cat64(state, np.uint64(x[i]))
        y[i] = as_int(state % count if count else state)


@kernel
def _pair(code: int, x: IntArray, y: IntArray) -> None:
    """Takes the first of two ids, or adds the second."""
    first, size = word(code, at.FIRST), word(code, at.SECOND)
    for i in range(len(x)):
        y[i] = x[i] if first else y[i] * size + x[i]


@kernel
def _check_range(
    code: int, x: IntArray, y: IntArray, valid: BoolArray, refused_by: IntArray
) -> None:
    """Refuses integers outside of [0, num_ids)."""
    num_ids, node = word(code, at.FIRST), word(code, at.NODE)
    for i in range(len(x)):
        y[i] = x[i]
        if not 0 <= x[i] < num_ids and has_value(valid, i):
            refuse(refused_by, i, node)


@kernel
def _default_id(code: int, x: IntArray, y: IntArray, valid: BoolArray) -> None:
    """Replaces integers outside of [0, num_ids), or marks them as missing."""
    num_ids, has_default = word(code, at.FIRST), word(code, at.SECOND)
    default = word(code, at.THIRD)
    for i in range(len(x)):
        known = 0 <= x[i] < num_ids
        y[i] = x[i] if known else default
        if not known and not has_default:
            valid[i] = False


@kernel
def _mark_missing(x: IntArray, y: IntArray, valid: BoolArray, marked: IntArray) -> None:
    """Marks some values as missing; of numbers, their bits."""
    for i in range(len(x)):
        y[i] = x[i]
        for value in marked:
            if x[i] == value:
                valid[i] = False


@kernel
def _one_hot(x: IntArray, vectors: npt.NDArray[np.float32], depth: int) -> None:
    """A vector of zeros with one 1.0; zeros alone in rows that were refused before."""
    vectors[:] = 0.0
    for i in range(len(x)):
        if 0 <= x[i] < depth:
            vectors[i * depth + x[i]] = 1.0


@kernel
def _lookup_vector(
    x: IntArray,
    table: npt.NDArray[np.float32],
    vectors: npt.NDArray[np.float32],
    width: int,
    ids: int,
) -> None:
    """The vectors of ids; zeros in rows that were refused before."""
    for i in range(len(x)):
        known = 0 <= x[i] < ids
        for j in range(width):
            vectors[i * width + j] = table[x[i] * width + j] if known else 0.0


@kernel
def _lookup_number(
    x: IntArray,
    numbers: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    valid: BoolArray,
) -> None:
    """The numbers of ids; missing behind the last one, and in refused rows."""
    for i in range(len(x)):
        known = 0 <= x[i] < len(numbers)
        y[i] = numbers[x[i]] if known else 0.0
        if not known and len(valid):
            valid[i] = False


@kernel
def run_integer_op(
    code: int, x: IntArray, target: int, valid: BoolArray, refused_by: IntArray
) -> None:
    """Runs an op that takes int64.

    Args:
        code: Address of the instruction.
        x: The input.
        target: Address of the result.
        valid: Which rows have a result; of length 0 if all have.
        refused_by: int64, one per row of the block.
    """
    op, first, second = word(code, at.OP), word(code, at.FIRST), word(code, at.SECOND)
    y = integers_at(target, len(x))
    if op == at.FIND_INTEGER:
        _find_integers(code, x, y, valid, refused_by)
    elif op == at.HASH_INTEGER:
        _hash_integers(code, x, y)
    elif op == at.FOLD:
        _fold(code, x, y)
    elif op == at.PAIR:
        _pair(code, x, y)
    elif op == at.CHECK_RANGE:
        _check_range(code, x, y, valid, refused_by)
    elif op == at.DEFAULT_ID:
        _default_id(code, x, y, valid)
    elif op == at.MARK_MISSING:
        _mark_missing(x, y, valid, integers_at(first, second))
    elif op == at.TIME_PART:
        offsets = integers_at(word(code, at.THIRD), second + 1)
        part = word(code, at.FOURTH)
        local_parts(x, integers_at(first, second), offsets, part, y)
    elif op == at.LOOKUP_VECTOR:
        ids = word(code, at.THIRD)
        table = floats_at(first, ids * second)
        _lookup_vector(x, table, floats_at(target, len(x) * second), second, ids)
    elif op == at.LOOKUP_NUMBER:
        numbers = doubles_at(first, second)
        _lookup_number(x, numbers, doubles_at(target, len(x)), valid)
    else:
        _one_hot(x, floats_at(target, len(x) * first), first)
