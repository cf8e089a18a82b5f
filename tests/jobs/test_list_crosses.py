"""Crosses of lists, vectors and defaults in jobs, records, readers and explanations."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import featurekit as fk
from featurekit.errors import RowError
from featurekit.jobs.explain import explain
from featurekit.serve.preprocessor import Preprocessor

WORDS = ["a", "b", "", "é", None]
SPEC = fk.FeatureSpec(
    {
        "crossed": fk.cross(
            fk.strings("tags").missing_values([""]).drop_missing(),
            fk.string("city").vocabulary(max_size=2, num_oov=0, default="missing"),
            fk.integers("items").identity(4, default=0),
        )
        .hash_buckets(50)
        .pad(6)
        .embedding(4),
        "counts": fk.cross(fk.strings("tags").fill("?"), fk.integers("items"))
        .hash_buckets(9)
        .counts(),
        "tags": fk.strings("tags")
        .missing_values([""])
        .drop_missing()
        .vocabulary(max_size=2, num_oov=0, default="missing")
        .multi_hot(),
        "vector": fk.vector("vector", 3).fill(0.0).standardize(),
        "city": fk.string("city").missing_values([""]).fill("?").hash_buckets(9),
    },
    label=fk.integer("y").identity(2, default=1),
)


def table(rows: int) -> pa.Table:
    rng = np.random.default_rng(2)

    def words(size: int) -> list[str | None]:
        return [WORDS[at] for at in rng.integers(0, 5, size)]

    items = [rng.integers(-1, 6, rng.integers(0, 3)).tolist() for _ in range(rows)]
    return pa.table(
        {
            "tags": [words(size) for size in rng.integers(0, 4, rows)],
            "city": words(rows),
            "items": items,
            "vector": rng.normal(size=(rows, 3)).astype(np.float32).tolist(),
            "y": rng.integers(0, 4, rows),
        }
    )


ROWS = table(600)
STATS = fk.analyze(SPEC, ROWS)


def test_what_is_measured() -> None:
    words = [one for row in ROWS["tags"].to_pylist() for one in row if one]
    (learned,) = (
        statistic
        for key, statistic in STATS.items()
        if key.startswith("vocabulary(fk.strings")
    )
    assert learned.total == len(words)
    (moments,) = (s for key, s in STATS.items() if key.startswith("moments"))
    flat = np.concatenate(ROWS["vector"].to_pylist()).astype(np.float32)
    assert (moments.count, moments.mean) == (1800, pytest.approx(flat.mean(), rel=1e-5))


@pytest.mark.parametrize("layout", ["named", "packed"])
def test_records(tmp_path: Path, layout: str) -> None:
    """What is read again is what single rows give."""
    fk.convert(SPEC, STATS, ROWS, tmp_path / "out", layout=layout, rows_per_task=200)
    dataset = fk.load(tmp_path / "out")
    arrays = dataset.to_numpy()
    assert {name: (a.dtype.name, a.shape) for name, a in arrays.items()} == {
        "crossed": ("int64", (600, 6)),
        "counts": ("float32", (600, 9)),
        "tags": ("float32", (600, 2)),
        "vector": ("float32", (600, 3)),
        "city": ("int64", (600,)),
        "label": ("int64", (600,)),
    }
    assert fk.verify(tmp_path / "out").records == 600
    preprocessor = Preprocessor(SPEC, STATS)
    rows = ROWS.drop(["y"]).to_pylist()
    few = [preprocessor.transform(rows[at : at + 50]) for at in range(0, 600, 50)]
    for name in SPEC.features:
        together = np.concatenate([batch[name] for batch in few])
        assert together.tobytes() == arrays[name].tobytes(), name


@pytest.mark.tensorflow
@pytest.mark.parametrize("layout", ["named", "packed"])
def test_tf_data(tmp_path: Path, layout: str) -> None:
    pytest.importorskip("tensorflow")
    fk.convert(SPEC, STATS, ROWS, tmp_path / "out", layout=layout)
    dataset = fk.load(tmp_path / "out")
    arrays = dataset.to_numpy()
    features, label = next(iter(dataset.to_tf(batch_size=600)))
    for name, tensor in {**features, "label": label}.items():
        assert tensor.numpy().tobytes() == arrays[name].tobytes(), name


def test_refusals_say_where(tmp_path: Path) -> None:
    spec = fk.FeatureSpec(
        {
            "v": fk.vector("v", 2),
            "c": fk.cross(fk.strings("t"), fk.strings("u")).hash_buckets(3).counts(),
        }
    )
    rows = pa.table(
        {
            "v": [[1.0, 2.0], [1.0], [1.0, 2.0, 3.0], [1.0, 2.0]],
            "t": [["a"], ["a"], ["a"], ["a", None]],
            "u": [["a"], ["a"], ["a"], None],
        }
    )
    report = fk.convert(
        spec, fk.Stats({}), rows, tmp_path / "out", on_bad_row="dead_letter"
    )
    counted = report.manifest.accounting
    assert (counted.rows_written, counted.rows_rejected) == (1, 3)
    with pytest.raises(RowError) as raised:
        fk.Preprocessor(spec).transform([{"v": [1.0], "t": [], "u": []}])
    error = raised.value
    assert (error.code, error.column, error.feature) == ("LENGTH_MISMATCH", "v", "v")
    assert error.expected == "2 numbers" and error.got == [1.0]


def test_a_row_is_explained() -> None:
    spec = fk.FeatureSpec(
        {
            "c": fk.cross(fk.strings("t"), fk.integer("i")).hash_buckets(1000).pad(2),
            "d": fk.integer("i").missing_values([7]).fill(9).identity(3, default=1),
        }
    )
    steps = explain(spec, {"t": [["A", "B"]], "i": [101]}, 0).steps
    found = {str(step.op).partition("(")[0]: step.value for step in steps}
    assert found["cross_hash"] == (891, 754)
    assert found["pad_ids"] == (892, 755)
    assert found["mark_missing"] == 101 and found["default_id"] == 1
