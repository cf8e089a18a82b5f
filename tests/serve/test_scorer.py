"""A row alone has the answer that it has among others."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from jobs.trips import SPEC, trips

pytestmark = pytest.mark.tensorflow
pytest.importorskip("tensorflow")

import featurekit as fk  # noqa: E402
from featurekit.errors import (  # noqa: E402
    ArtifactError,
    FeatureKitError,
    MissingColumnError,
)

ROWS = trips(60)
NAMES = [one.name for one in SPEC.serving_inputs]


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> fk.Scorer:
    stats = fk.analyze(SPEC, ROWS)
    model = fk.models.TabularTransformer(
        fk.model_inputs(SPEC, stats), dim=8, depth=1, num_heads=2
    )
    path = tmp_path_factory.mktemp("served") / "1"
    fk.export(model, SPEC, stats, path, probability="sigmoid")
    return fk.Scorer(path)


def test_rows_of_a_table(scorer: fk.Scorer) -> None:
    rows = ROWS.select(NAMES).to_pylist()
    for row in rows:
        wanted = scorer.model.predict([row])
        found = scorer(row)
        assert found.keys() == wanted.keys()
        for name, one in found.items():
            np.testing.assert_array_equal(one, wanted[name][0])


VALUES = st.none() | st.floats(width=32) | st.integers(0, 9) | st.text(max_size=3)


def answer(call: Callable[[], Any]) -> Any:
    try:
        return {name: one.tobytes() for name, one in call().items()}
    except FeatureKitError as error:
        return type(error), error.code, str(error)


@settings(max_examples=100, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(NAMES, VALUES)))
def test_any_row_is_answered_or_refused_as_by_predict(
    scorer: fk.Scorer, row: dict[str, Any]
) -> None:
    wanted = answer(lambda: {n: o[0] for n, o in scorer.model.predict([row]).items()})
    assert answer(lambda: scorer(row)) == wanted


def test_a_row_that_lacks_a_column_is_refused(scorer: fk.Scorer) -> None:
    with pytest.raises(MissingColumnError, match="distance"):
        scorer({name: None for name in NAMES if name != "distance"})


def test_a_damaged_model_is_not_loaded(scorer: fk.Scorer, tmp_path: Path) -> None:
    (tmp_path / "assets.extra/featurekit").mkdir(parents=True)
    (tmp_path / "assets.extra/featurekit/artifact.json").write_text(json.dumps({}))
    with pytest.raises(ArtifactError):
        fk.Scorer(tmp_path)


def test_a_graph_with_loops_is_run_by_the_usual_executor(tmp_path: Path) -> None:
    pieces = ["[UNK]", "a", "##b"]
    column = fk.string("text").split().wordpiece(pieces).vocabulary(pieces, num_oov=0)
    spec = fk.FeatureSpec({"ids": column.pad(4)})
    fk.export(None, spec, fk.Stats({}), tmp_path / "1")
    scorer = fk.Scorer(tmp_path / "1")
    row = {"text": "ab a zz"}
    wanted = fk.Preprocessor(spec).transform([row])["ids"][0]
    assert scorer(row)["ids"].tolist() == wanted.tolist()


def test_threads_share_a_scorer(scorer: fk.Scorer) -> None:
    rows = ROWS.select(NAMES).to_pylist()
    wanted = [scorer(row)["output"].tobytes() for row in rows]
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda row: scorer(row)["output"].tobytes(), rows * 3)
        assert [*found] == wanted * 3
