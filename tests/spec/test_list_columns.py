"""Columns of lists: what can be written, how it prints, and what is refused."""

import pytest

import featurekit as fk
from featurekit.errors import SpecError, StatisticsError
from featurekit.plan.requirements import requirements
from featurekit.plan.serialize import plan_from_proto, plan_to_proto
from featurekit.spec.columns import Column
from featurekit.spec.serialize import (
    spec_from_proto,
    spec_from_text,
    spec_to_proto,
    spec_to_text,
)

T, N, X = fk.strings("t"), fk.integers("i"), fk.numerics("x", nan="keep")
MASKED = (
    T.vocabulary(["a", "b"], reserved=["[MASK]", "[SEP]"])
    .pad(3)
    .mask_tokens("[MASK]", key=[fk.string("k"), fk.integer("n")], seed=7, rate=0.25)
)
COLUMNS: list[Column] = [
    T.fill("q").vocabulary(["a", "b"], num_oov=2).pad(3),
    T.hash_buckets(9).pad(3, side="left", truncate="left").embedding(4),
    T.drop_missing().missing_as_empty().hash_buckets(9).multi_hot(),
    N.fill(-1).vocabulary([5, 7]).counts(),
    N.identity(4).weighted(X.clip(0, 1)),
    N.identity(4).weighted(X).pad(3, side="left"),
    N.identity(4).weighted(X).pad(3).embedding(2, combiner="sum", max_norm=1),
    T.hash_buckets(9).pad(3).embedding(table="words"),
    N.hash_buckets(9).length(maximum=5).one_hot(),
    T.length().log1p().standardize(mean=0.0, std=2.0),
    X.log1p().min_max(minimum=0, maximum=2).pad(2, value=-1),
    X.standardize(mean=1, std=2).buckets([0, 1]).counts(),
    X.sum().fill(0.0),
    X.mean().fill(0.0).buckets([1.0]).embedding(2),
    X.min().fill(0.0),
    X.max().fill(0.0).greater_equal(2),
    fk.cross(T, fk.string("s"), N.identity(4)).hash_buckets(9, hash_key=3).pad(5),
    fk.cross(fk.cross(T, T).hash_buckets(5), N).hash_buckets(9).weighted(X),
    fk.cross(fk.string("s"), N)
    .vocabulary([("a", -1), ("é,", 2**62)], num_oov=0, default="missing")
    .drop_missing()
    .pad(5),
    T.missing_values(["", "NA"]).drop_missing().hash_buckets(9).counts(),
    N.missing_values([-1, 2**62]).fill(0).identity(5, default=4).multi_hot(),
    X.missing_values([-999.0, 0.5]).drop_missing().sum().fill(0.0),
    N.vocabulary([3], num_oov=0, default="missing").drop_missing().pad(2),
    fk.vector("v", 3),
    fk.vector("v", 3, nan="keep").missing_values([1.0]).fill(0.0).clip(0, 1).log1p(),
    fk.vector("v", 1).standardize(mean=0, std=2).min_max(minimum=0, maximum=1),
    T.shift(1).fill("<s>").vocabulary(["a"], reserved=["<s>"]).pad(3),
    N.shift(-2).drop_missing().hash_buckets(9).counts(),
    X.difference().fill(0.0).difference(2).drop_missing().sum().fill(0.0),
    X.rolling(3).mean().fill(0.0).pad(2),
    T.mask(3, side="left"),
    *fk.sequence({"a": T.hash_buckets(9), "b c": X.log1p().shift(1)})
    .missing_as_empty()
    .drop_missing()
    .pad(4, side="left", mask="m")
    .values(),
    fk.sequence({"a": N.identity(9), "b": X})["a"].weighted(X),
    *MASKED,
    X.binarize(0.5).pad(4),
    fk.numeric("v").binarize(1).standardize(mean=0.5, std=0.5),
    MASKED.inputs.embedding(4),
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


def test_what_is_measured() -> None:
    spec = fk.FeatureSpec(
        {
            "v": T.drop_missing().vocabulary(max_size=9).pad(3),
            "same": T.missing_as_empty().vocabulary(max_size=9).multi_hot(),
            "z": fk.numerics("x").fill(0.0).standardize().pad(2),
            "q": fk.numerics("x").quantile_buckets(4).multi_hot(),
            "s": fk.numerics("x").drop_missing().sum().min_max(),
            "n": T.length().standardize(),
        }
    )
    asked = {request.key: request.value_type for request in requirements(spec)}
    assert asked == {
        "presence(fk.strings('t'))": "string",
        "presence(fk.numerics('x'))": "number",
        "vocabulary(fk.strings('t'), max_size=9, min_count=1)": "string",
        "moments(fk.numerics('x').fill(0.0))": "number",
        "quantiles(fk.numerics('x'), num_buckets=4)": "number",
        "range(fk.numerics('x').drop_missing().sum())": "number",
        "moments(fk.strings('t').length())": "number",
    }
    with pytest.raises(StatisticsError):
        fk.compile(spec)


def test_a_list_has_to_be_ended() -> None:
    for column in (T, N, X, T.hash_buckets(3)):
        with pytest.raises(SpecError, match="end the list with"):
            fk.FeatureSpec({"f": column})
    with pytest.raises(SpecError, match="end the list with"):
        fk.FeatureSpec({"f": fk.cross(T, fk.string("s")).hash_buckets(3)})
    with pytest.raises(SpecError, match="a feature must end"):
        fk.FeatureSpec({"f": fk.cross(T, fk.string("s"))})
    with pytest.raises(SpecError, match="only string, integer and categorical"):
        fk.cross(T, X)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: T.fill(1), "filled with text"),
        (lambda: T.drop_missing().fill("a"), "left out before"),
        (lambda: N.drop_missing().fill(1), "left out before"),
        (lambda: X.drop_missing().fill(1.0), "left out before"),
        (lambda: N.vocabulary(["a"]), "must be an int"),
        (lambda: X.log1p().missing_values([1.0]), "before any other step"),
        (lambda: N.identity(3, default=3), "0 to 2, or 'missing'"),
        (lambda: fk.vector("v", 0), "size must be a positive integer"),
        (lambda: fk.vector("v", True), "size must be a positive integer"),
        (lambda: fk.vector("v", 2).fill("a"), "must be a number"),
        (lambda: T.hash_buckets(0), "out of range"),
        (lambda: T.hash_buckets(3).pad(0), "length is out of range"),
        (lambda: T.hash_buckets(3).pad(2, side="up"), "unknown side"),
        (lambda: X.pad(2, truncate="both"), "unknown truncate"),
        (lambda: X.pad(2, value=float("nan")), "finite"),
        (lambda: X.pad(2, value=1e39), "range of float32"),
        (lambda: X.pad(2, value=1e-39), "range of float32"),
        (lambda: T.length(maximum=0), "maximum is out of range"),
        (lambda: T.hash_buckets(3).weighted(fk.numeric("w")), "list of numbers"),
        (lambda: fk.strings(""), "non-empty"),
        (lambda: fk.numerics("x", nan="drop"), "unknown policy"),
    ],
)
def test_bad_arguments(make, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make()


def test_one_column_is_not_read_in_two_ways() -> None:
    for other in (fk.string("t"), fk.integers("t")):
        with pytest.raises(SpecError, match="is read both as"):
            features = {"a": T.length(), "b": other.hash_buckets(3)}
            if isinstance(other, type(N)):
                features["b"] = other.length()
            fk.FeatureSpec(features)
    with pytest.raises(SpecError, match="is read both as"):
        fk.FeatureSpec({"a": T.length()}, key=["t"])


def test_a_label_may_hold_ids_but_no_weights() -> None:
    assert fk.FeatureSpec({"x": X.pad(1)}, label=T.hash_buckets(3).multi_hot())
    with pytest.raises(SpecError, match="label"):
        fk.FeatureSpec({"x": X.pad(1)}, label=T.hash_buckets(3).weighted(X))


def test_files_are_checked_as_code_is() -> None:
    spec = fk.FeatureSpec({"f": N.identity(4).weighted(X)})
    text = spec_to_text(spec, form="json").replace("identity", "drop_missing")
    text = text.replace('"num_ids": "4"', "")
    with pytest.raises(SpecError):
        spec_from_text(text, form="json")
    with pytest.raises(SpecError, match="aggregate"):
        spec_from_text(
            spec_to_text(fk.FeatureSpec({"f": X.sum()}), form="json").replace(
                '"sum"', '"median"'
            ),
            form="json",
        )


def test_what_a_model_is_told() -> None:
    spec = fk.FeatureSpec(
        {
            "p": T.hash_buckets(9).pad(3).embedding(4),
            "i": T.hash_buckets(9).pad(2),
            "m": T.hash_buckets(9).multi_hot(),
            "x": X.pad(5),
        }
    )
    assert fk.model_inputs(spec) == [
        {"name": "p", "num_ids": 10, "length": 3, "embedding_dim": 4},
        {"name": "i", "num_ids": 10, "length": 2},
        {"name": "m", "width": 9},
        {"name": "x", "width": 5},
    ]


def test_the_record_key_of_weights_is_no_other_feature() -> None:
    bag = T.hash_buckets(9).weighted(X).pad(3)
    assert list(fk.compile(fk.FeatureSpec({"f": bag})).output_types) == [
        "f",
        "f_weights",
    ]
    with pytest.raises(SpecError, match="SPEC_KEY_CONFLICT"):
        fk.FeatureSpec({"f": bag, "f_weights": X.pad(1)})
    with pytest.raises(SpecError, match="SPEC_NAME_COLLISION"):
        fk.FeatureSpec({"\u00e9": bag, "e\u0301_weights": X.pad(1)})
    with pytest.raises(SpecError, match="SPEC_BAD_NAME"):
        fk.FeatureSpec({"f" * 250: bag})


@pytest.mark.parametrize(
    "options",
    [{"dim": 0}, {"combiner": "max"}, {"max_norm": 0}, {"max_norm": float("inf")}],
)
def test_bad_embeddings(options: dict[str, object]) -> None:
    with pytest.raises(SpecError, match="SPEC_BAD_VALUE"):
        T.hash_buckets(9).pad(3).embedding(**options)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="SPEC_BAD_NAME"):
        T.hash_buckets(9).pad(3).embedding(2, table="a/b")


def test_what_a_change_of_a_bag_asks_for() -> None:
    ids = T.hash_buckets(9)
    plain, bag = ids.pad(3).embedding(2), ids.weighted(X).pad(3).embedding(2)
    changes = {
        ids.weighted(X.clip(0, 1)).pad(3).embedding(2): "re-transform",
        ids.weighted(X).pad(4).embedding(2): "retrain",
        ids.weighted(X).pad(3).embedding(2, combiner="sum"): "retrain",
        ids.weighted(X).pad(3).embedding(2, max_norm=1.0): "retrain",
        T.hash_buckets(8).weighted(X).pad(3).embedding(2): "retrain",
        plain: "retrain",
        bag: "identical",
    }
    for after, expected in changes.items():
        before = fk.FeatureSpec({"f": bag})
        found = before.diff(fk.FeatureSpec({"f": after})).compatibility
        assert str(found) == expected, after


def test_labels_that_are_sequences_and_learn() -> None:
    """A row without a label is none for the statistics either, learned or not."""
    ids = T.vocabulary(reserved=["m"]).pad(2)
    group = fk.sequence({"t": T.vocabulary(), "x": fk.numerics("x")})
    labels = [
        ids.mask_tokens("m", key=fk.string("k")).targets,
        group["t"].pad(2),
        fk.numerics("x").standardize().difference().drop_missing().pad(2),
    ]
    rows = {
        "t": [["a"], None, ["b", "a"]],
        "x": [[1.0], None, [2.0, 4.0]],
        "k": ["1", "2", "3"],
    }
    for label in labels:
        spec = fk.FeatureSpec(
            {"n": T.missing_as_empty().length().standardize()},
            label=label,
            missing_label="drop",
        )
        stats = fk.analyze(spec, rows)
        (moments,) = (v for k, v in stats.items() if "length" in k)
        assert (moments.count, moments.mean) == (2, 1.5)


def test_what_sequences_learn_from() -> None:
    spec = fk.FeatureSpec(
        {
            "change": fk.numerics("x").difference().standardize().fill(0.0).pad(2),
            "left": fk.numerics("x").drop_missing().difference().standardize()
            .fill(0.0).pad(2),
            "word": T.shift(1).fill("<s>").vocabulary().pad(2),
        }
    )  # fmt: skip
    rows = {"x": [[1.0, 3.0], [None, 4.0, None, 9.0], []], "t": [["a", "b"], ["a"], []]}
    stats = dict(fk.analyze(spec, rows).items())
    assert stats["moments(fk.numerics('x').difference())"].mean == 2.0
    dropped = stats["moments(fk.numerics('x').drop_missing().difference())"]
    assert (dropped.count, dropped.mean) == (2, 3.5)
    (words,) = (v for k, v in stats.items() if k.startswith("vocabulary"))
    assert (words.tokens, words.counts) == ((b"<s>", b"a"), (2, 1))


WRONG_SEQUENCES = [
    (lambda: fk.sequence({}), "mapping of names to lists"),
    (lambda: fk.sequence({"t": T}), "lists of numbers or ids"),
    (lambda: fk.sequence({"x": X.pad(3)}), "lists of numbers or ids"),
    (lambda: fk.sequence({"x": X.drop_missing()}), "shift it against the others"),
    (lambda: fk.sequence({"x": fk.sequence({"x": X})["x"]}), "cannot be in another"),
    (lambda: fk.sequence({"x": X})["y"], "no such list"),
    (lambda: fk.sequence({"x": X}).pad(3, mask="x"), "name of the mask"),
    (lambda: X.shift(0), "not 0"),
    (lambda: X.shift(True), "not 0"),
    (lambda: X.difference(0), "lag is out of range"),
    (lambda: X.rolling(0), "size is out of range"),
    (lambda: X.mask(3, side="middle"), "unknown side"),  # type: ignore[arg-type]
    (lambda: X.drop_missing().shift(1).drop_missing().fill(1.0), "left out before"),
    (lambda: X.binarize(float("nan")), "must be finite"),
]


@pytest.mark.parametrize(("make", "message"), WRONG_SEQUENCES)
def test_sequences_that_cannot_be_declared(make, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SpecError, match=message):
        make()
