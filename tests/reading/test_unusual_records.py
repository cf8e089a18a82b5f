"""Records that other writers made, in the place of ours."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from reading.records import numbered

from featurekit.errors import ExampleDecodeError
from featurekit.io.dataset import Dataset
from featurekit.io.example import encode_payloads
from featurekit.io.tfrecord_writer import TFRecordWriter

READERS: dict[str, Callable[[Dataset], Any]] = {
    "to_numpy": lambda dataset: dataset.to_numpy(),
    "iter_numpy": lambda dataset: list(dataset.iter_numpy(3)),
}


def encoded(batch: pa.RecordBatch) -> list[bytes]:
    buffer, offsets = encode_payloads(batch)
    return [buffer[start:stop].tobytes() for start, stop in pairwise(offsets)]


def replaced(folder: Path, payloads: list[bytes]) -> Dataset:
    """A dataset of the columns n and id, with other records in its only shard."""
    dataset = numbered(folder, len(payloads), 100)
    (shard,) = dataset.shards
    with TFRecordWriter(dataset.file(shard.path)) as writer:
        for payload in payloads:
            writer.write(payload)
    return dataset


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_record_without_a_value_is_refused(
    tmp_path: Path, read: Callable[[Dataset], Any]
) -> None:
    """An array has no null to say so."""
    batch = pa.record_batch(
        {
            "id": pa.array([0, 1, None, 3], pa.int64()),
            "n": pa.array([0, 1, 2, 3], pa.float32()),
        }
    )
    dataset = replaced(tmp_path / "data", encoded(batch))
    with pytest.raises(ExampleDecodeError, match="MISSING_VALUE") as raised:
        read(dataset)
    assert (raised.value.column, raised.value.record) == ("id", 2)


def field(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content


def test_records_in_another_form_are_read(tmp_path: Path) -> None:
    """Keys in another order, numbers one by one instead of packed."""
    number = field(0x12, b"\x0d" + np.float32(3.5).tobytes())
    entries = field(0x0A, field(0x0A, b"n") + field(0x12, number))
    entries += field(0x0A, field(0x0A, b"id") + field(0x12, field(0x1A, b"\x08\x07")))
    usual = {"id": pa.array([9]), "n": pa.array([5], pa.float32())}
    payloads = [field(0x0A, entries), *encoded(pa.record_batch(usual))]
    found = replaced(tmp_path / "data", payloads).to_numpy()
    assert found["n"].tolist() == [3.5, 5]
    assert found["id"].tolist() == [7, 9]
