"""SipHash-2-4 in plain Python: slow, obvious, the definition.

Source of the algorithm: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input
PRF", 2012. TensorFlow's ``to_hash_bucket_strong`` is this hash.
"""

_WORD = (1 << 64) - 1
STARTS = (
    0x736F6D6570736575,
    0x646F72616E646F6D,
    0x6C7967656E657261,
    0x7465646279746573,
)

State = tuple[int, int, int, int]


def siphash(data: bytes, key: tuple[int, ...]) -> int:
    """The hash of the bytes under a key of two words, from 0 to 2**64 - 1.

    >>> siphash(b"A", (1, 2)) % 1000
    800
    """
    words = (key[0], key[1], key[0], key[1])
    v0, v1, v2, v3 = (start ^ word for start, word in zip(STARTS, words, strict=True))
    state = (v0, v1, v2, v3)
    # The last word holds the rest of the bytes and, in its last byte, the length.
    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) % 256])
    for start in range(0, len(padded), 8):
        word = int.from_bytes(padded[start : start + 8], "little")
        v0, v1, v2, v3 = state
        v0, v1, v2, v3 = _round(_round((v0, v1, v2, v3 ^ word)))
        state = (v0 ^ word, v1, v2, v3)
    v0, v1, v2, v3 = state
    state = (v0, v1, v2 ^ 0xFF, v3)
    for _ in range(4):
        state = _round(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _round(state: State) -> State:
    v0, v1, v2, v3 = state
    v0, v2 = v0 + v1 & _WORD, v2 + v3 & _WORD
    v1, v3 = _rotate(v1, 13) ^ v0, _rotate(v3, 16) ^ v2
    v0 = _rotate(v0, 32)
    v2, v0 = v2 + v1 & _WORD, v0 + v3 & _WORD
    v1, v3 = _rotate(v1, 17) ^ v2, _rotate(v3, 21) ^ v0
    return v0, v1, _rotate(v2, 32), v3


def _rotate(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & _WORD
