"""Classify, Regress and Transform of tf.Examples, as TensorFlow Serving calls them."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")

from tensorflow.core.protobuf.saved_model_pb2 import SavedModel  # noqa: E402
from tensorflow.python.saved_model.fingerprinting_utils import (  # noqa: E402
    write_fingerprint,
)

import featurekit as fk  # noqa: E402
from featurekit.errors import ArtifactError  # noqa: E402
from featurekit.serve.served_model import ServedModel, load_model  # noqa: E402

KINDS = ["jet", "glider", "propeller"]
FEATURES = {
    "size": fk.numeric("x").fill(0.0).standardize(),
    "word": fk.string("w").fill("").vocabulary(["a", "b"]),
}
ROWS = {
    "x": [1.0, 2.5, None, -3.0],
    "w": ["a", "b", "c", None],
    "late": ["no", "yes", "no", "no"],
    "kind": ["jet", "glider", "jet", "propeller"],
}
EXAMPLES = [
    tf.train.Example(
        features=tf.train.Features(
            feature={
                "x": tf.train.Feature(float_list=tf.train.FloatList(value=[x])),
                "w": tf.train.Feature(bytes_list=tf.train.BytesList(value=[w])),
            }
        )
    ).SerializeToString()
    for x, w in ((1.0, b"a"), (-3.0, b"b"), (99.0, "é".encode()))
]
COLUMNS = {"x": [1.0, -3.0, 99.0], "w": ["a", "b", "é"]}


def model(width: int, activation: str | None = None) -> Any:
    size = keras.Input((), name="size")
    word = keras.Input((), name="word", dtype="int64")
    both = keras.ops.stack([size, keras.ops.cast(word, "float32")], axis=1)
    return keras.Model(
        {"size": size, "word": word}, keras.layers.Dense(width, activation)(both)
    )


def exported(
    folder: Path, model: Any, label: Any = None, probability: Any = None
) -> ServedModel:
    spec = fk.FeatureSpec(FEATURES, label=label)
    stats = fk.analyze(spec, ROWS)
    report = fk.export(model, spec, stats, folder / "1", probability=probability)
    loaded = load_model(folder / "1")
    assert set(report.signatures) == set(tf.saved_model.load(report.path).signatures)
    return loaded


def method_names(served: ServedModel) -> dict[str, str]:
    data = (served.path / "saved_model.pb").read_bytes()
    (graph,) = SavedModel.FromString(data).meta_graphs
    return {name: one.method_name for name, one in graph.signature_def.items()}


def test_features_of_examples_are_those_of_columns(tmp_path: Path) -> None:
    served = exported(tmp_path, model(1))
    by_examples = served.transform_examples(EXAMPLES)
    by_columns = served.transform(COLUMNS)
    assert by_examples.keys() == by_columns.keys() == FEATURES.keys()
    for name in FEATURES:
        assert by_examples[name].tobytes() == by_columns[name].tobytes()


def test_two_classes_by_a_sigmoid(tmp_path: Path) -> None:
    label = fk.string("late").vocabulary(["no", "yes"], num_oov=0)
    served = exported(tmp_path, model(1), label, "sigmoid")
    found = served.classify(EXAMPLES)
    assert found["classes"].tolist() == [[b"no", b"yes"]] * 3
    p = served.predict(COLUMNS)["probabilities"]
    scores = np.concatenate([1 - p, p], axis=1)
    # TensorFlow may fuse the operations of two signatures in two ways.
    np.testing.assert_allclose(found["scores"], scores, rtol=1e-6)
    assert found["scores"].dtype == np.float32
    assert method_names(served)["classify"] == "tensorflow/serving/classify"
    assert method_names(served)["serving_default"] == "tensorflow/serving/predict"
    with pytest.raises(ArtifactError, match=r"no signature 'regress'") as caught:
        served.regress(EXAMPLES)
    assert caught.value.code == "NO_SIGNATURE"
    assert "classify or serving_default" in str(caught.value)


def test_the_classes_are_the_tokens_of_the_label(tmp_path: Path) -> None:
    label = fk.string("kind").vocabulary(KINDS)  # and one id for unknown kinds
    served = exported(tmp_path, model(4), label, "softmax")
    found = served.classify(EXAMPLES)
    assert found["classes"].tolist() == [[b"jet", b"glider", b"propeller", b"3"]] * 3
    np.testing.assert_allclose(found["scores"].sum(axis=1), 1, rtol=1e-6)
    wanted = served.predict(COLUMNS)["probabilities"]
    np.testing.assert_allclose(found["scores"], wanted, rtol=1e-6)


@pytest.mark.parametrize("label", [None, fk.string("kind").vocabulary(KINDS)])
def test_other_classes_are_numbers(tmp_path: Path, label: Any) -> None:
    served = exported(tmp_path, model(3), label, "softmax")
    assert served.classify(EXAMPLES[:1])["classes"].tolist() == [[b"0", b"1", b"2"]]


def test_one_number_is_a_regression(tmp_path: Path) -> None:
    served = exported(tmp_path, model(1))
    found = served.regress(EXAMPLES)
    wanted = served.predict(COLUMNS)["output"]
    np.testing.assert_allclose(found["outputs"], wanted, rtol=1e-6)
    assert found["outputs"].shape == (3, 1)
    assert served.regress([])["outputs"].shape == (0, 1)
    assert method_names(served)["regress"] == "tensorflow/serving/regress"
    with pytest.raises(ArtifactError, match="without probability"):
        served.classify(EXAMPLES)


@pytest.mark.parametrize(("width", "probability"), [(2, None), (3, "sigmoid")])
def test_other_outputs_are_neither(
    tmp_path: Path, width: int, probability: str | None
) -> None:
    served = exported(tmp_path, model(width), probability=probability)
    assert not {"classify", "regress"} & method_names(served).keys()


def test_features_alone_are_neither(tmp_path: Path) -> None:
    spec = fk.FeatureSpec({"size": fk.numeric("x").fill(0.0)})
    report = fk.export(None, spec, fk.Stats({}), tmp_path / "1")
    assert not {"classify", "regress"} & set(report.signatures)


def test_the_fingerprint_is_of_the_file_that_is_there(tmp_path: Path) -> None:
    served = exported(tmp_path, model(1))
    found = tf.saved_model.experimental.read_fingerprint(str(served.path))
    copy = shutil.copytree(served.path, tmp_path / "copy")
    write_fingerprint(str(copy))
    again = tf.saved_model.experimental.read_fingerprint(str(copy))
    assert found.saved_model_checksum == again.saved_model_checksum
    assert found.signature_def_hash == again.signature_def_hash
