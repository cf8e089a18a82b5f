"""Reading in one pass gives what the general reader gives, or leaves it to it."""

import ctypes
import mmap
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from featurekit.errors import ExampleDecodeError
from featurekit.io import example_decoder
from featurekit.io.example import decode_examples, encode_payloads

Example: Any = message_factory.GetMessageClass(
    descriptor_pool.Default().FindMessageTypeByName("oracle.Example")
)
ROWS = 40
SCHEMA = pa.schema(
    {
        "i": pa.int64(),
        "small": pa.int8(),
        "flag": pa.bool_(),
        "a key of more than eight bytes": pa.float32(),
        "text": pa.string(),
        "raw": pa.large_binary(),
        "vector": pa.list_(pa.float32(), 3),
        "pair": pa.list_(pa.int64(), 2),
        "word": pa.dictionary(pa.int32(), pa.string()),
    }
)


def batch(seed: int = 0) -> pa.RecordBatch:
    draw = random.Random(seed)

    def some(make: Any) -> list[object]:
        return [None if draw.random() < 0.2 else make() for _ in range(ROWS)]

    def number() -> int:
        return draw.choice([0, 1, -1, 127, 128, 2**63 - 1, -(2**63), 300])

    columns = {
        "i": some(number),
        "small": some(lambda: draw.randint(-128, 127)),
        "flag": some(lambda: draw.random() < 0.5),
        "a key of more than eight bytes": some(lambda: draw.gauss(0, 1)),
        "text": some(lambda: draw.choice(["", "a", "é" * 20, "x" * 300])),
        "raw": some(lambda: draw.choice([b"", b"\xff", b"y" * 200])),
        "vector": some(lambda: [draw.gauss(0, 1) for _ in range(3)]),
        "pair": some(lambda: [number(), number()]),
        "word": some(lambda: draw.choice(["p", "q"])),
    }
    arrays = [pa.array(columns[field.name], field.type) for field in SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


@pytest.fixture
def guarded() -> Iterator[Any]:
    """Places bytes right before a page that cannot be read: overruns end the test."""
    libc = ctypes.CDLL(None)
    size = 64 * mmap.PAGESIZE
    memory = mmap.mmap(-1, size + mmap.PAGESIZE)
    view = np.frombuffer(memory, np.uint8)
    end = view.ctypes.data + size
    assert libc.mprotect(ctypes.c_void_p(end), mmap.PAGESIZE, 0) == 0

    def place(data: bytes) -> np.ndarray:
        target = view[size - len(data) : size]
        target[:] = np.frombuffer(data, np.uint8)
        return target

    yield place
    assert libc.mprotect(ctypes.c_void_p(end), mmap.PAGESIZE, 3) == 0


def bounds(records: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.array([len(one) for one in records], np.int64)
    return np.cumsum(lengths) - lengths, lengths


def outcome(data: np.ndarray, *where: np.ndarray) -> object:
    try:
        return decode_examples(data, *where, SCHEMA).to_pylist()
    except ExampleDecodeError as error:
        return error.code, error.record, error.offset, error.column


def both(place: Any, records: list[bytes], monkeypatch: pytest.MonkeyPatch) -> Any:
    data = place(b"".join(records))
    found = outcome(data, *bounds(records))
    with monkeypatch.context() as patch:
        patch.setattr(example_decoder, "read_canonical", lambda *_: None)
        general = outcome(data, *bounds(records))
    assert repr(found) == repr(general)
    return found


def payloads(rows: pa.RecordBatch) -> list[bytes]:
    buffer, offsets = encode_payloads(rows)
    data = buffer.tobytes()
    return [data[offsets[r] : offsets[r + 1]] for r in range(rows.num_rows)]


def test_records_as_we_write_them_take_the_short_way(
    guarded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = batch()
    monkeypatch.setattr(example_decoder, "_locate", None)  # the general way
    records = payloads(rows)
    data = guarded(b"".join(records))
    found = decode_examples(data, *bounds(records), SCHEMA)
    assert found.to_pylist() == rows.to_pylist()
    some = pa.schema([SCHEMA.field("text"), SCHEMA.field("i")])
    found = decode_examples(data, *bounds(records), some)
    assert found.to_pylist() == rows.select(["text", "i"]).to_pylist()


def test_any_order_of_keys(guarded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    records = []
    for index, record in enumerate(payloads(batch())):
        message = Example.FromString(record)
        entries = list(message.features.feature.items())
        random.Random(index // 5).shuffle(entries)
        shuffled = b""
        for name, feature in entries:
            one = Example()
            one.features.feature[name].CopyFrom(feature)
            shuffled += one.features.SerializeToString()
        records.append(b"\x0a" + _varint(len(shuffled)) + shuffled)
    with monkeypatch.context() as patch:
        patch.setattr(example_decoder, "_locate", None)
        data = guarded(b"".join(records))
        found = decode_examples(data, *bounds(records), SCHEMA)
    assert found.to_pylist() == batch().to_pylist()


def _varint(value: int) -> bytes:
    found = b""
    while value >= 0x80:
        found += bytes([value & 0x7F | 0x80])
        value >>= 7
    return found + bytes([value])


def test_a_repeated_key_is_left_to_the_general_reader(
    guarded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, null = Example(), Example(), Example()
    one.features.feature["i"].int64_list.value.append(1)
    two.features.feature["i"].int64_list.value.append(2)
    null.features.feature["i"].SetInParent()
    parts = [m.features.SerializeToString() for m in (one, two, null)]
    for first in parts:
        for second in parts:
            body = first + second
            record = b"\x0a" + _varint(len(body)) + body
            both(guarded, [record], monkeypatch)


def mutate(draw: random.Random, record: bytes) -> bytes:
    data = bytearray(record)
    for _ in range(draw.choice([1, 1, 1, 2, 4])):
        at = draw.randrange(len(data) + 1)
        match draw.randrange(5):
            case 0 if at < len(data):
                data[at] ^= 1 << draw.randrange(8)
            case 1 if at < len(data):
                data[at] = draw.choice([0, 0x0A, 0x12, 0x1A, 0x7F, 0x80, 0xFF])
            case 2:
                del data[at : at + draw.randrange(1, 9)]
            case 3:
                data[at:at] = bytes(
                    draw.randrange(256) for _ in range(draw.randrange(5))
                )
            case _:
                del data[at:]
    return bytes(data)


def check_mutants(place: Any, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(7)
    originals = [record for seed in range(5) for record in payloads(batch(seed))]
    accepted = refused = 0
    for _ in range(count):
        records = [draw.choice(originals), mutate(draw, draw.choice(originals))]
        found = both(place, records, monkeypatch)
        if isinstance(found, tuple):
            refused += 1
            continue
        accepted += 1
        try:
            message = Example.FromString(records[1])
        except DecodeError:
            continue  # stricter about what it skips; values are compared below
        feature = message.features.feature
        if "i" in feature and feature["i"].WhichOneof("kind") == "int64_list":
            assert found[1]["i"] == feature["i"].int64_list.value[0]
    assert accepted > count // 20 and refused > count // 20


def test_mutated_records(guarded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    check_mutants(guarded, 500, monkeypatch)


@pytest.mark.slow
def test_many_mutated_records(guarded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    check_mutants(guarded, 100_000, monkeypatch)
