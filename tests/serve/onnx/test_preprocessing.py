"""What ONNX Runtime computes is what the definition says, bit for bit."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conformance.case import Case
from conformance.cases import ALL_CASES
from conformance.strategies import batches, specs
from hypothesis import assume, given, settings

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")

import featurekit as fk  # noqa: E402
from featurekit.backends.host.executor import HostBackend  # noqa: E402
from featurekit.errors import ArtifactError  # noqa: E402
from featurekit.plan.graph import Plan  # noqa: E402
from featurekit.serve.golden import compare_features  # noqa: E402
from featurekit.serve.onnx.preprocessing import (  # noqa: E402
    KERNELS,
    emit,
    require_supported,
)
from featurekit.serve.onnx.session import ACCEPTED  # noqa: E402


def supported(case: Case) -> bool:
    try:
        require_supported(case.plan)
    except ArtifactError:
        return False
    return True


SUPPORTED = [case for case in ALL_CASES if supported(case)]
REFUSED = [case for case in ALL_CASES if not supported(case)]


def names(plan: Plan) -> dict[str, str]:
    return {name: f"in_{at}" for at, name in enumerate(plan.columns)}


def run(plan: Plan, batch: pa.RecordBatch, size: int | None = None) -> dict[str, Any]:
    """All outputs, of batches of a size joined, by feature."""
    made = emit(plan, names(plan), prefix="feature_")
    onnx.checker.check_model(made.model, full_check=True)
    session = ort.InferenceSession(
        made.model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    feeds = made.inputs.from_batch(batch)
    step = size or max(1, batch.num_rows)
    parts = [
        session.run(None, {n: one[at : at + step] for n, one in feeds.items()})
        for at in range(0, max(1, batch.num_rows), step)
    ]
    keys = [ACCEPTED, *made.features]
    return dict(zip(keys, map(np.concatenate, zip(*parts, strict=True)), strict=True))


def assert_same(plan: Plan, batch: pa.RecordBatch, found: dict[str, Any]) -> None:
    wanted = HostBackend(plan).run(batch)
    accepted = found.pop(ACCEPTED)
    assert accepted.shape == (batch.num_rows,)
    assert np.flatnonzero(~accepted).tolist() == wanted.rejected_rows.tolist()
    assert all(not one[~accepted].any() for one in found.values())
    kept = {name: one[accepted] for name, one in found.items()}
    assert list(kept) == wanted.outputs.schema.names
    compare_features(wanted.outputs, kept)
    for name, kind in plan.output_types.items():
        assert kept[name].dtype == kind.dtype
        assert kept[name].shape == (wanted.outputs.num_rows, *kind.row_shape)


@pytest.mark.parametrize("size", [None, 1, 2, 7])
@pytest.mark.parametrize("case", SUPPORTED, ids=str)
def test_case(case: Case, size: int | None) -> None:
    assert_same(case.plan, case.batch, run(case.plan, case.batch, size))


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_cannot_be_exact_is_refused_by_name(case: Case) -> None:
    with pytest.raises(ArtifactError) as error:
        emit(case.plan, names(case.plan))
    assert error.value.code == "ONNX_UNSUPPORTED"
    assert any(node.op.name in str(error.value) for node in case.plan.nodes)


def test_the_cases_reach_every_kernel() -> None:
    reached = {type(node.op) for case in SUPPORTED for node in case.plan.nodes}
    assert not KERNELS.keys() - reached


@given(spec=specs(), batch=batches())
@settings(max_examples=60, deadline=None)
def test_drawn_specs_and_rows(spec: fk.FeatureSpec, batch: pa.RecordBatch) -> None:
    plan = fk.compile(spec)
    try:
        require_supported(plan)
    except ArtifactError:
        assume(False)
    assert_same(plan, batch, run(plan, batch))


def test_log1p_of_many_numbers() -> None:
    drawn = np.random.default_rng(7).integers(0, 2**32, 400_000, np.uint32)
    values = drawn.view(np.float32)
    near = np.float32(2.0) ** -np.arange(1, 40, dtype=np.float32)
    # Where a float32 of log(1 + x) lies halfway to another one, but for x**3.
    values = np.concatenate(
        [values[values >= -1], near, -near, near * 3, -near * 3 / 4]
    )
    plan = fk.compile(fk.FeatureSpec({"y": fk.numeric("x").log1p()}))
    batch = pa.record_batch({"x": pa.array(values.astype(np.float32))})
    assert_same(plan, batch, run(plan, batch))
