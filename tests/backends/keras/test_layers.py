"""FeatureLayer and the layers of single ops: use, configuration, saving, errors."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")
import keras  # noqa: E402

import featurekit as fk  # noqa: E402
from featurekit.backends.host.executor import HostBackend  # noqa: E402
from featurekit.backends.keras import op_layers  # noqa: E402
from featurekit.backends.keras.feature_layer import FeatureLayer  # noqa: E402
from featurekit.backends.keras.program import KERNELS  # noqa: E402
from featurekit.backends.missing import MISSING_INTEGER, MISSING_TEXT, to_tensors  # noqa: E402
from featurekit.errors import (  # noqa: E402
    DTypeMismatchError,
    MissingColumnError,
    RowError,
)
from featurekit.plan import ops  # noqa: E402

ROWS = pa.record_batch(
    {
        "delay": pa.array([1.5, None, -3.0, 1e6], pa.float32()),
        "carrier": pa.array(["AA", "UA\n", None, "zz"]),
        "flight": pa.array([7, -7, 2**62, None]),
        "time": pa.array([0, -1, 1_700_000_000_000_000, 951_782_400_000_000]),
    }
)
SPEC = fk.FeatureSpec(
    {
        "delay": fk.numeric("delay").fill(0.0).clip(-60, 600).standardize(),
        "bucket": fk.numeric("delay").fill(-1.0).buckets([0, 1.5]).embedding(4),
        "carrier": fk.string("carrier").fill("").vocabulary(num_oov=2),
        "flight": fk.integer("flight").fill(0).hash_buckets(9),
        "route": fk.cross(
            fk.string("carrier").fill("?"), fk.integer("flight").fill(1)
        ).hash_buckets(99),
        "hour": fk.timestamp("time", tz="Europe/Paris").hour().one_hot(),
    },
    label=fk.numeric("y").greater_equal(1.0),
)
STATS = fk.analyze(
    SPEC,
    {
        "delay": [1.0, 2.0, 5.0],
        "carrier": ["AA", "UA\n", "UA\n"],
        "flight": [1, 2, 3],
        "time": np.array([0, 1, 2], "datetime64[us]"),
        "y": [0.0, 1.0, 1.0],
    },
)
TENSORS = {name: tf.constant(array) for name, array in to_tensors(ROWS).items()}


def bits(outputs) -> dict[str, list[object]]:
    found = {}
    for name, tensor in outputs.items():
        array = np.asarray(tensor)
        if array.dtype.kind == "f":
            array = array.view(f"u{array.itemsize}")
        found[name] = array.tolist()
    return found


@pytest.fixture(scope="module")
def expected() -> dict[str, list[object]]:
    plan = fk.compile(SPEC, STATS, serving=True)
    outputs = HostBackend(plan).run(ROWS).outputs
    arrays = {}
    for name, kind in plan.output_types.items():
        column = outputs[name]
        array = column.to_numpy(False) if kind.width is None else column.flatten()
        arrays[name] = np.asarray(array).reshape(
            (-1,) if kind.width is None else (-1, kind.width)
        )
    return bits(arrays)


def test_a_layer_gives_the_bits_of_the_host(expected) -> None:
    assert bits(FeatureLayer(SPEC, STATS)(TENSORS)) == expected


def test_the_public_names_exist() -> None:
    assert fk.keras.FeatureLayer is FeatureLayer
    for name in fk.keras.__all__:
        assert getattr(fk.keras, name) is not None


def test_config_round_trip_through_json(expected) -> None:
    layer = FeatureLayer(SPEC, STATS, name="features")
    config = json.loads(json.dumps(layer.get_config()))
    again = FeatureLayer.from_config(config)
    assert again.spec == SPEC and again.stats == STATS and again.name == "features"
    assert bits(again(TENSORS)) == expected


def functional_model() -> keras.Model:
    dtypes = {"delay": "float32", "carrier": "string"}
    inputs = {
        name: keras.Input((), name=name, dtype=dtypes.get(name, "int64"))
        for name in ("delay", "carrier", "flight", "time")
    }
    return keras.Model(inputs, FeatureLayer(SPEC, STATS)(inputs))


@pytest.mark.proves(106)
def test_functional_model_and_keras_file(expected, tmp_path: Path) -> None:
    model = functional_model()
    assert bits(model(TENSORS)) == expected
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert bits(again(TENSORS)) == expected


def test_saved_model(expected, tmp_path: Path) -> None:
    functional_model().export(str(tmp_path / "saved"), verbose=False)
    serve = tf.saved_model.load(str(tmp_path / "saved")).serve
    assert bits(serve(TENSORS)) == expected


@pytest.mark.filterwarnings("ignore:Model doesn't support `jit_compile=True`")
def test_keras_does_not_compile_it_by_xla() -> None:
    """On a GPU it would, and a division would become a product with other bits."""
    inputs = {"x": keras.Input((), name="x")}
    spec = fk.FeatureSpec({"a": fk.numeric("x").standardize(mean=0.0, std=3.0)})
    for found in (FeatureLayer(spec)(inputs), op_layers.ToFloat64("keep")(inputs["x"])):
        model = keras.Model(inputs, found)
        model.compile("sgd", "mse", jit_compile=True)
        assert model.jit_compile is False


def test_label_is_an_output_only_when_asked_for() -> None:
    layer = FeatureLayer(SPEC, STATS, outputs="all")
    found = layer({**TENSORS, "y": tf.constant([0.0, 1.0, 2.0, -1.0])})
    assert found["label"].numpy().tolist() == [0, 1, 1, 0]
    assert "label" not in FeatureLayer(SPEC, STATS)(TENSORS)


def test_inputs_are_checked() -> None:
    layer = FeatureLayer(SPEC, STATS)
    with pytest.raises(MissingColumnError, match="column=delay"):
        layer({name: x for name, x in TENSORS.items() if name != "delay"})
    with pytest.raises(DTypeMismatchError, match="expected float32"):
        layer({**TENSORS, "delay": tf.constant([1, 2, 3, 4], tf.int64)})
    with pytest.raises(DTypeMismatchError, match="shape"):
        layer({**TENSORS, "delay": tf.zeros([4, 1])})


def test_a_refused_row_is_shown() -> None:
    layer = FeatureLayer(fk.FeatureSpec({"a": fk.integer("i").identity(3)}))
    with pytest.raises(RowError, match="row=1 column=i feature=a") as found:
        layer({"i": tf.constant([2, 3], tf.int64)})
    assert found.value.got == 3


F64 = np.array([0.5, -1.0, np.nan, 3.0, np.inf])
LAYERS = [
    (op_layers.ToFloat64(nan="keep"), tf.constant(F64, tf.float32)),
    (op_layers.FillMissing(value=-0.0), tf.constant(F64)),
    (op_layers.FillMissing(value="x"), tf.constant(["a", ""])),
    (op_layers.ClipValue(low=-np.inf, high=1.0), tf.constant(F64)),
    (op_layers.Log1pValue(), tf.constant(F64)),
    (op_layers.StandardizeValue(mean=0.1, std=3.0), tf.constant(F64)),
    (op_layers.MinMaxScale(minimum=0.1, maximum=3.0), tf.constant(F64)),
    (op_layers.Bucketize(boundaries=(0.1, 3.0)), tf.constant(F64)),
    (op_layers.IsGreaterEqual(threshold=0.5), tf.constant(F64)),
    (op_layers.LookupVocabulary(["a", "\n"], num_oov=2), tf.constant(["\n", "q"])),
    (op_layers.LookupVocabulary([5, -1]), tf.constant([-1, 0], tf.int64)),
    (
        op_layers.LookupVocabulary(
            ["[PAD]", "a"], num_reserved=1, num_skipped=1, oov_first=True
        ),
        tf.constant(["a", "q", "[PAD]"]),
    ),
    (op_layers.HashBucket(num_buckets=11), tf.constant(["a", ""])),
    (op_layers.HashBucket(num_buckets=11, key=(1, 2)), tf.constant(["a", ""])),
    (op_layers.CheckRange(num_ids=3), tf.constant([0, 2], tf.int64)),
    (
        op_layers.ExtractTimePart(part="hour", transitions=(0,), offsets=(0, 3600)),
        tf.constant([-1, 0], tf.int64),
    ),
    (op_layers.RequirePresent(), tf.constant([1, 2], tf.int64)),
    (fk.keras.MarkMissing(values=("", "b")), tf.constant(["a", ""])),
    (fk.keras.MarkMissing(values=(-0.0, 0.1)), tf.constant(F64)),
    (fk.keras.DefaultId(num_ids=3, default=1), tf.constant([2, 9], tf.int64)),
    (fk.keras.DefaultId(num_ids=3, default=None), tf.constant([2, -1], tf.int64)),
    (op_layers.OneHotEncode(depth=3), tf.constant([1, 2], tf.int64)),
    (op_layers.ToFloat32(), tf.constant(F64)),
    (fk.keras.IsMissing(), tf.constant(["a", MISSING_TEXT])),
    (fk.keras.IsMissing(), tf.constant([MISSING_INTEGER, 0], tf.int64)),
    (fk.keras.Arithmetic("divide", left=3.0), tf.constant(F64)),
    (fk.keras.Arithmetic("multiply", right=-0.0), tf.constant(F64)),
    (fk.keras.CompareNumbers("less_than", right=0.5), tf.constant(F64)),
    (fk.keras.ChooseNumber(then=1.5, otherwise=-0.0), tf.constant([1, 0], tf.int64)),
    (
        fk.keras.HideId(seed=1, place=2, hidden_below=2**31, mask=1, shown=0),
        tf.constant([1, 0, 7], tf.int64),
    ),
    (
        fk.keras.LookupNumber(values=(0.1, -0.0), num_missing=1),
        tf.constant([2, 0, 1, MISSING_INTEGER], tf.int64),
    ),
    (
        fk.keras.LookupVector(width=2, values=(0.0, 1.0, 0.5, -1.0)),
        tf.constant([1, 0], tf.int64),
    ),
    (fk.keras.MapText("NFC"), tf.constant(["e\u0301", "", MISSING_TEXT])),
    (fk.keras.MapText("casefold"), tf.constant(["ß", "A"])),
    (fk.keras.StripText(), tf.constant([" a ", MISSING_TEXT])),
]


def test_buckets_by_key() -> None:
    layer = fk.keras.BucketizeByKey(
        boundaries=(0.0, 2.0, -1.0), sizes=(2, 0, 1), num_missing=1
    )
    numbers = tf.constant([0.5, np.nan, 7.0, -1.0, 5.0], tf.float64)
    found = layer([numbers, tf.constant([0, 0, 1, 2, 3], tf.int64)])
    assert found.numpy().tolist() == [1, 2, 0, 1, MISSING_INTEGER]
    again = type(layer).from_config(json.loads(json.dumps(layer.get_config())))
    assert again.op == layer.op


def test_every_op_on_single_values_has_a_layer() -> None:
    apart = ops.ReadList | ops.BaseListEnd | ops.BaseListMaker | ops.BaseTensorOp
    lists = {op for op in ops.OPS if issubclass(op, apart)}
    assert {op.__name__ for op in set(ops.OPS) - lists} <= set(fk.keras.__all__)
    special = {ops.ReadColumn, ops.LookupVocabulary, ops.CrossHash, ops.CombineIds}
    assert set(KERNELS) | special | lists == set(ops.OPS)


@pytest.mark.parametrize(
    ("layer", "tensor"), LAYERS, ids=[type(layer).__name__ for layer, _ in LAYERS]
)
def test_single_op(layer, tensor, tmp_path: Path) -> None:
    expected = bits({"y": layer(tensor)})
    config = json.loads(json.dumps(layer.get_config()))
    assert bits({"y": type(layer).from_config(config)(tensor)}) == expected
    entry = keras.Input((), dtype=tensor.dtype.name)
    model = keras.Model(entry, layer(entry))
    assert bits({"y": model(tensor)}) == expected
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert bits({"y": tf.function(again)(tensor)}) == expected


def test_cross_takes_a_list() -> None:
    layer = op_layers.CrossHash(num_buckets=99)
    found = layer([tf.constant(["a", "b"]), tf.constant([1, 2], tf.int64)])
    crossing = keras.layers.HashedCrossing(99)
    wanted = crossing((tf.constant([["a"], ["b"]]), tf.constant([["1"], ["2"]])))
    assert found.shape == (2,) and wanted.shape[0] == 2
    again = op_layers.CrossHash.from_config(layer.get_config())
    same = again([tf.constant(["a", "b"]), tf.constant([1, 2], tf.int64)])
    assert found.numpy().tolist() == same.numpy().tolist()


def test_layers_of_several_inputs_take_a_list() -> None:
    condition = tf.constant([1, 0, MISSING_INTEGER], tf.int64)
    x, y = (
        tf.constant([1.0, 2.0, 3.0], tf.float64),
        tf.constant([0.0, 4.0, 5.0], tf.float64),
    )
    quotient = fk.keras.Arithmetic("divide")([x, y])
    assert fk.keras.IsMissing()(quotient).numpy().tolist() == [1, 0, 0]
    assert fk.keras.CompareNumbers("less_than")([x, y]).numpy().tolist() == [0, 1, 1]
    chosen = fk.keras.ChooseNumber()([condition, x, y])
    assert chosen.numpy()[:2].tolist() == [1.0, 4.0]
    assert fk.keras.IsMissing()(chosen).numpy().tolist() == [0, 0, 1]
    texts = [tf.constant(["a", "b"]), tf.constant(["c", MISSING_TEXT])]
    joined = fk.keras.JoinText("-")(texts)
    assert joined.numpy().tolist() == [b"a-c", MISSING_TEXT]
    entries = [keras.Input((), dtype="float64") for _ in range(2)]
    model = keras.Model(entries, fk.keras.Arithmetic("subtract")(entries))
    assert model([x, y]).numpy().tolist() == [1.0, -2.0, -2.0]


def test_pairs_of_ids() -> None:
    layer = op_layers.CombineIds(size=3)
    inputs = [tf.constant([0, 2, -(2**63)], tf.int64), tf.constant([2, 1, 1], tf.int64)]
    found = layer(inputs)
    assert found.numpy().tolist() == [2, 7, -(2**63)]
    again = op_layers.CombineIds.from_config(json.loads(json.dumps(layer.get_config())))
    assert again(inputs).numpy().tolist() == found.numpy().tolist()
    entries = [keras.Input((), dtype="int64") for _ in inputs]
    assert keras.Model(entries, layer(entries))(inputs).shape == (3,)


def test_read_column() -> None:
    layer = op_layers.ReadColumn("delay", "float32")
    assert layer(TENSORS) is not None
    again = op_layers.ReadColumn.from_config(json.loads(json.dumps(layer.get_config())))
    assert again.op == layer.op
    with pytest.raises(MissingColumnError):
        layer({"other": tf.zeros([1])})
    with pytest.raises(DTypeMismatchError):
        layer({"delay": tf.zeros([1], tf.int64)})


def test_a_chain_of_layers_is_the_plan() -> None:
    plan = fk.compile(SPEC, STATS, serving=True)
    moments = next(n.op for n in plan.nodes if isinstance(n.op, ops.StandardizeValue))
    entry = keras.Input((), dtype="float32")
    x = op_layers.ToFloat64(nan="missing")(entry)
    x = op_layers.FillMissing(value=0.0)(x)
    x = op_layers.ClipValue(low=-60.0, high=600.0)(x)
    x = op_layers.StandardizeValue(mean=moments.mean, std=moments.std)(x)
    x = op_layers.RequirePresent()(x)
    model = keras.Model(entry, op_layers.ToFloat32()(x))
    wanted = FeatureLayer(SPEC, STATS)(TENSORS)["delay"]
    assert bits({"y": model(TENSORS["delay"])}) == bits({"y": wanted})


def test_a_refused_value_of_a_single_op() -> None:
    layer = op_layers.CheckRange(num_ids=2)
    with pytest.raises(RowError, match="OUT_OF_RANGE"):
        layer(tf.constant([5], tf.int64))
    with pytest.raises(tf.errors.InvalidArgumentError, match="OUT_OF_RANGE"):
        tf.function(layer)(tf.constant([5], tf.int64))
