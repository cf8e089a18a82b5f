"""FarmHash64 and crosses against TensorFlow's own ops."""

import keras
import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from featurekit.kernels.farmhash import (
    fingerprint_cat64_arrays,
    fingerprint_integers,
    fingerprint_strings,
)

pytestmark = pytest.mark.tensorflow

BUCKETS = [1, 2, 1000, 10_007, 2**31 - 1, 2**62 + 1, 2**63 - 1]
START = np.uint64(0xDECAFCAFFE)


@pytest.fixture(scope="module")
def values() -> list[bytes]:
    rng = np.random.default_rng(11)
    return [rng.bytes(size) for size in [*range(301), *range(301), 1000, 4096, 65537]]


@pytest.mark.parametrize("buckets", BUCKETS)
def test_strings(values: list[bytes], buckets: int) -> None:
    found = fingerprint_strings(pa.array(values, pa.binary())) % np.uint64(buckets)
    expected = tf.strings.to_hash_bucket_fast(values, buckets).numpy()
    np.testing.assert_array_equal(found.astype(np.int64), expected)


@pytest.mark.parametrize("buckets", [1000, 2**63 - 1])
def test_integers(buckets: int) -> None:
    rng = np.random.default_rng(3)
    numbers = rng.integers(-(2**63), 2**63 - 1, 2000, endpoint=True)
    numbers >>= rng.integers(0, 64, 2000)
    found = fingerprint_integers(numbers) % np.uint64(buckets)
    texts = tf.strings.as_string(numbers)
    expected = tf.strings.to_hash_bucket_fast(texts, buckets).numpy()
    np.testing.assert_array_equal(found.astype(np.int64), expected)


@pytest.mark.parametrize("buckets", [1000, 2**62 + 1])
def test_crosses(values: list[bytes], buckets: int) -> None:
    rng = np.random.default_rng(5)
    numbers = rng.integers(-(2**63), 2**63 - 1, len(values), endpoint=True)
    start = np.full(len(values), START)
    h = fingerprint_cat64_arrays(
        start, fingerprint_strings(pa.array(values, pa.binary()))
    )
    h = fingerprint_cat64_arrays(h, numbers.view(np.uint64))
    inputs = [tf.sparse.from_dense([[v or b"-"] for v in values])]
    inputs.append(
        tf.SparseTensor(
            np.stack([np.arange(len(values)), np.zeros_like(numbers)], 1),
            numbers,
            (len(values), 1),
        )
    )
    crossed = tf.sparse.cross_hashed(inputs, num_buckets=buckets)
    expected = tf.sparse.to_dense(crossed).numpy()[:, 0]
    filled = np.array([bool(value) for value in values])
    found = (h % np.uint64(buckets)).astype(np.int64)
    np.testing.assert_array_equal(found[filled], expected[filled])


def test_crosses_equal_the_keras_layer() -> None:
    texts, numbers = ["A", "B", "", "A"], np.array([101, 101, -1, 0])
    layer = keras.layers.HashedCrossing(num_bins=1000)
    expected = np.asarray(layer((np.array(texts), numbers)))
    h = fingerprint_cat64_arrays(
        np.full(4, START), fingerprint_strings(pa.array(texts))
    )
    found = fingerprint_cat64_arrays(h, numbers.view(np.uint64)) % np.uint64(1000)
    np.testing.assert_array_equal(found.astype(np.int64), expected.ravel())
