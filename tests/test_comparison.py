"""What peers get wrong, against what is installed; featurekit's result beside it.

Numbers are those of the project's list of 24 wrong results in peers. The lines of the
README's comparison are among these tests. TensorFlow Transform is not installed beside
TensorFlow; its numbers have featurekit's half only.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")

import featurekit as fk  # noqa: E402
from featurekit.errors import CorruptRecordError, RowError  # noqa: E402
from featurekit.io.adapter import open_source  # noqa: E402
from featurekit.io.tfrecord import read_records  # noqa: E402
from featurekit.spec.columns import Column  # noqa: E402
from featurekit.spec.serialize import spec_from_proto, spec_to_proto  # noqa: E402

BREAKS = ["a\nb", "c\rd", "e\x0bf", "g\u2028h", "plain"]
SPACE = keras.utils.FeatureSpace


def test_every_number_has_a_test() -> None:
    found = {int(n) for name in globals() for n in re.findall(r"^test_(\d\d)_", name)}
    assert found == set(range(1, 25))


def ours(column: Column, rows: dict[str, Any]) -> list[Any]:
    """The feature of all rows, learned from them."""
    spec = fk.FeatureSpec({"out": column})
    found: list[Any] = layer(spec, rows)(tensors(rows))["out"].numpy().tolist()
    return found


def layer(spec: fk.FeatureSpec, rows: dict[str, Any]) -> Any:
    return fk.keras.FeatureLayer(spec, fk.analyze(spec, rows))


def tensors(rows: dict[str, Any]) -> dict[str, Any]:
    kinds = {float: tf.float32, int: tf.int64, str: tf.string}
    return {n: tf.constant(v, kinds[type(v[0])]) for n, v in rows.items()}


def reloaded(built: Any, folder: Path) -> Any:
    """A layer after a trip through a .keras file."""
    inputs = keras.Input((), dtype="string")
    outputs = built(
        {"s": inputs} if isinstance(built, fk.keras.FeatureLayer) else inputs
    )
    keras.Model(inputs, outputs).save(folder / "model.keras")
    return keras.models.load_model(folder / "model.keras")


def batched(values: Any, size: int) -> Any:
    return tf.data.Dataset.from_tensor_slices(values).batch(size)


def moments(values: list[float]) -> tuple[float, float]:
    spec = fk.FeatureSpec({"x": fk.numeric("x").standardize()})
    found = fk.analyze(spec, {"x": values})["moments(fk.numeric('x'))"]
    return found.mean, found.variance


@pytest.mark.proves(27)
def test_06_a_nan_in_a_column_to_standardize() -> None:
    values = [1.0, 2.0, float("nan"), 3.0]
    theirs = keras.layers.Normalization(axis=None)
    theirs.adapt(np.array(values, np.float32))
    assert np.isnan(np.asarray(theirs(np.array([1.0], np.float32)))).all()
    assert moments(values)[0] == 2.0


def test_variance_far_from_zero() -> None:
    values = [1e8 + 8 * k for k in range(10)]  # all exact in float32
    theirs = keras.layers.Normalization(axis=None)
    theirs.adapt(np.array(values, np.float32))
    exact = float(np.var(values))
    assert abs(float(np.asarray(theirs.variance).ravel()[0]) / exact - 1) > 1e-3
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


@pytest.mark.proves(45)
def test_14_crossing_two_unknown_words() -> None:
    space = SPACE(
        features={
            "a": SPACE.string_categorical(num_oov_indices=1),
            "b": SPACE.string_categorical(num_oov_indices=1),
        },
        crosses=[SPACE.cross(["a", "b"], 1000, output_mode="int")],
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


def test_18_an_id_out_of_range() -> None:
    encoding = keras.layers.CategoryEncoding(num_tokens=3, output_mode="one_hot")
    try:
        zeros = np.asarray(encoding(np.array([3])))
    except ValueError:
        zeros = np.asarray(encoding(np.array([[3]])))
    assert not zeros.any()
    spec = fk.FeatureSpec({"i": fk.integer("i").identity(3).one_hot()})
    with pytest.raises(RowError, match="row=0 column=i"):
        fk.keras.FeatureLayer(spec)({"i": tf.constant([3], tf.int64)})


def test_23_a_token_with_a_line_break(tmp_path: Path) -> None:
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


def test_01_quantiles_learned_in_small_batches() -> None:
    values = np.random.default_rng(0).normal(size=10_000).astype(np.float32)
    theirs = keras.layers.Discretization(num_bins=10, epsilon=0.01)
    theirs.adapt(batched(values, 32))
    assert rank_error(values, np.ravel(theirs.bin_boundaries)) > 0.05
    spec = fk.FeatureSpec({"x": fk.numeric("x").quantile_buckets(10)})
    (found,) = (v for k, v in fk.analyze(spec, {"x": values}).items() if "quant" in k)
    assert rank_error(values, np.array(found.boundaries)) <= 1e-4


def rank_error(values: Any, boundaries: Any) -> float:
    ranks = np.searchsorted(np.sort(values), boundaries) / len(values)
    return float(np.abs(ranks - np.arange(1, 10) / 10).max())


@pytest.mark.proves(27)
def test_02_a_nan_in_a_column_to_scale() -> None:
    scaled = fk.numeric("x").min_max().fill(-1.0)
    assert ours(scaled, {"x": [1.0, float("nan"), 3.0]}) == [0.0, -1.0, 1.0]


def test_03_scaling_a_constant_column() -> None:
    assert ours(fk.numeric("x").min_max(), {"x": [5.0, 5.0, 5.0]}) == [0.0, 0.0, 0.0]


def test_04_the_variance_of_unix_times() -> None:
    seconds = list(range(1_700_000_000, 1_700_001_000))
    # As numbers they would lose their last digits, so they are refused as such.
    with pytest.raises(RowError, match="LOSSY_CAST"):
        moments(seconds)
    exact = [1_700_000_000 + 128 * k for k in range(1000)]  # all exact in float32
    assert moments(exact)[1] == 83_333.25 * 128**2
    assert moments(list(range(2**24 - 1000, 2**24)))[1] == 83_333.25


def test_05_the_variance_of_batches_far_from_zero() -> None:
    values = [1_700_000_000.0 + 128 * k for k in range(1000)]
    theirs = keras.layers.Normalization(axis=None)
    theirs.adapt(batched(np.array(values, np.float32)[:, np.newaxis], 40))
    exact = 83_333.25 * 128**2
    assert abs(float(np.ravel(theirs.variance)[0]) / exact - 1) > 1e-6
    assert moments(values)[1] == exact


def test_07_standardizing_a_constant_column() -> None:
    theirs = keras.layers.Normalization(axis=None)
    theirs.adapt(np.full(4, 5.0, np.float32))
    assert float(np.ravel(theirs(np.float32([6.0])))[0]) > 1e6
    spec = fk.FeatureSpec({"out": fk.numeric("x").standardize()})
    found = layer(spec, {"x": [5.0] * 4})({"x": tf.constant([5.0, 6.0])})
    assert found["out"].numpy().tolist() == [0.0, 1.0]


def test_08_a_learned_vocabulary_with_line_breaks(tmp_path: Path) -> None:
    words = tf.constant(BREAKS)
    theirs = keras.layers.StringLookup()
    theirs.adapt(BREAKS)
    before = np.asarray(theirs(words)).tolist()
    assert np.asarray(reloaded(theirs, tmp_path)(words)).tolist() != before
    spec = fk.FeatureSpec({"out": fk.string("s").vocabulary()})
    built = layer(spec, {"s": BREAKS})
    before = built({"s": words})["out"].numpy().tolist()
    assert sorted(before) == [0, 1, 2, 3, 4]
    assert np.asarray(reloaded(built, tmp_path)(words)["out"]).tolist() == before


def test_09_a_learned_empty_text_at_the_end(tmp_path: Path) -> None:
    rows = ["b", "b", "b", "a", "a", ""]
    words = tf.constant(["b", "a", ""])
    theirs = keras.layers.StringLookup()
    theirs.adapt(rows)
    assert np.asarray(theirs(words)).tolist() == [1, 2, 3]
    assert np.asarray(reloaded(theirs, tmp_path)(words)).tolist() == [1, 2, 0]
    spec = fk.FeatureSpec({"out": fk.string("s").vocabulary()})
    again = reloaded(layer(spec, {"s": rows}), tmp_path)
    assert np.asarray(again(words)["out"]).tolist() == [0, 1, 2]


def test_10_a_token_that_is_not_utf8() -> None:
    theirs = keras.layers.StringLookup()
    theirs.adapt(tf.constant([b"\xff", b"a"]))
    with pytest.raises(UnicodeDecodeError):
        theirs.get_vocabulary()
    spec = fk.FeatureSpec({"out": fk.string("s").vocabulary([b"\xff", "a"])})
    assert spec_from_proto(spec_to_proto(spec)) == spec


def test_11_the_integer_that_marks_unknown_ones() -> None:
    rows = [-1, -1, -1, 7, 7, 3]
    theirs = keras.layers.IntegerLookup()
    theirs.adapt(np.array(rows))
    assert np.asarray(theirs(np.array([-1, 8]))).tolist() == [0, 0]
    found = ours(fk.integer("i").vocabulary(num_oov=0), {"i": rows})
    assert found == [0, 0, 0, 1, 1, 2]


@pytest.mark.filterwarnings("ignore:The structure of `inputs`")
@pytest.mark.proves(2)
def test_12_an_id_beyond_32_bits() -> None:
    rows = {"i": [2**40, 2**40, 7]}
    theirs = SPACE(
        {"i": SPACE.integer_categorical(output_mode="int")}, output_mode="dict"
    )
    theirs.adapt(batched(tensors(rows), 3))
    eager = np.ravel(theirs(tensors(rows))["i"]).tolist()
    model = keras.Model(theirs.get_inputs(), theirs.get_encoded_features())
    column = {"i": tf.constant([[value] for value in rows["i"]], tf.int64)}
    assert np.ravel(model(column)["i"]).tolist() != eager
    spec = fk.FeatureSpec({"out": fk.integer("i").vocabulary(num_oov=0)})
    built = layer(spec, rows)
    inputs = {"i": keras.Input((), dtype="int64", name="i")}
    functional = keras.Model(inputs, built(inputs))
    piped = next(iter(batched(tensors(rows), 3).map(built)))
    for found in (built(tensors(rows)), functional(tensors(rows)), piped):
        assert np.asarray(found["out"]).tolist() == [0, 0, 1]


@pytest.mark.proves(23)
def test_13_given_boundaries() -> None:
    theirs = SPACE({"x": SPACE.float_discretized(None, bin_boundaries=[0.0, 1.0])})
    with pytest.raises(ValueError, match="adapt"):
        theirs({"x": tf.constant([0.5])})
    rows = {"x": [-1.0, 0.0, 0.5, 1.0]}
    assert ours(fk.numeric("x").buckets([0.0, 1.0]), rows) == [0, 1, 1, 2]


def test_15_a_column_that_no_feature_reads() -> None:
    rows = {"x": [1.0, 2.0], "label": [0, 1]}
    theirs = SPACE({"x": SPACE.float()}, output_mode="dict")
    theirs.adapt(batched(tensors({"x": rows["x"]}), 2))
    with pytest.raises(KeyError, match="label"):
        theirs(tensors(rows))
    assert ours(fk.numeric("x"), rows) == [1.0, 2.0]


@pytest.mark.proves(78)
def test_16_how_often_the_data_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = [0]
    words = {name: ["a", "b"] for name in "vwxyz"}

    def rows() -> Any:
        opened[0] += 1
        yield {name: values[0] for name, values in words.items()}

    shape = {name: tf.TensorSpec((), tf.string) for name in words}
    data = tf.data.Dataset.from_generator(rows, output_signature=shape).batch(1)
    theirs = SPACE({name: SPACE.string_categorical() for name in words})
    theirs.adapt(data)
    assert opened[0] >= len(words)
    source = open_source(words)
    [task] = source.plan_tasks()
    read = counted(type(task).read_raw)
    monkeypatch.setattr(type(task), "read_raw", read)
    fk.analyze(fk.FeatureSpec({n: fk.string(n).vocabulary() for n in words}), source)
    assert read.calls == 1  # type: ignore[attr-defined]


def counted(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        call.calls += 1  # type: ignore[attr-defined]
        return function(*args, **kwargs)

    call.calls = 0  # type: ignore[attr-defined]
    return call


def test_17_a_layer_from_its_config() -> None:
    theirs = keras.layers.CategoryEncoding(num_tokens=3, sparse=True)
    assert "sparse" not in theirs.get_config()
    spec = fk.FeatureSpec(
        {"a": fk.numeric("x").standardize()}, label=fk.numeric("y").greater_equal(1)
    )
    stats = fk.analyze(spec, {"x": [1.0, 2.0], "y": [0.0, 1.0]})
    built = fk.keras.FeatureLayer(spec, stats, outputs="all", name="n")
    again = fk.keras.FeatureLayer.from_config(built.get_config())
    assert (again.spec, again.stats, again.outputs) == (spec, stats, "all")
    assert again.get_config() == built.get_config()


def test_19_declared_types_are_actual_types() -> None:
    theirs = keras.layers.StringLookup(vocabulary=["a"], output_mode="multi_hot")
    symbolic = theirs(keras.Input((1,), dtype="string"))
    assert symbolic.dtype != theirs(tf.constant([["a"]])).dtype.name
    spec = fk.FeatureSpec(
        {
            "number": fk.numeric("x"),
            "ids": fk.string("s").vocabulary(["a"]),
            "vector": fk.string("s").vocabulary(["a"]).one_hot(),
        }
    )
    built = fk.keras.FeatureLayer(spec)
    inputs = {"x": keras.Input(()), "s": keras.Input((), dtype="string")}
    actual = built({"x": tf.constant([1.0]), "s": tf.constant(["a"])})
    for name, found in built(inputs).items():
        assert found.dtype == actual[name].dtype.name
        assert found.shape[1:] == tuple(actual[name].shape[1:])


@pytest.mark.proves(20)
def test_20_a_key_that_was_not_seen() -> None:
    rows = {"x": [1.0, 3.0, 8.0], "k": ["a", "a", "b"]}
    unseen = {"x": tf.constant([1.0]), "k": tf.constant(["never"])}
    x, k = fk.numeric("x"), fk.string("k")
    features = {
        "global": x.standardize(by=k),
        "declared": x.standardize(by=k, unseen="missing").fill(-9.0),
    }
    found = layer(fk.FeatureSpec(features), rows)(unseen)
    # Not 1.0, the number itself: the mean of all rows is 4, their deviation sqrt(26/3).
    assert found["global"].numpy().tolist() == [np.float32(-3 / np.sqrt(26 / 3))]
    assert found["declared"].numpy().tolist() == [-9.0]


def test_21_quantiles_of_values_that_repeat() -> None:
    spec = fk.FeatureSpec({"out": fk.numeric("x").quantile_buckets(4)})
    rows = {"x": [1.0] * 7 + [2.0]}
    (found,) = (v for k, v in fk.analyze(spec, rows).items() if "quantiles" in k)
    assert len(set(found.boundaries)) == len(found.boundaries) == 1


def test_22_two_integers_that_float32_cannot_tell_apart() -> None:
    theirs = tf.raw_ops.Bucketize(
        input=tf.constant([16777216, 16777217], tf.int64), boundaries=[16777217.0]
    )
    assert theirs[0] == theirs[1]
    both = {"i": [16777216, 16777217]}
    assert ours(fk.integer("i").vocabulary(both["i"], num_oov=0), both) == [0, 1]
    with pytest.raises(RowError, match="LOSSY_CAST"):
        moments(both["i"])
    halves = fk.numeric("x").standardize(mean=0.0, std=2.0).buckets([16777216.5])
    assert ours(halves, {"x": [33554432.0, 33554436.0]}) == [0, 1]


def test_24_one_embedding_table_for_two_columns() -> None:
    """Theirs is for TensorFlow 1 graphs alone; ours trains, eagerly."""
    fc = tf.feature_column
    columns = [
        fc.categorical_column_with_vocabulary_list(name, ["x", "y"])
        for name in ("a", "b")
    ]
    with pytest.raises(RuntimeError, match="eager"):
        fc.shared_embeddings(columns, dimension=2)
    spec = fk.FeatureSpec(
        {
            name: fk.string(name).vocabulary(["x", "y"], shared="xy").embedding(2)
            for name in ("a", "b")
        }
    )
    rows = {"a": ["x", "y"], "b": ["y", "x"]}
    inputs = fk.Preprocessor(spec).transform(rows)
    model = fk.models.TabularTransformer(
        fk.model_inputs(spec), dim=2, depth=1, num_heads=1
    )
    model.compile("sgd", "mse")
    model.fit(inputs, np.array([0.0, 1.0]), verbose=0)
    tables = [model.tokenizer.get_vectors(name) for name in ("a", "b")]
    np.testing.assert_array_equal(*tables)
    shapes = [tuple(weight.shape) for weight in model.tokenizer.weights]
    assert shapes.count((3, 2)) == 1
