"""Lists on all executors: random specs, layouts of Arrow, and libraries as oracles."""

from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from conformance.cases_lists import integers, numbers, texts
from conformance.compare import assert_same, to_bits
from conformance.list_strategies import list_batches, list_specs
from hypothesis import given, settings

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.backends.reference import ReferenceBackend
from featurekit.errors import DTypeMismatchError
from featurekit.kernels.arrow_lists import list_array, list_parts
from featurekit.plan.lower import compile_requests
from featurekit.plan.requirements import AnalysisRequest, presence_request
from featurekit.spec.columns import Column


def column_of(feature: Column, **columns: pa.Array) -> np.ndarray:
    """What the host computes, all rows accepted; shape (rows,) or (rows, width)."""
    backend = HostBackend(fk.compile(fk.FeatureSpec({"f": feature})))
    found = backend.run(pa.record_batch(columns))
    assert len(found.rejected_rows) == 0
    column = found.outputs.column("f")
    if not pa.types.is_fixed_size_list(column.type):
        return column.to_numpy()
    return column.flatten().to_numpy().reshape(len(column), -1)


@settings(max_examples=200)
@given(list_specs(), list_batches())
def test_host_equals_reference(spec: fk.FeatureSpec, batch: pa.RecordBatch) -> None:
    plan = fk.compile(spec)
    assert_same(HostBackend(plan).run(batch), ReferenceBackend(plan).run(batch))


@settings(max_examples=60)
@given(list_specs(), list_batches(), st.lists(st.integers(0, 8), max_size=3))
def test_cuts_do_not_matter(
    spec: fk.FeatureSpec, batch: pa.RecordBatch, cuts: list[int]
) -> None:
    backend, rows = HostBackend(fk.compile(spec)), batch.num_rows
    edges = sorted({0, rows, *(min(cut, rows) for cut in cuts)})
    whole = backend.run(batch)
    parts = [backend.run(batch.slice(a, b - a)) for a, b in pairwise(edges)]
    for name in whole.outputs.schema.names:
        bits = [bit for part in parts for bit in to_bits(part.outputs.column(name))]
        assert bits == to_bits(whole.outputs.column(name))


@settings(max_examples=60)
@given(list_batches())
def test_what_accumulators_receive(batch: pa.RecordBatch) -> None:
    """Elements of lists, with missing lists and elements still there."""
    columns = [
        fk.strings("t").fill("q"),
        fk.strings("t").drop_missing(),
        fk.integers("i"),
        fk.numerics("x").clip(-1.0, 5.0),
        fk.numerics("x", nan="keep").drop_missing().sum(),
        fk.strings("t").drop_missing().length(),
    ]
    sources = dict.fromkeys(column.inputs[0] for column in columns)
    requests = [presence_request(source) for source in sources]
    requests += [
        AnalysisRequest("moments", column.inputs[0], column.steps) for column in columns
    ]
    plan = compile_requests(fk.FeatureSpec({"v": fk.numeric("v")}), requests)
    assert_same(HostBackend(plan).run(batch), ReferenceBackend(plan).run(batch))


def relaid(array: pa.Array) -> list[pa.Array]:
    """The same lists, each time in another layout."""
    offsets, valid, elements = list_parts(array)
    junk = elements.take(pa.array([0, 0])) if len(elements) else elements
    padded = pa.concat_arrays([junk, elements, junk])
    shifted = offsets + len(junk)
    shifted[-1] += len(junk) * (not valid[-1] if len(valid) else 0)
    return [
        array.cast(pa.list_(array.type.value_type)),
        pa.concat_arrays([array.slice(2), array]).slice(len(array) - 2),
        list_array(shifted, padded, valid),
    ]


def test_layouts_do_not_matter() -> None:
    batch = pa.record_batch(
        {
            "t": texts(["a", None], [], None, ["é", "a", "b"], ["b"], None),
            "i": integers([1, None], [2], None, [2**40], [], None),
            "x": numbers([1.5], None, [2.0, None], [], [3.0], None),
        }
    )
    spec = fk.FeatureSpec(
        {
            "p": fk.strings("t")
            .drop_missing()
            .missing_as_empty()
            .hash_buckets(9)
            .pad(2),
            "c": fk.integers("i").fill(0).missing_as_empty().hash_buckets(9).counts(),
            "s": fk.numerics("x").drop_missing().sum().fill(-1.0),
            "l": fk.strings("t").drop_missing().length().fill(-1.0),
        }
    )
    backend = HostBackend(fk.compile(spec))
    wanted = backend.run(batch).outputs
    assert wanted.num_rows == batch.num_rows
    for layout in range(3):
        columns = {
            name: relaid(batch.column(name))[layout] for name in batch.schema.names
        }
        other = pa.record_batch(columns)
        assert other.to_pylist() == batch.to_pylist()
        found = backend.run(other).outputs
        assert found.to_pylist() == wanted.to_pylist()


def test_lists_of_fixed_size_hold_values_under_nulls() -> None:
    flat = pa.array([1, 2, 3, 4, 5, 6], pa.int64())
    fixed = pa.FixedSizeListArray.from_arrays(
        flat, 2, mask=pa.array([False, True, False])
    )
    column = fk.integers("i").missing_as_empty().identity(9)
    spec = fk.FeatureSpec({"p": column.pad(2), "n": column.length()})
    backend = HostBackend(fk.compile(spec))
    batch = pa.record_batch({"i": fixed})
    expected = [
        {"p": [2, 3], "n": 2.0},
        {"p": [0, 0], "n": 0.0},
        {"p": [6, 7], "n": 2.0},
    ]
    assert backend.run(batch).outputs.to_pylist() == expected
    assert backend.run(batch.slice(1)).outputs.to_pylist() == expected[1:]


def test_batches_that_do_not_fit_the_plan() -> None:
    spec = fk.FeatureSpec({"n": fk.strings("t").length()})
    for wrong in (pa.array(["a"]), pa.array([[1]]), pa.array([[["a"]]])):
        for backend in (HostBackend, ReferenceBackend):
            with pytest.raises(DTypeMismatchError, match="lists of text"):
                backend(fk.compile(spec)).run(pa.record_batch({"t": wrong}))


def test_the_error_of_a_row_shows_its_list() -> None:
    spec = fk.FeatureSpec({"m": fk.strings("t").hash_buckets(3).multi_hot()})
    found = HostBackend(fk.compile(spec)).run(
        pa.record_batch({"t": texts(["a"], ["b", None], None)})
    )
    element, missing = found.error(0), found.error(1)
    assert (element.row, element.column, element.feature) == (1, "t", "m")
    assert element.got == ["b", None] and "element" in element.message
    assert (missing.row, missing.got) == (2, None) and "list" in missing.message


def test_the_first_refusing_node_is_found_whatever_later_ones_refuse() -> None:
    """A sum beyond float32 is refused later than the list beside it."""
    spec = fk.FeatureSpec(
        {
            "sum": fk.numerics("x").fill(1e39).missing_as_empty().sum(),
            "ids": fk.integers("i").identity(2).pad(1),
        }
    )
    batch = pa.record_batch(
        {
            "x": pa.array([None, [None], [None]], pa.list_(pa.float32())),
            "i": pa.array([None, None, [5]], pa.list_(pa.int64())),
        }
    )
    plan = fk.compile(spec)
    assert_same(HostBackend(plan).run(batch), ReferenceBackend(plan).run(batch))


def test_lists_are_longer_than_a_block_of_the_interpreter() -> None:
    """Nothing in a list depends on how elements are cut into blocks."""
    lengths = [0, 20_000, 1, 0, 30_000]
    values = np.random.default_rng(3).normal(size=sum(lengths)).astype(np.float32)
    offsets = np.cumsum([0, *lengths])
    x = list_array(offsets, pa.array(values))
    found = column_of(fk.numerics("x").sum(), x=x)
    wanted = [
        np.float32(sum(values[a:b].astype(np.float64).tolist()))
        for a, b in pairwise(offsets)
    ]
    assert found.tolist() == wanted


def random_lists(rows: int, high: int, seed: int) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, high, rng.integers(0, 7)).tolist() for _ in range(rows)]


def test_oracle_scikit_learn_binarizer() -> None:
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    lists = random_lists(300, 6, 0)
    wanted = preprocessing.MultiLabelBinarizer(classes=range(6)).fit_transform(lists)
    found = column_of(fk.integers("i").identity(6).multi_hot(), i=integers(*lists))
    assert found.tolist() == wanted.tolist()


def test_oracle_numpy_counts() -> None:
    lists = random_lists(300, 6, 1)
    found = column_of(fk.integers("i").identity(6).counts(), i=integers(*lists))
    wanted = [
        np.bincount(np.array(one, np.int64), minlength=6).tolist() for one in lists
    ]
    assert found.tolist() == wanted
