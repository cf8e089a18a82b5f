"""What an artefact never holds, and what a file of a model may not name."""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

import keras  # noqa: E402
import numpy as np  # noqa: E402

import featurekit as fk  # noqa: E402
from featurekit.errors import FeatureKitError, SpecError  # noqa: E402

WORDS = [f"word {at}" for at in range(1_200)]
SPEC = fk.FeatureSpec(
    {
        "word": fk.string("word").vocabulary(WORDS),
        "size": fk.numeric("size").fill(0.0).clip(0, 9),
    }
)
ROWS = {"word": ["word 7", "?", None], "size": [1.0, None, 70.0]}

UNPICKLED = """
import sys, traceback
found = []
def watch(event, args):
    # Numba keeps its index of compiled kernels as a pickle, in the user's own folder.
    if event == "pickle.find_class":
        if "numba" not in "".join(traceback.format_stack()):
            found.append(args)
sys.addaudithook(watch)
import featurekit as fk
assert fk.certify(sys.argv[1]).sound
assert fk.serve.load_model(sys.argv[1]).predict({"word": ["a"], "size": [1.0]})
fk.Preprocessor.load(sys.argv[1])
print(found)
"""


def model() -> keras.Model:
    inputs = {
        "word": keras.Input((), dtype="int64", name="word"),
        "size": keras.Input((), name="size"),
    }
    together = inputs["size"] + keras.ops.cast(inputs["word"], "float32")
    return keras.Model(inputs, {"y": keras.ops.expand_dims(together, -1)})


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("served") / "1"
    fk.export(model(), SPEC, fk.Stats({}), path, rows=ROWS, training=ROWS)
    return path


def test_no_file_is_a_pickle_and_none_is_read(served: Path) -> None:
    for path in served.rglob("*"):
        if path.is_file():
            # The first bytes of protocols 2 and later.
            assert path.read_bytes()[:1] != b"\x80", path
    done = subprocess.run(
        [sys.executable, "-c", UNPICKLED, str(served)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == "[]"


def test_files_have_plain_names_inside_of_the_folder(served: Path) -> None:
    for path in served.rglob("*"):
        assert re.fullmatch(r"[A-Za-z0-9._-]+", path.name)
        assert path.resolve().is_relative_to(served.resolve())


@pytest.mark.parametrize("words", ["/etc/passwd", "https://a.b/c.txt", "../words"])
def test_a_vocabulary_is_never_a_path(words: str) -> None:
    with pytest.raises(SpecError, match="list of texts"):
        fk.string("word").vocabulary(words)  # type: ignore[arg-type]


def saved_layer(path: Path) -> Path:
    columns = {
        "word": keras.Input((), dtype="string", name="word"),
        "size": keras.Input((), name="size"),
    }
    features = fk.keras.FeatureLayer(SPEC)(columns)
    keras.Model(columns, model()(features)).save(path)
    return path


def test_a_keras_file_of_layer_and_model_loads_in_safe_mode(tmp_path: Path) -> None:
    path = saved_layer(tmp_path / "whole.keras")
    loaded = keras.saving.load_model(path, safe_mode=True)
    rows = {"word": tf.constant(["word 7", "?"]), "size": tf.constant([1.0, 70.0])}
    wanted = model()(fk.keras.FeatureLayer(SPEC)(rows))["y"]
    np.testing.assert_array_equal(loaded(rows)["y"], wanted)


def rewrite_config(path: Path, change: Any) -> None:
    """Changes the text of the configuration in a file of Keras."""
    with zipfile.ZipFile(path) as file:
        entries = {name: file.read(name) for name in file.namelist()}
    config = entries["config.json"].decode()
    entries["config.json"] = change(config).encode()
    with zipfile.ZipFile(path, "w") as file:
        for name, data in entries.items():
            file.writestr(name, data)


def whole_spec(spec: str, path: str) -> str:
    return path


def its_tokens(spec: str, path: str) -> str:
    found = json.loads(spec)
    step = found["features"][0]["column"]["steps"][0]
    step["vocabulary"]["tokens"] = path
    return json.dumps(found)


@pytest.mark.parametrize("change", [whole_spec, its_tokens])
def test_a_path_in_a_keras_file_is_no_vocabulary(
    tmp_path: Path, change: Callable[[str, str], str]
) -> None:
    path = saved_layer(tmp_path / "changed.keras")
    secret = tmp_path / "secret.txt"
    secret.write_text("word 7\nword 8\n")

    def to_path(config: str) -> str:
        found = json.loads(config)
        (layer,) = [
            one
            for one in found["config"]["layers"]
            if one["class_name"] == "FeatureLayer"
        ]
        layer["config"]["spec"] = change(layer["config"]["spec"], str(secret))
        return json.dumps(found)

    rewrite_config(path, to_path)
    with pytest.raises((FeatureKitError, ValueError, TypeError)) as caught:
        keras.saving.load_model(path, safe_mode=True)
    assert "word 8" not in str(caught.value)


def test_a_lambda_is_not_loaded(tmp_path: Path) -> None:
    inputs = keras.Input((1,))
    unsafe = keras.Model(inputs, keras.layers.Lambda(lambda x: x + 1)(inputs))
    unsafe.save(tmp_path / "unsafe.keras")
    with pytest.raises(ValueError, match=r"[Ll]ambda"):
        keras.saving.load_model(tmp_path / "unsafe.keras", safe_mode=True)
