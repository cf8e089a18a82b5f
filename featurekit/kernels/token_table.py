"""Ids of tokens: an open-addressing hash table over a vocabulary, built once.

A slot holds a token's id and bits of its hash; most searches for what is no token end
there. Tokens are compared by size and bytes: those of one hash keep their own ids. An
integer is a token of 8 bytes. The hash never leaves the process: it need not be one
that others know, and is cheap.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.kernels.arrow_buffers import read_only, string_buffers
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
_TAG = np.uint64(33)
_ID_BITS = 32
_ID = (1 << _ID_BITS) - 1

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
def _same_rest(left: int, right: int, size: int) -> bool:
    """Whether texts of one size and one beginning are equal."""
    if size <= 8:
        return True
    for at in range(8, size - 8, 8):
        if load_int64(left + at) != load_int64(right + at):
            return False
    return load_int64(left + size - 8) == load_int64(right + size - 8)  # type: ignore[no-any-return]


@inlined
def find_token(
    slots: int, size_mask: int, tokens: int, word: int, start: int, size: int
) -> int:
    """The id of a text, or -1.

    Args:
        slots: Address of the slots.
        size_mask: Their number less one.
        tokens: Address of the lines of the tokens.
        word: The first 8 bytes of the text, or fewer and zeros.
        start: Its address; not read where it has at most 8 bytes.
        size: Its bytes.
    """
    hashed = hash_token(word, start, size)
    tag = as_int(hashed >> _TAG)
    slot = as_int(hashed) & size_mask
    found = load_int64(slots + 8 * slot)
    while found != EMPTY:
        if found >> _ID_BITS == tag:
            token = found & _ID
            line = tokens + _LINE * token
            if (
                load_int64(line + _WORD) == word
                and load_int64(line + _SIZE) == size
                and _same_rest(load_int64(line + _START), start, size)
            ):
                return token  # type: ignore[no-any-return]
        slot = (slot + 1) & size_mask
        found = load_int64(slots + 8 * slot)
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
def place_tokens(hashes: npt.NDArray[np.uint64], size: int) -> IntArray:
    """The slots of a table of `size`, a power of two."""
    slots = np.full(size, EMPTY, np.int64)
    for token in range(len(hashes)):
        slot = as_int(hashes[token]) & (size - 1)
        while slots[slot] != EMPTY:
            slot = (slot + 1) & (size - 1)
        slots[slot] = as_int(hashes[token] >> _TAG) << _ID_BITS | token
    return slots


@dataclass(frozen=True)
class TokenTable:
    """Finds tokens, by `find_token` in other kernels.

    Args:
        slots: int64, a power of two of them, at most half of them in use.
        tokens: The lines of the tokens, int64, with addresses in `data`.
        data: The bytes of all tokens, uint8.
    """

    slots: IntArray
    tokens: IntArray
    data: ByteArray

    @classmethod
    def build(cls, tokens: tuple[bytes, ...] | tuple[int, ...]) -> "TokenTable":
        """The table of distinct tokens, all bytes or all integers; ids in order."""
        if tokens and isinstance(tokens[0], int):
            data = read_only(np.array(tokens, np.int64).view(np.uint8))
            offsets = read_only(np.arange(0, 8 * len(tokens) + 1, 8))
        else:
            data, offsets = string_buffers(pa.array(tokens, pa.large_binary()))
        lines = read_only(describe_tokens(data, offsets))
        hashes = read_only(hash_tokens(lines))
        # At least half of the slots stay empty: searches are short.
        size = 1 << (2 * len(tokens)).bit_length()
        return cls(read_only(place_tokens(hashes, size)), lines, data)

    @property
    def arguments(self) -> tuple[int, int, int]:
        """What `find_token` is told of the table."""
        return self.slots.ctypes.data, len(self.slots) - 1, self.tokens.ctypes.data
