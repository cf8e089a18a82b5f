"""A graph that does more than compute is refused before it is run."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

import keras  # noqa: E402
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel  # noqa: E402

import featurekit as fk  # noqa: E402
from featurekit.errors import ArtifactError  # noqa: E402
from featurekit.serve import graph_check, load_model  # noqa: E402
from featurekit.serve.artifact import DESCRIPTION, digests  # noqa: E402
from featurekit.serve.graph_check import check_graph  # noqa: E402

SPEC = fk.FeatureSpec({"size": fk.numeric("size").fill(0).clip(0, 9)})


def write_file(x: Any) -> Any:
    with tf.control_dependencies([tf.io.write_file("stolen", "secret")]):
        return tf.identity(x)


def read_file(x: Any) -> Any:
    return x + tf.cast(tf.strings.length(tf.io.read_file("/etc/hostname")), x.dtype)


def call_python(x: Any) -> Any:
    return tf.ensure_shape(tf.py_function(lambda y: y, [x], x.dtype), x.shape)


def call_numpy(x: Any) -> Any:
    return tf.numpy_function(lambda y: y, [x], x.dtype, stateful=False)


def list_files(x: Any) -> Any:
    return x + tf.cast(tf.size(tf.io.matching_files("/*")), x.dtype)


def print_values(x: Any) -> Any:
    with tf.control_dependencies([tf.print(x)]):
        return tf.identity(x)


def cache_on_disk(x: Any) -> Any:
    data = tf.data.Dataset.from_tensors(0.0).cache("cached")
    return x + data.reduce(tf.constant(0.0), lambda a, b: a + b)


def restore(x: Any) -> Any:
    return (
        x
        + tf.raw_ops.RestoreV2(
            prefix="x", tensor_names=["a"], shape_and_slices=[""], dtypes=[tf.float32]
        )[0]
    )


def call_in_branch(x: Any) -> Any:
    return tf.cond(tf.reduce_all(x > 0), lambda: write_file(x), lambda: x)


ATTACKS = {
    write_file: "WriteFile",
    read_file: "ReadFile",
    call_python: "EagerPyFunc",
    call_numpy: "PyFuncStateless",
    list_files: "MatchingFiles",
    print_values: "PrintV2",
    cache_on_disk: "Dataset",
    restore: "RestoreV2",
    call_in_branch: "WriteFile",
}


class Attack(keras.layers.Layer):
    def __init__(self, attack: Any) -> None:
        super().__init__()
        self.attack = attack

    def call(self, x: Any) -> Any:
        return self.attack(x)

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


def model(attack: Any) -> keras.Model:
    inputs = {"size": keras.Input((), name="size")}
    return keras.Model(inputs, Attack(attack)(inputs["size"]))


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.__name__)
def test_no_model_that_does_more_than_compute_is_exported(
    attack: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "featurekit.serve.export._outputs", lambda module, batch: {}
    )  # so that the attack is not run before it is looked at
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArtifactError) as caught:
        fk.export(model(attack), SPEC, fk.Stats({}), tmp_path / "1")
    assert caught.value.code == "GRAPH_OP"
    assert ATTACKS[attack] in str(caught.value.got)
    assert not list(tmp_path.iterdir())


def graph_of(attack: Any, path: Path) -> None:
    module = tf.Module()
    module.f = tf.function(attack, input_signature=[tf.TensorSpec([None], tf.float32)])
    tf.saved_model.save(module, str(path), signatures=module.f)


def test_a_graph_from_elsewhere_is_refused_although_its_digests_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "1"
    fk.export(None, SPEC, fk.Stats({}), path)
    graph_of(write_file, tmp_path / "foreign")
    shutil.copy(tmp_path / "foreign" / "saved_model.pb", path)
    text = json.loads((path / DESCRIPTION).read_text())
    text["digests"] = digests(path)
    (path / DESCRIPTION).write_text(json.dumps(text))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArtifactError) as caught:
        load_model(path)
    assert caught.value.code == "GRAPH_OP" and "WriteFile" in str(caught.value.got)
    certificate = fk.certify(path)
    assert [one.code for one in certificate.problems] == ["GRAPH_OP"]
    assert not certificate.replays and not (tmp_path / "stolen").exists()


@pytest.mark.parametrize(
    "name", ["../up", "/etc/passwd", "a/b", "..", "http://x/y", ""]
)
def test_assets_have_plain_names(tmp_path: Path, name: str) -> None:
    rename_asset(tmp_path, name)
    with pytest.raises(ArtifactError) as caught:
        check_graph(tmp_path)
    assert caught.value.code == "UNSAFE_PATH" and caught.value.got == name


def rename_asset(path: Path, name: str) -> None:
    file = path / "words.txt"
    file.write_text("a\nb\n")
    module = tf.Module()
    index = tf.lookup.TextFileIndex
    initializer = tf.lookup.TextFileInitializer(
        str(file), tf.string, index.WHOLE_LINE, tf.int64, index.LINE_NUMBER
    )
    module.table = tf.lookup.StaticHashTable(initializer, -1)
    module.f = tf.function(
        module.table.lookup, input_signature=[tf.TensorSpec([None], tf.string)]
    )
    tf.saved_model.save(module, str(path), signatures=module.f)
    check_graph(path)  # a table of a text file, as Keras makes them
    saved = SavedModel.FromString((path / "saved_model.pb").read_bytes())
    saved.meta_graphs[0].asset_file_def[0].filename = name
    (path / "saved_model.pb").write_bytes(saved.SerializeToString())


def test_the_savers_files_are_no_way_out(tmp_path: Path) -> None:
    graph_of(tf.sin, tmp_path)
    saved = SavedModel.FromString((tmp_path / "saved_model.pb").read_bytes())
    functions = saved.meta_graphs[0].graph_def.library.function
    (signature,) = [f for f in functions if "signature_wrapper" in f.signature.name]
    (restorer,) = [f for f in functions if "traced_restore" in f.signature.name]
    node = signature.node_def.add(op="StatefulPartitionedCall", name="out")
    node.attr["f"].func.name = restorer.signature.name
    (tmp_path / "saved_model.pb").write_bytes(saved.SerializeToString())
    with pytest.raises(ArtifactError) as caught:
        check_graph(tmp_path)
    assert "traced_restore" in str(caught.value.got)


def test_a_table_is_filled_of_an_asset_and_of_no_other_file(tmp_path: Path) -> None:
    words = fk.string("word").vocabulary([f"word {at}" for at in range(1_200)])
    path = tmp_path / "1"
    fk.export(None, fk.FeatureSpec({"word": words}), fk.Stats({}), path)
    check_graph(path)
    saved = SavedModel.FromString((path / "saved_model.pb").read_bytes())
    graph = saved.meta_graphs[0]
    (filler,) = [
        one
        for one in graph.graph_def.library.function
        if any(node.op == "ReadFile" for node in one.node_def)
    ]
    # A constant in the place of the asset: the loader would read whatever it names.
    bound = graph.object_graph_def.concrete_functions[filler.signature.name]
    (at,) = [
        index
        for index, node in enumerate(bound.bound_inputs)
        if graph.object_graph_def.nodes[node].WhichOneof("kind") == "asset"
    ]
    node = graph.object_graph_def.nodes.add()
    node.constant.operation = "Const"
    bound.bound_inputs[at] = len(graph.object_graph_def.nodes) - 1
    (path / "saved_model.pb").write_bytes(saved.SerializeToString())
    with pytest.raises(ArtifactError) as caught:
        check_graph(path)
    assert "ReadFile" in str(caught.value.got)


def test_operations_that_tensorflow_does_not_have_are_refused() -> None:
    assert not graph_check._only_computes("MyCustomOp")
    assert graph_check._only_computes("MatMul")


def test_a_file_that_is_no_graph_is_refused(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\xff" * 100)
    with pytest.raises(ArtifactError, match="graph cannot be read"):
        check_graph(tmp_path)


def test_usual_layers_only_compute(tmp_path: Path) -> None:
    inputs = keras.Input((6, 6, 3))
    hidden = keras.layers.Conv2D(4, 3, activation="gelu")(inputs)
    hidden = keras.layers.BatchNormalization()(hidden)
    hidden = keras.layers.Reshape((16, 4))(hidden)
    hidden = keras.layers.MultiHeadAttention(2, 2)(hidden, hidden)
    hidden = keras.layers.LSTM(3)(hidden) + keras.layers.GRU(3)(hidden)
    hidden = keras.layers.Dropout(0.5)(keras.layers.LayerNormalization()(hidden))
    keras.Model(inputs, keras.layers.Dense(2)(hidden)).export(tmp_path, verbose=False)
    check_graph(tmp_path)
