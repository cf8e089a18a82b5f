"""Runs a program on a block of rows: one call for all nodes of a plan.

Blocks of rows pass through all instructions, so that what lies between two of them
stays in the cache. Positions are addresses; whoever calls keeps the memory alive.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.backends.host import instructions as at
from featurekit.backends.host.categorical import (
    require_text,
    run_integer_op,
    run_text_op,
    text_is_missing,
)
from featurekit.backends.host.expressions import is_missing, run_expression
from featurekit.backends.host.instructions import refuse, word
from featurekit.backends.host.numeric import read_float32, read_int64, run_number_op
from featurekit.kernels.array_views import bools_at, doubles_at, integers_at
from featurekit.kernels.arrow_columns import CODES, ENTRIES, LINE, is_present
from featurekit.kernels.jit import inlined, kernel
from featurekit.kernels.memory import address_of, copy_bytes, load_int64

BoolArray: TypeAlias = npt.NDArray[np.bool_]
ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]

BLOCK = 8192
"""Rows of a block: few enough for the cache, enough to use a hash table in a row."""
DAMAGED = -1


@kernel
def find_memos(program: IntArray, sources: IntArray, rows: int) -> IntArray:
    """Where each instruction keeps results by dictionary entry; and the size of all.

    NOWHERE if it keeps none: a dictionary that is longer than the batch is less work
    row by row.
    """
    starts = np.empty(len(program) + 1, np.int64)
    total = 0
    for i in range(len(program)):
        starts[i] = at.NOWHERE
        code = address_of(program) + 8 * at.WORDS * i
        if word(code, at.OP) >= at.FIND_TEXT:
            line = address_of(sources) + LINE * word(code, at.SOURCE)
            entries = load_int64(line + ENTRIES)
            if load_int64(line + CODES) and entries <= rows:
                starts[i] = total
                total += entries + 1
    starts[len(program)] = total
    return starts


@kernel
def _place_block(
    places: IntArray,
    outputs: ByteArray,
    scratch: ByteArray,
    rows: int,
    start: int,
    found: IntArray,
) -> None:
    """The addresses of all places for a block; the last, that of NOWHERE, is 0."""
    for i in range(len(places)):
        before, width = places[i, at.BEFORE], places[i, at.BYTES]
        if places[i, at.IN_OUTPUTS]:
            found[i] = address_of(outputs) + rows * before + start * width
        else:
            found[i] = address_of(scratch) + min(rows, BLOCK) * before
    found[len(places)] = 0


@inlined
def _bools(address: int, count: int) -> BoolArray:
    return bools_at(address, count if address else 0)  # type: ignore[no-any-return]


@kernel
def _copy_validity(code: int, source: BoolArray, target: BoolArray) -> None:
    """A missing input gives a missing result; of several inputs, any."""
    op = word(code, at.OP)
    if (op != at.FOLD and op != at.PAIR) or word(code, at.FIRST):
        target[:] = True
    for i in range(len(source)):
        target[i] &= source[i]


@kernel
def _copy_present(
    code: int, x: IntArray, y: IntArray, valid: BoolArray, refused_by: IntArray
) -> None:
    """Fills, or refuses, what is missing."""
    op, node, fill = word(code, at.OP), word(code, at.NODE), word(code, at.FIRST)
    for i in range(len(x)):
        y[i] = x[i]
    for i in range(len(valid)):
        if not valid[i]:
            if op == at.REQUIRE:
                refuse(refused_by, i, node)
            else:
                y[i] = fill


@kernel
def _read(
    code: int, line: int, start: int, target: int, count: int, valid: BoolArray
) -> None:
    if word(code, at.OP) == at.READ_FLOAT32:
        read_float32(line, start, doubles_at(target, count))
    else:
        read_int64(line, start, integers_at(target, count))
    for i in range(len(valid)):
        valid[i] = is_present(line, start + i)


@kernel
def _run_instruction(
    code: int,
    line: int,
    start: int,
    memo: int,
    addresses: IntArray,
    refused_by: IntArray,
) -> bool:
    count, op = len(refused_by), word(code, at.OP)
    target = addresses[word(code, at.OUT)]
    valid = _bools(addresses[word(code, at.OUT_VALID)], count)
    if op >= at.FIND_TEXT:
        y = integers_at(target, count)
        return run_text_op(code, line, start, memo, y, valid, refused_by)
    if op == at.REQUIRE_TEXT:
        return require_text(code, line, start, refused_by)
    if op == at.TEXT_IS_MISSING:
        return text_is_missing(line, start, integers_at(target, count))
    if op == at.CONSTANT:
        integers_at(target, count)[:] = word(code, at.FIRST)
        return True
    if op < at.REQUIRE:
        _read(code, line, start, target, count, valid)
        return True
    source = addresses[word(code, at.IN)]
    source_valid = _bools(addresses[word(code, at.IN_VALID)], count)
    if op == at.IS_MISSING:
        is_missing(source_valid, integers_at(target, count))
        return True
    if op < at.TO_FLOAT64:
        x, y = integers_at(source, count), integers_at(target, count)
        _copy_present(code, x, y, source_valid, refused_by)
        return True
    if len(valid):
        _copy_validity(code, source_valid, valid)
    if at.COMBINE <= op <= at.CHOOSE or op in (at.BUCKETIZE_BY_KEY, at.HIDE_ID):
        run_expression(code, addresses, valid, count)
    elif op < at.FIND_INTEGER:
        run_number_op(code, source, target, valid, refused_by)
    else:
        run_integer_op(code, integers_at(source, count), target, valid, refused_by)
    return True


@kernel
def run_block(
    program: IntArray,
    places: IntArray,
    sources: IntArray,
    memo_starts: IntArray,
    memos: IntArray,
    outputs: ByteArray,
    scratch: ByteArray,
    refused_by: IntArray,
    start: int,
) -> int:
    """Computes all outputs for a block of rows; the blocks of a batch come in order.

    Args:
        program: int64, [instructions, WORDS].
        places: int64, [places, PLACE_WORDS].
        sources: int64, the lines of the columns that the program reads.
        memo_starts: From `find_memos`.
        memos: Room for them.
        outputs: Receives the outputs, one column after another.
        scratch: Room for the places of a block.
        refused_by: Receives the first node that refuses each row, or -1; int64.
        start: The first row of the block.

    Returns:
        How many rows are refused; DAMAGED if a code points behind its dictionary.
    """
    count = min(len(refused_by) - start, BLOCK)
    part = integers_at(address_of(refused_by) + 8 * start, count)
    part[:] = -1
    addresses = np.empty(len(places) + 1, np.int64)
    _place_block(places, outputs, scratch, len(refused_by), start, addresses)
    for i in range(len(program)):
        code = address_of(program) + 8 * at.WORDS * i
        line = address_of(sources) + LINE * word(code, at.SOURCE)
        memo = 0
        if memo_starts[i] != at.NOWHERE:
            memo = address_of(memos) + 8 * memo_starts[i]
        if not _run_instruction(code, line, start, memo, addresses, part):
            return DAMAGED
    refused = 0
    for i in range(count):
        refused += part[i] >= 0
    return refused


@kernel
def keep_accepted(outputs: ByteArray, places: IntArray, refused_by: IntArray) -> None:
    """Moves the values of accepted rows to the front of every output.

    Args:
        outputs: What `run_block` filled.
        places: The places of the outputs.
        refused_by: What `run_block` filled.
    """
    rows = len(refused_by)
    for place in range(len(places)):
        width = places[place, at.BYTES]
        column = address_of(outputs) + rows * places[place, at.BEFORE]
        kept = 0
        for i in range(rows):
            if refused_by[i] < 0:
                if kept < i:
                    copy_bytes(column + kept * width, column + i * width, width)
                kept += 1
