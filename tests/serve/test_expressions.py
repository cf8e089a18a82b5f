"""Expressions, flags and joined text: batch, single rows and the export agree."""

import json
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

import featurekit as fk  # noqa: E402
from featurekit.serve.export import export  # noqa: E402
from featurekit.serve.served_model import load_model  # noqa: E402

X, Y, S, U = fk.numeric("x"), fk.numeric("y"), fk.string("s"), fk.string("u")
SPEC = fk.FeatureSpec(
    {
        "ratio": (X / Y).fill_median().robust(),
        "gap": fk.where(X.less_than(Y).fill(False), Y - X, 0.0).fill(0.0),
        "pair": fk.join(S, U).fill_mode().vocabulary(max_size=3),
        "lacks": S.is_missing(),
        "member": fk.boolean("member").fill(True),
        "hour": fk.timestamp("t").hour().cyclic(),
    }
)
TIME = "2013-01-01T06:30:00Z"
ROWS = [
    {"x": 1.0, "y": 0.0, "s": "a", "u": "b", "member": True, "t": TIME},
    {"x": 3.0, "y": 4.0, "s": None, "u": "b", "member": None, "t": TIME},
    {"x": None, "y": 2.0, "s": "a", "u": "c", "member": False, "t": TIME},
    {"x": 0.5, "y": 0.25, "s": "a", "u": "b", "member": False, "t": TIME},
]
COLUMNS = {name: [row[name] for row in ROWS] for name in ROWS[0]}
STATS = fk.analyze(SPEC, COLUMNS)


def same(found: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> bool:
    return all(
        np.array_equal(np.asarray(found[name]), values)
        for name, values in wanted.items()
    )


def test_single_rows_columns_and_the_export_agree(tmp_path: Path) -> None:
    preprocessor = fk.Preprocessor(SPEC, STATS)
    by_row, by_column = preprocessor.transform(ROWS), preprocessor.transform(COLUMNS)
    assert by_row["member"].tolist() == [1, 1, 0, 0]
    assert by_row["lacks"].tolist() == [0, 1, 0, 0]
    assert by_row["pair"].tolist() == [0, 0, 1, 0]
    assert by_row["gap"].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert same(by_column, by_row)
    export(None, SPEC, STATS, tmp_path / "1")
    served = load_model(tmp_path / "1")  # replays the golden vectors
    assert same(served.predict_json([json.dumps(row) for row in ROWS]), by_row)


def test_a_learned_division_by_zero_is_filled() -> None:
    # 3/4 and 0.5/0.25 are there: their median fills, and is the middle of the scale.
    assert fk.Preprocessor(SPEC, STATS).transform(ROWS)["ratio"].tolist() == [
        *[0.0, -0.5, 0.0, 0.5]
    ]
