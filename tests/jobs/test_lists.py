"""Lists from a source to records and back, on one machine and in Beam."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import featurekit as fk
from featurekit.jobs.explain import explain

SPEC = fk.FeatureSpec(
    {
        "ids": fk.strings("tags").drop_missing().vocabulary(max_size=8).pad(3),
        "hot": fk.strings("tags").drop_missing().vocabulary(max_size=8).multi_hot(),
        "x": fk.numerics("prices").fill(0.0).standardize().pad(2),
        "sum": fk.numerics("prices").drop_missing().sum(),
        "one": fk.numeric("one").fill(0.0),
    },
    label=fk.strings("tags").drop_missing().length(maximum=2),
)


def table(rows: int) -> pa.Table:
    rng = np.random.default_rng(2)
    words = ["a", "b", "c", "é", None]
    tags, prices = [], []
    for _ in range(rows):
        tags.append([words[at] for at in rng.integers(0, 5, rng.integers(0, 5))])
        prices.append(rng.normal(size=rng.integers(0, 4)).astype(np.float32).tolist())
    return pa.table({"tags": tags, "prices": prices, "one": rng.normal(size=rows)})


ROWS = table(1000)
STATS = fk.analyze(SPEC, ROWS)


def test_statistics_do_not_depend_on_tasks(tmp_path: Path) -> None:
    pq.write_table(ROWS, tmp_path / "rows.parquet", row_group_size=70)
    found = fk.analyze(SPEC, tmp_path / "rows.parquet", workers=2, rows_per_task=100)
    assert found == STATS
    words = [one for row in ROWS["tags"].to_pylist() for one in row if one is not None]
    (learned,) = (v for key, v in STATS.items() if key.startswith("vocabulary"))
    order = sorted(set(words), key=lambda w: (words.count(w), w.encode()), reverse=True)
    assert learned.tokens == tuple(word.encode() for word in order)
    assert learned.total == len(words)
    (moments,) = (v for key, v in STATS.items() if key.startswith("moments"))
    flat = np.concatenate(ROWS["prices"].to_pylist())
    assert moments.count == len(flat)
    assert moments.mean == pytest.approx(flat.mean(), rel=1e-12)


@pytest.mark.parametrize("layout", ["named", "packed"])
def test_records_hold_vectors_of_one_length(tmp_path: Path, layout: str) -> None:
    fk.convert(SPEC, STATS, ROWS, tmp_path / "out", layout=layout, rows_per_task=300)
    dataset = fk.load(tmp_path / "out")
    arrays = dataset.to_numpy()
    assert {name: (a.dtype.name, a.shape) for name, a in arrays.items()} == {
        "ids": ("int64", (1000, 3)),
        "hot": ("float32", (1000, 5)),
        "x": ("float32", (1000, 2)),
        "sum": ("float32", (1000,)),
        "one": ("float32", (1000,)),
        "label": ("int64", (1000,)),
    }
    rows = ROWS["tags"].to_pylist()
    lengths = [sum(one is not None for one in row) for row in rows]
    assert arrays["label"].tolist() == [min(length, 2) for length in lengths]
    assert ((arrays["ids"] > 0).sum(axis=1) == np.minimum(lengths, 3)).all()
    batches = [
        {**features, "label": label}
        for features, label in dataset.iter_numpy(batch_size=128)
    ]
    for name, whole in arrays.items():
        read = np.concatenate([batch[name] for batch in batches])
        assert read.tobytes() == whole.tobytes()
    assert fk.verify(tmp_path / "out").records == 1000


@pytest.mark.tensorflow
@pytest.mark.parametrize("layout", ["named", "packed"])
def test_tf_data_reads_vectors(tmp_path: Path, layout: str) -> None:
    pytest.importorskip("tensorflow")
    fk.convert(SPEC, STATS, ROWS, tmp_path / "out", layout=layout)
    dataset = fk.load(tmp_path / "out")
    arrays = dataset.to_numpy()
    features, label = next(iter(dataset.to_tf(batch_size=1000)))
    assert features["ids"].shape == (1000, 3)
    for name, tensor in {**features, "label": label}.items():
        assert tensor.numpy().tobytes() == arrays[name].tobytes(), name


def test_refused_rows_are_written_aside(tmp_path: Path) -> None:
    spec = fk.FeatureSpec({"p": fk.integers("i").identity(5).pad(2)})
    rows = pa.table({"i": pa.array([[1], None, [2, None], [7], [], [-(2**63)]])})
    report = fk.convert(spec, fk.Stats({}), rows, tmp_path, on_bad_row="dead_letter")
    counted = report.manifest.accounting
    assert (counted.rows_read, counted.rows_written, counted.rows_rejected) == (6, 2, 4)
    (shard,) = (s for s in report.manifest.shards if s.split == "rejected")
    lines = (tmp_path / shard.path).read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    assert [(entry["row"], entry["code"]) for entry in entries] == [
        (1, "NULL_NOT_ALLOWED"),
        (2, "NULL_NOT_ALLOWED"),
        (3, "OUT_OF_RANGE"),
        (5, "RESERVED_VALUE"),
    ]
    assert entries[1]["values"] == {"i": [2, None]}


def test_a_missing_label_list_can_drop_its_row(tmp_path: Path) -> None:
    spec = fk.FeatureSpec(
        {"x": fk.numeric("x").fill(0.0)},
        label=fk.strings("t").vocabulary().multi_hot(),
        missing_label="drop",
    )
    rows = {"x": [1.0, 2.0, 3.0], "t": [["a"], None, []]}
    stats = fk.analyze(spec, rows)
    fk.convert(spec, stats, rows, tmp_path / "out")
    found = fk.load(tmp_path / "out").to_numpy()
    assert found["label"].tolist() == [[1.0, 0.0], [0.0, 0.0]]
    assert found["x"].tolist() == [1.0, 3.0]


def test_a_row_is_explained() -> None:
    rows = {"t": [["a", None, "b"], None], "x": [[1.0], [2.0]]}
    spec = fk.FeatureSpec(
        {
            "p": fk.strings("t").drop_missing().vocabulary(["a", "b"]).pad(3),
            "s": fk.numerics("x").sum(),
        }
    )
    steps = explain(spec, rows, 0).steps
    assert (
        steps[0].op == "read_list(column='t', dtype='list<string>', missing='refuse')"
    )
    assert steps[0].value == (b"a", None, b"b") and steps[1].value == (0, None, 1)
    assert steps[2].value == (1, 2, 0) and steps[2].type == "int64[3] < 4"
    found = explain(spec, rows, 1)
    assert found.outcome == "rejected" and found.error is not None
    assert found.error.code == "NULL_NOT_ALLOWED"


def test_lists_of_dictionaries_beside_refused_rows(tmp_path: Path) -> None:
    words = pa.array(["a", None, "b", "a"]).dictionary_encode()
    lists = pa.ListArray.from_arrays(pa.array([0, 2, 2, 4], pa.int32()), words)
    rows = pa.table(
        {
            "t": pa.chunked_array([lists, lists.slice(1)]),
            "x": [1.0, None, 3.0, 4.0, 5.0],
        }
    )
    column = fk.strings("t").drop_missing().vocabulary(["a", "b"])
    spec = fk.FeatureSpec({"p": column.pad(2), "x": fk.numeric("x")})
    fk.convert(spec, fk.Stats({}), rows, tmp_path, on_bad_row="dead_letter")
    found = fk.load(tmp_path).to_numpy()
    assert found["p"].tolist() == [[1, 0], [2, 1], [0, 0], [2, 1]]
    assert found["x"].tolist() == [1.0, 3.0, 4.0, 5.0]
