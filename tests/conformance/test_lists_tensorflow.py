"""Lists in TensorFlow: the same bits as on the host, and its own ops as oracles."""

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from conformance.cases_lists import integers, numbers, texts
from conformance.compare import assert_same
from conformance.list_strategies import list_batches, list_specs
from conformance.test_lists import column_of, random_lists
from hypothesis import given, settings

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")
import keras  # noqa: E402

import featurekit as fk  # noqa: E402
from featurekit.backends.host.executor import HostBackend  # noqa: E402
from featurekit.backends.keras.feature_layer import FeatureLayer, KerasBackend  # noqa: E402
from featurekit.backends.missing import to_tensors  # noqa: E402
from featurekit.errors import DTypeMismatchError, RowError  # noqa: E402
from featurekit.kernels.arrow_lists import list_array  # noqa: E402


@settings(max_examples=60)
@given(st.data())
def test_keras_equals_host(data: st.DataObject) -> None:
    plan = fk.compile(data.draw(list_specs()))
    batch = data.draw(list_batches())
    assert_same(KerasBackend(plan).run(batch), HostBackend(plan).run(batch))


def test_sums_of_many_numbers_have_one_order() -> None:
    """Sums in any other order would differ in some bits."""
    rng = np.random.default_rng(5)
    lengths = rng.integers(0, 3000, 60)
    offsets = np.cumsum([0, *lengths])
    values = rng.normal(size=offsets[-1]) * 10.0 ** rng.integers(-8, 8, offsets[-1])
    batch = pa.record_batch(
        {
            "x": list_array(offsets, pa.array(values.astype(np.float32))),
            "i": list_array(offsets, pa.array(rng.integers(0, 3, offsets[-1]))),
        }
    )
    x = fk.numerics("x")
    spec = fk.FeatureSpec(
        {
            "sum": x.sum(),
            "mean": x.mean().fill(0.0),
            "weighted": fk.integers("i").identity(3).weighted(x),
        }
    )
    plan = fk.compile(spec)
    assert_same(KerasBackend(plan).run(batch), HostBackend(plan).run(batch))


def test_infinities_are_the_extremes_of_their_lists() -> None:
    inf = float("inf")
    lists = [[-inf], [inf], [], [inf, -inf], [-inf, -inf], [1.0, inf], []]
    x = fk.numerics("x")
    spec = fk.FeatureSpec({"min": x.min().fill(0.0), "max": x.max().fill(0.0)})
    plan = fk.compile(spec)
    batch = pa.record_batch({"x": pa.array(lists, pa.list_(pa.float32()))})
    found = KerasBackend(plan).run(batch)
    assert_same(found, HostBackend(plan).run(batch))
    greatest = found.outputs.column("max").to_pylist()
    assert greatest == [-inf, inf, 0.0, inf, -inf, inf, 0.0]


SPEC = fk.FeatureSpec(
    {
        "p": fk.strings("t").missing_as_empty().hash_buckets(50).pad(2).embedding(4),
        "m": fk.integers("i").identity(5).multi_hot(),
        "s": fk.numerics("x").drop_missing().sum(),
        "v": fk.numeric("v").fill(0.0),
    }
)
BATCH = pa.record_batch(
    {
        "t": texts(["a", "b", "c"], None, []),
        "i": integers([1], [], [4, 4]),
        "x": numbers([1.0, None], [], [2.0]),
        "v": pa.array([1.0, None, 2.0], pa.float32()),
    }
)
EXPECTED = HostBackend(fk.compile(SPEC)).run(BATCH).outputs


def check(found) -> None:
    for name in EXPECTED.schema.names:
        assert found[name].numpy().tolist() == EXPECTED.column(name).to_pylist(), name


def matrices() -> dict[str, tf.Tensor]:
    return {name: tf.constant(array) for name, array in to_tensors(BATCH).items()}


def test_columns_behind_the_longest_list_do_not_matter() -> None:
    tensors = matrices()
    wide = {
        name: tf.pad(x, [[0, 0], [0, 3]], constant_values=x[1, -1])
        for name, x in tensors.items()
        if name in ("i", "x")
    }
    check(FeatureLayer(SPEC)(tensors))
    check(FeatureLayer(SPEC)({**tensors, **wide}))


def test_ragged_tensors_eagerly_and_in_graphs() -> None:
    ragged = {
        **matrices(),
        "i": tf.ragged.constant([[1], [], [4, 4]], tf.int64),
        "x": tf.ragged.constant([[1.0], [], [2.0]], tf.float32),
    }
    layer = FeatureLayer(SPEC)
    check(layer(ragged))
    check(tf.function(layer)(ragged))
    batches = tf.data.Dataset.from_tensors(ragged).map(layer)
    check(next(iter(batches)))


def test_a_functional_model_takes_lists(tmp_path) -> None:
    inputs = {
        "t": keras.Input((None,), name="t", dtype="string"),
        "i": keras.Input((None,), name="i", dtype="int64"),
        "x": keras.Input((None,), name="x", dtype="float32"),
        "v": keras.Input((), name="v", dtype="float32"),
    }
    outputs = FeatureLayer(SPEC)(inputs)
    assert outputs["p"].shape == (None, 2) and outputs["m"].shape == (None, 5)
    model = keras.Model(inputs, outputs)
    check(model(matrices()))
    model.save(tmp_path / "model.keras")
    check(keras.models.load_model(tmp_path / "model.keras")(matrices()))


def test_inputs_are_checked() -> None:
    layer = FeatureLayer(SPEC)
    with pytest.raises(DTypeMismatchError, match=r"shape \(batch, n\)"):
        layer({**matrices(), "t": tf.constant(["a", "b", "c"])})
    with pytest.raises(DTypeMismatchError, match="expected float32"):
        layer({**matrices(), "x": tf.ragged.constant([[1], [], [2]], tf.int64)})


def test_a_refused_list_is_shown() -> None:
    layer = FeatureLayer(
        fk.FeatureSpec({"m": fk.integers("i").identity(3).multi_hot()})
    )
    with pytest.raises(RowError, match="row=1 column=i feature=m") as found:
        layer({"i": tf.ragged.constant([[2], [1, 3]], tf.int64)})
    assert found.value.got == [1, 3]


@pytest.mark.proves(41)
def test_oracle_keras_category_encoding() -> None:
    lists = [one or [0] for one in random_lists(200, 6, 2)]
    ragged = tf.ragged.constant(lists, tf.int64)
    i = integers(*lists)
    for mode, feature in (
        ("multi_hot", fk.integers("i").identity(6).multi_hot()),
        ("count", fk.integers("i").identity(6).counts()),
    ):
        encoding = keras.layers.CategoryEncoding(6, output_mode=mode)
        wanted = np.stack([np.asarray(encoding(one)).reshape(6) for one in ragged])
        assert column_of(feature, i=i).tolist() == wanted.tolist(), mode


@pytest.mark.proves(9)
def test_oracle_keras_pad_sequences() -> None:
    lists = random_lists(200, 50, 3)
    i = integers(*lists)
    shifted = [[entry + 1 for entry in one] for one in lists]
    names = {"left": "pre", "right": "post"}
    for side in ("left", "right"):
        for truncate in ("left", "right"):
            feature = fk.integers("i").identity(50).pad(4, side=side, truncate=truncate)
            wanted = keras.utils.pad_sequences(
                shifted, 4, padding=names[side], truncating=names[truncate]
            )
            assert column_of(feature, i=i).tolist() == wanted.tolist()


@pytest.mark.proves(6, 7, 41)
def test_oracle_feature_columns() -> None:
    """Counts, and weights of ids, as TensorFlow's feature columns have them."""
    lists = [[str(entry) for entry in one] for one in random_lists(200, 6, 4)]
    rng = np.random.default_rng(9)
    weights = [rng.integers(-4, 5, len(one)).astype(float).tolist() for one in lists]
    words = [str(entry) for entry in range(6)]
    fc = tf.feature_column
    ids = fc.categorical_column_with_vocabulary_list("t", words)
    ragged = {
        "t": tf.ragged.constant(lists, tf.string).to_sparse(),
        "x": tf.ragged.constant(weights, tf.float32).to_sparse(),
    }
    column = fk.strings("t").vocabulary(words, num_oov=0)
    t, x = texts(*lists), numbers(*weights)
    counted = indicator(fc.indicator_column(ids), ragged)
    assert column_of(column.counts(), t=t).tolist() == counted
    weighted = indicator(
        fc.indicator_column(fc.weighted_categorical_column(ids, "x")), ragged
    )
    assert column_of(column.weighted(fk.numerics("x")), t=t, x=x).tolist() == weighted


def indicator(column, tensors) -> list[list[float]]:
    from tensorflow.python.feature_column.feature_column_v2 import (
        FeatureTransformationCache,
        _StateManagerImpl,
    )

    state = _StateManagerImpl(tf.keras.layers.Layer(), trainable=False)
    column.create_state(state)
    cache = FeatureTransformationCache(tensors)
    return column.get_dense_tensor(cache, state).numpy().tolist()


def test_both_zeros_pad_in_one_process() -> None:
    """TensorFlow keeps the first of two equal Python numbers for the second."""
    lists = fk.numerics("x").missing_as_empty().fill(1.0)
    spec = fk.FeatureSpec({"p": lists.pad(2, value=0.0), "n": lists.pad(2, value=-0.0)})
    batch = pa.record_batch({"x": pa.array([[2.0], []], pa.large_list(pa.float32()))})
    found = KerasBackend(fk.compile(spec)).run(batch).outputs
    signs = {name: np.signbit(found.column(name).flatten()) for name in ("p", "n")}
    assert signs["p"].tolist() == [False, False, False, False]
    assert signs["n"].tolist() == [False, True, True, True]
