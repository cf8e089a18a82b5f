"""A model trained on JAX leaves as a SavedModel that answers what it answered."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from jobs.trips import SPEC, trips

pytestmark = pytest.mark.tensorflow
pytest.importorskip("tensorflow")
pytest.importorskip("jax")

import featurekit as fk  # noqa: E402

CODE = """
import json, sys
import keras
sys.path.insert(0, "tests")
from jobs.trips import SPEC, trips
import featurekit as fk
rows = trips(60)
stats = fk.analyze(SPEC, rows)
keras.utils.set_random_seed(1)
inputs = fk.model_inputs(SPEC, stats)
model = fk.models.TabularTransformer(inputs, dim=8, depth=1, num_heads=2)
report = fk.export(model, SPEC, stats, sys.argv[1], rows=rows)
names = [one.name for one in SPEC.serving_inputs]
features = fk.Preprocessor(SPEC, stats).transform(rows.select(names))
answers = keras.ops.convert_to_numpy(model(features))
print(json.dumps([keras.backend.backend(), report.golden_rows, answers.tolist()]))
"""


def test_the_export_answers_what_the_model_answered(tmp_path: Path) -> None:
    target = tmp_path / "served" / "1"
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(target)],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    backend, golden_rows, answers = json.loads(done.stdout.splitlines()[-1])
    assert backend == "jax" and golden_rows > 60
    names = [one.name for one in SPEC.serving_inputs]
    found = fk.serve.load_model(target).predict(trips(60).select(names))
    np.testing.assert_allclose(found["output"], answers, rtol=1e-4, atol=1e-5)
