"""Text in records and in what is served: one text per row in, the same bits out."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

import featurekit as fk  # noqa: E402
from featurekit.errors import RowError  # noqa: E402
from featurekit.jobs.explain import explain  # noqa: E402
from featurekit.serve.preprocessor import Preprocessor  # noqa: E402

PIECES = ["[UNK]", "un", "##aff", "##able", "straße", "##n"]
TOKENS = fk.string("s").normalize("NFKC").casefold().split()
SPEC = fk.FeatureSpec(
    {
        "words": TOKENS.vocabulary(max_size=20).pad(4).embedding(4),
        "runs": TOKENS.ngrams(1, 2).hash_buckets(50).counts(),
        "terms": TOKENS.missing_as_empty().vocabulary(max_size=9).tf_idf(),
        "pieces": fk.string("s")
        .lower()
        .split()
        .wordpiece(PIECES)
        .vocabulary(PIECES, num_oov=0)
        .multi_hot(),
        "length": TOKENS.length(maximum=5).one_hot(),
        "whole": fk.string("s").strip().hash_buckets(9),
    },
    label=fk.numeric("y").greater_equal(0.5),
)
TEXTS = ["Unaffable  Straße", "STRASSEN", "", " e\u0301 É\u3000é ", "日本 ｱ ﬁ", "a b a"]
ROWS: list[dict[str, Any]] = [
    {"s": text, "y": float(at % 2)} for at, text in enumerate(TEXTS)
]
STATS = fk.analyze(SPEC, ROWS)


def model() -> fk.models.TabularTransformer:
    return fk.models.TabularTransformer(
        fk.model_inputs(SPEC, STATS), dim=8, depth=1, num_heads=2
    )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("served") / "1"
    report = fk.export(model(), SPEC, STATS, path, rows=ROWS)
    assert report.golden_rows > len(ROWS)
    return path


@pytest.mark.proves(49, 50, 51, 52)
def test_an_export_takes_text_in_every_notation(served: Path) -> None:
    loaded = fk.serve.load_model(served)
    by_columns = loaded.predict(ROWS)
    by_json = loaded.predict_json([json.dumps({"s": text}) for text in TEXTS])
    for name, found in by_json.items():
        np.testing.assert_array_equal(found, by_columns[name])
    plain = tf.saved_model.load(str(served))
    alone = plain.signatures["transform"](s=tf.constant(TEXTS))
    features = Preprocessor.load(served).transform(ROWS)
    assert set(alone) == set(features) == set(SPEC.features)
    for name, found in features.items():
        np.testing.assert_array_equal(alone[name].numpy(), found)


def test_one_row_and_many_rows_are_prepared_alike() -> None:
    preprocessor = Preprocessor(SPEC, STATS)
    many = preprocessor.transform(ROWS * 20)
    for at, row in enumerate(ROWS):
        one = preprocessor.transform([row])
        for name, found in one.items():
            np.testing.assert_array_equal(found[0], many[name][at])


def test_a_missing_text_is_refused_where_a_vector_is_made_of_it(served: Path) -> None:
    with pytest.raises(RowError, match=r"NULL_NOT_ALLOWED.*column=s") as found:
        Preprocessor(SPEC, STATS).transform([{"s": None}])
    assert "the text is missing" in str(found.value)
    with pytest.raises(RowError, match="NULL_NOT_ALLOWED"):
        fk.serve.load_model(served).predict_json(["{}"])


@pytest.mark.parametrize("layout", ["named", "packed"])
def test_records_hold_what_rows_are_prepared_to(tmp_path: Path, layout: str) -> None:
    fk.convert(SPEC, STATS, ROWS, tmp_path / "records", layout=layout)
    found = fk.load(tmp_path / "records").to_numpy()
    expected = Preprocessor(SPEC, STATS).transform(ROWS)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)
    (batch,) = fk.load(tmp_path / "records").to_tf(batch_size=len(ROWS))
    features = batch[0] if isinstance(batch, tuple) else batch
    for name, values in expected.items():
        np.testing.assert_array_equal(features[name].numpy(), values)


def test_explain_shows_what_becomes_of_a_text() -> None:
    steps = explain(SPEC, ROWS, 0, stats=STATS).steps
    shown = {step.op.partition("(")[0]: step.value for step in steps}
    assert shown["cut_wordpieces"] == (b"un", b"##aff", b"##able", "straße".encode())
    assert shown["join_ngrams"] == (b"unaffable", b"strasse", b"unaffable strasse")
