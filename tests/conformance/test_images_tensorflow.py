"""Images in graphs, records and exports; TensorFlow is the oracle."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
from conformance.cases_images import encoded, files
from conformance.compare import assert_same
from conformance.test_images import all_files, noisy

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.backends.keras.feature_layer import KerasBackend
from featurekit.serve.served_model import load_model

pytestmark = pytest.mark.tensorflow

SPEC = fk.FeatureSpec(
    {
        "smooth": fk.image("x").resize(5, 7).rescale(1 / 255),
        "linear": fk.image("x").resize(30, 3, antialias=False),
        "fixed": fk.image("p", shape=(4, 6)),
    }
)
SHAPES = {"smooth": (5, 7, 3), "linear": (30, 3, 3), "fixed": (4, 6, 3)}


def rows() -> pa.RecordBatch:
    data = all_files()
    fixed = [
        encoded(noisy(4, 6, at), ("PNG", "JPEG")[at % 2]) for at in range(len(data))
    ]
    return pa.record_batch({"x": files(*data), "p": files(*fixed)})


def assert_equal(found: dict[str, object], batch: pa.RecordBatch) -> None:
    done = HostBackend(fk.compile(SPEC)).run(batch)
    assert not len(done.rejected_rows) and set(found) == set(SHAPES)
    for name, shape in SHAPES.items():
        wanted = done.outputs.column(name).flatten().to_numpy()
        got = np.asarray(found[name])
        assert got.dtype == wanted.dtype and got.shape == (batch.num_rows, *shape)
        assert got.tobytes() == wanted.tobytes(), name


@pytest.mark.proves(14, 61)
def test_oracle_tensorflow_decodes_the_same() -> None:
    for size in ((1, 1), (33, 47)):
        for sampling in (0, 1, 2):
            data = encoded(noisy(*size), "JPEG", subsampling=sampling, quality=80)
            wanted = tf.io.decode_jpeg(data, 3, dct_method="INTEGER_ACCURATE")
            [found] = fk.preview(fk.image("x", shape=size), {"x": [data]})
            assert np.array_equal(found, wanted)


@pytest.mark.proves(62)
@pytest.mark.parametrize("antialias", [True, False])
def test_oracle_tensorflow_resizes_alike(antialias: bool) -> None:
    """TensorFlow computes in float32."""
    for size in ((33, 47), (120, 90), (3, 2)):
        values = noisy(*size)
        feature = fk.image("x").resize(16, 21, antialias=antialias)
        found = fk.preview(feature, {"x": [encoded(values, "PNG")]})
        wanted = tf.image.resize(values[np.newaxis], (16, 21), antialias=antialias)
        assert np.abs(np.array(found) - wanted).max() < 1e-3


def test_keras_equals_host() -> None:
    missing = {"x": files(None, b"GIF89a", *all_files())}
    features = {
        "a": fk.image("x").resize(13, 90).missing_as_zeros().rescale(0.1, -3.7),
        "b": fk.image("x").resize(1, 1, antialias=False).missing_as_zeros(),
    }
    plan = fk.compile(fk.FeatureSpec(features))
    for batch in (pa.record_batch(missing), pa.record_batch(missing).slice(1, 9)):
        assert_same(KerasBackend(plan).run(batch), HostBackend(plan).run(batch))


def test_a_damaged_file_fails_the_call_of_a_graph() -> None:
    layer = fk.keras.FeatureLayer(fk.FeatureSpec({"f": fk.image("x").resize(2, 2)}))
    for kind in ("JPEG", "PNG"):
        cut = encoded(noisy(33, 47), kind)[:-300]
        with pytest.raises(tf.errors.InvalidArgumentError):
            tf.function(layer)({"x": tf.constant([cut])})


@pytest.mark.proves(14, 62)
def test_layers_and_tf_data_give_the_shape() -> None:
    batch = rows()
    layer = fk.keras.FeatureLayer(SPEC)
    tensors = {name: tf.constant(batch.column(name).to_pylist()) for name in "xp"}
    assert_equal(layer(tensors), batch)
    assert_equal(tf.function(layer)(tensors), batch)
    [one] = tf.data.Dataset.from_tensors(tensors).map(layer)
    assert_equal(one, batch)


@pytest.mark.parametrize("layout", ["named", "packed"])
def test_records_and_readers_give_the_shape(tmp_path, layout: str) -> None:
    batch = rows()
    pq.write_table(pa.Table.from_batches([batch]), tmp_path / "rows.parquet")
    out = tmp_path / "records"
    fk.convert(SPEC, fk.Stats({}), tmp_path / "rows.parquet", out, layout=layout)
    dataset = fk.load(out)
    assert {one.name: one.row_shape for one in dataset.columns} == SHAPES
    assert_equal(dataset.to_numpy(), batch)
    [one] = dataset.to_tf(batch.num_rows)
    assert_equal(one, batch)


@pytest.mark.proves(14, 61, 62)
@pytest.mark.parametrize("given", [True, False])
def test_exports_take_the_bytes(tmp_path, given: bool) -> None:
    """Rows of which an export is checked are given, or images made for it."""
    batch = rows()
    given_rows = {"rows": batch} if given else {}
    report = fk.export(None, SPEC, fk.Stats({}), tmp_path / "1", **given_rows)
    assert "serving_examples" in report.signatures
    assert "serving_json" not in report.signatures
    assert_equal(load_model(tmp_path / "1").predict(batch), batch)
    preprocessor = fk.Preprocessor.load(tmp_path / "1")
    assert_equal(preprocessor.transform(batch.to_pylist()), batch)
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    examples = [
        tf.train.Example(
            features=tf.train.Features(
                feature={
                    name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
                    for name, value in row.items()
                }
            )
        ).SerializeToString()
        for row in batch.to_pylist()
    ]
    serve = loaded.signatures["serving_examples"]
    (name,) = serve.structured_input_signature[1]
    assert_equal(serve(**{name: tf.constant(examples)}), batch)
