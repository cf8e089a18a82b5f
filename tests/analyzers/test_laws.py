"""Every accumulator is a commutative monoid whose bytes depend on the rows alone."""

import pickle
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featurekit.analyzers import by_key, quantiles, vocabulary
from featurekit.analyzers.accumulator import KINDS, Accumulator, create

NUMBERS = st.lists(
    st.none()
    | st.floats(width=64)
    | st.sampled_from([0.0, -0.0, 1.0, 1e308, -1e308, 5e-324])
)
INTEGERS = st.lists(st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3))
STRINGS = st.lists(st.none() | st.text(max_size=3) | st.sampled_from(["", "\n", "\0"]))
ROWS = {"number": NUMBERS, "integer": INTEGERS, "string": STRINGS}
TYPES = {"number": pa.float64(), "integer": pa.int64(), "string": pa.string()}

REQUESTS = [
    ("presence", "number", {}),
    ("presence", "integer", {}),
    ("presence", "string", {}),
    ("moments", "number", {}),
    ("moments", "integer", {}),
    ("range", "number", {}),
    ("range", "integer", {}),
    ("quantiles", "number", {"num_buckets": 5}),
    ("quantiles", "number", {"num_buckets": 5, "limit": 4}),
    ("quantiles", "integer", {"num_buckets": 3, "limit": 2}),
    ("quantile_values", "number", {"probabilities": (0.0, 0.25, 0.9)}),
    ("quantile_values", "number", {"probabilities": (0.5, 1.0), "limit": 4}),
    ("quantile_values", "integer", {"probabilities": (0.1,), "limit": 2}),
    ("vocabulary", "string", {"max_size": 3}),
    ("vocabulary", "integer", {"min_count": 2}),
    ("document_frequencies", "string", {"max_size": 3}),
    ("document_frequencies", "integer", {"min_count": 2}),
    ("moments_by_key", "string", {"max_keys": 10_000}),
    ("range_by_key", "integer", {"max_keys": 10_000}),
    (
        "quantiles_by_key",
        "string",
        {"max_keys": 10_000, "num_buckets": 3, "limit": 2},
    ),
    ("target_by_key", "string", {"max_keys": 10_000, "folds": 3}),
    ("target_by_key", "integer", {"max_keys": 10_000, "folds": 2}),
]
NUMBER_OF = (0.1, None, -1e300, float("nan"), 3.0)
"""The number of a row, by the length of its key as text."""
every_request = pytest.mark.parametrize(("kind", "value_type", "options"), REQUESTS)


@pytest.fixture(autouse=True)
def _compact_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantiles, "MAX_PENDING", 7)
    monkeypatch.setattr(vocabulary, "MIN_PENDING", 3)
    monkeypatch.setattr(by_key, "MIN_PENDING", 2)


law = settings(max_examples=40)


def column(rows: Sequence[object], value_type: str, layout: int = 0) -> pa.Array:
    """The rows as a plain, sliced, dictionary-encoded, or chunked column."""
    kind = TYPES[value_type]
    if layout == 1:
        padded = pa.array([None, *rows, None, None], kind)
        return padded.slice(1, len(rows))
    plain = pa.array(rows, kind)
    if layout == 2:
        return plain.dictionary_encode()
    if layout == 3:
        middle = len(rows) // 2
        return pa.chunked_array([plain[:middle], plain[middle:]], kind)
    return plain


def counted(request: tuple, rows: Sequence[object], layout: int = 0) -> Accumulator:
    kind, value_type, options = request
    found = create(kind, value_type, **options)
    add(found, column(rows, value_type, layout))
    return found


def add(counting: Accumulator, rows: pa.Array | pa.ChunkedArray) -> None:
    """Counts the rows; for a statistic by key, as the keys of numbers."""
    chunks = rows.chunks if isinstance(rows, pa.ChunkedArray) else [rows]
    for chunk in chunks if counting.kind.endswith("_by_key") else [rows]:
        if counting.kind.endswith("_by_key"):
            numbers = [NUMBER_OF[len(str(key)) % 5] for key in chunk.to_pylist()]
            parts = [pa.array(numbers, pa.float64()), chunk]
            names = ["value", "key"]
            if counting.kind == "target_by_key":
                folds = [len(str(key)) % 2 for key in chunk.to_pylist()]
                parts, names = [*parts, pa.array(folds, pa.int64())], [*names, "fold"]
            chunk = pa.StructArray.from_arrays(parts, names)
        counting.add(chunk)


def test_every_kind_is_under_the_laws() -> None:
    assert {kind for kind, _, _ in REQUESTS} == set(KINDS)


@pytest.mark.proves(79)
@every_request
@law
@given(data=st.data())
def test_bytes_do_not_depend_on_order_batches_or_shards(
    kind: str, value_type: str, options: dict[str, int], data: st.DataObject
) -> None:
    request = (kind, value_type, options)
    rows = data.draw(ROWS[value_type])
    whole = counted(request, rows)
    shuffled = data.draw(st.permutations(rows))
    shards = [create(kind, value_type, **options) for _ in range(3)]
    start = 0
    while start < len(shuffled):
        size = data.draw(st.integers(1, len(shuffled) - start))
        shard = data.draw(st.sampled_from(shards))
        layout = data.draw(st.integers(0, 3))
        add(shard, column(shuffled[start : start + size], value_type, layout))
        if data.draw(st.booleans()):
            shard.encode()  # looking does not change
        start += size
    merged = create(kind, value_type, **options)
    for shard in data.draw(st.permutations(shards)):
        merged.merge(shard)
    assert merged.encode() == whole.encode()
    assert merged.extract() == whole.extract()


@every_request
@law
@given(data=st.data())
def test_merge_is_a_commutative_monoid(
    kind: str, value_type: str, options: dict[str, int], data: st.DataObject
) -> None:
    request = (kind, value_type, options)
    parts = [data.draw(ROWS[value_type]) for _ in range(3)]

    def make(index: int) -> Accumulator:
        return counted(request, parts[index])

    left, right = make(0), make(1)
    left.merge(make(1))
    right.merge(make(0))
    assert left == right
    left.merge(make(2))
    tail, head = make(1), make(0)
    tail.merge(make(2))
    head.merge(tail)
    assert head == left
    assert tail == counted(request, parts[1] + parts[2])  # merge reads only
    empty = create(kind, value_type, **options)
    empty.merge(left)
    assert empty == left
    left.merge(create(kind, value_type, **options))
    assert left == empty


@every_request
@law
@given(data=st.data())
def test_decode_and_pickle_restore_the_state(
    kind: str, value_type: str, options: dict[str, int], data: st.DataObject
) -> None:
    rows, more = data.draw(ROWS[value_type]), data.draw(ROWS[value_type])
    original = counted((kind, value_type, options), rows)
    for copy in (
        KINDS[kind].decode(original.encode()),
        pickle.loads(pickle.dumps(original)),
    ):
        assert type(copy) is type(original)
        assert copy == original
        assert copy.extract() == original.extract()
        add(copy, column(more, value_type))
        assert copy == counted((kind, value_type, options), rows + more)


@every_request
def test_merging_with_itself_doubles(
    kind: str, value_type: str, options: dict[str, int]
) -> None:
    rows = {"number": [1.5, None, 3.0], "integer": [1, None, 7], "string": ["a", "b"]}
    twice = counted((kind, value_type, options), rows[value_type])
    twice.merge(twice)
    assert twice == counted((kind, value_type, options), rows[value_type] * 2)


def test_bytes_are_the_same_on_every_machine() -> None:
    found = counted(("range", "number", {}), [1.0, 2.0])
    assert found.encode() == (
        b'FKA1\x33\x00\x00\x00{"kind":"range","options":{},"value_type":"number"}'
        + np.array([2], "<i8").tobytes()
        + np.array([1, 2], "<f8").tobytes()
    )
