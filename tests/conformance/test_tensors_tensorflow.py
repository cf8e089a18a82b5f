"""Values with a shape in graphs, records and exports; TensorFlow is the oracle."""

import keras
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
from conformance.compare import assert_same
from conformance.test_tensors import FEATURES, FORMATS, tensor_batches
from hypothesis import given, settings

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.backends.keras.feature_layer import KerasBackend
from featurekit.backends.missing import to_tensors
from featurekit.errors import ArtifactError
from featurekit.serve.served_model import load_model

pytestmark = pytest.mark.tensorflow

LABELS = fk.integers("l").identity(9)
SPEC = fk.FeatureSpec(
    {
        "latents": fk.tensor("t", (2, 1, 2), "float16").rescale(0.5),
        "pixels": fk.tensor("u", (2, 3), "uint8").missing_as_zeros(),
        "frames": fk.numerics("x").tensor((3, 1)),
        "size": fk.numeric("s"),
        "boxes": fk.boxes("b", format="xywh", labels=LABELS).pad_boxes(3),
        "labels": fk.boxes("b", format="xywh", labels=LABELS).pad_labels(3),
    }
)
SHAPES = {
    "latents": (2, 1, 2),
    "pixels": (2, 3),
    "frames": (3, 1),
    "size": (),
    "boxes": (3, 4),
    "labels": (3,),
}


def rows(count: int) -> pa.RecordBatch:
    rng = np.random.default_rng(2)

    def raw(dtype: str, size: int) -> pa.Array:
        data = rng.normal(0, 50, (count, size)).astype(dtype)
        return pa.array([row.tobytes() for row in data], pa.large_binary())

    boxes = [rng.uniform(0, 0.5, 4 * (at % 4)) for at in range(count)]
    return pa.record_batch(
        {
            "t": raw("<f2", 4),
            "u": pa.array(
                [None if at % 5 == 0 else bytes([at % 256] * 6) for at in range(count)],
                pa.large_binary(),
            ),
            "x": pa.array(list(rng.normal(0, 1, (count, 3))), pa.list_(pa.float32())),
            "s": pa.array(rng.normal(0, 1, count), pa.float32()),
            "b": pa.array(boxes, pa.list_(pa.float32())),
            "l": pa.array(
                [[1] * (at % 4) for at in range(count)], pa.list_(pa.int64())
            ),
        }
    )


def wanted(batch: pa.RecordBatch) -> dict[str, np.ndarray]:
    done = HostBackend(fk.compile(SPEC)).run(batch)
    assert not len(done.rejected_rows)
    found = {}
    for name, shape in SHAPES.items():
        column = done.outputs.column(name)
        flat = column.flatten() if shape else column
        found[name] = flat.to_numpy().reshape(batch.num_rows, *shape)
    return found


def assert_equal(found: dict[str, object], batch: pa.RecordBatch) -> None:
    expected = wanted(batch)
    assert set(found) == set(expected)
    for name, values in expected.items():
        got = np.asarray(found[name])
        assert got.dtype == values.dtype and got.shape == values.shape, name
        assert got.tobytes() == values.tobytes(), name


@settings(max_examples=12, deadline=None)
@given(tensor_batches())
def test_keras_equals_host(batch: pa.RecordBatch) -> None:
    plan = fk.compile(
        fk.FeatureSpec({f"f{at}": one for at, one in enumerate(FEATURES)})
    )
    assert_same(KerasBackend(plan).run(batch), HostBackend(plan).run(batch))


@pytest.mark.proves(15, 63)
def test_layers_and_tf_data_give_the_shape() -> None:
    batch = rows(17)
    layer = fk.keras.FeatureLayer(SPEC)
    tensors = {name: tf.constant(one) for name, one in to_tensors(batch).items()}
    assert_equal(layer(tensors), batch)
    assert_equal(tf.function(layer)(tensors), batch)
    [one] = tf.data.Dataset.from_tensors(tensors).map(layer)
    assert_equal(one, batch)
    spec = layer.compute_output_spec(
        {
            name: keras.KerasTensor((None, *one.shape[1:]))
            for name, one in tensors.items()
        }
    )
    assert {name: one.shape[1:] for name, one in spec.items()} == SHAPES


@pytest.mark.proves(15, 63)
@pytest.mark.parametrize("layout", ["named", "packed"])
def test_records_and_readers_give_the_shape(tmp_path, layout: str) -> None:
    batch = rows(23)
    pq.write_table(pa.Table.from_batches([batch]), tmp_path / "rows.parquet")
    out = tmp_path / "records"
    fk.convert(SPEC, fk.Stats({}), tmp_path / "rows.parquet", out, layout=layout)
    dataset = fk.load(out)
    assert {one.name: one.row_shape for one in dataset.columns} == SHAPES
    assert_equal(dataset.to_numpy(), batch)
    parts = list(dataset.iter_numpy(10))
    joined = {name: np.concatenate([one[name] for one in parts]) for name in SHAPES}
    assert_equal(joined, batch)
    [one] = dataset.to_tf(23)
    assert_equal(one, batch)


def test_records_without_shapes_keep_their_version(tmp_path) -> None:
    spec = fk.FeatureSpec({"size": fk.numeric("s")})
    source = pa.Table.from_batches([rows(3)])
    fk.convert(spec, fk.Stats({}), source, tmp_path / "plain")
    assert '"version": 1' in (tmp_path / "plain" / "manifest.json").read_text()
    fk.convert(SPEC, fk.Stats({}), source, tmp_path / "shaped")
    assert '"version": 3' in (tmp_path / "shaped" / "manifest.json").read_text()


@pytest.mark.proves(15, 63)
def test_exports_and_the_row_path_give_the_shape(tmp_path) -> None:
    batch = rows(9)
    report = fk.export(None, SPEC, fk.Stats({}), tmp_path / "1", rows=batch)
    assert "serving_json" not in report.signatures
    served = load_model(tmp_path / "1")
    assert_equal(served.predict(batch), batch)
    with pytest.raises(ArtifactError, match="JSON"):
        served.predict_json(["{}"])
    preprocessor = fk.Preprocessor.load(tmp_path / "1")
    assert_equal(preprocessor.transform(batch.to_pylist()), batch)
    many = pa.Table.from_batches([rows(9)] * 9)
    found = preprocessor.transform(many)
    assert_equal({name: one[:9] for name, one in found.items()}, batch)


@pytest.mark.proves(15)
def test_oracle_tensorflow_decodes_the_same() -> None:
    rng = np.random.default_rng(3)
    data = rng.integers(0, 256, (5000, 8), np.uint8)
    texts = [row.tobytes() for row in data]
    for dtype in ("float16", "float32", "uint8", "int16"):
        shape = (8 // np.dtype(dtype).itemsize,)
        layer = fk.keras.FeatureLayer(
            fk.FeatureSpec({"f": fk.tensor("t", shape, dtype, nan="keep")})
        )
        raw = tf.io.decode_raw(texts, tf.as_dtype(dtype))
        kind = tf.float32 if dtype.startswith("float") else tf.int64
        expected = tf.cast(raw, kind).numpy()
        found = layer({"t": tf.constant(texts)})["f"].numpy()
        normal = ~(np.abs(expected) < 2.0**-126)
        assert np.array_equal(found[normal], expected[normal], equal_nan=True)


@pytest.mark.proves(63)
@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("target", ["xyxy", "yxyx", "xywh", "cxcywh"])
def test_oracle_keras_converts_boxes_alike(source: str, target: str) -> None:
    """Keras computes in float32, so it may differ in the last digit."""
    rng = np.random.default_rng(4)
    low = rng.uniform(0.0, 8.0, (500, 2, 2))
    inside = np.concatenate([low, low + rng.uniform(0.5, 8.0, low.shape)], axis=-1)
    names = {"xyxy": "xyxy", "yxyx": "yxyx", "xywh": "xywh", "cxcywh": "center_xywh"}

    def convert(boxes: np.ndarray, first: str, second: str) -> np.ndarray:
        return np.asarray(
            keras.utils.bounding_boxes.convert_format(
                boxes, first, second, height=20, width=16, dtype="float32"
            )
        )

    given = convert(inside.astype(np.float32), "xyxy", names[source])
    relative = target in ("xyxy", "yxyx")
    expected = convert(
        given, names[source], f"rel_{names[target]}" if relative else names[target]
    )
    size = {"height": fk.numeric("h"), "width": fk.numeric("w")}
    feature = fk.boxes("b", format=source, **size).pad_boxes(
        2, format=target, relative=relative
    )
    found = fk.preview(
        feature,
        {"b": list(given.reshape(500, -1)), "h": [20.0] * 500, "w": [16.0] * 500},
    )
    assert np.allclose(np.array(found), expected, rtol=1e-5, atol=1e-5)
