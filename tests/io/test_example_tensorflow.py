"""tf.Example records and TFRecord files against TensorFlow itself, both directions."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from featurekit.io.example import decode_examples, encode_examples
from featurekit.io.tfrecord import TFRecordWriter, read_chunks, read_records, scan

pytestmark = pytest.mark.tensorflow

ROWS = 257


def _batch() -> pa.RecordBatch:
    """Rows with nulls, empty lists, NaN, extreme integers; keys that are prefixes."""
    rng = np.random.default_rng(4)
    ints = rng.integers(-(2**63), 2**63 - 1, ROWS) >> rng.integers(0, 64, ROWS)
    reals = rng.normal(size=ROWS).astype(np.float32)
    reals[::10] = np.nan
    some = rng.random(ROWS) < 0.2
    texts = [f"value é {i % 7}" for i in range(ROWS)]
    return pa.record_batch(
        {
            "key": pa.array(ints, mask=some),
            "keys": pa.array([list(range(i % 5)) for i in range(ROWS)]),
            "k": pa.array(reals),
            "real": pa.array(reals, mask=some),
            "pair": pa.array([[i, -i] for i in range(ROWS)], pa.list_(pa.float32(), 2)),
            "text": pa.array(texts, mask=some).dictionary_encode(),
            "texts": pa.array([texts[: i % 4] if i % 3 else None for i in range(ROWS)]),
            "flag": pa.array(some),
        }
    )


def _example(row: dict[str, Any]) -> tf.train.Example:
    features = {}
    for name, value in row.items():
        if value is None:
            continue
        values = value if isinstance(value, list) else [value]
        if name in ("key", "keys", "flag"):
            features[name] = tf.train.Feature(
                int64_list=tf.train.Int64List(value=[int(v) for v in values])
            )
        elif name in ("text", "texts"):
            features[name] = tf.train.Feature(
                bytes_list=tf.train.BytesList(value=[v.encode() for v in values])
            )
        else:
            features[name] = tf.train.Feature(
                float_list=tf.train.FloatList(value=values)
            )
    return tf.train.Example(features=tf.train.Features(feature=features))


@pytest.fixture(scope="module")
def batch() -> pa.RecordBatch:
    return _batch()


@pytest.fixture(scope="module")
def payloads(batch: pa.RecordBatch) -> list[bytes]:
    chunk = scan(encode_examples(batch))
    return [chunk.payload(i) for i in range(len(chunk))]


def test_bytes_are_those_of_tensorflow(batch, payloads) -> None:
    expected = [
        _example(row).SerializeToString(deterministic=True) for row in batch.to_pylist()
    ]
    assert payloads == expected


@pytest.mark.proves(86)
def test_tensorflow_parses_the_same_values(batch, payloads) -> None:
    parsed = tf.io.parse_example(
        payloads,
        {
            "key": tf.io.VarLenFeature(tf.int64),
            "keys": tf.io.RaggedFeature(tf.int64),
            "k": tf.io.FixedLenFeature([], tf.float32),
            "pair": tf.io.FixedLenFeature([2], tf.float32),
            "texts": tf.io.RaggedFeature(tf.string),
            "flag": tf.io.FixedLenFeature([], tf.int64),
        },
    )
    rows = batch.to_pydict()
    present = [i for i, value in enumerate(rows["key"]) if value is not None]
    assert parsed["key"].indices.numpy()[:, 0].tolist() == present
    assert parsed["key"].values.numpy().tolist() == [rows["key"][i] for i in present]
    assert parsed["keys"].to_list() == rows["keys"]
    expected = batch["k"].to_numpy()
    np.testing.assert_array_equal(
        parsed["k"].numpy().view(np.uint32), expected.view(np.uint32)
    )
    assert parsed["pair"].numpy().tolist() == rows["pair"]
    texts = [[text.encode() for text in row or []] for row in rows["texts"]]
    assert parsed["texts"].to_list() == texts
    assert parsed["flag"].numpy().astype(bool).tolist() == rows["flag"]


def test_messages_of_tensorflow_are_decoded(batch) -> None:
    serialized = [_example(row).SerializeToString() for row in batch.to_pylist()]
    lengths = np.array([len(data) for data in serialized])
    found = decode_examples(
        np.frombuffer(b"".join(serialized), np.uint8),
        np.cumsum(lengths) - lengths,
        lengths,
        batch.schema,
    )
    assert str(found.to_pylist()) == str(batch.to_pylist())


@pytest.mark.proves(92)
@pytest.mark.parametrize("compression", [None, "gzip"])
def test_tensorflow_reads_our_files(batch, payloads, tmp_path, compression) -> None:
    path = tmp_path / "ours"
    with TFRecordWriter(path, compression=compression) as writer:
        writer.write_framed(encode_examples(batch))
        writer.write(b"")
    kind = "GZIP" if compression else None
    dataset = tf.data.TFRecordDataset(str(path), compression_type=kind)
    assert list(dataset.as_numpy_iterator()) == [*payloads, b""]


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_we_read_tensorflows_files(payloads, tmp_path: Path, compression) -> None:
    path = tmp_path / "theirs"
    options = tf.io.TFRecordOptions("GZIP" if compression else "")
    with tf.io.TFRecordWriter(str(path), options) as writer:
        for payload in [*payloads, b""]:
            writer.write(payload)
    chunks = read_chunks(path, compression=compression, chunk_bytes=1000)
    assert len(list(chunks)) > 10
    assert list(read_records(path, compression=compression)) == [*payloads, b""]
