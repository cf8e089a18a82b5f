"""The certificate says whether a model is whole, and what it does not reproduce."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from cli.running import run
from jobs.trips import SPEC, trips

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

import featurekit as fk  # noqa: E402
from featurekit.errors import ArtifactError  # noqa: E402
from featurekit.serve.artifact import DESCRIPTION, EXTRA, digests  # noqa: E402
from featurekit.serve.golden import Golden  # noqa: E402

ROWS = trips(60)
STATS = fk.analyze(SPEC, ROWS)
PREPROCESSING = ("batch", "rows", "layer", "transform", "transform_examples")


def export(path: Path) -> Path:
    model = fk.models.TabularTransformer(
        fk.model_inputs(SPEC, STATS), dim=8, depth=1, num_heads=2
    )
    report = fk.export(model, SPEC, STATS, path, rows=ROWS, probability="sigmoid")
    assert set(report.ways) == {*PREPROCESSING, *report.signatures}
    assert all(way in str(report) for way in report.ways)
    return path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("served") / "1")


@pytest.fixture
def copied(served: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(served, tmp_path / "elsewhere" / "1"))


def fit_digests(path: Path) -> None:
    text = json.loads((path / DESCRIPTION).read_text())
    text["digests"] = digests(path)
    (path / DESCRIPTION).write_text(json.dumps(text))


def test_a_whole_model_is_sound_wherever_it_is(served: Path, copied: Path) -> None:
    found = fk.certify(copied)
    assert found.sound and found.rows > 64
    assert found.digest == fk.certify(served).digest
    assert tuple(one.way for one in found.replays) == found.description.ways
    for one in found.replays:
        features = one.way in PREPROCESSING
        assert one.compared == ("features" if features else "outputs")
        assert one.values >= found.rows and not one.differences
    found.require()


def test_all_damaged_files_are_named_and_nothing_is_run(copied: Path) -> None:
    (copied / "saved_model.pb").write_bytes(b"")
    (copied / EXTRA / "stats.pb").unlink()
    (copied / "new").write_text("?")
    found = fk.certify(copied)
    assert not found.sound and not found.replays
    files = [Path(str(one.where["file"])).name for one in found.problems]
    assert sorted(files) == ["new", "saved_model.pb", "stats.pb"]
    with pytest.raises(ArtifactError) as caught:
        fk.serve.load_model(copied)
    assert len(caught.value.__notes__) == 3


def test_every_feature_that_differs_is_named(served: Path, copied: Path) -> None:
    rows = Golden.open(copied / EXTRA)
    at = rows.features.schema.get_field_index("distance")
    moved = rows.features.column(at).to_numpy().copy()
    moved[[3, 5]] += (1, 2)
    features = rows.features.set_column(at, "distance", pa.array(moved))
    Golden(rows.inputs, features, rows.outputs).save(copied / EXTRA)
    fit_digests(copied)
    found = fk.certify(copied)
    assert found.digest != fk.certify(served).digest
    differing = {one.way: one.differences for one in found.replays if one.differences}
    assert set(differing) == set(PREPROCESSING)
    for (difference,) in differing.values():
        assert (difference.name, difference.rows, difference.row) == ("distance", 2, 3)
        assert difference.largest == 2
        assert difference.expected == difference.got + 1
    (first, *_) = found.problems
    assert first.code == "GOLDEN_MISMATCH" and first.feature == "distance"
    assert "2 rows differ, by up to 2" in str(first.__notes__)
    with pytest.raises(ArtifactError, match="golden features"):
        found.require()


def test_other_weights_differ_in_every_signature_of_the_model(
    copied: Path, tmp_path: Path
) -> None:
    other = export(tmp_path / "other")
    shutil.rmtree(copied / "variables")
    shutil.copytree(other / "variables", copied / "variables")
    fit_digests(copied)
    found = fk.certify(copied)
    differing = {one.way for one in found.replays if one.differences}
    assert differing == set(found.description.ways) - set(PREPROCESSING)


def test_the_command_prints_and_exits_by_the_verdict(copied: Path) -> None:
    done = run("certify", copied)
    assert done.code == 0 and "sound" in done.stdout
    assert all(way in done.stdout for way in PREPROCESSING)
    found = run("certify", copied, "--json").json
    assert found["sound"] and found["problems"] == []
    assert found["digest"] == fk.certify(copied).digest
    (copied / "saved_model.pb").write_bytes(b"")
    done = run("certify", copied)
    assert done.code == 1 and "ARTIFACT_DAMAGED" in done.stderr
    found = run("certify", copied, "--json")
    assert found.code == 1 and not found.json["sound"]
    assert run("certify", copied.parent).code == 1
