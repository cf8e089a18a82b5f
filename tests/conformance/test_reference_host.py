"""The reference against the tables; the host backend against both."""

import pickle
from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from conformance.case import Case, float32, int64, text
from conformance.cases import ALL_CASES, CASE_PARAMS
from conformance.compare import assert_expected, assert_same, to_bits
from conformance.strategies import batches, specs
from hypothesis import given, settings

import featurekit as fk
from featurekit.backends.base import Transformed
from featurekit.backends.host.executor import HostBackend
from featurekit.backends.host.program import KERNELS
from featurekit.backends.reference import ReferenceBackend
from featurekit.errors import DTypeMismatchError, MissingColumnError
from featurekit.plan import ops
from featurekit.plan.lower import compile_requests
from featurekit.plan.requirements import AnalysisRequest, presence_request

BACKENDS = [ReferenceBackend, HostBackend]


def concatenate(parts: list[Transformed], sizes: list[int]) -> tuple[object, ...]:
    """Bits of all outputs, and the refused rows, as of one batch."""
    starts = np.cumsum([0, *sizes[:-1]])
    rows = [
        part.rejected_rows + start for part, start in zip(parts, starts, strict=True)
    ]
    nodes = [part.rejecting_nodes for part in parts]
    names = parts[0].outputs.schema.names
    bits = {
        name: [bit for part in parts for bit in to_bits(part.outputs.column(name))]
        for name in names
    }
    return bits, np.concatenate(rows).tolist(), np.concatenate(nodes).tolist()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", CASE_PARAMS)
def test_case(case: Case, backend: type) -> None:
    found = backend(case.plan).run(case.batch)
    assert_expected(case, found)
    accepted = case.batch.num_rows - len(case.rejected)
    assert found.outputs.num_rows == len(found.accepted_rows) == accepted


@pytest.mark.parametrize("case", ALL_CASES, ids=str)
def test_case_backends_agree_on_the_node(case: Case) -> None:
    assert_same(
        HostBackend(case.plan).run(case.batch),
        ReferenceBackend(case.plan).run(case.batch),
    )


def test_case_names_are_unique() -> None:
    assert len({case.name for case in ALL_CASES}) == len(ALL_CASES)


def test_cases_use_every_op() -> None:
    used = {type(node.op) for case in ALL_CASES for node in case.plan.nodes}
    assert used == set(ops.OPS) == set(KERNELS)


@settings(max_examples=200)
@given(specs(), batches())
def test_host_equals_reference(spec: fk.FeatureSpec, batch: pa.RecordBatch) -> None:
    plan = fk.compile(spec)
    assert_same(HostBackend(plan).run(batch), ReferenceBackend(plan).run(batch))


@settings(max_examples=60)
@given(specs(), batches(), st.lists(st.integers(0, 12), max_size=3))
def test_cuts_do_not_matter(
    spec: fk.FeatureSpec, batch: pa.RecordBatch, cuts: list[int]
) -> None:
    backend = HostBackend(fk.compile(spec))
    rows = batch.num_rows
    edges = sorted({0, rows, *(min(cut, rows) for cut in cuts)})
    pieces = [batch.slice(start, stop - start) for start, stop in pairwise(edges)] or [
        batch
    ]
    parts = [backend.run(piece) for piece in pieces]
    sizes = [piece.num_rows for piece in pieces]
    assert concatenate(parts, sizes) == concatenate([backend.run(batch)], [rows])


@settings(max_examples=60)
@given(specs(), batches())
def test_layout_of_text_does_not_matter(
    spec: fk.FeatureSpec, batch: pa.RecordBatch
) -> None:
    def relaid(column: pa.Array, encode: bool) -> pa.Array:
        if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
            return column
        if pa.types.is_dictionary(column.type):
            column = column.dictionary.take(column.indices)
        plain = column.cast(pa.large_string())
        return plain.dictionary_encode() if encode else plain

    backend = HostBackend(fk.compile(spec))
    wanted = backend.run(batch)
    for encode in (False, True):
        columns = {
            name: relaid(batch.column(name), encode) for name in batch.schema.names
        }
        assert_same(backend.run(pa.record_batch(columns)), wanted)


@settings(max_examples=60)
@given(batches())
def test_analysis_plans_agree(batch: pa.RecordBatch) -> None:
    """Their outputs may be missing, float64, text or timestamps."""
    spec = fk.FeatureSpec(
        {
            "a": fk.numeric("x").clip(-1.0, 5.0).standardize(),
            "b": fk.string("s").fill("q").vocabulary(),
            "c": fk.string("u").vocabulary(),
            "d": fk.integer("i").vocabulary(),
            "e": fk.timestamp("t").hour(),
        }
    )
    columns = list(spec.features.values())
    requests = [
        *(presence_request(item) for item in spec.inputs),
        AnalysisRequest("moments", columns[0].inputs[0], columns[0].steps[:1]),
        *(
            AnalysisRequest("vocabulary", c.inputs[0], c.steps[:-1])
            for c in columns[1:4]
        ),
    ]
    plan = compile_requests(spec, requests)
    assert_same(HostBackend(plan).run(batch), ReferenceBackend(plan).run(batch))


def test_cached_plan_survives_pickling() -> None:
    case = next(case for case in ALL_CASES if case.name == "vocabulary_learned")
    backend = pickle.loads(pickle.dumps(HostBackend(case.plan)))
    assert_expected(case, backend.run(case.batch))


@pytest.mark.parametrize("backend", BACKENDS)
def test_batches_that_do_not_fit_the_plan(backend: type) -> None:
    ready = backend(fk.compile(fk.FeatureSpec({"y": fk.numeric("x")})))
    with pytest.raises(MissingColumnError) as missing:
        ready.run(pa.record_batch({"other": float32(1.0)}))
    assert missing.value.column == "x"
    with pytest.raises(DTypeMismatchError) as other_type:
        ready.run(pa.record_batch({"x": pa.array([1.0], pa.float64())}))
    assert other_type.value.column == "x"
    twice = pa.RecordBatch.from_arrays([float32(1.0), float32(2.0)], names=["x", "x"])
    with pytest.raises(DTypeMismatchError):
        ready.run(twice)


@pytest.mark.parametrize("backend", BACKENDS)
def test_columns_that_the_plan_does_not_read_are_ignored(backend: type) -> None:
    ready = backend(fk.compile(fk.FeatureSpec({"y": fk.numeric("x")})))
    batch = pa.record_batch({"z": pa.array([object.__name__]), "x": float32(2.0)})
    assert ready.run(batch).outputs.to_pylist() == [{"y": 2.0}]


def test_error_of_a_refused_row_names_everything() -> None:
    spec = fk.FeatureSpec(
        {"c": fk.cross(*(fk.string(n) for n in "ab")).hash_buckets(5)}
    )
    batch = pa.record_batch({"a": text("A", "B"), "b": text("A", None)})
    found = HostBackend(fk.compile(spec)).run(batch)
    error = found.error(0, rows=np.array([100, 101]), file="part.parquet")
    assert (error.code, error.row, error.column) == ("NULL_NOT_ALLOWED", 101, "a, b")
    assert (error.feature, error.file) == ("c", "part.parquet")
    assert error.got == ("B", None)


def test_large_vocabulary_finds_every_token() -> None:
    words = [f"w{index * 7919}" for index in range(20_000)]
    known = [index * 2**40 - 2**60 for index in range(20_000)]
    spec = fk.FeatureSpec(
        {
            "s": fk.string("s").vocabulary(words, num_oov=0),
            "i": fk.integer("i").vocabulary(known, num_oov=0),
        }
    )
    batch = pa.record_batch({"s": text(*words[::-1]), "i": int64(*known[::-1])})
    found = HostBackend(fk.compile(spec)).run(batch).outputs
    wanted = list(range(20_000))[::-1]
    assert found.column("s").to_pylist() == found.column("i").to_pylist() == wanted


class TestTrace:
    def test_all_nodes_of_an_accepted_row(self) -> None:
        spec = fk.FeatureSpec({"y": fk.numeric("x").fill(2.0).log1p()})
        values, rejected_by = ReferenceBackend(fk.compile(spec)).trace({"x": None})
        assert rejected_by == -1
        assert [value for _, value in values][:3] == [None, None, 2.0]
        assert [node for node, _ in values] == list(range(5))

    def test_stops_where_the_row_is_refused(self) -> None:
        spec = fk.FeatureSpec({"y": fk.string("s").vocabulary(["a"], num_oov=0)})
        values, rejected_by = ReferenceBackend(fk.compile(spec)).trace({"s": "b"})
        assert values == [(0, b"b")]
        assert rejected_by == 1

    def test_agrees_with_run(self) -> None:
        for case in ALL_CASES:
            backend = ReferenceBackend(case.plan)
            found = backend.run(case.batch)
            refused = dict(
                zip(
                    found.rejected_rows.tolist(),
                    found.rejecting_nodes.tolist(),
                    strict=True,
                )
            )
            for index, row in enumerate(case.batch.to_pylist()):
                assert backend.trace(row)[1] == refused.get(index, -1), case.name
