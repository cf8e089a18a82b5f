"""Feature columns as features: what can be written, and what is refused."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import featurekit as fk
from featurekit.compat import feature_column as fc
from featurekit.compat.arguments import as_sequence
from featurekit.errors import SpecError

X = fc.numeric_column("x")
CITY = fc.categorical_column_with_vocabulary_list("city", ["Paris", "Rome"])


def test_a_spec_of_feature_columns() -> None:
    shelf = fc.categorical_column_with_identity("shelf", 4)
    columns = [
        fc.numeric_column("age", default_value=[30]),
        fc.indicator_column(fc.crossed_column([CITY, "kind"], 100, hash_key=7)),
        fc.bucketized_column(X, [0, 1.5]),
        fc.embedding_column(fc.bucketized_column(X, [0]), 3, max_norm=2.0),
        fc.indicator_column(fc.weighted_categorical_column(shelf, "w")),
    ]
    features = fc.features(columns)
    assert list(features) == sorted(column.name for column in columns)
    text = "fk.strings('city').missing_as_empty().drop_missing().missing_values([''])"
    vocabulary = "vocabulary(['Paris', 'Rome'], num_oov=0, default='missing')"
    kind = "fk.strings('kind').missing_as_empty().drop_missing()"
    cross = f"fk.cross({text}.{vocabulary}, {kind}).hash_buckets(100, hash_key=7)"
    x = "fk.numeric('x', nan='keep')"
    shelves = "fk.integers('shelf').missing_as_empty().drop_missing()"
    weights = "fk.numerics('w', nan='keep').missing_as_empty().drop_missing()"
    assert {name: repr(column) for name, column in features.items()} == {
        "age": "fk.numeric('age', nan='keep').fill(30.0)",
        "city_X_kind_indicator": f"{cross}.counts()",
        "shelf_weighted_by_w_indicator": (
            f"{shelves}.missing_values([-1]).identity(4).weighted({weights})"
        ),
        "x_bucketized": f"{x}.buckets([0.0, 1.5]).one_hot()",
        "x_bucketized_embedding": f"{x}.buckets([0.0]).embedding(3, max_norm=2.0)",
    }
    assert fk.FeatureSpec(features).fingerprint()


def test_boundaries_are_those_of_float32() -> None:
    (column,) = fc.features([fc.bucketized_column(X, [0.1])]).values()
    tenth = 0.10000000149011612
    assert fk.preview(column, {"x": [tenth]}) == [[0.0, 1.0]]
    assert column.steps[0].boundaries == (tenth,)


def test_what_stands_for_nothing_is_kept_on_demand() -> None:
    words = fc.indicator_column(fc.categorical_column_with_hash_bucket("t", 1))
    rows = {"t": [["", "a", None], None]}
    for keep, count in ((False, 1.0), (True, 2.0)):
        (column,) = fc.features([words], keep_defaults=keep).values()
        assert fk.preview(column, rows) == [[count], [0.0]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fc.numeric_column("x", normalizer_fn=abs), "standardize"),
        (lambda: fc.numeric_column("x", shape=(0,)), "positive integers"),
        (lambda: fc.numeric_column("x", (2,), default_value=[1, 2]), "one number"),
        (
            lambda: fc.features([fc.numeric_column("x", (2,), default_value=0)]),
            "a vector has no default",
        ),
        (lambda: fc.bucketized_column(CITY, [1]), "numeric_column"),
        (
            lambda: fc.features(
                [fc.bucketized_column(fc.numeric_column("x", (2,)), [1])]
            ),
            "only single numbers",
        ),
        (
            lambda: fc.categorical_column_with_vocabulary_list("a", ["b"], "int64"),
            "dtype is not that",
        ),
        (
            lambda: fc.categorical_column_with_vocabulary_list("a", [1, 2], None, 0, 1),
            "exclude each other",
        ),
        (
            lambda: fc.categorical_column_with_vocabulary_list("a", ["b"], None, 1),
            "default",
        ),
        (lambda: fc.categorical_column_with_identity("a", 3, 3), "default"),
        (lambda: fc.categorical_column_with_hash_bucket("a", 3, float), "text or int"),
        (
            lambda: fc.crossed_column(
                ["a", fc.categorical_column_with_hash_bucket("b", 3)], 9
            ),
            "as a string",
        ),
        (lambda: fc.crossed_column(["a", X], 9), "columns of buckets"),
        (
            lambda: fc.features([fc.indicator_column(fc.crossed_column(["a"], 9))]),
            "two",
        ),
        (lambda: fc.weighted_categorical_column(X, "w"), "lists of ids"),
        (lambda: fc.indicator_column(X), "no ids"),
        (lambda: fc.embedding_column(CITY, 2, "max"), "combiner"),
        (lambda: fc.embedding_column(CITY, 2, initializer=1.0), "callable"),
        (lambda: fc.embedding_column(CITY, 2, ckpt_to_load_from="a"), "tensor_name"),
        (lambda: fc.embedding_column(CITY, 2, trainable=False), "trainable"),
        (
            lambda: fc.shared_embeddings([CITY], 2, use_safe_embedding_lookup=False),
            "vector of zeros",
        ),
        (lambda: fc.features([fc.embedding_column(CITY, 2)]), "max_length"),
        (lambda: fc.features([CITY]), "indicator_column or embedding_column"),
        (lambda: fc.features([X, X]), "one name"),
        (
            lambda: fc.features([fc.indicator_column(as_sequence(CITY))]),
            "does not take a sequence",
        ),
        (lambda: fc.sequence_numeric_column("x", (2,)), "one number"),
        (
            lambda: fc.categorical_column_with_vocabulary_file(
                "a", "words.txt", file_format="tfrecord_gzip"
            ),
            ".tfrecord.gz",
        ),
    ],
)
def test_bad_columns_are_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(SpecError) as raised:
        make()
    assert message in str(raised.value)


def test_a_vocabulary_file_that_is_too_short(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("a\nb\n")
    with pytest.raises(SpecError, match="fewer tokens"):
        fc.categorical_column_with_vocabulary_file("a", path, vocabulary_size=3)
    column = fc.sequence_categorical_column_with_vocabulary_file("a", path, 1)
    assert column.step.tokens == (b"a",) and column.is_sequence


def test_the_import_does_not_load_tensorflow() -> None:
    code = (
        "import sys; from featurekit.compat import feature_column as fc; "
        "fc.features([fc.numeric_column('x')]); "
        "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
