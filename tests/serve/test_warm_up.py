"""The requests that TensorFlow Serving replays when it loads a model."""

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")
pytest.importorskip("tensorflow_serving")
from tensorflow_serving.apis import prediction_log_pb2  # noqa: E402

import featurekit as fk  # noqa: E402
from featurekit.serve.warm_up import FILE  # noqa: E402

SPEC = fk.FeatureSpec(
    {
        "size": fk.numeric("size").fill(0.0),
        "place": fk.string("city").fill("Ulm").vocabulary(["Ulm", "Bonn"]),
        "tags": fk.strings("tags").vocabulary(["red"]).pad(2),
    }
)
ROWS = {
    "size": [0.5 * n for n in range(40)],
    "city": ["Bonn", "Köln"] * 20,
    "tags": [["red"], ["blue", "red"]] * 20,
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "1"
    model = fk.models.TabularTransformer(
        fk.model_inputs(SPEC, fk.Stats({})), dim=8, depth=1, num_heads=2
    )
    fk.export(model, SPEC, fk.Stats({}), folder, rows=ROWS, probability="sigmoid")
    return folder


def logs(folder: Path) -> list[prediction_log_pb2.PredictionLog]:
    """The requests as TensorFlow's reader and the published messages read them."""
    records = tf.data.TFRecordDataset(str(folder / FILE))
    return [prediction_log_pb2.PredictionLog.FromString(r.numpy()) for r in records]


def test_every_signature_is_called_with_one_row_and_with_several(
    exported: Path,
) -> None:
    signatures = tf.saved_model.load(str(exported)).signatures
    rows: dict[str, list[int]] = {}
    for log in logs(exported):
        kind = log.WhichOneof("log_type")
        request = getattr(log, kind).request
        name = request.model_spec.signature_name
        assert kind == f"{name if name == 'classify' else 'predict'}_log"
        if name == "classify":
            texts = request.input.example_list.examples
            inputs = {"inputs": tf.constant([t.SerializeToString() for t in texts])}
        else:
            made = {key: tf.make_ndarray(one) for key, one in request.inputs.items()}
            inputs = {key: tf.constant(value) for key, value in made.items()}
        answers = signatures[name](**inputs)
        (count,) = {len(one) for one in answers.values()}
        rows.setdefault(name, []).append(count)
    assert rows == {key: [1, 32] for key in signatures}


def test_requests_hold_the_rows_that_were_given(exported: Path) -> None:
    (found,) = (
        log.predict_log.request.inputs
        for log in logs(exported)
        if log.predict_log.request.model_spec.signature_name == "serving_default"
        and log.predict_log.request.inputs["size"].tensor_shape.dim[0].size == 32
    )
    sizes = np.float32(ROWS["size"][-32:])
    np.testing.assert_array_equal(tf.make_ndarray(found["size"]), sizes)
    texts = [text.encode() for text in ROWS["city"][-32:]]
    assert tf.make_ndarray(found["city"]).tolist() == texts
