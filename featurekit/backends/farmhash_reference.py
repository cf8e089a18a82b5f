"""FarmHash64 fingerprints in plain Python: slow, obvious, the definition.

Source of the algorithm: FarmHash by Geoff Pike, the portable 64-bit variant whose
result is fixed for ever as ``Fingerprint64``; TensorFlow hashes strings with it. The
combination of two fingerprints is the one of TensorFlow's hashed crosses.
"""

_WORD = (1 << 64) - 1
K0 = 0xC3A5C85C97CB3127
K1 = 0xB492B66FBE98F273
K2 = 0x9AE16A3B2F90404F
CAT_MULTIPLIER = 0xC6A4A7935BD1E995


def fingerprint64(data: bytes) -> int:
    """The FarmHash64 fingerprint of the bytes, from 0 to 2**64 - 1.

    >>> fingerprint64(b"hello") % 1000
    296
    """
    size = len(data)
    if size <= 16:
        return _upto_16(data)
    if size <= 32:
        return _upto_32(data)
    if size <= 64:
        return _upto_64(data)
    return _longer(data)


def fingerprint_cat64(h: int, v: int) -> int:
    """Combines two fingerprints; the order matters.

    >>> start = fingerprint_cat64(0xDECAFCAFFE, fingerprint64(b"A"))
    >>> fingerprint_cat64(start, 101) % 1000
    891
    """
    mixed = h ^ CAT_MULTIPLIER
    mixed ^= _mul(_fold(_mul(v & _WORD, CAT_MULTIPLIER)), CAT_MULTIPLIER)
    mixed = _mul(mixed, CAT_MULTIPLIER)
    return _fold(_mul(_fold(mixed), CAT_MULTIPLIER))


def _add(*terms: int) -> int:
    return sum(terms) & _WORD


def _mul(a: int, b: int) -> int:
    return a * b & _WORD


def _rotate(value: int, bits: int) -> int:
    return (value >> bits | value << (64 - bits)) & _WORD


def _fold(value: int) -> int:
    return value ^ value >> 47


def _word(data: bytes, start: int) -> int:
    return int.from_bytes(data[start : start + 8], "little")


def _mix(a: int, b: int, multiplier: int) -> int:
    """Two words to one, as in the Murmur hash."""
    a = _fold(_mul(a ^ b, multiplier))
    b = _fold(_mul(b ^ a, multiplier))
    return _mul(b, multiplier)


def _upto_16(data: bytes) -> int:
    size = len(data)
    multiplier = _add(K2, 2 * size)
    if size >= 8:
        head, tail = _add(_word(data, 0), K2), _word(data, size - 8)
        return _mix(
            _add(_mul(_rotate(tail, 37), multiplier), head),
            _mul(_add(_rotate(head, 25), tail), multiplier),
            multiplier,
        )
    if size >= 4:
        head = int.from_bytes(data[:4], "little")
        tail = int.from_bytes(data[-4:], "little")
        return _mix(size + (head << 3), tail, multiplier)
    if size > 0:
        y = data[0] + (data[size // 2] << 8)
        z = size + (data[-1] << 2)
        return _mul(_fold(_mul(y, K2) ^ _mul(z, K0)), K2)
    return K2


def _upto_32(data: bytes) -> int:
    size = len(data)
    multiplier = _add(K2, 2 * size)
    a, b = _mul(_word(data, 0), K1), _word(data, 8)
    c = _mul(_word(data, size - 8), multiplier)
    d = _mul(_word(data, size - 16), K2)
    return _mix(
        _add(_rotate(_add(a, b), 43), _rotate(c, 30), d),
        _add(a, _rotate(_add(b, K2), 18), c),
        multiplier,
    )


def _upto_64(data: bytes) -> int:
    size = len(data)
    multiplier = _add(K2, 2 * size)
    a, b = _mul(_word(data, 0), K2), _word(data, 8)
    c = _mul(_word(data, size - 8), multiplier)
    d = _mul(_word(data, size - 16), K2)
    y = _add(_rotate(_add(a, b), 43), _rotate(c, 30), d)
    z = _mix(y, _add(a, _rotate(_add(b, K2), 18), c), multiplier)
    e, f = _mul(_word(data, 16), multiplier), _word(data, 24)
    g = _mul(_add(y, _word(data, size - 32)), multiplier)
    h = _mul(_add(z, _word(data, size - 24)), multiplier)
    return _mix(
        _add(_rotate(_add(e, f), 43), _rotate(g, 30), h),
        _add(e, _rotate(_add(f, a), 18), g),
        multiplier,
    )


def _weak(data: bytes, start: int, a: int, b: int) -> tuple[int, int]:
    """Mixes the 32 bytes at ``start`` into two words, weakly."""
    w, x, y, z = (_word(data, start + 8 * i) for i in range(4))
    a = _add(a, w)
    b = _rotate(_add(b, a, z), 21)
    total = _add(a, x, y)
    return _add(total, z), _add(b, _rotate(total, 44), a)


def _longer(data: bytes) -> int:
    """More than 64 bytes: whole blocks of 64, then the last 64 bytes once more."""
    size = len(data)
    seed = 81
    y = _add(_mul(seed, K1), 113)
    z = _mul(_fold(_add(_mul(y, K2), 113)), K2)
    x = _add(_mul(seed, K2), _word(data, 0))
    v = w = (0, 0)
    for start in range(0, (size - 1) // 64 * 64, 64):
        x, y, z, v, w = _block(data, start, K1, 1, (x, y, z, v, w))
    multiplier = _add(K1, (z & 0xFF) << 1)
    w = (_add(w[0], (size - 1) & 63), w[1])
    v = (_add(v[0], w[0]), v[1])
    w = (_add(w[0], v[0]), w[1])
    x, y, z, v, w = _block(data, size - 64, multiplier, 9, (x, y, z, v, w))
    return _mix(
        _add(_mix(v[0], w[0], multiplier), _mul(_fold(y), K0), z),
        _add(_mix(v[1], w[1], multiplier), x),
        multiplier,
    )


State = tuple[int, int, int, tuple[int, int], tuple[int, int]]


def _block(
    data: bytes, start: int, multiplier: int, weight: int, state: State
) -> State:
    """One round over the 64 bytes at ``start``."""
    x, y, z, v, w = state
    x = _mul(_rotate(_add(x, y, v[0], _word(data, start + 8)), 37), multiplier)
    y = _mul(_rotate(_add(y, v[1], _word(data, start + 48)), 42), multiplier)
    x ^= _mul(w[1], weight)
    y = _add(y, _mul(v[0], weight), _word(data, start + 40))
    z = _mul(_rotate(_add(z, w[0]), 33), multiplier)
    v = _weak(data, start, _mul(v[1], multiplier), _add(x, w[0]))
    w = _weak(data, start + 32, _add(z, w[1]), _add(y, _word(data, start + 16)))
    return z, y, x, v, w
