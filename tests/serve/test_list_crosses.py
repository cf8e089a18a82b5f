"""Crosses of lists, vectors and defaults in an export, in every notation."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import featurekit as fk
from featurekit.errors import RowError
from featurekit.serve.preprocessor import Preprocessor

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

SPEC = fk.FeatureSpec(
    {
        "crossed": fk.cross(
            fk.strings("tags").missing_values([""]).drop_missing(),
            fk.string("city").vocabulary(["Rome"], num_oov=0, default="missing"),
            fk.integers("items").length(maximum=3),
        )
        .hash_buckets(50)
        .pad(3)
        .embedding(4, combiner="sum"),
        "vector": fk.vector("vector", 2),
        "item": fk.integers("items").drop_missing().identity(4, default=1).counts(),
        "city": fk.string("city").missing_values(["?"]).fill("Rome").hash_buckets(9),
        "price": fk.numeric("price").missing_values([-1]).fill(0.5),
    }
)
ROWS: list[dict[str, Any]] = [
    {
        "tags": ["a", "", "b"],
        "city": "Rome",
        "items": [1, 9],
        "vector": [1.0, 2.0],
        "price": -1.0,
    },
    {"tags": None, "city": "?", "items": [], "vector": [0.0, -0.5], "price": None},
    {"tags": ["é"], "city": None, "items": [-1], "vector": [3.0, 4.0], "price": 2.5},
]


def test_an_export_gives_what_conversion_gives(tmp_path: Path) -> None:
    model = fk.models.TabularTransformer(
        fk.model_inputs(SPEC), dim=8, depth=1, num_heads=2
    )
    path = tmp_path / "1"
    fk.export(model, SPEC, fk.Stats({}), path, rows=ROWS)
    loaded = fk.serve.load_model(path)
    by_columns = loaded.predict(ROWS)
    by_json = loaded.predict_json([json.dumps(row) for row in ROWS])
    for name, found in by_json.items():
        np.testing.assert_array_equal(found, by_columns[name])
    features = Preprocessor.load(path).transform(ROWS)
    assert features["crossed"].astype(bool).tolist() == [
        [True, True, False],
        [False] * 3,
        [False] * 3,
    ]
    assert features["price"].tolist() == [0.5, 0.5, 2.5]
    wanted = Preprocessor(SPEC).transform(ROWS)
    for name, column in features.items():
        assert column.tobytes() == wanted[name].tobytes()
    short = json.dumps({**ROWS[0], "vector": [1.0]})
    with pytest.raises(RowError, match=r"LENGTH_MISMATCH.*column=vector"):
        loaded.predict_json([short])
