"""What features are made of, found by changing columns; and how they are missing."""

from typing import Any

import numpy as np

import featurekit as fk

ROWS: dict[str, list[Any]] = {
    "id": [1, 2, 3, 4, 5, 6],
    "age": [10.0, 20.0, None, 40.0, 50.0, 60.0],
    "income": [1.0, 5.0, 2.0, 8.0, 3.0, 9.0],
    "city": ["Ulm", "Bonn", None, "Ulm", "Kiel", "Bonn"],
    "tags": [["a"], ["b"], [], ["a", "b"], ["b"], ["a"]],
    "scores": [[1.0], [2.0], [], [3.0, 4.0], [5.0], [6.0]],
    "when": ["2020-01-05T03:00:00", "2021-06-07T08:00:00", "2022-03-03T01:00:00"] * 2,
}
AGE, INCOME, CITY = (
    fk.numeric("age").fill_mean(),
    fk.numeric("income"),
    fk.string("city"),
)
TIME = fk.timestamp("when", tz="UTC")
FEATURES = {
    "age": AGE.standardize(),
    "no_age": fk.numeric("age").is_missing(),
    "decade": AGE.buckets([15, 25, 35, 45, 55]).one_hot(),
    "richness": (INCOME / AGE).standardize(),
    "relative": AGE.standardize(by=CITY.fill("")),
    "city": CITY.vocabulary(missing_id=True).embedding(2),
    "city_vector": CITY.vocabulary(missing_id=True, oov="before").one_hot(),
    "place": fk.cross(CITY.fill(""), AGE.buckets([25, 45])).hash_buckets(1000),
    "tags": fk.strings("tags").vocabulary(["a", "b"]).pad(3),
    "weighted": fk.strings("tags")
    .vocabulary(["a", "b"])
    .weighted(fk.numerics("scores"))
    .pad(3)
    .embedding(2),
    "count": fk.strings("tags").length(),
    "either": fk.strings("tags").vocabulary(["a", "b"]).multi_hot(),
    "hour": TIME.hour(),
    "month": TIME.month().cyclic(),
    "coded": CITY.fill("").target_encoding(target=INCOME),
}


def test_sources_are_the_columns_whose_change_changes_a_feature() -> None:
    spec = fk.FeatureSpec(FEATURES, key=["id"])
    stats = fk.analyze(spec, ROWS)
    before = fk.Preprocessor(spec, stats).transform(ROWS)
    changing: dict[str, set[str]] = {name: set() for name in FEATURES}
    for column, values in ROWS.items():
        for shift in range(1, 6):
            moved = {**ROWS, column: values[shift:] + values[:shift]}
            if column == "tags":  # weights have to fit
                moved["scores"] = ROWS["scores"][shift:] + ROWS["scores"][:shift]
            if column == "scores":
                moved[column] = [[9.0 * s for s in row] for row in ROWS[column]]
            after = fk.Preprocessor(spec, stats).transform(moved)
            for name in FEATURES:
                keys = [key for key in before if key.partition("_weights")[0] == name]
                if any(not np.array_equal(before[k], after[k]) for k in keys):
                    changing[name].add(column)
    targets = fk.feature_targets(spec, stats)
    assert {name: set(one["sources"]) for name, one in targets.items()} == changing


def test_how_features_say_that_they_are_missing() -> None:
    spec = fk.FeatureSpec(FEATURES, key=["id"])
    stats = fk.analyze(spec, ROWS)
    targets = fk.feature_targets(spec, stats)
    indicators = {name for name, one in targets.items() if "indicators" in one}
    # All that read the age, and not the indicator itself.
    assert indicators == {"age", "decade", "richness", "relative", "place"}
    assert targets["age"]["indicators"] == ["no_age"]
    with_id = {
        n: one["missing_id"] for n, one in targets.items() if "missing_id" in one
    }
    features = fk.Preprocessor(spec, stats).transform(ROWS)
    missing = ROWS["city"].index(None)
    assert with_id == {
        "city": features["city"][missing],
        "city_vector": features["city_vector"][missing].argmax(),
    }


def test_losses() -> None:
    spec = fk.FeatureSpec(FEATURES, key=["id"])
    targets = fk.feature_targets(spec, fk.analyze(spec, ROWS))
    found = {name: one["loss"] for name, one in targets.items()}
    ids = {"no_age", "city", "place", "hour"}
    several = {"tags", "weighted", "either"}
    for name, loss in found.items():
        if name in ids:
            assert loss == "sparse_categorical_crossentropy", name
        elif name in several:
            assert loss == "binary_crossentropy", name
        elif name in ("decade", "city_vector"):
            assert loss == "categorical_crossentropy", name
        else:
            assert loss == "mean_squared_error", name


def test_columns_of_windows_are_those_of_their_lists() -> None:
    spec = fk.FeatureSpec(
        {
            "past": fk.integers("clicks").identity(9).pad(3),
            "next": fk.integers("after").identity(9).pad(1),
        },
        rows=fk.windows(["clicks"], size=2, horizon=1, future={"after": "clicks"}),
    )
    targets = fk.feature_targets(spec)
    assert [one["sources"] for one in targets.values()] == [["clicks"], ["clicks"]]
