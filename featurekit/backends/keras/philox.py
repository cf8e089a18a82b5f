"""Philox4x32-10 in a graph, in integers of 64 bits of which 32 are used.

Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC 2011. `tf.random.stateless_uniform` has one counter for a whole tensor; here each row
has its own.
"""

import tensorflow as tf

_WORD = 2**32
_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_WEYL = 0x9E3779B9, 0xBB67AE85


def random_words(
    rows: tf.Tensor, places: int, seed: int
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """Four random words for every place of every row; uint64, shape (batch, places).

    Args:
        rows: int64, shape (batch,): a number for each row.
        places: How many places there are.
        seed: Below 2**64.
    """
    number = tf.bitcast(rows, tf.uint64)[:, tf.newaxis]
    zeros = tf.zeros([tf.shape(rows)[0], places], tf.uint64)
    a = zeros + tf.cast(tf.range(places, dtype=tf.int64), tf.uint64)
    b, c, d = zeros, zeros + _low(number), zeros + _high(number)
    return philox((a, b, c, d), seed)


def philox(
    counter: tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor], seed: int
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """Four random words for each counter of four; uint64, of one shape."""
    a, b, c, d = counter
    first, second = seed % _WORD, seed // _WORD
    for _ in range(10):
        left, right = a * _word(_MULTIPLIERS[0]), c * _word(_MULTIPLIERS[1])
        a, b = _xor(_high(right), b, _word(first)), _low(right)
        c, d = _xor(_high(left), d, _word(second)), _low(left)
        first, second = (first + _WEYL[0]) % _WORD, (second + _WEYL[1]) % _WORD
    return a, b, c, d


def first_words(rows: tf.Tensor, places: list[int], seed: int) -> tf.Tensor:
    """The first word of one place of every row; uint64, shape (columns, batch).

    Args:
        rows: int64, shape (columns, batch): a number for each row.
        places: The place that is taken in each column.
        seed: Below 2**64.
    """
    number = tf.bitcast(rows, tf.uint64)
    zeros = tf.zeros_like(number)
    column = tf.constant(places, tf.uint64)[:, tf.newaxis]
    return philox((zeros + column, zeros, _low(number), _high(number)), seed)[0]


def _word(value: int) -> tf.Tensor:
    return tf.constant(value, tf.uint64)


def _low(x: tf.Tensor) -> tf.Tensor:
    return tf.bitwise.bitwise_and(x, _word(_WORD - 1))


def _high(x: tf.Tensor) -> tf.Tensor:
    return tf.bitwise.right_shift(x, _word(32))


def _xor(x: tf.Tensor, y: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
    return tf.bitwise.bitwise_xor(tf.bitwise.bitwise_xor(x, y), z)
