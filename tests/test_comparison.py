"""The comparison with peers in the README, line by line, against what is installed."""

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")

import featurekit as fk  # noqa: E402
from featurekit.errors import CorruptRecordError, RowError  # noqa: E402
from featurekit.io.tfrecord import read_records  # noqa: E402


def moments(values: list[float]) -> tuple[float, float]:
    spec = fk.FeatureSpec({"x": fk.numeric("x").standardize()})
    found = fk.analyze(spec, {"x": values})["moments(fk.numeric('x'))"]
    return found.mean, found.variance


def test_a_nan_in_a_column_to_standardize() -> None:
    values = [1.0, 2.0, float("nan"), 3.0]
    layer = keras.layers.Normalization(axis=None)
    layer.adapt(np.array(values, np.float32))
    assert np.isnan(np.asarray(layer(np.array([1.0], np.float32)))).all()
    assert moments(values)[0] == 2.0


def test_variance_far_from_zero() -> None:
    values = [1e8 + 8 * k for k in range(10)]  # all exact in float32
    layer = keras.layers.Normalization(axis=None)
    layer.adapt(np.array(values, np.float32))
    exact = float(np.var(values))
    assert abs(float(np.asarray(layer.variance).ravel()[0]) / exact - 1) > 1e-3
    assert moments(values)[1] == exact


def test_an_absent_feature_and_an_empty_list() -> None:
    from featurekit.backends.keras.lists import read_lists
    from featurekit.serve.example_rows import parse_examples
    from featurekit.spec.inputs import Input

    empty = tf.train.Feature(int64_list=tf.train.Int64List())
    features = tf.train.Features(feature={"i": empty})
    examples = [b"", tf.train.Example(features=features).SerializeToString()]
    parsed = tf.io.parse_example(examples, {"i": tf.io.RaggedFeature(tf.int64)})["i"]
    assert parsed.row_lengths().numpy().tolist() == [0, 0]
    found = read_lists(
        parse_examples(tf.constant(examples), [Input("i", "list<int64>")])["i"]
    )
    assert found.valid.numpy().tolist() == [False, True]


def test_a_file_cut_inside_of_a_header(tmp_path: Path) -> None:
    path = tmp_path / "cut.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for _ in range(3):
            writer.write(b"0123456789")
    path.write_bytes(path.read_bytes()[: 2 * 26 + 5])
    assert len(list(tf.data.TFRecordDataset(str(path)))) == 2
    with pytest.raises(CorruptRecordError, match="record=2 offset=52"):
        list(read_records(path))


def test_crossing_two_unknown_words() -> None:
    space = keras.utils.FeatureSpace(
        features={
            "a": keras.utils.FeatureSpace.string_categorical(num_oov_indices=1),
            "b": keras.utils.FeatureSpace.string_categorical(num_oov_indices=1),
        },
        crosses=[keras.utils.FeatureSpace.cross(["a", "b"], 1000, output_mode="int")],
        output_mode="dict",
    )
    data = tf.data.Dataset.from_tensor_slices({"a": ["x", "y"], "b": ["x", "y"]})
    space.adapt(data)
    words = {"a": tf.constant(["p", "q"]), "b": tf.constant(["r", "s"])}
    crossed = np.asarray(space(words)["a_X_b"]).ravel()
    assert crossed[0] == crossed[1]
    spec = fk.FeatureSpec(
        {"c": fk.cross(fk.string("a"), fk.string("b")).hash_buckets(1000)}
    )
    ours = fk.keras.FeatureLayer(spec)(words)["c"].numpy()
    assert ours[0] != ours[1]


def test_an_id_out_of_range() -> None:
    encoding = keras.layers.CategoryEncoding(num_tokens=3, output_mode="one_hot")
    try:
        zeros = np.asarray(encoding(np.array([3])))
    except ValueError:
        zeros = np.asarray(encoding(np.array([[3]])))
    assert not zeros.any()
    spec = fk.FeatureSpec({"i": fk.integer("i").identity(3).one_hot()})
    with pytest.raises(RowError, match="row=0 column=i"):
        fk.keras.FeatureLayer(spec)({"i": tf.constant([3], tf.int64)})


def test_a_token_with_a_line_break(tmp_path: Path) -> None:
    tokens = ["a", "b\nc", ""]
    path = tmp_path / "vocabulary.txt"
    path.write_text("\n".join(tokens))
    read = tf.lookup.StaticVocabularyTable(
        tf.lookup.TextFileInitializer(
            str(path),
            tf.string, tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER,
        ),
        num_oov_buckets=1,
    )  # fmt: skip
    assert read.lookup(tf.constant("b\nc")) != 1
    spec = fk.FeatureSpec({"s": fk.string("s").vocabulary(tokens)})
    ids = fk.keras.FeatureLayer(spec)({"s": tf.constant(tokens)})["s"]
    assert ids.numpy().tolist() == [0, 1, 2]
