"""Rows that are drawn for golden vectors: many, various, accepted, always the same."""

import numpy as np
import pyarrow as pa
import pytest
from jobs.trips import SPEC, trips

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.plan.graph import Plan
from featurekit.plan.lower import compile_spec
from featurekit.serve.drawn_rows import LARGEST_NUMBER, drawn_rows
from featurekit.serve.golden_inputs import DRAWN_ROWS, golden_inputs
from featurekit.spec.columns import Column

STATS = fk.analyze(SPEC, trips(60))


def plan_of(**features: Column) -> Plan:
    return compile_spec(fk.FeatureSpec(features), fk.Stats({}), serving=True)


def shown(rows: pa.RecordBatch) -> str:
    return repr(rows.to_pylist())  # in which NaN equals NaN


@pytest.mark.parametrize("plan", [
    compile_spec(SPEC, STATS, serving=True),
    plan_of(x=fk.numeric("x").clip(0, 1)),  # no missing value, no NaN
    plan_of(x=fk.integer("x").identity(3)),
    plan_of(w=fk.string("w").vocabulary(["a", "b"], num_oov=0)),
    plan_of(l=fk.numerics("l").drop_missing().sum(), n=fk.strings("n").length()),
    plan_of(t=fk.tensor("t", shape=(2, 3))),
])  # fmt: skip
def test_as_many_as_wanted_and_all_accepted(plan: Plan) -> None:
    rows = drawn_rows(plan, 128)
    assert rows.num_rows == 128
    assert not len(HostBackend(plan).run(rows).rejected_rows)


def test_the_plan_alone_decides_the_rows() -> None:
    plan = compile_spec(SPEC, STATS, serving=True)
    assert shown(drawn_rows(plan, 50)) == shown(drawn_rows(plan, 50))
    other = compile_spec(SPEC, fk.analyze(SPEC, trips(60, seed=1)), serving=True)
    assert shown(drawn_rows(plan, 50)) != shown(drawn_rows(other, 50))


def test_some_are_unusual_and_most_are_not() -> None:
    plan = plan_of(
        x=fk.numeric("x").fill(0.0), w=fk.string("w").fill("").hash_buckets(9)
    )
    rows = drawn_rows(plan, 2_000)
    values = rows.column("x").to_numpy(zero_copy_only=False)
    assert np.nanmax(np.abs(values)) <= LARGEST_NUMBER * 1.001
    assert 0.02 < np.isnan(values).mean() < 0.2
    words = rows.column("w")
    assert 0.005 < words.null_count / len(words) < 0.1
    assert len(set(words.to_pylist())) > 1_000


def test_they_are_among_the_golden_rows() -> None:
    plan = compile_spec(SPEC, STATS, serving=True)
    rows = golden_inputs(SPEC, STATS, trips(30))
    assert isinstance(rows, pa.RecordBatch)
    found = rows.slice(rows.num_rows - 30 - DRAWN_ROWS, DRAWN_ROWS)
    assert shown(found) == shown(drawn_rows(plan, DRAWN_ROWS))
