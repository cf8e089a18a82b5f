"""Records that were written under an older spec, read with a newer one."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reading.records import same

import featurekit as fk
from featurekit.errors import DatasetError, SpecError
from featurekit.io.dataset import Dataset
from featurekit.spec.serialize import spec_from_proto, spec_from_text, spec_to_proto
from featurekit.spec.serialize import spec_to_text as to_text

X, S, N = fk.numeric("x"), fk.string("s"), fk.integer("i")
LABEL = fk.numeric("y").greater_equal(1)
WORDS = S.vocabulary(oov="before")
OLD = fk.FeatureSpec(
    {
        "age": X.standardize(),
        "word": WORDS.embedding(2),
        "gone": X.fill(0.0),
        "kind": N.identity(3),
        "hot": S.vocabulary(["a", "b"]).one_hot(),
    },
    label=LABEL,
    weight=X.fill(1.0),
)
ROWS = {
    "x": [1.0, 2.0, 3.0, 4.0, 5.0],
    "s": ["a", "a", "b", "", "a"],
    "i": [0, 1, 2, 1, 0],
    "y": [0.0, 1.0, 2.0, 0.0, 1.0],
}
MORE = {**ROWS, "s": ["c", "c", "c", "", "a"]}
NEW = fk.FeatureSpec(
    {
        "kind": N.identity(5),
        "years": X.standardize().fill(0.0),
        "added": fk.string("u").hash_buckets(9),
        "vector": S.vocabulary(["a", "b"]).one_hot(),
        "word": WORDS.embedding(2),
        "score": fk.numeric("z"),
        "parts": fk.timestamp("t").hour().one_hot(),
    },
    label=LABEL,
    weight=X.fill(1.0),
    renamed_from={"years": "age", "vector": "hot"},
    defaults={"added": 7, "score": -0.5, "parts": 0.0},
)


@pytest.fixture(params=["named", "packed"])
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    stats = fk.analyze(OLD, ROWS)
    options = {"layout": request.param, "rows_per_task": 2, "workers": 1}
    fk.convert(OLD, stats, ROWS, tmp_path / "data", **options)
    return tmp_path / "data"


def wanted(folder: Path) -> dict[str, np.ndarray]:
    """The columns by hand, from the records as they are."""
    stored = fk.load(folder).to_numpy()
    found = {
        "kind": stored["kind"],
        "years": stored["age"],
        "added": np.full(5, 7, np.int64),
        "vector": stored["hot"],
        "word": stored["word"],
        "score": np.full(5, -0.5, np.float32),
        "parts": np.zeros((5, 24), np.float32),
    }
    return {**found, "label": stored["label"], "weight": stored["weight"]}


def joined(batches: Iterator[Any]) -> dict[str, np.ndarray]:
    """All batches as one dict, label and weight in it."""
    parts = [{**f, "label": label, "weight": weight} for f, label, weight in batches]
    return {n: np.concatenate([np.asarray(p[n]) for p in parts]) for n in parts[0]}


@pytest.mark.proves(112)
def test_numpy_and_arrow_read_older_records(older: Path) -> None:
    data = fk.load(older, spec=NEW)
    found = data.to_numpy()
    assert same(found, wanted(older))
    assert [column.name for column in data.columns] == list(found)
    sizes = {column.name: column.num_ids for column in data.columns}
    assert (sizes["kind"], sizes["added"]) == (5, 9)
    table = data.to_arrow()
    assert table.schema == data.schema
    for name, values in found.items():
        assert table[name].to_pylist() == values.tolist()
    assert same(joined(data.iter_numpy(2)), found)
    mixed = joined(data.iter_numpy(2, shuffle=True, seed=4))
    plain = joined(fk.load(older).iter_numpy(2, shuffle=True, seed=4))
    assert mixed["years"].tobytes() == plain["age"].tobytes()


@pytest.mark.proves(112)
@pytest.mark.tensorflow
def test_tensorflow_reads_older_records(older: Path) -> None:
    pytest.importorskip("tensorflow")
    found = joined(fk.load(older, spec=NEW).to_tf(2).as_numpy_iterator())
    assert same(dict(sorted(found.items())), dict(sorted(wanted(older).items())))


@pytest.mark.proves(112)
def test_torch_reads_older_records(older: Path) -> None:
    pytest.importorskip("torch")
    found = joined(iter(fk.load(older, spec=NEW).to_torch(2)))
    assert same(found, wanted(older))


def test_one_part_alone(older: Path) -> None:
    assert len(fk.load(older, "train", spec=NEW).to_numpy()["added"]) == 5


@pytest.mark.proves(112)
def test_a_vocabulary_that_has_grown_behind_its_ids(older: Path) -> None:
    before = fk.load(older)
    rows = {**MORE, "u": MORE["s"], "z": MORE["x"], "t": [datetime(2020, 1, 1)] * 5}
    grown = fk.grow(before.stats, fk.analyze(NEW, rows))
    data = fk.load(older, spec=NEW, stats=grown)
    assert data.to_numpy()["word"].tolist() == before.to_numpy()["word"].tolist()
    sizes = {column.name: column.num_ids for column in data.columns}
    assert sizes["word"] == 1 + 4  # unknown, then a, b, "" and c


def refusal(folder: Path, spec: fk.FeatureSpec, stats: Any = None) -> str:
    with pytest.raises(DatasetError, match="SPEC_INCOMPATIBLE") as found:
        fk.load(folder, spec=spec, stats=stats)
    return str(found.value)


CHANGED = [
    ({"age": X.min_max()}, "re-transform"),
    ({"word": fk.string("t").vocabulary(oov="before").embedding(2)}, "re-index"),
    ({"word": WORDS.embedding(3)}, "retrain"),
    ({"word": S.hash_buckets(9)}, "retrain"),
    ({"kind": N.identity(2)}, "re-index"),
    ({"hot": S.vocabulary(["a", "b", "c"]).one_hot()}, "retrain"),
    ({"brand_new": X}, "re-transform"),
    ({"age": X.buckets([0.0])}, "retrain"),
]


@pytest.mark.proves(112)
@pytest.mark.parametrize(("changed", "asks"), CHANGED, ids=str)
def test_what_has_to_be_converted_again(older: Path, changed: Any, asks: str) -> None:
    features = {**OLD.features, **changed}
    stats = fk.analyze(OLD, ROWS)
    spec = fk.FeatureSpec(features, label=LABEL, weight=X.fill(1.0))
    rows = {**ROWS, "t": ROWS["s"]}
    message = refusal(older, spec, fk.Stats({**fk.analyze(spec, rows), **stats}))
    assert asks in message and next(iter(changed)) in message
    assert "convert the data with the new spec" in message


def test_other_roles_are_refused(older: Path) -> None:
    roles: Any = {"label": LABEL, "weight": X.fill(1.0)}
    label = {**roles, "label": fk.numeric("y").greater_equal(2)}
    weight = {**roles, "weight": X}
    split = {**roles, "split": fk.key_split(train=0.5, test=0.5), "key": ["i"]}
    for changed in (label, weight, split):
        spec = fk.FeatureSpec({"age": X.standardize()}, **changed)
        assert "convert the data" in refusal(older, spec)


def test_statistics_of_other_rows_are_refused(older: Path) -> None:
    other = fk.analyze(OLD, {**ROWS, "x": [9.0] * 5})
    assert "re-transform" in refusal(older, OLD, other)
    moved = fk.analyze(OLD, MORE)
    only = fk.FeatureSpec({"word": WORDS.embedding(2)}, label=LABEL, weight=X.fill(1.0))
    assert "re-index" in refusal(older, only, moved)


def test_ids_of_unknown_values_that_move(tmp_path: Path) -> None:
    spec = fk.FeatureSpec({"word": S.vocabulary()})
    first, second = fk.analyze(spec, ROWS), fk.analyze(spec, MORE)
    fk.convert(spec, first, ROWS, tmp_path)
    assert "oov=" in refusal(tmp_path, spec, fk.grow(first, second))


def test_a_default_that_is_no_id(older: Path) -> None:
    for value in (9, -1, 0.5):
        spec = fk.FeatureSpec(
            {"n": S.hash_buckets(9)},
            label=LABEL,
            weight=X.fill(1.0),
            defaults={"n": value},
        )
        with pytest.raises(DatasetError, match="SPEC_BAD_VALUE"):
            fk.load(older, spec=spec)


def test_what_a_spec_says_of_older_records_is_part_of_it() -> None:
    assert spec_from_proto(spec_to_proto(NEW)) == NEW
    assert spec_from_text(to_text(NEW, form="json"), form="json") == NEW
    assert eval(repr(NEW), {"fk": fk}) == NEW
    plain = fk.FeatureSpec(NEW.features, label=NEW.label, weight=NEW.weight)
    assert plain != NEW and plain.fingerprint() == NEW.fingerprint()
    changes = plain.diff(NEW)
    assert [change.path for change in changes.changes] == ["defaults", "renamed_from"]
    assert str(changes.compatibility) == "serve-compatible"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"renamed_from": {"b": "c"}}, "SPEC_UNKNOWN_REFERENCE"),
        ({"defaults": {"b": 0.0}}, "SPEC_UNKNOWN_REFERENCE"),
        ({"renamed_from": {"a": "c", "d": "c"}}, "SPEC_DUPLICATE_NAME"),
        ({"renamed_from": {"a": ""}}, "SPEC_BAD_NAME"),
        ({"defaults": {"a": float("nan")}}, "SPEC_BAD_VALUE"),
        ({"defaults": {"a": "x"}}, "SPEC_BAD_VALUE"),
        ({"defaults": [1.0]}, "SPEC_BAD_VALUE"),
    ],
    ids=str,
)
def test_bad_declarations(arguments: Any, code: str) -> None:
    with pytest.raises(SpecError, match=code):
        fk.FeatureSpec({"a": X, "d": X}, **arguments)


def test_the_dataset_keeps_what_was_written(older: Path) -> None:
    data = fk.load(older, spec=NEW)
    assert isinstance(data, Dataset) and data.spec == OLD
    assert [column.name for column in data.written][:2] == ["age", "word"]
