"""What is learned of several columns together: shared vocabularies, exact crosses."""

import itertools
import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.backends.reference import ReferenceBackend
from featurekit.errors import SpecError, StatisticsError
from featurekit.plan.statistics import VocabularyCounts

words = st.sampled_from(["a", "b", "", "a,1:", "1:", "é", "\n"]) | st.none()
numbers = st.integers(-2, 12) | st.none()
rows = st.lists(st.tuples(words, words, numbers), min_size=1, max_size=30)


def table(drawn: list[tuple]) -> pa.Table:
    s, t, i = zip(*drawn, strict=True)
    return pa.table(
        {"s": pa.array(s, pa.string()), "t": pa.array(t, pa.string()),
         "i": pa.array(i, pa.int64())}
    )  # fmt: skip


def learned(stats: fk.Stats) -> VocabularyCounts:
    (found,) = [v for v in stats.values() if isinstance(v, VocabularyCounts)]
    return found


def in_order(counted: Counter) -> list[tuple[object, int]]:
    """By count, then by bytes, both descending."""
    return sorted(counted.items(), key=lambda entry: (entry[1], entry[0]), reverse=True)


@pytest.mark.proves(33)
@given(rows)
@settings(max_examples=50)
def test_shared_counts_are_added(drawn) -> None:
    s, t = fk.string("s"), fk.string("t").fill("filled")
    spec = fk.FeatureSpec(
        {
            "s": s.vocabulary(shared="words"),
            "again": s.vocabulary(shared="words").embedding(3),
            "t": t.vocabulary(shared="words"),
        }
    )
    found = learned(fk.analyze(spec, table(drawn), rows_per_task=7))
    counted = Counter(s.encode() for s, _, _ in drawn if s is not None)
    counted += Counter(("filled" if t is None else t).encode() for _, t, _ in drawn)
    wanted = in_order(counted)
    assert list(zip(found.tokens, found.counts, strict=True)) == wanted
    assert (found.total, found.distinct) == (counted.total(), len(counted))


def netstring(value: str | int) -> bytes:
    data = str(value).encode()
    return b"%d:%s," % (len(data), data)


@pytest.mark.proves(48)
@given(rows, st.sampled_from([None, 1, 3]))
@settings(max_examples=50)
def test_exact_crosses_give_every_combination_its_id(drawn, max_size) -> None:
    columns = fk.string("s"), fk.string("t"), fk.integer("i")
    cross = fk.cross(*columns).vocabulary(max_size=max_size, missing_id=True)
    spec = fk.FeatureSpec({"c": cross})
    data = table(drawn)
    counted = Counter(b"".join(map(netstring, row)) for row in drawn if None not in row)
    if not counted:
        return
    stats = fk.analyze(spec, data, rows_per_task=7)
    order = [token for token, _ in in_order(counted)][:max_size]
    assert list(learned(stats).tokens) == order
    # Known values in combinations that do not occur are unknown as well.
    extra = [(s, t, i) for s, _, _ in drawn for _, t, i in drawn][:100]
    batch = table([*drawn, *extra]).combine_chunks().to_batches()[0]
    wanted = []
    for row in [*drawn, *extra]:
        token = None if None in row else b"".join(map(netstring, row))
        known = order.index(token) + 1 if token in order else len(order) + 1
        wanted.append(0 if token is None else known)
    plan = fk.compile(spec, stats)
    for backend in (HostBackend(plan), ReferenceBackend(plan)):
        assert backend.run(batch).outputs.column("c").to_pylist() == wanted
    meanings = fk.id_meanings(spec, "c", stats)
    for row, index in zip([*drawn, *extra], wanted, strict=True):
        if meanings[index].kind == "token":
            assert meanings[index].value == row


def test_any_division_of_the_rows_gives_the_same_bytes() -> None:
    spec = fk.FeatureSpec(
        {
            "c": fk.cross(fk.string("s"), fk.integer("i")).vocabulary(max_size=9),
            "s": fk.string("s").vocabulary(shared="w"),
            "t": fk.string("t").vocabulary(shared="w"),
        }
    )
    data = [(f"s{i % 5}", f"s{i % 3}", i % 4) for i in range(200)]
    whole = fk.analyze(spec, table(data)).to_proto()
    assert (
        fk.analyze(spec, table(data), rows_per_task=13, workers=2).to_proto() == whole
    )
    assert fk.analyze(spec, table(data[::-1])).to_proto() == whole


def test_one_table_in_the_plan_and_in_the_model() -> None:
    spec = fk.FeatureSpec(
        {
            "origin": fk.string("o").vocabulary(shared="airports").embedding(4),
            "dest": fk.string("d").vocabulary(shared="airports").embedding(4),
            "alone": fk.string("d").vocabulary().embedding(4),
        }
    )
    stats = fk.analyze(spec, {"o": ["JFK", "LAX"], "d": ["SFO", "JFK"]})
    tables = {
        node.op.vocabulary.digest
        for node in fk.compile(spec, stats).nodes
        if hasattr(node.op, "vocabulary")
    }
    assert len(tables) == 2
    assert fk.model_inputs(spec, stats) == [
        {"name": "origin", "num_ids": 4, "embedding_dim": 4, "table": "airports"},
        {"name": "dest", "num_ids": 4, "embedding_dim": 4, "table": "airports"},
        {"name": "alone", "num_ids": 3, "embedding_dim": 4},
    ]


def test_statistics_of_other_columns_are_no_answer() -> None:
    one = {"s": fk.string("s").vocabulary(shared="w")}
    stats = fk.analyze(fk.FeatureSpec(one), {"s": ["a"]})
    more = {**one, "t": fk.string("t").vocabulary(shared="w")}
    with pytest.raises(StatisticsError, match="there is no vocabulary"):
        fk.compile(fk.FeatureSpec(more), stats)


def test_a_cross_of_what_is_learned_takes_two_passes() -> None:
    cross = fk.cross(fk.string("s").vocabulary(), fk.string("t")).vocabulary()
    with pytest.raises(SpecError) as raised:
        fk.analyze(fk.FeatureSpec({"c": cross}), {"s": ["a"], "t": ["b"]})
    assert raised.value.code == "SPEC_TWO_PASSES"


@pytest.mark.parametrize(
    "token",
    [b"1:a,", b"1:a,1:x,", b"1:a,2:7,", b"1a,1:7,", b"", b"1:a,1:7", b"-1:,1:7,"],
)
def test_a_combination_that_is_none_is_refused(token: bytes) -> None:
    cross = fk.cross(fk.string("s"), fk.integer("i")).vocabulary()
    spec = fk.FeatureSpec({"c": cross})
    key = f"vocabulary({cross.source}, max_size=None, min_count=1)"
    stats = fk.Stats({key: VocabularyCounts((token,), (1,), 1, 1)})
    with pytest.raises(StatisticsError, match="combination"):
        fk.compile(spec, stats)
    with pytest.raises(StatisticsError, match="combination"):
        fk.id_meanings(spec, "c", stats)


def test_a_label_may_be_a_learned_cross() -> None:
    spec = fk.FeatureSpec(
        {"x": fk.string("s").vocabulary()},
        label=fk.cross(fk.string("s"), fk.string("t")).vocabulary(),
        missing_label="drop",
    )
    data = {"s": ["a", "b", "c"], "t": ["k", None, "k"]}
    stats = fk.analyze(spec, data)
    assert [m.value for m in fk.id_meanings(spec, "label", stats)] == [
        ("c", "k"),
        ("a", "k"),
        None,
    ]
    # The row without label counts for no statistic.
    assert [m.value for m in fk.id_meanings(spec, "x", stats)] == ["c", "a", None]


def test_lists_and_single_values_share_a_vocabulary() -> None:
    """Every element counts, whichever column it is in."""
    rows = pa.table({"one": ["a", "b", "a"], "many": [["b", "c"], [], ["b", "c"]]})
    one = fk.string("one").vocabulary(shared="words")
    many = fk.strings("many").vocabulary(shared="words").pad(3)
    spec = fk.FeatureSpec({"one": one, "many": many})
    stats = fk.analyze(spec, rows)
    found = fk.Preprocessor(spec, stats).transform(rows)
    # b three times, c and a twice, of which the greater comes first
    assert found["one"].tolist() == [2, 0, 2]
    assert found["many"].tolist() == [[1, 2, 0], [0, 0, 0], [1, 2, 0]]


lists = st.lists(words, max_size=3) | st.none()
list_rows = st.lists(st.tuples(lists, numbers, lists), min_size=1, max_size=12)


def list_table(drawn: list[tuple]) -> pa.Table:
    s, i, t = zip(*drawn, strict=True)
    kind = pa.list_(pa.string())
    return pa.table(
        {"s": pa.array(s, kind), "i": pa.array(i, pa.int64()), "t": pa.array(t, kind)}
    )


def combinations(row: tuple) -> list[bytes]:
    """The combinations of a row, of which none is missing, as netstrings."""
    s, i, t = row
    values = [s or [], [i], t or []]
    there = ([one for one in each if one is not None] for each in values)
    return [b"".join(map(netstring, each)) for each in itertools.product(*there)]


@pytest.mark.proves(46, 48)
@given(list_rows, st.sampled_from([None, 1, 4]))
@settings(max_examples=50)
def test_exact_crosses_of_lists_are_those_of_products(drawn, max_size) -> None:
    source = fk.cross(
        fk.strings("s").missing_as_empty().drop_missing(),
        fk.integer("i"),
        fk.strings("t").drop_missing(),
    )
    ids = source.vocabulary(max_size=max_size)
    spec = fk.FeatureSpec({"c": ids.pad(9), "t": ids.tf_idf()})
    data = list_table(drawn)
    found = [combinations(row) for row in drawn]
    counted = Counter(token for row in found for token in row)
    if not counted:
        return
    stats = fk.analyze(spec, data, rows_per_task=5)
    order = [token for token, _ in in_order(counted)][:max_size]
    assert list(learned(stats).tokens) == order
    assert learned(stats).total == counted.total()

    place = {token: at for at, token in enumerate(order)}
    wanted = [[place.get(one, len(order)) for one in row] for row in found]
    padded = [([at + 1 for at in row] + [0] * 9)[:9] for row in wanted]
    rarity = [
        math.log((1 + len(drawn)) / (1 + sum(one in row for row in found))) + 1
        for one in order
    ]
    rarity.append(math.log(1 + len(drawn)) + 1)  # of unknown ones, which nobody counts
    weighed = [
        [row.count(at) * weight for at, weight in enumerate(rarity)] for row in wanted
    ]
    plan = fk.compile(spec, stats)
    for backend in (HostBackend(plan), ReferenceBackend(plan)):
        outputs = backend.run(data.combine_chunks().to_batches()[0]).outputs
        assert outputs.column("c").to_pylist() == padded
        np.testing.assert_allclose(outputs.column("t").to_pylist(), weighed, rtol=1e-6)
    for meaning, token in zip(
        fk.id_meanings(spec, "c", stats)[1:], order, strict=False
    ):
        assert b"".join(map(netstring, meaning.value)) == token


def test_what_a_cross_of_lists_learned_can_be_given(tmp_path) -> None:
    source = fk.cross(fk.strings("s"), fk.integers("i"))
    spec = fk.FeatureSpec({"c": source.vocabulary(max_size=3).pad(6)})
    rows = {
        "s": [["a", "b", "é"], ["a"], ["", "a"]],
        "i": [[1, 2], [1, 1], [-5]],
    }
    stats = fk.analyze(spec, rows)
    file = tmp_path / "combinations.txt"
    fk.write_vocabulary(file, learned(stats).tokens)
    by_file = source.vocabulary(fk.read_vocabulary(file)).pad(6)
    values = [meaning.value for meaning in fk.id_meanings(spec, "c", stats)][1:4]
    assert source.vocabulary(values).pad(6) == by_file
    assert fk.preview(by_file, rows) == fk.preview(spec.features["c"], rows)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("1:a,1:7,", "a list of combinations"),
        (["a"], "2 values"),
        (["1:a,"], "2 values"),
        (["1:a,1:x,"], "2 values"),
        (["1:a,2:07,"], "2 values"),
        ([("a",)], "2 values"),
        ([("a", 7, 7)], "2 values"),
        ([7], "2 values"),
        ([(7, "a")], "a token must be text"),
        ([("a", "7")], "a token must be an int"),
        ([("a", True)], "a token must be an int"),
        ([("a", 2**63)], "exceeds 64 bits"),
        ([("\ud800", 1)], "not UTF-8"),
        ([("a", 7), b"1:a,1:7,"], "repeats token 0"),
        ([], "empty"),
    ],
)
def test_what_is_no_combination_is_refused(given, message: str) -> None:
    for first in (fk.string("s"), fk.strings("s")):
        with pytest.raises(SpecError, match=message):
            fk.cross(first, fk.integer("i")).vocabulary(given)


def test_a_cross_of_what_is_learned_may_be_given() -> None:
    """With combinations of learned ids; one pass learns the ids."""
    crossed = fk.cross(fk.strings("s").vocabulary(), fk.string("t"))
    rows = {"s": [["a", "b"], ["b"]], "t": ["k", "l"]}
    ids = crossed.vocabulary([(0, "k"), (1, "k")])  # "b" is more frequent than "a"
    assert fk.preview(ids.pad(2), rows) == [[2, 1], [3, 0]]


def test_one_id_at_most_is_that_of_unknown_combinations() -> None:
    with pytest.raises(SpecError, match="0 or 1"):
        fk.cross(fk.strings("s"), fk.string("t")).vocabulary(num_oov=2)
