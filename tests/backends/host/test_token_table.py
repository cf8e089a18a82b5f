"""The hash table of a vocabulary, where hashes do not tell tokens apart."""

import numpy as np
import numpy.typing as npt
import pytest

from featurekit.kernels.arrow_buffers import read_only
from featurekit.kernels.memory import leading_word
from featurekit.kernels.token_table import (
    TokenTable,
    describe_tokens,
    find_token,
    hash_token,
    hash_tokens,
    place_tokens,
)

STEM = b"a long beginning that all tokens share"
TEXTS = [
    *(b"", b"\0", b"\0\0", b"a", b"a\0", b"ab", b"abcdefg", b"abcdefgh", b"abcdefgh\0"),
    *(b"abcdefghi", b"abcdefghj", b"abcdefgh" * 2, b"abcdefgh" * 2 + b"x"),
    *(STEM + b"%d" % index for index in range(20)),
    *(STEM[:size] for size in range(10, 33)),
]


def spans(texts: list[bytes]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    data = read_only(np.frombuffer(b"".join(texts), np.uint8))
    return data, read_only(np.cumsum([0, *map(len, texts)]))


def find(
    table: TokenTable, texts: list[bytes], hashes: npt.NDArray[np.uint64] | None = None
) -> list[int]:
    data, offsets = spans(texts)
    base = data.ctypes.data
    found = []
    for index, text in enumerate(texts):
        start = base + int(offsets[index])
        word = leading_word(start, len(text), base + len(data))
        hashed = hash_token(word, start, len(text)) if hashes is None else hashes[index]
        signed = int(np.uint64(hashed).astype(np.int64))
        found.append(find_token(*table.arguments, signed, word, start, len(text)))
    return found


@pytest.mark.parametrize("count", [0, 1, 2, len(TEXTS)])
def test_finds_its_tokens_and_no_others(count: int) -> None:
    table = TokenTable.build(tuple(TEXTS[:count]), range(count))
    wanted = [index if index < count else -1 for index in range(len(TEXTS))]
    assert find(table, TEXTS) == wanted


@pytest.mark.parametrize("gap", [1, 7])
@pytest.mark.parametrize("start", [0, 1, 20])
def test_ids_may_have_a_gap(start: int, gap: int) -> None:
    ids = [index + gap * (index >= start) for index in range(len(TEXTS))]
    table = TokenTable.build(tuple(TEXTS), ids)
    assert find(table, TEXTS) == ids
    assert find(table, [b"b", STEM + b"20"]) == [-1, -1]


def test_equal_hashes_are_told_apart() -> None:
    tokens = [token for token in TEXTS if len(token) != 38]
    data, offsets = spans(tokens)
    lines = read_only(describe_tokens(data, offsets))
    same = read_only(np.full(len(tokens), 5, np.uint64))
    table = TokenTable(read_only(place_tokens(lines, same, 128)), lines, data)
    assert find(table, tokens, same) == list(range(len(tokens)))
    others = [b"b", b"a\0\0", b"abcdefghk", STEM + b"20", STEM[:32] + b"!"]
    assert find(table, others, same) == [-1] * len(others)


def test_integers() -> None:
    tokens = (0, -1, 2**63 - 1, -(2**63), 7)
    table = TokenTable.build(tokens, range(5))
    hashes = [int(np.uint64(hash_token(x, 0, 8)).astype(np.int64)) for x in tokens]
    found = [
        find_token(*table.arguments, hashed, token, 0, 8)
        for token, hashed in zip(tokens, hashes, strict=True)
    ]
    assert found == list(range(5))


def test_hashes_of_consecutive_tokens_spread() -> None:
    data, offsets = spans([b"c%05d" % index for index in range(4096)])
    hashes = hash_tokens(read_only(describe_tokens(data, offsets)))
    buckets = np.bincount((hashes % np.uint64(256)).astype(np.int64), minlength=256)
    assert buckets.max() < 60
