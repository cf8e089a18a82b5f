"""Vocabularies: order, exactness, and every Arrow layout of strings."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurekit.analyzers.accumulator import create
from featurekit.analyzers.vocabulary import VocabularyAccumulator, join
from featurekit.plan.statistics import VocabularyCounts


def vocabulary(
    values: object, value_type: str = "string", **options: int | None
) -> VocabularyCounts:
    found = create("vocabulary", value_type, **options)
    found.add(
        values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    )
    return found.extract()


def test_count_descending_then_bytes_descending() -> None:
    found = vocabulary(["a", "b", "a", "b", "c", "d", "zz", "日本"])
    assert found.tokens == (b"b", b"a", "日本".encode(), b"zz", b"d", b"c")
    assert found.counts == (2, 2, 1, 1, 1, 1)


def test_integers_are_ordered_as_numbers() -> None:
    found = vocabulary([1, 1, 111, 10, 9, 3, 2, 0, -5], "integer")
    assert found.tokens == (1, 111, 10, 9, 3, 2, 0, -5)


def test_integers_are_exact_over_the_full_range() -> None:
    values = [2**53, 2**53 + 1, 2**63 - 1, -(2**63), -1]
    assert set(vocabulary(values, "integer").tokens) == set(values)


@pytest.mark.proves(29)
def test_max_size_and_min_count() -> None:
    values = list("aaabbbccd")
    full = vocabulary(values)
    assert (full.total, full.distinct) == (9, 4)
    cut = vocabulary(values, max_size=1)
    assert cut == VocabularyCounts((b"b",), (3,), 9, 4)
    frequent = vocabulary(values, min_count=2)
    assert frequent == VocabularyCounts((b"b", b"a", b"c"), (3, 3, 2), 9, 4)
    assert vocabulary(values, max_size=2, min_count=4).tokens == ()
    assert vocabulary(values, max_size=100) == full


def test_unusual_tokens_are_ordinary() -> None:
    values = [b"", b"\n", b"\r", b"\x00", b"a\x00", b"a", b"\xff\xfe", b" ", b"b\nc"]
    found = vocabulary(pa.array(values, pa.binary()))
    assert found.tokens == tuple(sorted(values, reverse=True))


def test_null_is_not_a_token() -> None:
    assert vocabulary(["a", None, ""]).tokens == (b"a", b"")
    assert vocabulary(pa.nulls(3)) == VocabularyCounts((), (), 0, 0)
    assert vocabulary(pa.nulls(3).dictionary_encode()).distinct == 0


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(),
        pa.large_string(),
        pa.binary(),
        pa.large_binary(),
        pa.string_view(),
        pa.binary_view(),
        pa.dictionary(pa.int32(), pa.string()),
        pa.dictionary(pa.uint64(), pa.large_binary()),
    ],
    ids=str,
)
def test_every_string_type(kind: pa.DataType) -> None:
    values = ["b", "a", None, "b", "日本"]
    plain = vocabulary(values)
    assert vocabulary(pa.array(values, pa.string()).cast(kind)) == plain
    assert vocabulary(pa.chunked_array([pa.array(values).cast(kind)] * 2)).total == 8


def test_fixed_size_binary() -> None:
    assert vocabulary(pa.array([b"ab", b"cd"], pa.binary(2))).tokens == (b"cd", b"ab")


@pytest.mark.parametrize("repeat", [1, 10])
def test_dictionary_with_equal_null_and_unused_entries(repeat: int) -> None:
    entries = pa.array(["x", "y", "x", None, "unused", "unused too"])
    indices = pa.array([0, 2, 3, None, 1] * repeat, pa.int8())
    found = vocabulary(pa.DictionaryArray.from_arrays(indices, entries))
    total = 3 * repeat
    assert found == VocabularyCounts((b"x", b"y"), (2 * repeat, repeat), total, 2)


@pytest.mark.parametrize("kind", [pa.string_view(), pa.binary_view()], ids=str)
def test_dictionary_of_views(kind: pa.DataType) -> None:
    entries = pa.array(["x", "y", None]).cast(kind)
    column = pa.DictionaryArray.from_arrays(pa.array([0, 0, 1, 2, None]), entries)
    assert vocabulary(column) == VocabularyCounts((b"x", b"y"), (2, 1), 3, 2)


def test_slices_of_one_dictionary() -> None:
    column = pa.array(["a", "b", "a", "c", None, "b"]).dictionary_encode()
    found = create("vocabulary", "string")
    for start in range(len(column)):
        found.add(column.slice(start, 1))
    whole = create("vocabulary", "string")
    whole.add(column)
    assert found == whole


@pytest.mark.proves(28)
@given(st.lists(st.none() | st.text(max_size=2) | st.binary(max_size=2)))
def test_strings_equal_a_counter(values: list) -> None:
    raw = [v.encode() if isinstance(v, str) else v for v in values]
    found = vocabulary(pa.array(raw, pa.binary()))
    counter = Counter(value for value in raw if value is not None)
    expected = sorted(((c, t) for t, c in counter.items()), reverse=True)
    assert list(zip(found.counts, found.tokens, strict=True)) == expected
    assert (found.total, found.distinct) == (counter.total(), len(counter))


@pytest.mark.proves(28)
@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(-2, 2)))
def test_integers_equal_a_counter(values: list) -> None:
    found = vocabulary(pa.array(values, pa.int64()), "integer")
    counter = Counter(value for value in values if value is not None)
    expected = sorted(((c, t) for t, c in counter.items()), reverse=True)
    assert list(zip(found.counts, found.tokens, strict=True)) == expected


@given(
    batches=st.lists(st.lists(st.none() | st.text(max_size=3)), min_size=1),
    parts=st.integers(1, 5),
    max_size=st.none() | st.integers(1, 6),
    min_count=st.integers(1, 3),
)
def test_parts_merged_and_joined_are_the_whole(
    batches: list[list[str | None]], parts: int, max_size: int | None, min_count: int
) -> None:
    options = {"max_size": max_size, "min_count": min_count}
    whole = VocabularyAccumulator("string", **options)
    merged = [whole.empty() for _ in range(parts)]
    for batch in batches:
        counted = whole.empty()
        counted.add(pa.array(batch, pa.string()))
        divided = counted.split(parts)
        again = whole.empty()
        for mine, theirs in zip(merged, divided, strict=True):
            mine.merge(theirs)
            again.merge(theirs)
        assert again == counted
        whole.merge(counted)
    tokens = [set(one.extract().tokens) for one in merged]
    assert sum(map(len, tokens)) == len(set().union(*tokens))
    joined = join([one.extract() for one in merged], max_size=max_size)
    assert joined == whole.extract()


@pytest.mark.parametrize("value_type", ["string", "integer"])
def test_counts_come_back_from_a_file(tmp_path: Path, value_type: str) -> None:
    values = [5, 7, 5, -(2**63)] if value_type == "integer" else ["a", "", "a", "\0"]
    counted = create("vocabulary", value_type)
    assert isinstance(counted, VocabularyAccumulator)
    counted.add(pa.array(values))
    counted.save(tmp_path / "counts")
    found = counted.empty()
    for _ in range(2):
        found.add_saved(tmp_path / "counts")
    counted.merge(counted.split(1)[0])
    assert found == counted
