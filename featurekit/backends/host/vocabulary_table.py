"""Ids of tokens: an open-addressing hash table over a vocabulary, built once.

Text is found by its FarmHash64, and then compared byte by byte: two texts of one hash
keep their own ids. Integers are found by a multiplicative hash.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.kernels.arrow_buffers import read_only, string_buffers
from featurekit.kernels.farmhash import fingerprint64
from featurekit.kernels.jit import kernel

ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]
HashArray: TypeAlias = npt.NDArray[np.uint64]

EMPTY = -1
# The golden ratio times 2**64: consecutive integers land far apart.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(32)


@kernel
def _same(
    data: ByteArray, start: int, stop: int, other: ByteArray, at: int, end: int
) -> bool:
    if stop - start != end - at:
        return False
    for i in range(stop - start):  # noqa: SIM110 (a generator would not compile)
        if data[start + i] != other[at + i]:
            return False
    return True


@kernel
def _place(hashes: HashArray, size: int) -> IntArray:
    """The slots of a table of `size`, a power of two: the token index, or -1."""
    slots = np.full(size, EMPTY, np.int64)
    mask = np.uint64(size - 1)
    for token in range(len(hashes)):
        slot = hashes[token] & mask
        while slots[slot] != EMPTY:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = token
    return slots


@kernel
def _find_text(
    data: ByteArray,
    offsets: IntArray,
    hashes: HashArray,
    slots: IntArray,
    token_data: ByteArray,
    token_offsets: IntArray,
    token_hashes: HashArray,
) -> IntArray:
    ids = np.empty(len(hashes), np.int64)
    mask = np.uint64(len(slots) - 1)
    for i in range(len(hashes)):
        slot = hashes[i] & mask
        found = slots[slot]
        while found != EMPTY and not (
            token_hashes[found] == hashes[i]
            and _same(
                data,
                offsets[i],
                offsets[i + 1],
                token_data,
                token_offsets[found],
                token_offsets[found + 1],
            )
        ):
            slot = (slot + np.uint64(1)) & mask
            found = slots[slot]
        ids[i] = found
    return ids


@kernel
def _spread(values: IntArray) -> HashArray:
    hashes = np.empty(len(values), np.uint64)
    for i in range(len(values)):
        mixed = np.uint64(values[i]) * _SPREAD
        hashes[i] = mixed ^ (mixed >> _SHIFT)
    return hashes


@kernel
def _find_integers(values: IntArray, slots: IntArray, tokens: IntArray) -> IntArray:
    ids = np.empty(len(values), np.int64)
    mask = np.uint64(len(slots) - 1)
    for i in range(len(values)):
        mixed = np.uint64(values[i]) * _SPREAD
        slot = (mixed ^ (mixed >> _SHIFT)) & mask
        found = slots[slot]
        while found != EMPTY and tokens[found] != values[i]:
            slot = (slot + np.uint64(1)) & mask
            found = slots[slot]
        ids[i] = found
    return ids


def _table_size(tokens: int) -> int:
    """A power of two that leaves half of the slots empty: searches are short."""
    return 1 << (2 * tokens).bit_length()


@dataclass(frozen=True)
class TextTable:
    """Finds texts.

    Args:
        slots: Token index by slot, or -1, int64; a power of two of them.
        data: The bytes of all tokens, uint8.
        offsets: Where each token starts in `data`, and the end, int64.
        hashes: FarmHash64 of each token, uint64.
    """

    slots: IntArray
    data: ByteArray
    offsets: IntArray
    hashes: HashArray

    @classmethod
    def build(cls, tokens: tuple[bytes, ...]) -> "TextTable":
        """The table of distinct tokens, ids in their order."""
        data, offsets = string_buffers(pa.array(tokens, pa.large_binary()))
        hashes = read_only(fingerprint64(data, offsets))
        slots = read_only(_place(hashes, _table_size(len(tokens))))
        return cls(slots, data, offsets, hashes)

    def find(self, texts: pa.Array, hashes: HashArray) -> IntArray:
        """The id of each text, -1 where it is no token; nulls give anything.

        Args:
            texts: binary or large_binary.
            hashes: Their FarmHash64, read-only.
        """
        data, offsets = string_buffers(texts)
        found: IntArray = _find_text(
            data, offsets, hashes, self.slots, self.data, self.offsets, self.hashes
        )
        return found


@dataclass(frozen=True)
class IntegerTable:
    """Finds integers.

    Args:
        slots: Token index by slot, or -1, int64; a power of two of them.
        tokens: The tokens in id order, int64.
    """

    slots: IntArray
    tokens: IntArray

    @classmethod
    def build(cls, tokens: tuple[int, ...]) -> "IntegerTable":
        """The table of distinct tokens, ids in their order."""
        values = read_only(np.array(tokens, np.int64))
        hashes = read_only(_spread(values))
        return cls(read_only(_place(hashes, _table_size(len(tokens)))), values)

    def find(self, values: IntArray) -> IntArray:
        """The id of each integer, -1 where it is no token."""
        found: IntArray = _find_integers(read_only(values), self.slots, self.tokens)
        return found
