"""Large vocabularies are files of an exported model, and go where it goes."""

import gc
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

import featurekit as fk  # noqa: E402
from featurekit.backends.keras.token_tables import (  # noqa: E402
    MAX_IN_GRAPH,
    TableFiles,
)
from featurekit.errors import ArtifactError  # noqa: E402
from featurekit.serve.artifact import Description  # noqa: E402
from featurekit.serve.served_model import load_model  # noqa: E402

ODD = ["line\nbreak", "", "日本", "\ttab", 'quote"', "\r", "\x00"]
WORDS = ODD + [f"word {at}" for at in range(2_000)]
SPEC = fk.FeatureSpec(
    {
        "word": fk.string("w").fill("?").vocabulary(WORDS, num_oov=3),
        "other": fk.string("v").fill("").vocabulary([*WORDS[5:], "more"]),
        "number": fk.integer("n").fill(0).vocabulary(list(range(-900, 900))),
        "small": fk.string("v").fill("").vocabulary(["a", "b"]),
    }
)
STATS = fk.Stats({})
ROWS = {
    "w": [*ODD, "word 0", "word 1999", "no word", "no", None],
    "v": [*ODD, "word 0", "more", "no word", "a", None],
    "n": [*range(-901, -894), 899, 900, 2**62, 0, None],
}
PLAIN = """
import json, sys
sys.modules["featurekit"] = None  # importing it fails
import tensorflow as tf
call = tf.saved_model.load(sys.argv[1]).signatures["serving_json"]
found = call(rows=tf.constant(json.loads(sys.stdin.read())))
print(json.dumps({name: value.numpy().tolist() for name, value in found.items()}))
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("served") / "1"
    fk.export(None, SPEC, STATS, path, rows=ROWS)
    return path


def assert_equal(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        assert np.asarray(found[name]).tolist() == values.tolist(), name


def test_ids_are_those_of_rows_without_tensorflow(served: Path) -> None:
    rows = [{name: ROWS[name][at] for name in ROWS} for at in range(len(ROWS["w"]))]
    assert_equal(
        load_model(served).transform(ROWS), fk.Preprocessor(SPEC).transform(rows)
    )


def test_files_are_assets_with_digests_and_no_constants(served: Path) -> None:
    assets = sorted((served / "assets").iterdir())
    assert assets
    names = {f"assets/{one.name}" for one in assets}
    assert names <= Description.open(served).digests.keys()
    graph = (served / "saved_model.pb").read_bytes()
    assert b"word 1234" not in graph
    assert any(b"word 1234" in one.read_bytes() for one in assets)
    assert b"/tmp" not in graph  # no path of the machine that exported it


def test_a_moved_folder_answers_the_same(served: Path, tmp_path: Path) -> None:
    wanted = load_model(served).predict(ROWS)
    original = shutil.copytree(served, tmp_path / "a" / "1")
    moved = tmp_path / "b" / "somewhere else"
    moved.parent.mkdir()
    shutil.move(original, moved)
    rows = [
        json.dumps({name: ROWS[name][at] for name in ROWS})
        for at in range(len(ROWS["w"]))
    ]
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, str(moved)],
        input=json.dumps(rows),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert_equal(json.loads(done.stdout.splitlines()[-1]), wanted)


@pytest.mark.parametrize("damage", ["change", "remove"])
def test_a_damaged_vocabulary_is_refused(
    served: Path, tmp_path: Path, damage: str
) -> None:
    copy = Path(shutil.copytree(served, tmp_path / "copy"))
    file = min((copy / "assets").iterdir())
    if damage == "remove":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes().replace(b"word 12", b"word 21"))
    with pytest.raises(ArtifactError, match=file.name) as caught:
        load_model(copy)
    assert caught.value.code == "ARTIFACT_DAMAGED"


@pytest.mark.parametrize("size", [MAX_IN_GRAPH, MAX_IN_GRAPH + 1])
@pytest.mark.parametrize("first", [0, 7, None])
def test_a_table_of_a_file_is_the_table(
    tmp_path: Path, size: int, first: int | None
) -> None:
    ids = [(at * 7919) % 10_007 if first is None else first + at for at in range(size)]
    table = TableFiles(tmp_path)({b"%d" % at: n for at, n in enumerate(ids)}, -5)
    keys = tf.constant([*map(str, range(size)), "no"])
    assert table.lookup(keys).numpy().tolist() == [*ids, -5]
    assert len(list(tmp_path.iterdir())) == (size > MAX_IN_GRAPH)


def test_pieces_of_words_are_files_as_well(tmp_path: Path) -> None:
    pieces = ["[UNK]", "a", "##b", *(f"piece{at}" for at in range(1_500))]
    spec = fk.FeatureSpec(
        {
            "ids": fk.string("t")
            .split()
            .wordpiece(pieces)
            .vocabulary(pieces, num_oov=0)
            .pad(4)
        }
    )
    fk.export(None, spec, STATS, tmp_path / "1")
    # The table of the pieces, and that of their ids.
    assert len(list((tmp_path / "1" / "assets").iterdir())) == 2
    rows = {"t": ["ab piece7", "", "piece1499 zz"]}
    wanted = fk.Preprocessor(spec).transform([{"t": text} for text in rows["t"]])
    assert_equal(load_model(tmp_path / "1").transform(rows), wanted)


def test_one_of_two_loaded_models_can_go(served: Path) -> None:
    first, second = load_model(served), load_model(served)
    wanted = first.transform(ROWS)
    del first
    gc.collect()
    assert_equal(second.transform(ROWS), wanted)
