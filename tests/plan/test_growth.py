"""Growing vocabularies: no id that a model knows loses its meaning, or its vector."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featurekit as fk
from featurekit.errors import SpecError, StatisticsError
from featurekit.plan.statistics import Moments, VocabularyCounts
from featurekit.plan.stats import Stats

words = st.sampled_from([b"a", b"b", b"c", b"d", b"\n", b"", "é".encode(), b"r"])
vocabularies = st.lists(words, min_size=1, unique=True)
places = st.sampled_from(["before", "after"])
oovs = st.sampled_from([0, 1, 3])


def column(oov: str, num_oov: int, missing_id: bool, reserved: list[str]):
    return fk.string("s").vocabulary(
        oov=oov, num_oov=num_oov, missing_id=missing_id, reserved=reserved
    )


def stats_of(spec: fk.FeatureSpec, tokens: list[bytes]) -> Stats:
    (key,) = [k for k in fk.analyze(spec, {"s": ["x"]}) if k.startswith("vocabulary")]
    counts = tuple(range(len(tokens), 0, -1))
    return Stats({key: VocabularyCounts(tuple(tokens), counts, 99, len(tokens))})


@pytest.mark.proves(43)
@given(vocabularies, vocabularies, places, oovs, st.booleans(), st.data())
def test_every_old_row_keeps_its_vector(old, new, oov, num_oov, missing_id, data):
    reserved = data.draw(st.lists(st.sampled_from(["r", "a"]), unique=True))
    spec = fk.FeatureSpec({"f": column(oov, num_oov, missing_id, reserved)})
    before, after = stats_of(spec, old), stats_of(spec, new)
    grown = fk.grow(before, after)
    meant, means = (fk.id_meanings(spec, "f", found) for found in (before, grown))
    rows = fk.row_map(meant, means)
    dim = 3
    trained = np.random.default_rng(0).normal(size=(len(meant), dim)).astype(np.float32)
    table = fk.warm_start(trained, rows, np.zeros)
    assert table.dtype == np.float32 and table.shape == (len(means), dim)
    assert len(rows.dropped) == 0
    assert len(means) == len(meant) + len(rows.added)
    by_meaning = {(m.kind, m.value): table[m.id].tobytes() for m in means}
    for meaning in meant:
        vector = trained[meaning.id].tobytes()
        assert by_meaning[meaning.kind, meaning.value] == vector
        # Tokens never move; what is unknown moves only where it comes after them.
        if meaning.kind != "unknown" or oov == "before":
            assert rows.new_ids[meaning.id] == meaning.id
    assert not table[rows.added].any()


@given(vocabularies, vocabularies, vocabularies)
def test_growing_is_associative_in_its_tokens(first, second, third):
    spec = fk.FeatureSpec({"f": fk.string("s").vocabulary()})
    a, b, c = (stats_of(spec, tokens) for tokens in (first, second, third))
    assert tokens_of(fk.grow(fk.grow(a, b), c)) == tokens_of(fk.grow(a, fk.grow(b, c)))
    assert tokens_of(fk.grow(a, a)) == tokens_of(a)


def tokens_of(stats: Stats) -> tuple[bytes, ...]:
    (found,) = stats.values()
    assert isinstance(found, VocabularyCounts)
    return found.tokens


def test_records_of_old_tokens_keep_their_ids() -> None:
    spec = fk.FeatureSpec({"f": fk.string("s").vocabulary(max_size=2, oov="before")})
    first = fk.analyze(spec, {"s": ["b", "b", "a", "a", "z"]})
    second = fk.analyze(spec, {"s": ["c", "c", "d", "d", "a"]})
    grown = fk.grow(first, second)
    rows = [{"s": text} for text in ("b", "a", "?", "d", "c")]
    ids = [
        fk.Preprocessor(spec, grown).transform([row])["f"].tolist()[0] for row in rows
    ]
    assert ids == [1, 2, 0, 3, 4]


def test_other_statistics_stay() -> None:
    numbers = {"moments(x)": Moments(1, 1.0, 2.0)}
    new = {"moments(x)": Moments(9, 5.0, 6.0), "moments(y)": Moments(1, 0.0, 0.0)}
    assert dict(fk.grow(Stats(numbers), Stats(new))) == {**new, **numbers}


def test_counts_are_those_of_the_new_data() -> None:
    old = Stats({"v": VocabularyCounts((b"a", b"b"), (5, 4), 9, 2)})
    new = Stats({"v": VocabularyCounts((b"c", b"a"), (3, 1), 7, 3)})
    grown = VocabularyCounts((b"a", b"b", b"c"), (1, 0, 3), 7, 3)
    assert fk.grow(old, new)["v"] == grown


class TestRowMap:
    def test_other_layouts_move_rows(self) -> None:
        old = fk.FeatureSpec({"f": fk.string("s").vocabulary(["a", "b"])})
        layout = fk.string("s").vocabulary(
            ["b", "c"], reserved=["a"], oov="before", missing_id=True
        )
        new = fk.FeatureSpec({"f": layout})
        rows = fk.row_map(fk.id_meanings(old, "f"), fk.id_meanings(new, "f"))
        assert rows.new_ids.tolist() == [0, 3, 2]
        assert rows.added.tolist() == [1, 4]

    def test_rows_of_unknown_values_are_dropped_where_their_number_changes(
        self,
    ) -> None:
        sizes = (1, 2, 3)
        specs = [
            fk.FeatureSpec({"f": fk.string("s").vocabulary(["a"], num_oov=n)})
            for n in sizes
        ]
        meanings = [fk.id_meanings(spec, "f") for spec in specs]
        for old in range(3):
            for new in range(3):
                rows = fk.row_map(meanings[old], meanings[new])
                kept = old == new
                assert len(rows.dropped) == (0 if kept else sizes[old])

    def test_shapes_are_checked(self) -> None:
        spec = fk.FeatureSpec({"f": fk.string("s").vocabulary(["a", "b"])})
        rows = fk.row_map(fk.id_meanings(spec, "f"), fk.id_meanings(spec, "f"))
        with pytest.raises(SpecError, match="a row for each old id"):
            fk.warm_start(np.zeros((2, 4)), rows, np.zeros)
        with pytest.raises(SpecError, match="another shape"):
            fk.warm_start(np.zeros((3, 4)), rows, np.zeros((3, 5)))


class TestIdMeanings:
    def test_learned_crosses_and_shared_vocabularies(self) -> None:
        s, t = fk.string("s"), fk.string("t")
        spec = fk.FeatureSpec(
            {
                "c": fk.cross(s, fk.integer("i")).vocabulary(missing_id=True),
                "v": s.vocabulary(shared="w", num_oov=2).embedding(3),
                "w": t.vocabulary(shared="w", num_oov=2).one_hot(),
            }
        )
        data = {"s": ["a", "a", None], "t": ["b", "a", "b"], "i": [1, 1, 2]}
        stats = fk.analyze(spec, data)
        shown = [str(meaning) for meaning in fk.id_meanings(spec, "c", stats)]
        assert shown == ["0 missing", "1 token ('a', 1)", "2 unknown"]
        shared = [
            "0 token 'a'", "1 token 'b'", "2 unknown (0, 2)", "3 unknown (1, 2)"
        ]  # fmt: skip
        for name in ("v", "w"):
            found = fk.id_meanings(spec, name, stats)
            assert list(map(str, found)) == shared

    @pytest.mark.proves(42)
    def test_each_id_means_what_a_backend_gives_it_for(self) -> None:
        spec = fk.FeatureSpec(
            {
                "b": fk.numeric("x").buckets([0.0, 1.5]),
                "g": fk.numeric("x").greater_equal(1.0),
                "h": fk.timestamp("t").day_of_week(),
                "i": fk.integer("i").identity(3),
                "d": fk.integer("i").identity(2, default=1),
            }
        )
        row = {"x": 1.5, "t": "2024-01-02T00:00:00Z", "i": 2}
        ids = {n: int(v[0]) for n, v in fk.Preprocessor(spec).transform([row]).items()}
        found = {name: str(fk.id_meanings(spec, name)[at]) for name, at in ids.items()}
        assert found == {
            "b": "2 bucket (1.5, inf)",
            "g": "1 bucket (1.0, inf)",
            "h": "1 part ('day_of_week', 1)",
            "i": "2 integer 2",
            "d": "1 integer 1",
        }

    def test_lists_beside_it_and_hidden_ids_change_no_meaning(self) -> None:
        ids = fk.strings("s").vocabulary(["a", "b"], reserved=["[MASK]"])
        beside = fk.sequence({"id": ids, "x": fk.numerics("x")}).drop_missing()
        masked = ids.drop_missing().pad(3).mask_tokens("[MASK]", key=fk.string("k"))
        spec = fk.FeatureSpec(
            {
                "alone": ids.drop_missing().pad(3),
                "beside": beside["id"].pad(3).embedding(2),
                "shown": masked.inputs,
                "told": masked.targets,
            }
        )
        wanted = "0 padding, 1 reserved '[MASK]', 2 token 'a', 3 token 'b', 4 unknown"
        for name in spec.features:
            assert ", ".join(map(str, fk.id_meanings(spec, name))) == wanted
        rows = {"s": [["b", None, "a"]], "x": [[1.0, 2.0, 3.0]], "k": ["k"]}
        assert fk.preview(spec.features["beside"], rows) == [[3, 2, 0]]

    @pytest.mark.parametrize("name", ["hash", "number", "other"])
    def test_what_has_no_meanings_is_refused(self, name: str) -> None:
        features = {"hash": fk.string("s").hash_buckets(3), "number": fk.numeric("x")}
        with pytest.raises(SpecError) as raised:
            fk.id_meanings(fk.FeatureSpec(features), name)
        assert raised.value.feature == name


def test_what_is_neither_statistics_nor_a_meaning() -> None:
    with pytest.raises(StatisticsError, match="STATS_TYPE"):
        fk.grow(Stats({}), 3)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="SPEC_BAD_VALUE"):
        fk.row_map([1], [2])  # type: ignore[list-item]
