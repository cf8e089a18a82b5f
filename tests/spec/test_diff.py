"""The class of every kind of change."""

import pytest

import featurekit as fk
from featurekit.errors import SpecError
from featurekit.spec.columns import Column
from featurekit.spec.compatibility import Compatibility

S, T, X, N = fk.string("s"), fk.string("t"), fk.numeric("x"), fk.integer("i")
SAME, SERVE, TRANSFORM, INDEX, RETRAIN = Compatibility

LISTS = fk.numerics("x")
IDS = fk.strings("s").vocabulary(["a"], reserved=["m"])
HIDDEN = IDS.pad(3).mask_tokens("m", key=T)
CHANGES: list[tuple[Column, Column, Compatibility]] = [
    (X.fill(0.0), X.fill(0.0), SAME),
    # Rows that were refused are accepted, and no other bit changes.
    (X, X.fill(0.0), SERVE),
    (X.clip(0, 1), X.clip(0, 1).fill(0.0), SERVE),
    (X.standardize(), X.standardize().fill(0.0), SERVE),
    (X.buckets([1]), X.fill(0.0).buckets([1]), SERVE),
    (S.hash_buckets(9), S.fill("").hash_buckets(9), SERVE),
    (
        S.vocabulary(["a"]).embedding(2),
        S.fill("").vocabulary(["a"]).embedding(2),
        SERVE,
    ),
    (fk.numeric("x", nan="error"), X, SERVE),
    (
        fk.cross(S, T).hash_buckets(9),
        fk.cross(S.fill(""), T).hash_buckets(9),
        SERVE,
    ),
    (N.identity(3), N.identity(3, default=0), SERVE),
    (
        S.vocabulary(["a", "b"], num_oov=0),
        S.vocabulary(["a", "b"], num_oov=0, default="missing"),
        SERVE,
    ),
    # Other numbers of the same kind, or ids of the same meaning.
    (N.identity(3, default=0), N.identity(3, default=1), TRANSFORM),
    (N.identity(3, default="missing"), N.identity(3), TRANSFORM),
    (S.hash_buckets(9), S.missing_values([""]).hash_buckets(9), TRANSFORM),
    (fk.vector("v", 2), fk.vector("v", 2).clip(0, 1), TRANSFORM),
    (X.fill(0.0), X, TRANSFORM),
    (X.fill(0.0), X.fill(1.0), TRANSFORM),
    (X.standardize(), X.fill(0.0).standardize(), TRANSFORM),
    (X.log1p(), X.log1p().fill(0.0).fill(1.0), TRANSFORM),
    (X.log1p().fill(0.0), X.fill(0.0).log1p().fill(0.0), TRANSFORM),
    (X.clip(0, 1), X.log1p(), TRANSFORM),
    (X, fk.numeric("y"), TRANSFORM),
    (X, fk.numeric("x", nan="keep"), TRANSFORM),
    (fk.numeric("x", nan="error").standardize(), X.standardize(), TRANSFORM),
    (X.buckets([1]), X.log1p().buckets([1]), TRANSFORM),
    (S.hash_buckets(9), T.hash_buckets(9), TRANSFORM),
    (S.vocabulary(["a"]), T.vocabulary(["a"]), TRANSFORM),
    (
        fk.timestamp("t").hour(),
        fk.timestamp("t", tz="America/New_York").hour(),
        TRANSFORM,
    ),
    (LISTS.difference().pad(3), LISTS.shift(1).pad(3), TRANSFORM),
    (IDS.pad(3), fk.sequence({"s": IDS, "x": LISTS})["s"].pad(3), TRANSFORM),
    (HIDDEN.inputs, HIDDEN.targets, TRANSFORM),
    (IDS.pad(3), HIDDEN.inputs, TRANSFORM),
    (X.standardize(), X.standardize(by=S), TRANSFORM),
    (X.standardize(by=S), X.standardize(by=T), TRANSFORM),
    (X.standardize(by=S), X.min_max(by=S), TRANSFORM),
    (X.standardize(by=S), X.standardize(by=S, unseen="missing"), TRANSFORM),
    (S.count_encoding(), S.count_encoding(frequency=True), TRANSFORM),
    (S.target_encoding(target=X), S.target_encoding(target=X, folds=3), TRANSFORM),
    (S.target_encoding(target=X), T.target_encoding(target=X), TRANSFORM),
    (X.standardize(by=S), X.standardize(by=S, max_keys=5), SERVE),
    (X.standardize(by=S), X.standardize(by=S).fill(0.0), SERVE),
    # Ids that can be mapped.
    (S.vocabulary(["a"]), S.vocabulary(["a", "b"]), INDEX),
    (S.vocabulary(["a"]), S.vocabulary(), INDEX),
    (S.vocabulary(), S.vocabulary(max_size=9), INDEX),
    (S.vocabulary(), S.fill("").vocabulary(), INDEX),
    (S.vocabulary(), T.vocabulary(), INDEX),
    (S.vocabulary(["a"]), S.vocabulary(["a"], oov="before"), INDEX),
    (S.vocabulary(["a"]), S.vocabulary(["a"], num_oov=0), INDEX),
    (S.vocabulary(["a"]), S.vocabulary(["a"], missing_id=True), INDEX),
    (S.vocabulary(["a"]), S.vocabulary(["a"], shared="w"), INDEX),
    (S.vocabulary(["a"]).one_hot(), S.vocabulary(["b"]).one_hot(), INDEX),
    (N.identity(3), N.identity(4), INDEX),
    (fk.cross(S, T).vocabulary(), fk.cross(S.fill(""), T).vocabulary(), INDEX),
    (fk.cross(S, T).vocabulary(), fk.cross(S, N).vocabulary(), INDEX),
    (
        fk.sequence({"s": IDS})["s"].pad(3),
        fk.sequence({"s": fk.strings("s").vocabulary(["a"])})["s"].pad(3),
        INDEX,
    ),
    # Ids, kinds and sizes for which no weights are there.
    (LISTS.mask(3), LISTS.mask(4), RETRAIN),
    (HIDDEN.inputs, IDS.pad(4).mask_tokens("m", key=T).inputs, RETRAIN),
    (
        fk.sequence({"x": LISTS.buckets([1.0])})["x"].counts(),
        fk.sequence({"x": LISTS.buckets([2.0])})["x"].counts(),
        RETRAIN,
    ),
    (S.hash_buckets(9), S.hash_buckets(10), RETRAIN),
    (S.hash_buckets(9), S.hash_buckets(9, key=[1, 2]), RETRAIN),
    (S.vocabulary(["a"]), S.hash_buckets(2), RETRAIN),
    (S.vocabulary(["a"]), S.vocabulary(["a"]).embedding(2), RETRAIN),
    (S.hash_buckets(9).embedding(2), S.hash_buckets(9).embedding(3), RETRAIN),
    (X.buckets([1]), X.buckets([2]), RETRAIN),
    (X.quantile_buckets(4), X.quantile_buckets(5), RETRAIN),
    (X.quantile_buckets(4), X.quantile_buckets(4, by=S), RETRAIN),
    (X.quantile_buckets(4, by=S), X.quantile_buckets(4, by=T), RETRAIN),
    (X.greater_equal(1), X.greater_equal(2), RETRAIN),
    (fk.timestamp("t").hour(), fk.timestamp("t").minute(), RETRAIN),
    (X, X.buckets([1]), RETRAIN),
    (fk.vector("v", 2), fk.vector("v", 3), RETRAIN),
    (
        fk.cross(fk.strings("t"), S).hash_buckets(9).counts(),
        fk.cross(S, fk.strings("t")).hash_buckets(9).counts(),
        RETRAIN,
    ),
    (fk.cross(S, T).hash_buckets(9), fk.cross(T, S).hash_buckets(9), RETRAIN),
    (
        fk.cross(S, T).hash_buckets(9),
        fk.cross(S, T).hash_buckets(9, hash_key=5),
        RETRAIN,
    ),
    (fk.cross(S, T).hash_buckets(9), S.hash_buckets(9), RETRAIN),
]


@pytest.mark.proves(111)
@pytest.mark.parametrize(
    ("before", "after", "wanted"), CHANGES, ids=[f"{a} to {b}" for a, b, _ in CHANGES]
)
def test_features(before: Column, after: Column, wanted: Compatibility) -> None:
    old, new = fk.FeatureSpec({"f": before}), fk.FeatureSpec({"f": after})
    found = old.diff(new)
    assert found.compatibility is wanted
    assert [change.path for change in found.changes] == ["features.f"] * bool(wanted)
    assert all(change.reason for change in found.changes)


OTHER: list[tuple[dict, Compatibility]] = [
    ({"label": X.greater_equal(2)}, RETRAIN),
    ({"label": None}, RETRAIN),
    ({"weight": fk.numeric("w")}, TRANSFORM),
    ({"split": fk.key_split(train=0.5, test=0.5)}, TRANSFORM),
    ({"key": ["k", "l"]}, SERVE),
    ({"missing_label": "drop"}, SERVE),
]


@pytest.mark.parametrize(
    ("change", "wanted"), OTHER, ids=[next(iter(c)) for c, _ in OTHER]
)
def test_roles(change: dict, wanted: Compatibility) -> None:
    roles = {"label": X.greater_equal(1), "key": ["k"]}
    old = fk.FeatureSpec({"f": X}, **roles)
    found = old.diff(fk.FeatureSpec({"f": X}, **{**roles, **change}))
    assert [one.path for one in found.changes] == [*change]
    assert found.compatibility is wanted


def test_a_split_moves_what_is_learned() -> None:
    roles = {"key": ["k"]}
    split = fk.key_split(train=0.5, test=0.5)
    old = fk.FeatureSpec({"f": S.vocabulary()}, **roles)
    new = fk.FeatureSpec({"f": S.vocabulary()}, split=split, **roles)
    assert old.diff(new).compatibility is INDEX


def test_features_that_come_and_go() -> None:
    one, two = fk.FeatureSpec({"a": X}), fk.FeatureSpec({"a": X, "b": X})
    for found in (one.diff(two), two.diff(one)):
        assert found.compatibility is RETRAIN
        assert [change.path for change in found.changes] == ["features.b"]


def test_a_shared_vocabulary_with_another_column() -> None:
    def spec(**more: Column) -> fk.FeatureSpec:
        return fk.FeatureSpec({"s": S.vocabulary(shared="w"), "f": X, **more})

    found = spec().diff(spec(t=T.vocabulary(shared="w")))
    paths = {change.path: change.compatibility for change in found.changes}
    assert paths == {"features.t": RETRAIN, "shared.w": INDEX}


KEPT = [
    (before, after)
    for before, after, wanted in CHANGES
    if wanted is SERVE and "standardize" not in repr(before)
]


@pytest.mark.proves(111)
@pytest.mark.parametrize(("before", "after"), KEPT, ids=[repr(b) for _, b in KEPT])
def test_a_serve_compatible_change_keeps_every_bit(
    before: Column, after: Column
) -> None:
    rows = [
        {"s": "a", "t": "", "x": 1.5, "i": 1},
        {"s": "b", "t": "k", "x": -2.0, "i": 0},
    ]
    rows = [{item.name: row[item.name] for item in before.inputs} for row in rows]
    old, new = (
        fk.Preprocessor(fk.FeatureSpec({"f": column})).transform(rows)["f"].tobytes()
        for column in (before, after)
    )
    assert old == new


def test_the_order_of_features_is_no_change() -> None:
    one, two = (
        fk.FeatureSpec({"a": X, "b": S.hash_buckets(3)}),
        {"b": S.hash_buckets(3)},
    )
    assert not one.diff(fk.FeatureSpec({**two, "a": X}))


def test_as_dict() -> None:
    found = fk.FeatureSpec({"a": X}).diff(fk.FeatureSpec({"a": X.fill(0.0)}))
    assert found.as_dict() == {
        "identical": False,
        "compatibility": "serve-compatible",
        "changes": [
            {
                "path": "features.a",
                "before": "fk.numeric('x')",
                "after": "fk.numeric('x').fill(0.0)",
                "compatibility": "serve-compatible",
                "reason": "missing values were refused, and are filled now",
            }
        ],
    }


@pytest.mark.parametrize("other", [3, None, {"f": X}], ids=str)
def test_only_specs_are_compared(other: object) -> None:
    with pytest.raises(SpecError, match="compared with another spec"):
        fk.FeatureSpec({"f": X}).diff(other)  # type: ignore[arg-type]
