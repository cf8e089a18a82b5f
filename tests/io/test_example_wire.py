"""The tf.Example decoder against protobuf on strange and damaged bytes.

Documented differences from the oracle, protobuf's Python runtime:

- it drops a map entry that holds an unknown field; the C++ parser and featurekit do not
- it checks the values of all keys; featurekit skips keys that nobody asked for, and the
  earlier ones of equal keys
"""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from google.protobuf import descriptor_pool, message_factory, unknown_fields
from google.protobuf.message import DecodeError

from featurekit.errors import ExampleDecodeError
from featurekit.io.example import decode_examples
from featurekit.io.example_decoder import _locate, _records

Example: Any = message_factory.GetMessageClass(
    descriptor_pool.Default().FindMessageTypeByName("oracle.Example")
)

SCHEMA = pa.schema(
    {
        "a": pa.list_(pa.int64()),
        "b": pa.list_(pa.float32()),
        "c": pa.list_(pa.binary()),
    }
)
KINDS = {"a": "int64_list", "b": "float_list", "c": "bytes_list"}


def _decode(data: bytes) -> dict[str, Any]:
    batch = decode_examples(
        np.frombuffer(data, np.uint8), np.zeros(1), np.array([len(data)]), SCHEMA
    )
    batch.validate(full=True)
    return dict(batch.to_pylist()[0])


def _outcome(data: bytes) -> dict[str, Any] | str:
    """The values, or the code of the error."""
    try:
        return _decode(data)
    except ExampleDecodeError as error:
        return error.code


def _oracle(data: bytes) -> dict[str, Any] | str | None:
    """As `_outcome`, by protobuf; None where it drops an entry."""
    try:
        message = Example.FromString(data)
    except DecodeError:
        return "MALFORMED"
    dropped = unknown_fields.UnknownFieldSet(message.features)
    if any(field.field_number == 1 for field in dropped):
        return None
    found: dict[str, Any] = {}
    for key, kind in KINDS.items():
        found[key] = None
        if key not in message.features.feature:
            continue
        feature = message.features.feature[key]
        if feature.WhichOneof("kind") not in (None, kind):
            return "WRONG_KIND"
        if feature.WhichOneof("kind"):
            found[key] = list(getattr(feature, kind).value)
    return found


def _wanted_part(data: bytes) -> bytes:
    """The record without the entries that featurekit does not look into."""
    buffer = np.frombuffer(data, np.uint8)
    records = _records(buffer, np.zeros(1), np.array([len(data)]), None, 0)
    begins, ends = _locate(records, SCHEMA.names)
    entries = [
        _field(1, data[begin:end])
        for begin, end in zip(begins[:, 0], ends[:, 0], strict=True)
        if begin >= 0
    ]
    return _field(1, b"".join(entries))


def _agree(data: bytes) -> None:
    found, expected = _outcome(data), _oracle(data)
    if expected == "MALFORMED" and not isinstance(found, str):
        expected = _oracle(_wanted_part(data))
    if expected is None:
        return
    if isinstance(expected, str):
        assert isinstance(found, str), (data, found)
        return
    assert str(found) == str(expected), data


# --- The wire format, written by hand -------------------------------------------------


def _varint(value: int, size: int = 0) -> bytes:
    """A varint, at least ``size`` bytes long."""
    value %= 2**64
    out = bytearray()
    while value >= 0x80 or len(out) < size - 1:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, data: bytes) -> bytes:
    return _varint(number * 8 + 2) + _varint(len(data)) + data


def _group(number: int, inside: bytes = b"", end: int | None = None) -> bytes:
    close = number if end is None else end
    return _varint(number * 8 + 3) + inside + _varint(close * 8 + 4)


def _nested_groups(depth: int) -> bytes:
    return _varint(9 * 8 + 3) * depth + _varint(9 * 8 + 4) * depth


def _entry(key: bytes, *features: bytes) -> bytes:
    return _field(1, key) + b"".join(_field(2, feature) for feature in features)


def _record(*entries: bytes) -> bytes:
    return _field(1, b"".join(_field(1, entry) for entry in entries))


def _ints(*values: int) -> bytes:
    """An Int64List in a Feature."""
    return _field(3, _field(1, b"".join(map(_varint, values))) if values else b"")


def _floats(data: bytes) -> bytes:
    return _field(2, _field(1, data))


def _unpacked(*values: int) -> bytes:
    return b"".join(b"\x08" + _varint(value) for value in values)


UNKNOWN = _field(7, b"xyz") + b"\x78\x05" + b"\x7d1234" + b"\x7912345678" + _group(9)
GOOD = {
    "empty": (b"", None),
    "no entries": (_record(), None),
    "unpacked": (_record(_entry(b"a", _field(3, _unpacked(1, -2)))), [1, -2]),
    "mixed": (
        _record(_entry(b"a", _field(3, _unpacked(1) + _field(1, b"\2\3") + b"\x08\4"))),
        [1, 2, 3, 4],
    ),
    "two lists": (_record(_entry(b"a", _ints(1) + _ints(2, 3))), [1, 2, 3]),
    "two values": (_record(_entry(b"a", _ints(1), _ints(2))), [1, 2]),
    "duplicate key": (_record(_entry(b"a", _ints(1)), _entry(b"a", _ints(2))), [2]),
    "two messages": (
        _record(_entry(b"a", _ints(1))) + _record(_entry(b"a", _ints(2))),
        [2],
    ),
    "key after value": (_record(_field(2, _ints(5)) + _field(1, b"a")), [5]),
    "two keys": (_record(_field(1, b"x") + _entry(b"a", _ints(5))), [5]),
    "no value": (_record(_field(1, b"a")), None),
    "no kind": (_record(_entry(b"a", b"")), None),
    "empty list": (_record(_entry(b"a", _ints())), []),
    "empty packed": (_record(_entry(b"a", _field(3, _field(1, b"")))), []),
    "last kind": (_record(_entry(b"a", _floats(b"1234") + _ints(7))), [7]),
    "kind and back": (
        _record(_entry(b"a", _ints(1, 2, 3) + _floats(b"1234") + _ints(7) + _ints(8))),
        [7, 8],
    ),
    "kind across values": (
        _record(_entry(b"a", _ints(1, 2), _floats(b""), _ints(7), b"", _ints(8))),
        [7, 8],
    ),
    "overlong varint": (
        _record(_entry(b"a", _field(3, _field(1, _varint(300, 10))))),
        [300],
    ),
    "overlong tag": (b"\x8a\x80\x00\x00", None),
    "overlong length": (
        b"\x0a\x89\x80\x00"
        + _field(1, _field(1, b"a"))[:0]
        + _field(1, b"\x0a\x01a")
        + b"\x7a\x02zz",
        None,
    ),
    "minus one": (_record(_entry(b"a", _ints(-1))), [-1]),
    "wrong wire type": (
        _record(_entry(b"a", _field(3, b"\x09" + b"\1" * 8 + _unpacked(3)))),
        [3],
    ),
    "unknown in list": (_record(_entry(b"a", _field(3, UNKNOWN + b"\x08\1"))), [1]),
    "unknown in feature": (_record(_entry(b"a", UNKNOWN + _ints(1))), [1]),
    "unknown in features": (
        _field(1, UNKNOWN + _record(_entry(b"a", _ints(1)))[2:]),
        [1],
    ),
    "unknown in example": (UNKNOWN + _record(_entry(b"a", _ints(1))) + UNKNOWN, [1]),
    "groups": (_nested_groups(90) + _record(_entry(b"a", _ints(1))), [1]),
}


@pytest.mark.parametrize(("data", "expected"), GOOD.values(), ids=GOOD)
def test_strange_but_valid(data: bytes, expected: list[int] | None) -> None:
    assert _decode(data) == {"a": expected, "b": None, "c": None}
    assert _oracle(data) == {"a": expected, "b": None, "c": None}


def test_unknown_field_in_an_entry_is_ignored() -> None:
    data = _record(UNKNOWN + _entry(b"a", _ints(1)) + UNKNOWN)
    assert _decode(data)["a"] == [1]
    assert _oracle(data) is None


BAD = {
    "field number 0": (b"\x02\x00", "BAD_TAG"),
    "wire type 6": (b"\x0e", "BAD_TAG"),
    "wire type 7": (b"\x0f", "BAD_TAG"),
    "tag of 6 bytes": (b"\x8a\x80\x80\x80\x80\x00\x00", "BAD_TAG"),
    "tag above 32 bits": (b"\xfa\xff\xff\xff\x7f\x00", "BAD_TAG"),
    "group without end": (_varint(75), "TRUNCATED"),
    "end without group": (_varint(76), "BAD_GROUP"),
    "other end": (_group(9, end=8), "BAD_GROUP"),
    "other end inside": (_group(9, _group(8, end=7)), "BAD_GROUP"),
    "deep groups": (_nested_groups(200), "DEPTH"),
    "very deep groups": (_nested_groups(100_000), "DEPTH"),
    "length beyond": (b"\x0a\x05abc", "TRUNCATED"),
    "length 2**31": (b"\x0a\x80\x80\x80\x80\x08abc", "BAD_LENGTH"),
    "length 2**63": (b"\x0a" + b"\x80" * 9 + b"\x01abc", "BAD_LENGTH"),
    "length minus one": (b"\x0a" + _varint(-1) + b"abc", "BAD_LENGTH"),
    "varint of 11 bytes": (
        _record(_entry(b"a", _field(3, _field(1, b"\x80" * 10 + b"\x00")))),
        "BAD_VARINT",
    ),
    "packed varint cut": (
        _record(_entry(b"a", _field(3, _field(1, b"\x01\x80")))),
        "TRUNCATED",
    ),
    "packed floats cut": (
        _record(_entry(b"b", _floats(b"12345"))),
        "BAD_PACKED_FLOATS",
    ),
    "losing kind malformed": (
        _record(_entry(b"a", _floats(b"12345") + _ints(1))),
        "BAD_PACKED_FLOATS",
    ),
    "key not UTF-8": (_record(_entry(b"\xff", _ints(1))), "INVALID_UTF8"),
    "key a surrogate": (_record(_entry(b"\xed\xa0\x80", _ints(1))), "INVALID_UTF8"),
    "first of two keys not UTF-8": (
        _record(_field(1, b"\xff") + _entry(b"a", _ints(1))),
        "INVALID_UTF8",
    ),
    "entry cut": (_field(1, b"\x0a\x05ab"), "TRUNCATED"),
}


@pytest.mark.parametrize(("data", "code"), BAD.values(), ids=BAD)
def test_malformed(data: bytes, code: str) -> None:
    assert _outcome(data) == code
    assert _oracle(data) == "MALFORMED"


def test_keys_that_nobody_asked_for_are_skipped_unseen() -> None:
    data = _record(_entry(b"z", _floats(b"12345")), _entry(b"a", _ints(1)))
    assert _decode(data)["a"] == [1]


def test_errors_say_where() -> None:
    data = _record(_entry(b"a", _field(3, _field(1, b"\x01\x80"))))
    with pytest.raises(ExampleDecodeError) as caught:
        decode_examples(
            np.frombuffer(b"__" + data, np.uint8),
            np.array([2]),
            np.array([len(data)]),
            SCHEMA,
            file="part-0",
            first_record=7,
        )
    error = caught.value
    assert (error.file, error.record, error.column) == ("part-0", 7, "a")
    assert error.offset == len(data) - 1


# --- Random messages and random damage ------------------------------------------------


def _random_list(rng: random.Random, kind: str) -> bytes:
    """A list in pieces: packed and not, overlong, with unknown fields between."""
    out = b""
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
        values = [
            rng.choice([0, 1, 300, -1, 2**63 - 1]) for _ in range(rng.randint(0, 3))
        ]
        long = rng.choice([0, 0, 0, 3, 10])
        packed = rng.random() < 0.6
        if rng.random() < 0.15:
            out += UNKNOWN
        if kind == "bytes_list":
            out += b"".join(_field(1, rng.randbytes(value % 7)) for value in values)
        elif kind == "float_list":
            pieces = [rng.randbytes(4) for _ in values]
            if packed:
                out += _field(1, b"".join(pieces))
            else:
                out += b"".join(b"\x0d" + piece for piece in pieces)
        elif packed:
            out += _field(1, b"".join(_varint(value, long) for value in values))
        else:
            out += b"".join(b"\x08" + _varint(value, long) for value in values)
    return out


def _random_feature(rng: random.Random, key: str) -> bytes:
    out = b""
    for _ in range(rng.choice([0, 1, 1, 1, 1, 2])):
        kind = KINDS[key] if rng.random() < 0.9 else rng.choice(list(KINDS.values()))
        number = {"bytes_list": 1, "float_list": 2, "int64_list": 3}[kind]
        out += _field(number, _random_list(rng, kind))
        if rng.random() < 0.1:
            out += UNKNOWN
    return out


def _random_record(rng: random.Random) -> bytes:
    entries = []
    for _ in range(rng.randint(0, 4)):
        key = rng.choice("abc")
        fields = [_field(1, key.encode())] * rng.choice([0, 1, 1, 1, 1, 1, 2])
        fields += [
            _field(2, _random_feature(rng, key))
            for _ in range(rng.choice([0, 1, 1, 1, 2]))
        ]
        rng.shuffle(fields)
        entries.append(b"".join(fields))
    rng.shuffle(entries)
    cut = rng.randint(0, len(entries))
    record = _record(*entries[:cut])
    return record + _record(*entries[cut:]) if rng.random() < 0.3 else _record(*entries)


def _flip(rng: random.Random, data: bytearray) -> None:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _overwrite(rng: random.Random, data: bytearray) -> None:
    data[rng.randrange(len(data))] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, 0x0A, 0x12])


def _cut(rng: random.Random, data: bytearray) -> None:
    del data[rng.randrange(len(data)) :]


def _remove(rng: random.Random, data: bytearray) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.randint(1, 4)]


def _insert(rng: random.Random, data: bytearray) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.randbytes(rng.randint(1, 3))


def _repeat(rng: random.Random, data: bytearray) -> None:
    at = rng.randrange(len(data))
    data[at:at] = data[at : at + rng.randint(1, 9)]


DAMAGES: list[Callable[[random.Random, bytearray], None]] = [
    _flip,
    _overwrite,
    _cut,
    _remove,
    _insert,
    _repeat,
]


def test_random_messages_have_the_values_of_protobuf() -> None:
    rng = random.Random(1)
    accepted = 0
    for _ in range(2000):
        data = _random_record(rng)
        _agree(data)
        accepted += not isinstance(_outcome(data), str)
    assert accepted > 1000


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_messages_agree_with_protobuf(
    damage: Callable[[random.Random, bytearray], None],
) -> None:
    rng = random.Random(2)
    for _ in range(700):
        data = bytearray(_random_record(rng))
        for _ in range(rng.randint(1, 2)):
            if data:
                damage(rng, data)
        _agree(bytes(data))


def test_many_keys_take_linear_time() -> None:
    entries = [_entry(b"%d" % i, _ints(i)) for i in range(100_000)]
    data = _record(*entries, *[_entry(b"a", _ints(i)) for i in range(100_000)])
    assert _decode(data)["a"] == [99_999]
