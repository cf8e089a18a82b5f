"""tf.Example records: round trips, null states, errors, and protobuf as the oracle.

The oracle is the protobuf runtime with the message type that conftest.py declares.
"""

import ctypes
import mmap
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from google.protobuf import descriptor_pool, message_factory
from hypothesis import given, settings
from hypothesis import strategies as st

from featurekit.errors import (
    DTypeMismatchError,
    ExampleDecodeError,
    RowError,
    SourceError,
)
from featurekit.io import example as example_module
from featurekit.io.example import decode_examples, encode_examples, encode_payloads
from featurekit.io.example_columns import example_kind
from featurekit.io.tfrecord import scan

Example: Any = message_factory.GetMessageClass(
    descriptor_pool.Default().FindMessageTypeByName("oracle.Example")
)

TEXT = st.text(max_size=20)
INT64 = st.integers(-(2**63), 2**63 - 1) | st.integers(-300, 300)
FLOAT32 = st.floats(width=32)
ELEMENTS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "int64": (pa.int64(), INT64),
    "int8": (pa.int8(), st.integers(-128, 127)),
    "uint16": (pa.uint16(), st.integers(0, 65535)),
    "uint64": (pa.uint64(), st.integers(0, 2**63 - 1)),
    "bool": (pa.bool_(), st.booleans()),
    "float32": (pa.float32(), FLOAT32),
    "string": (pa.string(), TEXT),
    "large_string": (pa.large_string(), TEXT),
    "string_view": (pa.string_view(), TEXT),
    "binary": (pa.binary(), st.binary(max_size=200)),
    "large_binary": (pa.large_binary(), st.binary(max_size=20)),
    "fixed_size_binary": (pa.binary(3), st.binary(min_size=3, max_size=3)),
    "dictionary": (pa.dictionary(pa.int8(), pa.string()), st.sampled_from(["a", "b"])),
    "dictionary of ints": (pa.dictionary(pa.int32(), pa.int64()), st.just(5)),
}


@st.composite
def columns(draw: st.DrawFn, rows: int) -> pa.Array:
    """A column of any type that a tf.Example holds, possibly a slice."""
    dtype, values = ELEMENTS[draw(st.sampled_from(sorted(ELEMENTS)))]
    form = draw(st.sampled_from(["scalar", "list", "large_list", "fixed"]))
    if form == "list":
        dtype, values = pa.list_(dtype), st.lists(values, max_size=4)
    elif form == "large_list":
        dtype, values = pa.large_list(dtype), st.lists(values, max_size=4)
    elif form == "fixed":
        width = draw(st.integers(0, 3))
        values = st.lists(values, min_size=width, max_size=width)
        dtype = pa.list_(dtype, width)
    before = draw(st.integers(0, 3))
    count = before + rows + 1
    drawn = draw(st.lists(st.none() | values, min_size=count, max_size=count))
    return pa.array(drawn, dtype).slice(before, rows)


@st.composite
def batches(draw: st.DrawFn) -> pa.RecordBatch:
    names = draw(st.lists(TEXT, unique=True, min_size=1, max_size=4))
    rows = draw(st.integers(0, 4))
    return pa.record_batch({name: draw(columns(rows)) for name in names})


def _decoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    chunk = scan(encode_examples(batch))
    return decode_examples(chunk.buffer, chunk.starts, chunk.lengths, batch.schema)


def _decode(data: bytes, **types: pa.DataType) -> dict[str, Any]:
    """The only row of the only record."""
    batch = decode_examples(
        np.frombuffer(data, np.uint8),
        np.array([0]),
        np.array([len(data)]),
        pa.schema(types),
        file="f",
        first_record=5,
    )
    return batch.to_pylist()[0]


def _payloads(batch: pa.RecordBatch) -> list[bytes]:
    buffer, offsets = encode_payloads(batch)
    return [buffer[start:stop].tobytes() for start, stop in pairwise(offsets)]


def _message(row: dict[str, Any], schema: pa.Schema) -> Any:
    """The row as a message, built the ordinary way."""
    message = Example()
    message.features.SetInParent()
    for field in schema:
        value = row[field.name]
        if value is None:
            continue
        feature = message.features.feature[field.name]
        kind = example_kind(field.type)
        values = value if isinstance(value, list) else [value]
        if kind == "bytes_list":
            values = [v.encode() if isinstance(v, str) else v for v in values]
        if kind == "int64_list":
            values = [int(v) for v in values]
        getattr(feature, kind).SetInParent()
        getattr(feature, kind).value.extend(values)
    return message


@settings(deadline=None, max_examples=200)
@given(batches())
def test_decoding_undoes_encoding(batch: pa.RecordBatch) -> None:
    found = _decoded(batch)
    found.validate(full=True)
    assert found.schema == batch.schema
    # By text, because NaN is not equal to itself.
    assert str(found.to_pylist()) == str(batch.to_pylist())


@settings(deadline=None, max_examples=200)
@given(batches())
def test_bytes_are_those_of_protobuf(batch: pa.RecordBatch) -> None:
    expected = [
        _message(row, batch.schema).SerializeToString(deterministic=True)
        for row in batch.to_pylist()
    ]
    assert _payloads(batch) == expected
    chunk = scan(encode_examples(batch))
    assert [chunk.payload(i) for i in range(len(chunk))] == expected


def test_codes_of_nulls_may_be_any_number() -> None:
    null = np.array([False, True, True, True])
    codes = pa.array(np.array([0, 2**31 - 1, -7, 2**30], np.int32), mask=null)
    values = pa.DictionaryArray.from_arrays(codes, pa.array(["é"]), safe=False)
    lists = pa.FixedSizeListArray.from_arrays(values.slice(2), 2, mask=pa.array([True]))
    batch = pa.record_batch({"scalar": values.slice(1, 1), "list": lists})
    assert _decoded(batch).to_pylist() == [{"scalar": None, "list": None}]


def test_sizes_that_need_longer_varints() -> None:
    rows = [0, 1, 120, 126, 127, 128, 129, 130, 16300, 16384, 70000]
    batch = pa.record_batch(
        {
            "text": pa.array(["x" * n for n in rows]),
            "ints": pa.array([[-1] * (n % 999) for n in rows], pa.list_(pa.int64())),
            "floats": pa.array([[0.5] * n for n in rows], pa.list_(pa.float32())),
            "k" * 300: pa.array(rows),
        }
    )
    expected = [
        _message(row, batch.schema).SerializeToString(deterministic=True)
        for row in batch.to_pylist()
    ]
    assert _payloads(batch) == expected
    assert _decoded(batch) == batch


def test_slices_of_many_rows() -> None:
    rows = 4113
    batch = pa.record_batch(
        {
            "i": pa.array(np.arange(rows)),
            "s": pa.array([str(i) if i % 5 else None for i in range(rows)]),
        }
    )
    assert _decoded(batch) == batch
    sliced = batch.slice(1000, 3000)
    assert _payloads(sliced) == _payloads(batch)[1000:4000]


LISTS = pa.list_(pa.int64())


@pytest.mark.proves(70)
def test_four_states_of_missing() -> None:
    batch = pa.record_batch(
        {
            "list": pa.array([None, [], [1]], LISTS),
            "text": pa.array([None, "", "x"]),
            "real": pa.array([None, float("nan"), 1.0], pa.float32()),
        }
    )
    messages = [Example.FromString(payload) for payload in _payloads(batch)]
    assert dict(messages[0].features.feature) == {}
    assert messages[1].features.feature["list"].WhichOneof("kind") == "int64_list"
    assert messages[1].features.feature["text"].bytes_list.value == [b""]
    assert str(_decoded(batch).to_pylist()) == str(batch.to_pylist())


def test_a_feature_without_kind_is_null() -> None:
    message = Example()
    message.features.feature["a"].SetInParent()
    assert _decode(message.SerializeToString(), a=pa.int64()) == {"a": None}
    assert _decode(message.SerializeToString(), a=LISTS) == {"a": None}
    assert _decode(b"", a=LISTS, b=pa.string()) == {"a": None, "b": None}


def test_bits_of_nan_are_kept() -> None:
    bits = [0x7FC00000, 0x7F800001, 0xFFFFFFFF, 0x80000000, 0x00000001, 0x7F800000]
    values = np.array(bits, np.uint32).view(np.float32)
    batch = pa.record_batch({"x": pa.array(values)})
    lists = pa.record_batch(
        {"x": pa.ListArray.from_arrays(pa.array([0, 6], pa.int32()), pa.array(values))}
    )
    for found in (_decoded(batch)["x"], _decoded(lists)["x"].flatten()):
        assert found.to_numpy().view(np.uint32).tolist() == bits


def test_null_in_a_list_is_refused() -> None:
    batch = pa.record_batch({"a": pa.array([[1], None, [2, None]], LISTS)})
    with pytest.raises(RowError) as caught:
        encode_examples(batch, file="in.parquet", first_row=100)
    error = caught.value
    assert (error.code, error.row, error.column) == ("NULL_ELEMENT", 102, "a")
    assert error.file == "in.parquet"


def test_null_behind_a_null_list_is_not_seen() -> None:
    values = pa.array([1, None, 3], pa.int64())
    offsets = pa.array([0, 1, 2, 3], pa.int32())
    mask = pa.array([False, True, False])
    lists = pa.ListArray.from_arrays(offsets, values, mask=mask)
    batch = pa.record_batch({"a": lists})
    assert _decoded(batch).to_pylist() == [{"a": [1]}, {"a": None}, {"a": [3]}]


@pytest.mark.parametrize("wrap", [False, True])
def test_large_uint64_is_refused(wrap: bool) -> None:
    values = pa.array([1, None, 2**63 - 1, 2**63], pa.uint64())
    if wrap:
        values = pa.array([[1], [], [2**63 - 1, 2**63]], pa.list_(pa.uint64()))
    with pytest.raises(RowError, match="9223372036854775808") as caught:
        encode_examples(pa.record_batch({"a": values}))
    assert (caught.value.code, caught.value.column) == ("INT_OVERFLOW", "a")
    assert caught.value.row == (2 if wrap else 3)


@pytest.mark.parametrize(
    "dtype",
    [
        pa.float64(),
        pa.float16(),
        pa.list_(pa.float64()),
        pa.timestamp("s"),
        pa.decimal128(5, 2),
        pa.list_(pa.list_(pa.int64())),
        pa.struct({"x": pa.int64()}),
        pa.null(),
    ],
    ids=str,
)
def test_types_that_would_lose_something(dtype: pa.DataType) -> None:
    batch = pa.record_batch({"a": pa.nulls(2, dtype)})
    with pytest.raises(DTypeMismatchError, match="cast it"):
        encode_examples(batch)
    with pytest.raises(DTypeMismatchError, match="column=a"):
        _decode(b"", a=dtype)


def test_two_columns_of_one_name() -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])
    with pytest.raises(SourceError, match=r"\[DUPLICATE_COLUMN\]"):
        encode_examples(batch)


def test_record_above_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(example_module, "MAX_PAYLOAD_BYTES", 50)
    batch = pa.record_batch({"a": ["x", "x" * 50]})
    with pytest.raises(RowError, match=r"\[RECORD_TOO_LARGE\].*row=1"):
        encode_examples(batch)


def _example(**values: Any) -> bytes:
    """A record with int, float or bytes lists."""
    message = Example()
    for key, value in values.items():
        feature = message.features.feature[key]
        kinds = {int: "int64_list", float: "float_list", bytes: "bytes_list"}
        getattr(feature, kinds[type(value[0])]).value.extend(value)
    return bytes(message.SerializeToString(deterministic=True))


@pytest.mark.parametrize(
    ("data", "dtype", "code"),
    [
        (_example(a=[1.0]), pa.int64(), "WRONG_KIND"),
        (_example(a=[1]), pa.string(), "WRONG_KIND"),
        (_example(a=[b"x"]), pa.float32(), "WRONG_KIND"),
        (_example(a=[1, 2]), pa.int64(), "LENGTH_MISMATCH"),
        (_example(a=[1, 2]), pa.list_(pa.int64(), 3), "LENGTH_MISMATCH"),
        (_example(a=[b"xy"]), pa.binary(3), "LENGTH_MISMATCH"),
        (_example(a=[300]), pa.int8(), "OUT_OF_RANGE"),
        (_example(a=[-1]), pa.list_(pa.uint64()), "OUT_OF_RANGE"),
        (_example(a=[2]), pa.bool_(), "OUT_OF_RANGE"),
        (_example(a=[b"\xff"]), pa.string(), "INVALID_UTF8"),
        (_example(a=[b"\xed\xa0\x80"]), pa.list_(pa.string()), "INVALID_UTF8"),
    ],
)
def test_records_that_do_not_fit(data: bytes, dtype: pa.DataType, code: str) -> None:
    with pytest.raises(ExampleDecodeError) as caught:
        _decode(data, a=dtype)
    error = caught.value
    assert (error.code, error.column) == (code, "a")
    assert (error.file, error.record) == ("f", 5)


def test_a_column_that_must_have_a_value() -> None:
    schema = pa.schema([pa.field("a", pa.int64(), nullable=False)])
    with pytest.raises(ExampleDecodeError, match=r"\[MISSING_VALUE\].*record=0"):
        decode_examples(np.empty(0, np.uint8), np.zeros(1), np.zeros(1), schema)


def test_empty_list_of_another_kind_does_not_fit() -> None:
    message = Example()
    message.features.feature["a"].float_list.SetInParent()
    with pytest.raises(ExampleDecodeError, match=r"\[WRONG_KIND\]"):
        _decode(message.SerializeToString(), a=LISTS)


def test_record_outside_of_the_buffer() -> None:
    for start, length in [(0, 5), (-1, 2), (5, 0), (2, 2**63 - 1)]:
        with pytest.raises(ValueError, match="record 0"):
            decode_examples(
                np.zeros(4, np.uint8),
                np.array([start]),
                np.array([length]),
                pa.schema({"a": pa.int64()}),
            )


def test_bytes_behind_the_end_are_never_read() -> None:
    """The record ends where a page begins that may not be touched."""
    page = mmap.PAGESIZE
    memory = mmap.mmap(-1, 2 * page)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    libc = ctypes.CDLL(None, use_errno=True)
    protect = libc.mprotect
    protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    assert protect(address + page, page, 0) == 0
    data = _example(a=[1, 2**40, -1], b=[1.5, 2.5], c=[b"text", b""], d=[1])
    types = {"a": LISTS, "b": pa.list_(pa.float32()), "c": pa.list_(pa.binary())}
    accepted = []
    try:
        for size in range(len(data) + 1):
            memory[page - size : page] = data[:size]
            view = (ctypes.c_uint8 * size).from_address(address + page - size)
            buffer = np.frombuffer(view, np.uint8) if size else np.empty(0, np.uint8)
            try:
                decode_examples(buffer, np.zeros(1), np.array([size]), pa.schema(types))
                accepted.append(size)
            except ExampleDecodeError as error:
                assert error.code == "TRUNCATED"
    finally:
        protect(address + page, page, 3)
    assert accepted == [0, len(data)]
