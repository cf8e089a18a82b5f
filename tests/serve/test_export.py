"""A model leaves as one folder, and comes back as what it was."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from jobs.trips import SPEC, trips

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

import featurekit as fk  # noqa: E402
from featurekit.errors import (  # noqa: E402
    ArtifactError,
    MissingColumnError,
    OutputExistsError,
    RowError,
    VersionTooNewError,
)
from featurekit.serve.artifact import DESCRIPTION, EXTRA, Description, digests  # noqa: E402
from featurekit.serve.export import export  # noqa: E402
from featurekit.serve.served_model import load_model  # noqa: E402

ROWS = trips(60)
STATS = fk.analyze(SPEC, ROWS)
PLAIN = '{"distance": 100, "time": "2013-01-01T05:00Z"}'


def model() -> fk.models.TabularTransformer:
    return fk.models.TabularTransformer(
        fk.model_inputs(SPEC, STATS), dim=8, depth=1, num_heads=2
    )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("served") / "1"
    report = export(model(), SPEC, STATS, path, rows=ROWS, probability="sigmoid")
    assert report.golden_rows > 64
    assert "serving_json" in str(report) and "probabilities" in report.outputs
    return path


def copy(served: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(served, tmp_path / "copy"))


@pytest.mark.proves(103, 104, 105)
def test_three_notations_give_one_answer(served: Path) -> None:
    loaded = load_model(served)
    names = [one.name for one in SPEC.serving_inputs]
    rows = ROWS.select(names)
    by_columns = loaded.predict(rows)
    json_rows = [
        json.dumps({k: v.isoformat() if k == "time" else v for k, v in row.items()})
        for row in rows.to_pylist()
    ]
    # Naive times are read in the zone of the spec, in both notations.
    by_json = loaded.predict_json(json_rows)
    for name in ("output", "probabilities"):
        np.testing.assert_array_equal(by_columns[name], by_json[name])
    sigmoid = 1 / (1 + np.exp(-by_columns["output"].astype(np.float64)))
    np.testing.assert_allclose(by_columns["probabilities"], sigmoid, rtol=1e-5)


@pytest.mark.parametrize("size", [1, 7])
def test_features_are_those_of_batch_conversion(
    served: Path, tmp_path: Path, size: int
) -> None:
    report = fk.convert(SPEC, STATS, ROWS, tmp_path / "out")
    kept = ROWS.filter(ROWS.column("late").is_valid())
    assert report.manifest.accounting.rows_filtered == ROWS.num_rows - kept.num_rows
    loaded = load_model(served)
    parts = [
        loaded.transform(kept.slice(start, size))
        for start in range(0, kept.num_rows, size)
    ]
    records = {}
    for split in SPEC.split_names:
        part = fk.load(tmp_path / "out", split).to_numpy()
        for name, column in part.items():
            records.setdefault(name, []).append(column)
    for name in SPEC.features:
        found = np.concatenate([part[name] for part in parts])
        wanted = np.concatenate(records[name])
        order_free = [sorted(x.reshape(len(x), -1).tolist()) for x in (found, wanted)]
        assert order_free[0] == order_free[1], name


@pytest.mark.proves(17)
def test_label_weight_and_split_are_no_input(served: Path) -> None:
    loaded = tf.saved_model.load(str(served))
    _, arguments = loaded.signatures["serving_default"].structured_input_signature
    assert set(arguments) == {"delay", "distance", "carrier", "tail", "time"}
    assert "late" not in arguments


def test_loads_with_plain_tensorflow(served: Path) -> None:
    code = f"""
import sys, tensorflow as tf
call = tf.saved_model.load({str(served)!r}).signatures["serving_json"]
print(call(rows=tf.constant([{PLAIN!r}] * 3))["output"].shape)
assert "featurekit" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and "(3, 1)" in done.stdout, done.stderr[-2000:]


def test_examples_are_answered(served: Path) -> None:
    loaded = load_model(served)
    feature = {
        "distance": tf.train.Feature(float_list=tf.train.FloatList(value=[100])),
        "time": tf.train.Feature(
            int64_list=tf.train.Int64List(value=[1357016400000000])
        ),
    }
    record = tf.train.Example(features=tf.train.Features(feature=feature))
    by_example = loaded.predict_examples([record.SerializeToString()])
    np.testing.assert_array_equal(
        by_example["output"], loaded.predict_json([PLAIN])["output"]
    )


@pytest.mark.parametrize("file", [
    "saved_model.pb", f"{EXTRA}/spec.pb", f"{EXTRA}/golden_outputs.arrow",
])  # fmt: skip
def test_a_changed_file_is_found(served: Path, tmp_path: Path, file: str) -> None:
    path = copy(served, tmp_path)
    data = bytearray((path / file).read_bytes())
    data[len(data) // 2] ^= 1
    (path / file).write_bytes(data)
    with pytest.raises(ArtifactError, match="not the one that was exported") as caught:
        load_model(path)
    assert caught.value.code == "ARTIFACT_DAMAGED" and file in str(caught.value)


def test_missing_and_additional_files_are_found(served: Path, tmp_path: Path) -> None:
    path = copy(served, tmp_path)
    (path / "extra.txt").write_text("?")
    with pytest.raises(ArtifactError, match="unknown file"):
        load_model(path)
    (path / "extra.txt").unlink()
    (path / EXTRA / "stats.pb").unlink()
    with pytest.raises(ArtifactError, match="gone"):
        load_model(path)
    with pytest.raises(ArtifactError, match="no exported model"):
        load_model(tmp_path)


def rewrite(path: Path, **changes: object) -> None:
    text = json.loads((path / DESCRIPTION).read_text())
    (path / DESCRIPTION).write_text(json.dumps({**text, **changes}))


def test_a_newer_layout_is_refused(served: Path, tmp_path: Path) -> None:
    path = copy(served, tmp_path)
    rewrite(path, version=2, new_field=1)
    with pytest.raises(VersionTooNewError, match="upgrade"):
        load_model(path)


def test_a_model_that_computes_something_else_is_refused(
    served: Path, tmp_path: Path
) -> None:
    path = copy(served, tmp_path)
    other = tmp_path / "other"
    export(model(), SPEC, STATS, other, rows=ROWS, probability="sigmoid")
    # The weights of another model, with digests that fit.
    shutil.rmtree(path / "variables")
    shutil.copytree(other / "variables", path / "variables")
    rewrite(path, digests=digests(path))
    with pytest.raises(ArtifactError, match="golden outputs") as caught:
        load_model(path)
    assert caught.value.code == "GOLDEN_MISMATCH" and caught.value.row == 0


@pytest.mark.proves(119)
def test_preprocessing_that_differs_is_refused(served: Path, tmp_path: Path) -> None:
    path = copy(served, tmp_path)
    moved = fk.analyze(SPEC, trips(60, seed=1))
    other = tmp_path / "other"
    export(None, SPEC, moved, other)
    for name in ("golden_inputs.arrow", "golden_features.arrow"):
        shutil.copy(other / EXTRA / name, path / EXTRA / name)
    rewrite(path, digests=digests(path))
    with pytest.raises(ArtifactError, match="golden features"):
        load_model(path)


def test_an_exported_version_never_changes(served: Path) -> None:
    before = Description.open(served)
    with pytest.raises(OutputExistsError, match="next version"):
        export(model(), SPEC, STATS, served)
    assert Description.open(served) == before


def test_a_failed_export_leaves_nothing(tmp_path: Path) -> None:
    wrong = fk.models.TabularTransformer([{"name": "no", "width": 1}], dim=8, depth=1)
    with pytest.raises(ArtifactError, match="does not accept the features"):
        export(wrong, SPEC, STATS, tmp_path / "served" / "1")
    assert not list(tmp_path.rglob("*.pb"))
    assert not list((tmp_path / "served").iterdir())


def test_bad_requests_are_located(served: Path) -> None:
    loaded = load_model(served)
    with pytest.raises(MissingColumnError, match="distance"):
        loaded.predict({"delay": [1.0]})
    rows = ROWS.slice(0, 3).set_column(4, "time", [[None, None, None]])
    with pytest.raises(RowError, match="row=0 column=time feature=hour"):
        loaded.predict(rows)
    with pytest.raises(RowError, match="row=1 column=time") as caught:
        loaded.predict_json([PLAIN, '{"distance": 3}'])
    assert caught.value.code == "NULL_NOT_ALLOWED"
    # The second one is quoted by TensorFlow, and is no text.
    for damaged in (b"nonsense", b"\xff"):
        with pytest.raises(RowError, match=r"EXAMPLE_DECODE.*row=1 offset=0"):
            loaded.predict_examples([b"", damaged])
    call = tf.saved_model.load(str(served)).signatures["serving_default"]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"BAD_UTF8.*row=0"):
        call(
            carrier=tf.constant([b"\xff"]), delay=tf.constant([1.0]),
            distance=tf.constant([1.0]), tail=tf.constant(["a"]),
            time=tf.constant([0], tf.int64),
        )  # fmt: skip


def test_columns_of_any_name(tmp_path: Path) -> None:
    names = ["a b", "é", "1x", "self", "x:0", "_u", "dep.delay", "weiß"]
    spec = fk.FeatureSpec({name: fk.numeric(name).fill(0) for name in names})
    export(None, spec, fk.Stats({}), tmp_path / "1")
    rows = {name: [float(index)] for index, name in enumerate(names)}
    loaded = load_model(tmp_path / "1")
    assert {n: v.tolist() for n, v in loaded.transform(rows).items()} == rows
    one = json.dumps({name: values[0] for name, values in rows.items()})
    assert {n: v.tolist() for n, v in loaded.predict_json([one]).items()} == rows
    taken = fk.FeatureSpec({n: fk.numeric(n).fill(0) for n in ("a b", "a_20_b")})
    with pytest.raises(ArtifactError, match="same name in a signature"):
        export(None, taken, fk.Stats({}), tmp_path / "2")
