"""The host reads text where Arrow has it: every layout, slice and batch size."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest
from conformance.compare import assert_same, to_bits

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.backends.host.interpreter import BLOCK
from featurekit.backends.reference import ReferenceBackend
from featurekit.plan.graph import Plan

WORDS = [
    *("a", "b", "", "é", "a\0", "\0", "x" * 7, "x" * 8, "x" * 9, "x" * 12, "x" * 13),
    *("y" * 16, "y" * 17, "y" * 32, "y" * 33, "y" * 64, "y" * 65, "y" * 200),
    *(f"c{index:05d}" for index in range(40)),
]
KNOWN = WORDS[:-20]
SIZES = [0, 1, 2, 7, 127, 128, 129, 255]
PLAIN = [
    pa.string(),
    pa.large_string(),
    pa.binary(),
    pa.large_binary(),
    pa.string_view(),
    pa.binary_view(),
]
CODES = [
    *(pa.int8(), pa.int16(), pa.int32(), pa.int64()),
    *(pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
]


def plan_of(column: str, *, filled: bool) -> Plan:
    text = fk.string(column).fill("b") if filled else fk.string(column)
    other = fk.string(column).fill("nowhere")
    features = {
        "one": text.vocabulary(KNOWN, num_oov=1),
        "some": text.vocabulary(KNOWN[::-1], num_oov=7),
        "known": text.vocabulary(WORDS[3:], num_oov=0),
        "hash": text.hash_buckets(2**31 - 1),
        "cross": fk.cross(text, other, fk.integer("i").fill(0)).hash_buckets(97),
        "other": other.vocabulary(KNOWN, num_oov=3),
    }
    return fk.compile(fk.FeatureSpec(features))


PLANS = {filled: plan_of("s", filled=filled) for filled in (False, True)}


def words(rows: int, *, nulls: bool, seed: int = 0) -> list[str | None]:
    rng = np.random.default_rng(seed)
    drawn = [WORDS[index] for index in rng.integers(0, len(WORDS), rows)]
    missing = rng.random(rows) < (0.3 if nulls else 0.0)
    return [None if gone else word for word, gone in zip(drawn, missing, strict=True)]


def with_integers(text: pa.Array) -> pa.RecordBatch:
    return pa.record_batch({"i": pa.array(range(len(text)), pa.int64()), "s": text})


def check(batch: pa.RecordBatch) -> None:
    for plan in PLANS.values():
        assert_same(HostBackend(plan).run(batch), ReferenceBackend(plan).run(batch))


def check_slices(text: pa.Array) -> None:
    batch = with_integers(text)
    check(batch)
    for start, count in [(1, 5), (3, len(text)), (len(text) // 2, 20)]:
        check(batch.slice(start, count))


def under_nulls(codes: pa.Array, garbage: int) -> pa.Array:
    """The same codes, and garbage where they are null."""
    width = codes.type.to_pandas_dtype()
    values = np.where(codes.is_valid(), codes.fill_null(0), width(garbage))
    values = values.astype(width)
    return pa.Array.from_buffers(
        codes.type, len(codes), [codes.buffers()[0], pa.py_buffer(values)]
    )


@pytest.mark.parametrize("nulls", [False, True])
@pytest.mark.parametrize("kind", PLAIN, ids=str)
def test_plain(kind: pa.DataType, nulls: bool) -> None:
    check_slices(pa.array(words(60, nulls=nulls), pa.string()).cast(kind))


@pytest.mark.parametrize("nulls", [False, True])
@pytest.mark.parametrize("entry", PLAIN[:4], ids=str)
@pytest.mark.parametrize("kind", CODES, ids=str)
def test_dictionary(kind: pa.DataType, entry: pa.DataType, nulls: bool) -> None:
    plain = pa.array(words(60, nulls=nulls), pa.string())
    encoded = plain.dictionary_encode()
    garbage = int(np.iinfo(kind.to_pandas_dtype()).max)
    codes = under_nulls(encoded.indices.cast(kind), garbage)
    entries = encoded.dictionary.cast(entry)
    check_slices(pa.DictionaryArray.from_arrays(codes, entries, safe=False))


@pytest.mark.parametrize("garbage", [-1, -2, 10**9, -(2**31), 2**31 - 1])
def test_codes_of_null_rows_are_not_followed(garbage: int) -> None:
    codes = under_nulls(pa.array([0, None, 1, None], pa.int32()), garbage)
    entries = pa.array(["a", "b"], pa.large_string())
    text = pa.DictionaryArray.from_arrays(codes, entries, safe=False)
    check(with_integers(text))
    none = pa.DictionaryArray.from_arrays(
        under_nulls(pa.array([None, None], pa.int32()), garbage),
        pa.array([], pa.large_string()),
        safe=False,
    )
    check(with_integers(none))


@pytest.mark.parametrize("rows", [3, 300])
def test_null_entries(rows: int) -> None:
    """Also with a dictionary that is a slice, longer and shorter than the batch."""
    entries = pa.array(["none", "a", None, "b", "", None, "z" * 30], pa.large_string())
    for dictionary in (entries, entries.slice(1), entries.slice(2, 3)):
        codes = np.arange(rows) % len(dictionary)
        mask = np.arange(rows) % 5 == 4
        indices = pa.array(codes, pa.int16(), mask=mask)
        check(with_integers(pa.DictionaryArray.from_arrays(indices, dictionary)))


def test_views_under_nulls_are_not_followed() -> None:
    text = pa.array(["a", None, "y" * 64, None], pa.string_view())
    views = np.frombuffer(text.buffers()[1], np.int32).copy().reshape(-1, 4)
    views[[1, 3]] = 2**31 - 1
    buffers = [text.buffers()[0], pa.py_buffer(views), *text.buffers()[2:]]
    check(with_integers(pa.Array.from_buffers(text.type, 4, buffers)))


@pytest.mark.parametrize("size", SIZES)
def test_sizes(size: int) -> None:
    encoded = pa.array(words(256, nulls=True), pa.large_string()).dictionary_encode()
    for text in (encoded, encoded.dictionary_decode()):
        batch = with_integers(text)
        check(batch.slice(0, size))
        check(batch.slice(256 - size))


def test_a_dictionary_as_long_as_the_batch() -> None:
    entries = pa.array(WORDS, pa.string())
    for rows in (len(WORDS) - 1, len(WORDS), len(WORDS) + 1):
        codes = pa.array(np.arange(rows) % len(WORDS), pa.int32())
        check(with_integers(pa.DictionaryArray.from_arrays(codes, entries)))


@pytest.mark.parametrize("layout", ["plain", "dictionary", "long dictionary"])
def test_blocks_do_not_matter(layout: str) -> None:
    """More rows than a block has, some refused, equal one batch per few rows."""
    rows = 2 * BLOCK + 100
    text = pa.array(words(rows, nulls=True), pa.large_string())
    if layout != "plain":
        text = text.dictionary_encode()
    if layout == "long dictionary":
        more = pa.array([f"unused{index}" for index in range(rows)], pa.large_string())
        entries = pa.concat_arrays([text.dictionary, more])
        text = pa.DictionaryArray.from_arrays(text.indices, entries)
    batch = with_integers(text)
    backend = HostBackend(PLANS[True])
    whole = backend.run(batch)
    parts = [backend.run(batch.slice(at, 4001)) for at in range(0, rows, 4001)]
    assert whole.rejected_rows.tolist() == [
        index * 4001 + row
        for index, part in enumerate(parts)
        for row in part.rejected_rows.tolist()
    ]
    for name in whole.outputs.schema.names:
        found = [bit for part in parts for bit in to_bits(part.outputs.column(name))]
        assert to_bits(whole.outputs.column(name)) == found, name


def test_numbers_of_many_rows() -> None:
    """Loops over many rows run in vectors, those over few do not."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**32, 3000, np.uint64).astype(np.uint32)
    bits[::7] = rng.choice(np.array([0, 1 << 31, 1, 0x7FC00001, 0xFFC00000]), 429)
    values = np.where(rng.random(3000) < 0.5, rng.normal(size=3000), bits.view("f4"))
    x = pa.array(values.astype(np.float32), mask=rng.random(3000) < 0.2)
    column = fk.numeric("x")
    features = {
        "scaled": column.fill(0.5).clip(-3.0, 1e30).standardize(mean=0.1, std=3.0),
        "logged": column.fill(-0.0).clip(-0.9, 1e38).log1p(),
        "ranged": column.fill(1.0).clip(-9.0, 9.0).min_max(minimum=-9.0, maximum=0.7),
        "bucket": column.fill(0.0).buckets([-1.0, -0.5, 0.0, 2.0**-130, 0.1, 7.0]),
        "greater": fk.numeric("x", nan="keep").fill(0.0).greater_equal(0.0),
        "vector": column.fill(0.0).buckets([-0.5, 0.5]).one_hot(),
        "kept": fk.numeric("x", nan="keep").fill(0.0),
    }
    plan = fk.compile(fk.FeatureSpec(features))
    batch = pa.record_batch({"x": x})
    for part in (batch, batch.slice(1), batch.slice(17, 1000)):
        assert_same(HostBackend(plan).run(part), ReferenceBackend(plan).run(part))


def test_codes_behind_the_dictionary() -> None:
    codes = pa.array([0, 2], pa.int32())
    entries = pa.array(["a", "b"])
    text = pa.DictionaryArray.from_arrays(codes, entries, safe=False)
    with pytest.raises(IndexError):
        HostBackend(PLANS[True]).run(with_integers(text))


def test_schemas_may_change_between_batches() -> None:
    backend = HostBackend(PLANS[True])
    text = pa.array(words(20, nulls=True), pa.string())
    numbers = pa.array(range(20), pa.int64())
    wanted = backend.run(pa.record_batch({"i": numbers, "s": text}))
    for other in (
        {"s": text.dictionary_encode(), "i": numbers},
        {"unused": numbers, "s": text.cast(pa.string_view()), "i": numbers},
        {"i": numbers, "s": text},
    ):
        assert_same(backend.run(pa.record_batch(other)), wanted)


def test_threads_share_a_backend() -> None:
    backend = HostBackend(PLANS[True])
    text = pa.array(words(3000, nulls=True), pa.large_string())
    batches = [with_integers(text), with_integers(text.dictionary_encode())]
    wanted = backend.run(batches[0])
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(backend.run, batches * 20):
            assert_same(found, wanted)


def test_results_outlive_their_batch() -> None:
    backend = HostBackend(PLANS[True])
    first = backend.run(with_integers(pa.array(["a"] * 50)))
    bits = {name: to_bits(first.outputs.column(name)) for name in ("one", "hash")}
    for _ in range(20):
        backend.run(with_integers(pa.array(["b"] * 50)))
    for name, wanted in bits.items():
        assert to_bits(first.outputs.column(name)) == wanted
