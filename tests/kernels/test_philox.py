"""Philox beside its authors' known answers, and beside TensorFlow's own."""

import numpy as np
import pytest

from featurekit.backends.philox_reference import philox, words
from featurekit.kernels.philox import fill_words

# The vectors of philox4x32-10 in Random123's tests, by the authors of the paper.
KNOWN = [
    ((0,) * 4, (0,) * 2, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    (
        (0xFFFFFFFF,) * 4,
        (0xFFFFFFFF,) * 2,
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.proves(59)
@pytest.mark.parametrize(("counter", "key", "wanted"), KNOWN)
def test_known_answers(counter, key, wanted) -> None:  # type: ignore[no-untyped-def]
    assert philox(counter, key) == wanted


def test_kernel_equals_reference() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(-(2**63), 2**63 - 1, 300)
    rows[:4] = [0, 1, -1, 2**62]
    for seed in (0, 1, 2**63 - 1):
        found = np.empty((len(rows), 5, 4), np.uint32)
        fill_words(rows, np.uint64(seed), found)
        wanted = [
            [words(row % 2**64, place, seed) for place in range(5)]
            for row in rows.tolist()
        ]
        assert found.tolist() == np.array(wanted).tolist()


@pytest.mark.tensorflow
def test_oracle_tensorflow() -> None:
    tf = pytest.importorskip("tensorflow")
    from featurekit.backends.keras.philox import random_words

    rng = np.random.default_rng(1)
    rows = rng.integers(-(2**63), 2**63 - 1, 200)
    seed = 0x0123456789ABCDEF
    found = np.stack(random_words(tf.constant(rows), 3, seed), axis=-1)
    for at, row in enumerate(rows.tolist()):
        for place in range(3):
            wanted = tf.raw_ops.StatelessRandomUniformFullIntV2(
                shape=[4],
                key=tf.constant([seed], tf.uint64),
                counter=tf.constant([place, row % 2**64], tf.uint64),
                alg=1,  # Philox
                dtype=tf.uint32,
            )
            assert found[at, place].tolist() == wanted.numpy().tolist()
