"""Ids of tokens: an open-addressing hash table over a vocabulary, built once.

A slot holds a token's id, bits of its hash, and its first 8 bytes, which are all that
most tokens have: memory is visited once. Longer ones are compared to the end: those of
one hash keep their own ids. An integer is a token of 8 bytes. The hash never leaves the
process: it need not be one that others know, and is cheap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt

from featurekit.kernels.arrow_buffers import binary_array, read_only, string_buffers
from featurekit.kernels.jit import inlined, kernel
from featurekit.kernels.memory import address_of, leading_word, load_int64
from featurekit.kernels.varint import as_int

ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]

EMPTY = -1
# The golden ratio times 2**64, and a prime of xxHash: consecutive words land far apart.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_STIR = np.uint64(0xC2B2AE3D27D4EB4F)
_HALF = np.uint64(32)
_TAG = np.uint64(37)
_ID_BITS = 32
_ID = (1 << _ID_BITS) - 1

_SLOT = 16  # bytes: the tag and the id, and the first word of the token
# The line of a token in `tokens`: byte offsets of its entries.
_WORD = 0  # its first 8 bytes, or fewer and zeros
_SIZE = 8
_START = 16
_LINE = 24


@inlined
def _stir(state: np.uint64, word: int) -> np.uint64:
    state = (state ^ np.uint64(word)) * _SPREAD
    return state ^ (state >> _HALF)


@inlined
def hash_token(word: int, start: int, size: int) -> np.uint64:
    """The hash of a text whose first 8 bytes are known."""
    state = _stir(np.uint64(size) * _STIR, word)
    if size > 8:
        for at in range(8, size - 8, 8):
            state = _stir(state, load_int64(start + at))
        state = _stir(state, load_int64(start + size - 8))
    state = state * _STIR
    return state ^ (state >> _HALF)


@inlined
def _tag(hashed: np.uint64, size: int) -> int:
    """Bits of the hash, and the exact size of what has no more bytes than a word."""
    return as_int(hashed >> _TAG) << 4 | min(size, 9)


@inlined
def _same_rest(line: int, start: int, size: int) -> bool:
    """Whether a token has this size, and these bytes behind the first word."""
    if load_int64(line + _SIZE) != size:
        return False
    token = load_int64(line + _START)
    for at in range(8, size - 8, 8):
        if load_int64(token + at) != load_int64(start + at):
            return False
    return load_int64(token + size - 8) == load_int64(start + size - 8)  # type: ignore[no-any-return]


@inlined
def slot_address(slots: int, size_mask: int, hashed: int) -> int:
    """Where the search for a text begins."""
    return slots + _SLOT * (hashed & size_mask)


@inlined
def find_token(
    slots: int,
    size_mask: int,
    tokens: int,
    hashed: int,
    word: int,
    start: int,
    size: int,
) -> int:
    """The id of a text, or -1.

    Args:
        slots: Address of the slots.
        size_mask: Their number less one.
        tokens: Address of the lines of the tokens.
        hashed: `hash_token` of the text, as int64.
        word: The first 8 bytes of the text, or fewer and zeros.
        start: Its address; not read where it has at most 8 bytes.
        size: Its bytes.
    """
    tag = _tag(np.uint64(hashed), size)
    place = hashed
    slot = slot_address(slots, size_mask, place)
    found = load_int64(slot)
    while found != EMPTY:
        if found >> _ID_BITS == tag and load_int64(slot + 8) == word:
            token = found & _ID
            if size <= 8 or _same_rest(tokens + _LINE * token, start, size):
                return token  # type: ignore[no-any-return]
        place += 1
        slot = slot_address(slots, size_mask, place)
        found = load_int64(slot)
    return EMPTY


@kernel
def describe_tokens(data: ByteArray, offsets: IntArray) -> IntArray:
    """The lines of tokens that lie one after another."""
    base = address_of(data)
    lines = np.empty((len(offsets) - 1, _LINE // 8), np.int64)
    for token in range(len(offsets) - 1):
        start, size = base + offsets[token], offsets[token + 1] - offsets[token]
        lines[token, _WORD // 8] = leading_word(start, size, base + len(data))
        lines[token, _SIZE // 8] = size
        lines[token, _START // 8] = start
    return lines


@kernel
def hash_tokens(lines: IntArray) -> npt.NDArray[np.uint64]:
    """The hashes of tokens by their lines."""
    hashes = np.empty(len(lines), np.uint64)
    for token in range(len(lines)):
        word, size = lines[token, _WORD // 8], lines[token, _SIZE // 8]
        hashes[token] = hash_token(word, lines[token, _START // 8], size)
    return hashes


@kernel
def place_tokens(
    lines: IntArray, hashes: npt.NDArray[np.uint64], size: int
) -> IntArray:
    """The slots of a table of `size`, a power of two."""
    slots = np.empty((size, _SLOT // 8), np.int64)
    slots[:] = EMPTY
    for token in range(len(hashes)):
        slot = as_int(hashes[token]) & (size - 1)
        while slots[slot, 0] != EMPTY:
            slot = (slot + 1) & (size - 1)
        tag = _tag(hashes[token], lines[token, _SIZE // 8])
        slots[slot, 0] = tag << _ID_BITS | token
        slots[slot, 1] = lines[token, _WORD // 8]
    return slots


def _renumber(
    slots: IntArray, lines: IntArray, ids: IntArray
) -> tuple[IntArray, IntArray]:
    """The table with other ids; lines of ids that no token has are zeros."""
    used = slots[:, 0] != EMPTY
    places = slots[used, 0] & _ID
    slots[used, 0] += ids[places] - places
    numbered = np.zeros((ids[-1] + 1, lines.shape[1]), np.int64)
    numbered[ids] = lines
    return slots, read_only(numbered)


@dataclass(frozen=True)
class TokenTable:
    """Finds tokens, by `find_token` in other kernels.

    Args:
        slots: int64, [a power of two, words of a slot]; at most half are in use.
        tokens: The lines of the tokens, int64, with addresses in `data`.
        data: The bytes of all tokens, uint8.
    """

    slots: IntArray
    tokens: IntArray
    data: ByteArray

    @classmethod
    def build(
        cls, tokens: tuple[bytes, ...] | tuple[int, ...], ids: Sequence[int]
    ) -> "TokenTable":
        """The table of distinct tokens, all bytes or all integers.

        Args:
            tokens: The tokens.
            ids: Their ids, increasing.
        """
        if tokens and isinstance(tokens[0], int):
            data = read_only(np.array(tokens, np.int64).view(np.uint8))
            offsets = read_only(np.arange(0, 8 * len(tokens) + 1, 8))
        else:
            data, offsets = string_buffers(
                binary_array(cast("tuple[bytes, ...]", tokens))
            )
        lines = read_only(describe_tokens(data, offsets))
        hashes = read_only(hash_tokens(lines))
        # At least half of the slots stay empty: searches are short.
        size = 1 << (2 * len(tokens)).bit_length()
        slots = place_tokens(lines, hashes, size)
        if len(ids) and ids[-1] != len(ids) - 1:
            slots, lines = _renumber(slots, lines, np.array(ids, np.int64))
        return cls(read_only(slots), lines, data)

    @property
    def arguments(self) -> tuple[int, int, int]:
        """What `find_token` is told of the table."""
        return self.slots.ctypes.data, len(self.slots) - 1, self.tokens.ctypes.data
