"""Packed records hold the same columns, for every reader."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jobs.trips import SPEC
from reading.records import make, same

import featurekit as fk
from featurekit.errors import DatasetError, VersionTooNewError
from featurekit.io.dataset import Dataset
from featurekit.io.layout import pack, place_columns, stored_schema, unpack
from featurekit.io.manifest import Manifest, OutputColumn
from featurekit.io.output_directory import MANIFEST
from featurekit.io.tfrecord import read_records


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make(tmp_path_factory.mktemp("named"))


@pytest.fixture(scope="module", params=[None, "gzip"])
def packed(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Dataset:
    folder = tmp_path_factory.mktemp("packed")
    return make(folder, "packed", compression=request.param)


def columns(draw: st.DrawFn) -> tuple[OutputColumn, ...]:
    widths = st.none() | st.integers(1, 4)
    kinds = draw(
        st.lists(st.tuples(st.sampled_from(["int64", "float32"]), widths), max_size=8)
    )
    found = [OutputColumn(f"f{i}", t, "feature", w) for i, (t, w) in enumerate(kinds)]
    if draw(st.booleans()):
        found.append(OutputColumn("label", "float32", "label"))
    if draw(st.booleans()):
        found.append(OutputColumn("weight", "float32", "weight"))
    return tuple(found)


@given(st.composite(columns)(), st.integers(0, 5), st.integers(0, 2**32))
def test_unpacking_undoes_packing(
    made: tuple[OutputColumn, ...], rows: int, seed: int
) -> None:
    if not made:
        return
    draw = np.random.default_rng(seed)
    schema = stored_schema(made)
    arrays = []
    for column in made:
        # Any bits: of floats, NaNs with a payload too.
        size = rows * column.size
        values = pa.array(draw.integers(-(2**63), 2**63, size).view(np.int64))
        if column.dtype == "float32":
            values = pa.array(draw.integers(0, 2**32, size, np.uint32).view("f4"))
        if column.width is not None:
            values = pa.FixedSizeListArray.from_arrays(values, column.width)
        arrays.append(values)
    batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
    placed = place_columns(made, "packed")
    stored = pack(batch, placed)
    assert stored.schema == stored_schema(placed)
    assert {c.name for c in made if c.role != "feature"} == (
        set(stored.schema.names) - {"int64", "float32"}
    )
    again = unpack(stored, placed)
    assert again.schema == batch.schema
    for first, second in zip(again.columns, batch.columns, strict=True):
        assert _bits(first) == _bits(second)
    assert place_columns(placed, "named") == made
    assert pack(batch, made) is batch


def _bits(array: pa.Array) -> bytes:
    values = array.flatten() if pa.types.is_fixed_size_list(array.type) else array
    return values.to_numpy(zero_copy_only=False).tobytes()


def test_a_packed_slice_is_the_slice_of_the_packed() -> None:
    made = [
        OutputColumn("a", "float32", "feature", 2),
        OutputColumn("b", "float32", "feature"),
    ]
    vectors = pa.array([[1, 2], [3, 4], [5, 6]], pa.list_(pa.float32(), 2))
    batch = pa.record_batch({"a": vectors, "b": pa.array([7, 8, 9], pa.float32())})
    placed = place_columns(made, "packed")
    found = pack(batch.slice(1), placed)
    assert found.to_pydict() == {"float32": [[3, 4, 8], [5, 6, 9]]}
    assert unpack(pack(batch, placed).slice(2), placed).to_pydict() == {
        "a": [[5, 6]],
        "b": [9],
    }


def test_records_have_few_features(named: Dataset, packed: Dataset) -> None:
    assert set(packed.stored.names) == {"int64", "float32", "label", "weight"}
    assert len(named.stored.names) == len(named.columns) == len(SPEC.outputs)
    assert packed.schema == named.schema
    payload = next(
        read_records(packed.file(packed.shards[0].path), compression=packed.compression)
    )
    assert b"carrier" not in payload and b"float32" in payload


def test_every_reader_gives_the_same_columns(named: Dataset, packed: Dataset) -> None:
    assert packed.to_arrow().equals(named.to_arrow())
    assert same(packed.to_numpy(), named.to_numpy())
    for split in ("train", "dev", "test"):
        pair = [fk.load(d.path, split) for d in (packed, named)]
        assert same(pair[0].to_numpy(), pair[1].to_numpy())
        for a, b in zip(*(p.shards for p in pair), strict=True):
            left, right = pair[0].read_shard(a), pair[1].read_shard(b)
            assert [*left] == [*right]
    for shuffle in (False, True):
        batches = [d.iter_numpy(32, shuffle=shuffle) for d in (packed, named)]
        assert all(same(a, b) for a, b in zip(*batches, strict=True))
    assert fk.verify(packed.path).sound


@pytest.mark.tensorflow
def test_tensorflow_reads_the_same(named: Dataset, packed: Dataset) -> None:
    pytest.importorskip("tensorflow")
    for shuffle in (False, True):
        batches = [
            d.to_tf(32, shuffle=shuffle).as_numpy_iterator() for d in (packed, named)
        ]
        for a, b in zip(*batches, strict=True):
            assert same(a, b)


def test_what_the_columns_say_is_what_is_in_the_manifest(packed: Dataset) -> None:
    places = {c.name: (c.feature_key, c.offset) for c in packed.columns}
    assert places["label"] == places["weight"] == (None, None)
    assert {key for key, _ in places.values()} == {None, "int64", "float32"}
    text = (packed.path / MANIFEST).read_text()
    assert Manifest.from_json(text) == packed.manifest
    assert packed.manifest.to_json() == text


def test_older_readers_still_read_named_datasets(
    named: Dataset, packed: Dataset
) -> None:
    """Format 1 has no places; a reader of format 1 refuses format 2."""
    first, second = (
        json.loads((d.path / MANIFEST).read_text()) for d in (named, packed)
    )
    assert first["version"] == 1
    assert all({"feature_key", "offset"}.isdisjoint(c) for c in first["columns"])
    assert second["version"] == 2


def test_a_newer_manifest_is_called_newer(packed: Dataset) -> None:
    """Also where it has fields that this code does not know."""
    entry = json.loads((packed.path / MANIFEST).read_text())
    entry["version"] = 4
    entry["columns"][0]["bit"] = 1
    with pytest.raises(VersionTooNewError, match="upgrade"):
        Manifest.from_json(json.dumps(entry))
    entry["version"] = 3
    with pytest.raises(DatasetError, match="MANIFEST_SYNTAX"):
        Manifest.from_json(json.dumps(entry))


@pytest.mark.parametrize(
    "change",
    [
        {"layout": "striped"},
        {"layout": "named"},
        {"offset": 5},
        {"feature_key": "label"},
        {"dtype": "float32"},
    ],
)
def test_places_that_cannot_be_are_refused(
    packed: Dataset, tmp_path: Path, change: dict[str, object]
) -> None:
    entry = json.loads((packed.path / MANIFEST).read_text())
    if "layout" in change:
        entry |= change
    else:
        ids = [c for c in entry["columns"] if c.get("feature_key") == "int64"]
        ids[1].update({k: str(v) if k == "offset" else v for k, v in change.items()})
    (tmp_path / MANIFEST).write_text(json.dumps(entry))
    with pytest.raises(DatasetError, match="BAD_LAYOUT"):
        fk.load(tmp_path)


def test_the_layout_decides_the_run(tmp_path: Path) -> None:
    spec = fk.FeatureSpec({"a": fk.numeric("a")})
    first = fk.convert(spec, fk.Stats({}), {"a": [1.0]}, tmp_path / "1")
    other = fk.convert(
        spec, fk.Stats({}), {"a": [1.0]}, tmp_path / "2", layout="packed"
    )
    assert first.manifest.run_id != other.manifest.run_id
    with pytest.raises(ValueError, match="layout"):
        fk.convert(spec, fk.Stats({}), {"a": [1.0]}, tmp_path / "3", layout="wide")
