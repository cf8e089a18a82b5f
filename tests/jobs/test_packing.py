"""Packed rows: what they hold beside a plain first fit, and how they are counted."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jobs.trips import tree

import featurekit as fk
from featurekit.errors import RowError, SourceError, SpecError
from featurekit.jobs.explain import explain
from featurekit.jobs.packing import Packer
from featurekit.spec.serialize import spec_from_text, spec_to_text

ROWS, LENGTH = 400, 16


def table(rows: int = ROWS, seed: int = 0) -> pa.Table:
    """Short texts, each with tokens and a number for each of them."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, LENGTH + 1, rows)
    return pa.table(
        {
            "doc": [f"d{at}" for at in range(rows)],
            "token": [rng.integers(0, 50, n).tolist() for n in lengths],
            "x": [rng.normal(size=n).astype(np.float32).tolist() for n in lengths],
        }
    )


def make_spec(**options: Any) -> fk.FeatureSpec:
    """Tokens, numbers and places of packed rows."""
    given = {"length": LENGTH, **options.pop("packing", {})}
    return fk.FeatureSpec(
        {
            "token": fk.integers("token").identity(50).pad(LENGTH),
            "x": fk.numerics("x").pad(LENGTH),
            "segment": fk.integers("segments").identity(LENGTH).pad(LENGTH),
            "position": fk.integers("positions").identity(LENGTH).pad(LENGTH),
        },
        rows=fk.packing(["token", "x"], **given),
        **options,
    )


SPEC = make_spec()


def first_fit(rows: list[Any], length: int, size: Any = len) -> list[list[Any]]:
    """The definition: look at every pack from the earliest on."""
    packs: list[list[Any]] = []
    for row in rows:
        for pack in packs:
            if sum(map(size, pack)) + size(row) <= length:
                pack.append(row)
                break
        else:
            packs.append([row])
    return packs


def padded(values: list[Any], add: int = 0) -> list[Any]:
    return [value + add for value in values] + [0] * (LENGTH - len(values))


def converted(folder: Path, spec: fk.FeatureSpec, rows: Any, **options: Any) -> Any:
    stats = fk.analyze(spec, rows, on_bad_row=options.get("on_bad_row", "fail"))
    report = fk.convert(spec, stats, rows, folder, **options)
    report.manifest.accounting.check()
    return report


@pytest.mark.proves(60)
@pytest.mark.parametrize("layout", ["named", "packed"])
def test_oracle_plain_first_fit(tmp_path: Path, layout: str) -> None:
    rows = table()
    report = converted(tmp_path, SPEC, rows, layout=layout)
    found = fk.load(tmp_path).to_numpy()
    full = [row for row in rows.to_pylist() if row["token"]]
    packs = first_fit(full, LENGTH, lambda row: len(row["token"]))
    wanted: dict[str, list[Any]] = {name: [] for name in found}
    for pack in packs:
        wanted["token"].append(padded([t for row in pack for t in row["token"]], 1))
        wanted["x"].append(padded([x for row in pack for x in row["x"]]))
        places = [(s, p) for s, row in enumerate(pack) for p in range(len(row["x"]))]
        wanted["segment"].append(padded([s for s, _ in places], 1))
        wanted["position"].append(padded([p for _, p in places], 1))
    assert len(packs) < len(full) and wanted.keys() == found.keys()
    for name, values in found.items():
        assert values.tolist() == wanted[name]
    counts = report.manifest.accounting
    assert (counts.rows_read, counts.rows_unused) == (ROWS, ROWS - len(full))
    assert counts.rows_made == counts.rows_written == len(packs)
    assert f"rows made {len(packs):,}" in str(report)


LISTS = st.lists(st.lists(st.integers(0, 2**63 - 1), max_size=7), max_size=40)


@pytest.mark.proves(60)
@given(rows=LISTS, length=st.integers(1, 9), parts=st.integers(1, 3), data=st.data())
def test_nothing_is_lost_or_mixed(
    rows: list[list[int]], length: int, parts: int, data: st.DataObject
) -> None:
    spec = fk.packing(["x"], length=length, too_long="cut")
    batch = pa.record_batch({"x": pa.array(rows, pa.list_(pa.int64()))})
    of_part = st.lists(
        st.integers(0, parts - 1), min_size=len(rows), max_size=len(rows)
    )
    assigned = np.array(data.draw(of_part), np.int64)
    packer = Packer(spec, batch)
    packs = packer.choose(packer.usable, assigned)
    made = packer.pack(packs).to_pylist()
    assert all(1 <= len(pack["x"]) <= length for pack in made)
    assert packs.first.tolist() == sorted(packs.first.tolist())
    members = iter(packs.members.tolist())
    seen = []
    for pack in made:
        rows_in = [next(members) for _ in range(pack["segments"][-1] + 1)]
        assert rows_in == sorted(rows_in) and len(set(assigned[rows_in])) == 1
        assert list(apart(pack)) == [rows[row][:length] for row in rows_in]
        seen += rows_in
    assert sorted(seen) == [row for row, values in enumerate(rows) if values]
    for part in range(parts):
        mine = [r for r in seen if assigned[r] == part]
        wanted = first_fit(
            sorted(mine), length, lambda row: min(len(rows[row]), length)
        )
        assert mine == [row for pack in wanted for row in pack]


def apart(pack: dict[str, list[int]]) -> Iterator[list[int]]:
    """The rows of a pack, told apart by its segments; positions count in each."""
    for segment in range(pack["segments"][-1] + 1):
        at = [i for i, one in enumerate(pack["segments"]) if one == segment]
        assert at == list(range(at[0], at[-1] + 1))
        assert [pack["positions"][i] for i in at] == list(range(len(at)))
        yield [pack["x"][i] for i in at]


@pytest.mark.proves(60, 99)
def test_workers_change_no_byte(tmp_path: Path) -> None:
    pq.write_table(table(), tmp_path / "rows.parquet", row_group_size=90)
    folders = []
    for workers in (1, 2):
        folders.append(tmp_path / f"{workers}")
        options: Any = {"workers": workers, "rows_per_task": 90}
        stats = fk.analyze(SPEC, tmp_path / "rows.parquet", **options)
        report = fk.convert(
            SPEC, stats, tmp_path / "rows.parquet", folders[-1], **options
        )
    assert len(report.manifest.shards) == 5
    assert tree(folders[0]) == tree(folders[1])


@pytest.mark.proves(60)
def test_a_request_is_a_packed_row(tmp_path: Path) -> None:
    rows = {"token": [[1, 2, 3], [4, 5]], "x": [[0.5, 1.5, 2.5], [3.5, 4.5]]}
    stats = fk.analyze(SPEC, rows)
    fk.convert(SPEC, stats, rows, tmp_path)
    request = {
        "token": [1, 2, 3, 4, 5],
        "x": [0.5, 1.5, 2.5, 3.5, 4.5],
        "segments": [0, 0, 0, 1, 1],
        "positions": [0, 1, 2, 0, 1],
    }
    found = fk.Preprocessor(SPEC, stats).transform([request])
    for name, values in fk.load(tmp_path).to_numpy().items():
        assert found[name].tolist() == values.tolist()


@pytest.mark.proves(60)
@pytest.mark.tensorflow
def test_the_keras_layer_takes_packed_rows(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    from featurekit.backends.keras.feature_layer import FeatureLayer

    rows = table()
    stats = fk.analyze(SPEC, rows)
    fk.convert(SPEC, stats, rows, tmp_path)
    wanted = fk.load(tmp_path).to_numpy()
    packer = Packer(SPEC.rows, pa.record_batch(rows.to_pydict()))  # type: ignore[arg-type]
    packed = packer.pack(packer.choose(packer.usable, np.zeros(ROWS, np.int64)))
    dtypes = {"x": tf.float32}
    inputs = {
        name: tf.ragged.constant(values, dtype=dtypes.get(name, tf.int64))
        for name, values in packed.to_pydict().items()
        if name != "doc"
    }
    layer = FeatureLayer(SPEC, stats)
    for name, values in layer(inputs).items():
        assert values.numpy().tolist() == wanted[name].tolist()


def test_refused_rows_are_left_out_and_the_others_stay(tmp_path: Path) -> None:
    rows = {
        "token": [[1, 2], [3, 99], [4], [5] * (LENGTH + 1), [6], None, [], [7, 8]],
        "x": [
            *([1.0] * 2, [2.0] * 2, [3.0], [4.0] * (LENGTH + 1)),
            *([5.0] * 2, [6.0], [], [7.0] * 2),
        ],
    }
    report = converted(tmp_path, SPEC, rows, on_bad_row="dead_letter")
    # 1 has an id out of range; 3 is too long; 4 and 5 are misfits; 6 is empty.
    found = fk.load(tmp_path).to_numpy()
    assert found["token"].tolist() == [padded([1, 2, 4, 7, 8], 1)]
    assert found["segment"].tolist() == [padded([0, 0, 1, 2, 2], 1)]
    counts = report.manifest.accounting
    assert (counts.rows_read, counts.rows_unused) == (8, 1)
    assert (counts.rows_made, counts.rows_written, counts.rows_rejected) == (5, 1, 4)
    assert counts.rejected_by_code == {"LENGTH_MISMATCH": 2, "OUT_OF_RANGE": 2}
    (shard,) = (s for s in report.manifest.shards if s.split == "rejected")
    lines = [
        json.loads(line) for line in (tmp_path / shard.path).read_text().splitlines()
    ]
    assert [line["row"] for line in lines] == [1, 3, 4, 5]
    assert lines[0]["values"]["token"] == [3, 99] and lines[0]["got"] == "[3, 99]"
    assert lines[1]["got"] == f"{LENGTH + 1}" and "cut" in lines[1]["hint"]
    with pytest.raises(RowError, match="out of range") as caught:
        fk.convert(SPEC, fk.analyze(SPEC, {"token": [[1]], "x": [[1.0]]}), rows,
                   tmp_path / "2")  # fmt: skip
    assert caught.value.row == 1


def test_a_pack_that_only_together_is_refused(tmp_path: Path) -> None:
    spec = fk.FeatureSpec(
        {"sum": fk.numerics("x").sum()}, rows=fk.packing(["x"], length=4)
    )
    rows = {"x": [[3e38], [3e38], [1.0, 1.0, 1.0], [2.0]]}
    report = converted(tmp_path, spec, rows, on_bad_row="dead_letter")
    counts = report.manifest.accounting
    # No row alone is to blame for a sum that float32 cannot hold: all of them are.
    assert counts.rejected_by_code == {"OUT_OF_RANGE": 3}
    assert (counts.rows_made, counts.rows_written) == (4, 1)
    assert fk.load(tmp_path).to_numpy()["sum"].tolist() == [3.0]


def test_packs_stay_in_one_part_and_carry_the_first_row(tmp_path: Path) -> None:
    length = LENGTH
    spec = fk.FeatureSpec(
        {
            "token": fk.integers("token").identity(50).pad(length),
            "doc": fk.string("doc").hash_buckets(2**30),
            "segment": fk.integers("segments").identity(length).pad(length),
        },
        key=["doc"],
        split=fk.key_split(train=0.5, test=0.5),
        rows=fk.packing(["token"], length=length, first=["doc"]),
    )
    rows = table()
    converted(tmp_path, spec, rows)
    plain = fk.FeatureSpec(
        {"token": fk.integers("token").identity(50).pad(length)}
        | {"doc": fk.string("doc").hash_buckets(2**30)},
        key=["doc"],
        split=fk.key_split(train=0.5, test=0.5),
    )
    converted(tmp_path / "plain", plain, rows)
    for part in ("train", "test"):
        packed = fk.load(tmp_path, split=part).to_numpy()
        single = fk.load(tmp_path / "plain", split=part).to_numpy()
        texts = {
            tuple(t for t in row.tolist() if t): doc
            for row, doc in zip(single["token"], single["doc"].tolist(), strict=True)
        }
        for row, segment, doc in zip(*(packed[n] for n in ("token", "segment", "doc")),
                                     strict=True):  # fmt: skip
            for number in range(1, segment.max() + 1):
                assert tuple(row[segment == number].tolist()) in texts
            assert texts[tuple(row[segment == 1].tolist())] == doc


def test_missing_elements_and_strings_are_packed(tmp_path: Path) -> None:
    spec = fk.FeatureSpec(
        {
            "s": fk.strings("s").fill("?").vocabulary(["?", "a", "b"]).pad(4),
        },
        rows=fk.packing(["s"], length=4, too_long="cut"),
    )
    encoded = pa.array(["a", None, "b"]).dictionary_encode()
    rows = pa.table({"s": pa.LargeListArray.from_arrays([0, 2, 3], encoded)})
    converted(tmp_path, spec, rows)
    assert fk.load(tmp_path).to_numpy()["s"].tolist() == [[2, 1, 3, 0]]


def test_packing_prints_and_survives_every_form() -> None:
    whole = {"length": 32, "too_long": "cut", "first": ["doc"]}
    for spec in (SPEC, make_spec(packing=whole)):
        assert eval(repr(spec), {"fk": fk}) == spec
        for form in ("json", "textproto"):
            assert spec_from_text(spec_to_text(spec, form=form), form=form) == spec
    other = make_spec(packing=whole)
    assert other.fingerprint() != SPEC.fingerprint()
    (change,) = SPEC.diff(other).changes
    assert (change.path, str(change.compatibility)) == ("rows", "re-transform")


X = fk.numerics("x").pad(2)
WRONG = [
    (lambda: fk.packing("x", length=2), "lists of column names"),
    (lambda: fk.packing(["x"], length=2, first="y"), "lists of column names"),
    (lambda: fk.packing([], length=2), "needs a list"),
    (lambda: fk.packing(["x"], length=0), "length is out of range"),
    (lambda: fk.packing(["x"], length=2, segments="x"), "have one name"),
    (lambda: fk.packing(["x"], length=2, too_long="drop"), "unknown policy"),  # type: ignore[arg-type]
    (
        lambda: fk.FeatureSpec({"x": X}, rows=fk.packing(["y"], length=2)),
        "no feature reads",
    ),
    (
        lambda: fk.FeatureSpec(
            {"x": fk.numeric("x")}, rows=fk.packing(["x"], length=2)
        ),
        "read as something else",
    ),
    (
        lambda: fk.FeatureSpec(
            {"x": X, "at": fk.integer("segments").identity(3)},
            rows=fk.packing(["x"], length=2),
        ),
        "read as something else",
    ),
    (
        lambda: fk.FeatureSpec(
            {"x": X, "y": fk.numeric("y")}, rows=fk.packing(["x"], length=2)
        ),
        "several values",
    ),
    (
        lambda: fk.FeatureSpec(
            {"x": X}, label=fk.numeric("y"), rows=fk.packing(["x"], length=2)
        ),
        "several values",
    ),
    (
        lambda: fk.FeatureSpec(
            {"x": X},
            label=fk.numerics("x").sum(),
            missing_label="drop",
            rows=fk.packing(["x"], length=2),
        ),
        "missing label",
    ),
    (
        lambda: fk.FeatureSpec({"x": X}, key=["x"], rows=fk.packing(["x"], length=2)),
        "read both as",
    ),
]


@pytest.mark.parametrize(("make", "message"), WRONG)
def test_what_cannot_be_declared(make: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make()


@pytest.mark.beam
@pytest.mark.proves(60)
def test_beam_writes_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("apache_beam")
    from beam.direct import run

    from featurekit.beam.conversion import Convert

    source = tmp_path / "rows.parquet"
    pq.write_table(table(), source, row_group_size=90)
    stats = fk.analyze(SPEC, source)
    fk.convert(SPEC, stats, source, tmp_path / "local", rows_per_task=90)
    run(Convert(SPEC, stats, source, tmp_path / "beam", rows_per_task=90))
    assert tree(tmp_path / "local") == tree(tmp_path / "beam")


def test_a_row_is_explained_alone_in_its_pack() -> None:
    rows = {
        "token": [[7, 3], [], [1] * (LENGTH + 1), [50], [2, 2]],
        "x": [[0.5, 1.0], [], [0.0] * (LENGTH + 1), [1.0], [1.0]],
    }
    found = explain(SPEC, rows, 0)
    assert (found.outcome, found.part, found.made) == ("written", "train", 1)
    assert found.outputs == {
        "token": padded([7, 3], 1),
        "x": padded([0.5, 1.0]),
        "segment": padded([0, 0], 1),
        "position": padded([0, 1], 1),
    }
    refusals = {
        2: ("OUT_OF_RANGE", 0),
        3: ("OUT_OF_RANGE", 1),
        4: ("LENGTH_MISMATCH", 0),
    }
    assert explain(SPEC, rows, 1).outcome == "unused"
    for row, (code, made) in refusals.items():
        refused = explain(SPEC, rows, row)
        assert refused.error is not None
        assert (refused.error.code, refused.error.row) == (code, row)
        assert refused.made == made
    with pytest.raises(SourceError, match="no such window"):
        explain(SPEC, rows, 0, window=1)
