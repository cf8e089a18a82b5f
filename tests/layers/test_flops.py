"""Counts of operations, against what JAX traces and what XLA counts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from featurekit.layers.flops import rows_of
from featurekit.layers.mixture_of_experts import MixtureOfExperts
from featurekit.models import MoEClassifier, TabularTransformer, count_flops

pytestmark = pytest.mark.tensorflow

FEATURES = [{"name": "carrier", "num_ids": 5}, {"name": "seats", "width": 1}]


@pytest.fixture(scope="module")
def cases() -> dict[str, list[float]]:
    pytest.importorskip("jax")
    script = Path(__file__).with_name("counted_products.py")
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, str(script)],
        env={
            **os.environ,
            "KERAS_BACKEND": "jax",
            "JAX_PLATFORMS": "cpu",
            "PYTHONPATH": str(root),
        },
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_counts_are_the_products_that_jax_traces(
    cases: dict[str, list[float]],
) -> None:
    assert len(cases) > 30
    for name, (counted, traced, _) in cases.items():
        assert counted == traced > 0, name


def test_products_are_nearly_all_that_xla_counts_where_widths_are_large(
    cases: dict[str, list[float]],
) -> None:
    counted, _, analysed = cases["wide encoder"]
    assert counted <= analysed <= 1.1 * counted


def test_more_experts_are_no_more_work_but_for_the_router() -> None:
    few, many = MixtureOfExperts(4, 16), MixtureOfExperts(16, 16)
    for layer in (few, many):
        layer.build((1024, 8))
    router = 2 * 1024 * 8
    networks = few.flops((1024, 8)) - 4 * router
    assert many.flops((1024, 8)) - 16 * router == networks
    assert networks == 2 * 2.0 * 1024 * 2 * 8 * 16 * 2  # choices, factor, two products


@pytest.mark.parametrize("model", [TabularTransformer, MoEClassifier])
def test_the_table_holds_every_weight(model: type) -> None:
    made = model(FEATURES, dim=8, depth=2)
    costs = count_flops(made, batch=3)
    assert costs.params == made.count_params()
    lines = str(costs).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert f"{costs.flops:,}" in lines[-1] and "3 rows" in lines[0]
    assert [line.split()[0] for line in lines[1:-1]] == [p.name for p in costs.parts]


def test_batches_add_up() -> None:
    made = TabularTransformer(FEATURES, dim=8, depth=2)
    assert count_flops(made, 7).flops == 7 * count_flops(made).flops


def test_bad_arguments() -> None:
    made = TabularTransformer(FEATURES, dim=8, depth=1)
    with pytest.raises(ValueError, match="batch=0"):
        count_flops(made, 0)
    with pytest.raises(TypeError, match=r"flops\(shape\).*dict"):
        count_flops({})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="known sizes"):
        rows_of((None, 3))
