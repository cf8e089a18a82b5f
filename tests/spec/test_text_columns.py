"""Columns of text: what can be written, how it prints, and what is refused."""

import math

import pytest

import featurekit as fk
from featurekit.errors import SpecError, StatisticsError
from featurekit.plan.requirements import requirements
from featurekit.plan.serialize import plan_from_proto, plan_to_proto
from featurekit.plan.statistics import DocumentFrequencies
from featurekit.plan.stats import Stats
from featurekit.spec.columns import Column
from featurekit.spec.diff import Compatibility
from featurekit.spec.serialize import (
    spec_from_proto,
    spec_from_text,
    spec_to_proto,
    spec_to_text,
)

S, T = fk.string("s"), fk.strings("t")
WORDS = S.normalize("NFKC").casefold().split()
COLUMNS: list[Column] = [
    S.normalize("NFD").lower().strip().hash_buckets(9),
    S.fill(" É").casefold().vocabulary(["é"], num_oov=2).one_hot(),
    WORDS.vocabulary(["a", "b"]).pad(3).embedding(4),
    S.split(", ").missing_as_empty().hash_buckets(9).counts(),
    S.split("日").length(maximum=5),
    WORDS.ngrams(1, 2).hash_buckets(9).counts(),
    WORDS.ngrams(2, 3, separator="").length().log1p(),
    WORDS.wordpiece(["a", "##b"], unknown="?", prefix="", max_chars=9)
    .vocabulary(["a"])
    .multi_hot(),
    T.drop_missing().normalize("NFC").strip().ngrams(1, 1).hash_buckets(3).pad(2),
    T.lower().wordpiece(["a"]).hash_buckets(3).pad(2),
    fk.join(S.casefold(), fk.string("u"), separator=" ").split().hash_buckets(3).pad(2),
    fk.cross(S.lower(), fk.string("u").strip()).hash_buckets(7),
]


@pytest.mark.parametrize("column", COLUMNS, ids=repr)
def test_columns_print_as_code_and_survive_every_form(column: Column) -> None:
    assert eval(repr(column), {"fk": fk}) == column
    spec = fk.FeatureSpec({"f": column})
    assert spec_from_proto(spec_to_proto(spec)) == spec
    for form in ("json", "textproto"):
        assert spec_from_text(spec_to_text(spec, form=form), form=form) == spec
    plan = fk.compile(spec)
    assert plan_from_proto(plan_to_proto(plan)) == plan


def test_tf_idf_survives_every_form() -> None:
    for column in (
        WORDS.vocabulary(max_size=9).tf_idf(),
        T.hash_buckets(4).tf_idf(smooth=False),
    ):
        spec = fk.FeatureSpec({"f": column})
        assert eval(repr(column), {"fk": fk}) == column
        assert spec_from_proto(spec_to_proto(spec)) == spec
        stats = fk.analyze(spec, {"s": ["a b"], "t": [["a"]]})
        assert Stats.from_proto(stats.to_proto()) == stats
        assert Stats.from_json(stats.to_json()) == stats
        plan = fk.compile(spec, stats)
        assert plan_from_proto(plan_to_proto(plan)) == plan
        with pytest.raises(StatisticsError):
            fk.compile(spec)


def test_what_is_measured() -> None:
    spec = fk.FeatureSpec(
        {
            "v": WORDS.vocabulary(max_size=9).tf_idf(),
            "same": WORDS.vocabulary(max_size=9).pad(3),
            "h": S.split(",").hash_buckets(5).tf_idf(),
            "g": T.missing_as_empty().vocabulary(["a"]).tf_idf(),
            "n": T.drop_missing().ngrams(1, 2).vocabulary().counts(),
        }
    )
    asked = {request.key: request.value_type for request in requirements(spec)}
    words, sizes = (
        "fk.string('s').normalize('NFKC').casefold().split()",
        "max_size=9, min_count=1",
    )
    every = "max_size=None, min_count=1"
    assert asked == {
        "presence(fk.string('s'))": "string",
        "presence(fk.strings('t'))": "string",
        f"vocabulary({words}, {sizes})": "string",
        f"document_frequencies({words}, {sizes})": "string",
        f"document_frequencies(fk.string('s').split(',').hash_buckets(5), {every})": (
            "integer"
        ),
        "document_frequencies(fk.strings('t').missing_as_empty()"
        f".vocabulary(['a']), {every})": "integer",
        f"vocabulary(fk.strings('t').drop_missing().ngrams(1, 2), {every})": "string",
    }


def test_a_learned_fill_before_a_given_vocabulary() -> None:
    """Ids are counted then, and no tokens; what was missing is no list."""
    column = S.fill_mode().split().vocabulary(["a", "b"], num_oov=0)
    spec = fk.FeatureSpec({"f": column.tf_idf()})
    rows = {"s": ["a", "a b", "a", None]}
    plan = fk.compile(spec, fk.analyze(spec, rows, on_bad_row="dead_letter"))
    (op,) = [node.op for node in plan.nodes if node.op.name == "weigh_terms"]
    assert op.weights == (1.0, math.log(4 / 2) + 1.0)


def test_no_training_list_is_an_error() -> None:
    spec = fk.FeatureSpec({"f": T.hash_buckets(4).tf_idf()})
    (key,) = [r.key for r in requirements(spec) if r.kind != "presence"]
    with pytest.raises(StatisticsError, match="measured on no value"):
        fk.compile(spec, Stats({key: DocumentFrequencies((), (), 0)}))


def test_ids_of_text_mean_tokens() -> None:
    column = S.casefold().vocabulary(["é"], oov="before")
    meanings = fk.id_meanings(fk.FeatureSpec({"f": column}), "f")
    assert list(map(str, meanings)) == ["0 unknown", "1 token 'é'"]
    spec = fk.FeatureSpec({"f": fk.cross(S.lower(), fk.integer("i")).vocabulary()})
    stats = fk.analyze(spec, {"s": ["É"], "i": [3]})
    assert fk.id_meanings(spec, "f", stats)[0].value == ("é", 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: S.normalize("NFX"), "normalize: unknown normal form"),
        (lambda: S.split(""), "split: separator must be a text"),
        (lambda: S.split("\ud800"), "split: separator is not UTF-8"),
        (lambda: WORDS.ngrams(0, 2), "ngrams: least is out of range"),
        (lambda: WORDS.ngrams(3, 2), "ngrams: the lengths are out of range"),
        (lambda: WORDS.ngrams(1, 65), "ngrams: the lengths are out of range"),
        (lambda: WORDS.ngrams(1, 2, separator=None), "separator must be a text"),
        (lambda: WORDS.wordpiece("ab"), "tokens must be a list of texts"),
        (lambda: WORDS.wordpiece([]), "wordpiece: the vocabulary is empty"),
        (lambda: WORDS.wordpiece(["a", "a"]), "wordpiece: "),
        (lambda: WORDS.wordpiece(["a", 3]), "wordpiece: a token must be text"),
        (lambda: WORDS.wordpiece(["a"], unknown=""), "unknown must be a text"),
        (lambda: WORDS.wordpiece(["a"], max_chars=0), "max_chars is out of range"),
        (lambda: WORDS.vocabulary().tf_idf(smooth=1), "smooth must be True or False"),
        (lambda: WORDS.vocabulary(shared="w").tf_idf(), "tf_idf: the vocabulary is sh"),
        (lambda: fk.FeatureSpec({"f": WORDS}), "end the list with"),
    ],
)
def test_what_is_refused(make, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make()


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (S.hash_buckets(9), S.strip().hash_buckets(9), Compatibility.RETRAIN),
        (S.vocabulary(["a"]), S.lower().vocabulary(["a"]), Compatibility.RETRAIN),
        (
            WORDS.hash_buckets(9).pad(3),
            WORDS.ngrams(1, 2).hash_buckets(9).pad(3),
            Compatibility.RETRAIN,
        ),
        (
            T.hash_buckets(9).tf_idf(),
            T.hash_buckets(9).tf_idf(smooth=False),
            Compatibility.RETRAIN,
        ),
        (
            WORDS.hash_buckets(9).pad(3),
            WORDS.missing_as_empty().hash_buckets(9).pad(3),
            Compatibility.RE_TRANSFORM,
        ),
    ],
)
def test_diff(before: Column, after: Column, wanted: Compatibility) -> None:
    found = fk.FeatureSpec({"f": before}).diff(fk.FeatureSpec({"f": after}))
    assert found.compatibility == wanted
