"""Every case of the definition through TensorFlow: eager, tf.data, and SavedModel."""

from collections.abc import Iterator

import numpy as np
import pytest
from conformance.case import Case
from conformance.cases import ALL_CASES, CASE_PARAMS
from conformance.compare import assert_expected, assert_same
from conformance.strategies import batches, specs
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

import featurekit as fk  # noqa: E402
from featurekit.backends.host.executor import HostBackend  # noqa: E402
from featurekit.backends.keras.feature_layer import FeatureLayer, KerasBackend  # noqa: E402
from featurekit.backends.keras.program import Computed  # noqa: E402
from featurekit.backends.missing import to_tensors  # noqa: E402
from featurekit.errors import RowError  # noqa: E402

BATCHES = (1, 7)


def tensors(case: Case) -> dict[str, tf.Tensor]:
    found = to_tensors(case.batch.select(list(case.plan.columns)))
    return {name: tf.constant(array) for name, array in found.items()}


def join(parts: list[Computed]) -> Computed:
    names = parts[0].outputs
    return Computed(
        {n: np.concatenate([np.asarray(p.outputs[n]) for p in parts]) for n in names},
        np.concatenate([np.asarray(part.rejecting) for part in parts]),
    )


@pytest.mark.parametrize("case", CASE_PARAMS)
def test_eager(case: Case) -> None:
    assert_expected(case, KerasBackend(case.plan).run(case.batch))


@pytest.mark.parametrize("case", ALL_CASES, ids=str)
def test_tf_data(case: Case) -> None:
    backend = KerasBackend(case.plan)
    if not case.batch.num_rows:
        pytest.skip("tf.data gives no batch of no rows")
    data = tf.data.Dataset.from_tensor_slices(tensors(case)).batch(3)
    parts = list(data.map(lambda rows: backend.program.compute(rows)))
    assert_expected(case, backend.transformed(case.batch, join(parts)))


class _AllCases(tf.Module):
    """One signature for each case, so that TensorFlow saves and loads once."""

    def __init__(self) -> None:
        super().__init__()
        self.programs = [KerasBackend(case.plan).program for case in ALL_CASES]
        self.functions = [
            tf.function(self._compute(program)).get_concrete_function(
                {
                    name: tf.TensorSpec([None] * tensor.shape.rank, tensor.dtype, name)
                    for name, tensor in tensors(case).items()
                }
            )
            for case, program in zip(ALL_CASES, self.programs, strict=True)
        ]

    @staticmethod
    def _compute(program):  # type: ignore[no-untyped-def]
        def compute(columns):  # type: ignore[no-untyped-def]
            computed = program.compute(columns)
            return {**computed.outputs, "rejecting ": computed.rejecting}

        return compute


@pytest.fixture(scope="module")
def reloaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    path = str(tmp_path_factory.mktemp("saved") / "model")
    module = _AllCases()
    tf.saved_model.save(module, path)
    del module
    yield tf.saved_model.load(path)


@pytest.mark.parametrize("size", BATCHES)
@pytest.mark.parametrize("index", range(len(ALL_CASES)), ids=list(map(str, ALL_CASES)))
def test_reloaded_saved_model(reloaded, index: int, size: int) -> None:
    case = ALL_CASES[index]
    columns = tensors(case)
    parts = []
    for start in range(0, max(1, case.batch.num_rows), size):
        rows = {name: tensor[start : start + size] for name, tensor in columns.items()}
        found = dict(reloaded.functions[index](rows))
        rejecting = found.pop("rejecting ")
        ordered = {name: found[name] for name, _ in case.plan.outputs}
        parts.append(Computed(ordered, rejecting))
    found = KerasBackend(case.plan).transformed(case.batch, join(parts))
    assert_expected(case, found)


@settings(max_examples=40)
@given(st.data())
def test_keras_equals_host(data: st.DataObject) -> None:
    plan = fk.compile(data.draw(specs()))
    batch = data.draw(batches())
    assert_same(KerasBackend(plan).run(batch), HostBackend(plan).run(batch))


def test_no_rows_of_several_times_in_a_graph() -> None:
    spec = fk.FeatureSpec(
        {name: fk.timestamp(name, tz="Europe/Paris").month() for name in "tu"}
    )
    none = {name: tf.zeros([0], tf.int64) for name in "tu"}
    program = KerasBackend(fk.compile(spec)).program
    found = tf.function(program.compute)(none)
    assert [tensor.shape for tensor in found.outputs.values()] == [[0], [0]]


def test_division_is_not_a_multiplication_by_the_reciprocal() -> None:
    values = np.arange(1, 2_000, dtype=np.float32)
    quotients = values.astype(np.float64) / 3.0
    products = values.astype(np.float64) * (1.0 / 3.0)
    (below,) = np.nonzero(products < quotients)
    assert len(below) > 100
    # Each threshold is a quotient that the product does not reach.
    third = fk.numeric("x").standardize(mean=0.0, std=3.0)
    chosen = below[:: len(below) // 8].tolist()
    spec = fk.FeatureSpec(
        {f"at{index}": third.greater_equal(quotients[index]) for index in chosen}
    )
    found = tf.function(FeatureLayer(spec))({"x": tf.constant(values)})
    for index in chosen:
        ids = found[f"at{index}"].numpy()
        assert (ids == (quotients >= quotients[index])).all()
        assert ids[index] == 1


REFUSED = [case for case in ALL_CASES if case.rejected]


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_refusals_say_the_same_eagerly_and_in_a_graph(case: Case) -> None:
    layer = FeatureLayer(case.feature_spec, case.stats, outputs="all")
    row = min(case.rejected)
    with pytest.raises(RowError) as eager:
        layer(tensors(case))
    assert (eager.value.code, eager.value.row) == (case.rejected[row], row)
    with pytest.raises(tf.errors.InvalidArgumentError) as graph:
        tf.function(layer)(tensors(case))
    assert eager.value.message in str(graph.value)
    assert f"[{case.rejected[row]}]" in str(graph.value)
    assert f"row={row} " in str(graph.value)
