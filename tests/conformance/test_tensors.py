"""Values with a shape on the host and in the reference; NumPy is the oracle."""

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from conformance.cases_tensors import raw
from conformance.compare import assert_same, to_bits
from hypothesis import given, settings

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.backends.reference import ReferenceBackend
from featurekit.errors import DTypeMismatchError, SpecError
from featurekit.io.casting import cast_column
from featurekit.plan.serialize import plan_from_proto, plan_to_proto
from featurekit.spec.columns import Column
from featurekit.spec.serialize import (
    spec_from_proto,
    spec_from_text,
    spec_to_proto,
    spec_to_text,
)

FORMATS = ("xyxy", "yxyx", "xywh", "cxcywh")
DTYPES = (
    *("float16", "float32", "float64", "int8", "int16", "int32", "int64"),
    *("uint8", "uint16"),
)
SIZE = {"height": fk.numeric("h"), "width": fk.numeric("w")}
OBJECTS = fk.boxes("b", format="xywh", labels=fk.integers("l").identity(9), **SIZE)
FEATURES: list[Column] = [
    fk.tensor("t", (2, 2), "float16").missing_as_zeros().rescale(0.5, 1.0),
    fk.tensor("t", [3], "uint8", nan="keep"),
    fk.numerics("x").tensor((1, 2)),
    OBJECTS.pad_boxes(3),
    OBJECTS.pad_boxes(3, format="xyxy", relative=False),
    OBJECTS.pad_labels(2),
    OBJECTS.box_mask(2),
    fk.boxes(fk.numerics("b").missing_as_empty(), format="yxyx").pad_boxes(1),
]


def matrix(feature: Column, **columns: pa.Array) -> np.ndarray:
    """What the host makes, flat; all rows are accepted."""
    plan = fk.compile(fk.FeatureSpec({"f": feature}))
    done = HostBackend(plan).run(pa.record_batch(columns))
    assert not len(done.rejected_rows)
    column = done.outputs.column("f")
    return column.flatten().to_numpy().reshape(len(column), -1)


@pytest.mark.proves(15)
@pytest.mark.parametrize("dtype", DTYPES)
def test_oracle_numpy_reads_the_same_bytes(dtype: str) -> None:
    rng = np.random.default_rng(1)
    data = rng.integers(0, 256, (2000, 6 * np.dtype(dtype).itemsize), np.uint8)
    if dtype == "float64":  # those beyond float32 are refused
        with np.errstate(invalid="ignore"):
            large = np.abs(data.view("<f8")) > np.finfo(np.float32).max
        data = np.where(
            (large & np.isfinite(data.view("<f8"))).any(axis=1)[:, np.newaxis],
            np.uint8(7),
            data,
        )
    rows = pa.array([row.tobytes() for row in data], pa.binary())
    found = matrix(fk.tensor("t", (3, 2), dtype, nan="keep"), t=rows.slice(3))
    values = data.view(np.dtype(dtype).newbyteorder("<"))[3:]
    if dtype.startswith("float"):
        with np.errstate(over="ignore", invalid="ignore"):
            values = values.astype(np.float32)
        values = np.where(np.isnan(values), np.float32(np.nan), values)
        small = np.abs(values) < 2.0**-126
        values = np.where(small, np.copysign(np.float32(0), values), values)
        assert (found.view(np.uint32) == values.view(np.uint32)).all()
    else:
        assert found.dtype == np.int64
        assert (found == values).all()


def corners(quads: np.ndarray, form: str) -> np.ndarray:
    """Left, top, right, bottom."""
    if form == "yxyx":
        return quads[:, [1, 0, 3, 2]]
    if form == "xywh":
        return np.concatenate([quads[:, :2], quads[:, :2] + quads[:, 2:]], axis=1)
    if form == "cxcywh":
        half = quads[:, 2:] / 2
        return np.concatenate([quads[:, :2] - half, quads[:, :2] + half], axis=1)
    return quads


@pytest.mark.proves(63)
@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("target", FORMATS)
def test_oracle_numpy_converts_boxes_the_same(source: str, target: str) -> None:
    """One image at a time, in float64, by array operations."""
    rng = np.random.default_rng(FORMATS.index(source))
    images = [
        rng.normal(4.0, 6.0, (rng.integers(0, 6), 4)).astype(np.float32)
        for _ in range(300)
    ]
    heights, widths = rng.uniform(1, 20, (2, 300)).astype(np.float32)
    rows = pa.array([one.ravel() for one in images], pa.list_(pa.float32()))
    feature = fk.boxes("b", format=source, **SIZE).pad_boxes(3, format=target)
    found = matrix(feature, b=rows, h=pa.array(heights), w=pa.array(widths))
    for at, quads in enumerate(images):
        limits = np.array([widths[at], heights[at]] * 2, np.float64)
        inside = np.clip(corners(quads.astype(np.float64), source), 0.0, limits)
        inside = inside[(inside[:, :2] < inside[:, 2:]).all(axis=1)][:3] / limits
        low, high = inside[:, :2], inside[:, 2:]
        wanted = {
            "xyxy": inside,
            "yxyx": inside[:, [1, 0, 3, 2]],
            "xywh": np.concatenate([low, high - low], axis=1),
            "cxcywh": np.concatenate([(low + high) / 2, high - low], axis=1),
        }[target]
        padded = np.zeros((3, 4), np.float32)
        padded[: len(wanted)] = wanted
        assert (found[at] == padded.ravel()).all()


values = st.sampled_from([0.0, -0.0, 0.5, 1.0, 3.0, -2.0, 1e30, np.inf, np.nan])


@st.composite
def tensor_batches(draw: st.DrawFn) -> pa.RecordBatch:
    """Rows of which many are refused; often a slice."""
    rows = draw(st.integers(0, 6))

    def column(strategy: st.SearchStrategy[object], kind: pa.DataType) -> pa.Array:
        drawn = draw(st.lists(strategy, min_size=rows, max_size=rows))
        return pa.array(drawn, kind, from_pandas=False)

    def lists(of: st.SearchStrategy[object], *sizes: int) -> st.SearchStrategy[object]:
        size = st.sampled_from(sizes)
        return size.flatmap(lambda n: st.lists(of, min_size=n, max_size=n)) | st.none()

    number = values | st.floats(-2, 9, width=32)
    columns = {
        "t": column(st.binary(max_size=9) | st.none(), pa.binary()),
        "x": column(lists(number | st.none(), 0, 2, 3), pa.list_(pa.float32())),
        "b": column(lists(number, 0, 4, 8, 3), pa.large_list(pa.float32())),
        "l": column(lists(st.integers(0, 9), 0, 1, 2), pa.list_(pa.int64())),
        "h": column(number | st.none(), pa.float32()),
        "w": column(number, pa.float32()),
    }
    return pa.record_batch(columns).slice(draw(st.integers(0, rows)))


@settings(max_examples=150)
@given(st.lists(st.sampled_from(FEATURES), min_size=1, max_size=4), tensor_batches())
def test_host_equals_reference(features: list[Column], batch: pa.RecordBatch) -> None:
    spec = fk.FeatureSpec({f"f{at}": one for at, one in enumerate(features)})
    plan = fk.compile(spec)
    found, wanted = HostBackend(plan).run(batch), ReferenceBackend(plan).run(batch)
    assert_same(found, wanted)
    for start in range(batch.num_rows):
        part = HostBackend(plan).run(batch.slice(start, 1))
        assert (start in wanted.rejected_rows) == bool(len(part.rejected_rows))


def test_dictionaries_of_bytes_are_bytes() -> None:
    rows = raw([1.0, 2.0], [3.0, 4.0], [1.0, 2.0], None)
    feature = fk.tensor("t", (2,)).missing_as_zeros()
    plain = matrix(feature, t=rows)
    encoded = matrix(feature, t=rows.dictionary_encode())
    assert to_bits(pa.array(plain.ravel())) == to_bits(pa.array(encoded.ravel()))


@pytest.mark.parametrize("feature", FEATURES, ids=str)
def test_round_trips(feature: Column) -> None:
    spec = fk.FeatureSpec({"f": feature})
    plan = fk.compile(spec)
    assert plan_from_proto(plan_to_proto(plan)) == plan
    assert spec_from_proto(spec_to_proto(spec)) == spec
    for form in ("json", "textproto"):
        assert spec_from_text(spec_to_text(spec, form=form), form=form) == spec
    assert eval(repr(feature), {"fk": fk}) == feature


@pytest.mark.parametrize(
    "make",
    [
        lambda: fk.tensor("t", ()),
        lambda: fk.tensor("t", (0, 2)),
        lambda: fk.tensor("t", (2**16, 2**16)),
        lambda: fk.tensor("t", 4),
        lambda: fk.tensor("t", (2,), "bfloat16"),
        lambda: fk.tensor("t", (2,), nan="missing"),
        lambda: fk.numerics("x").drop_missing().tensor((2,)),
        lambda: fk.integers("x").missing_as_empty().tensor((2,)),
        lambda: fk.tensor("t", (2,)).rescale(0.0),
        lambda: fk.tensor("t", (2,)).rescale(1e-40),
        lambda: fk.tensor("t", (2,)).rescale(float("nan")),
        lambda: fk.tensor("t", (2,)).rescale(2.0).rescale(2.0),
        lambda: fk.tensor("t", (2,)).missing_as_zeros().missing_as_zeros(),
        lambda: fk.boxes("b", format="xyhw"),
        lambda: fk.boxes("b", format="xyxy", height=fk.numeric("h")),
        lambda: fk.boxes(fk.numerics("b").fill(0.0), format="xyxy"),
        lambda: fk.boxes("b", format="xyxy", labels=fk.integers("l")),
        lambda: fk.boxes("b", format="xyxy").pad_labels(2),
        lambda: fk.boxes("b", format="xyxy").pad_boxes(2, relative=False),
        lambda: fk.boxes("b", format="xyxy").pad_boxes(0),
        lambda: fk.FeatureSpec({"f": fk.binary("t")}),
        lambda: fk.FeatureSpec({"f": fk.boxes("b", format="xyxy")}),
        lambda: fk.FeatureSpec(
            {"x": fk.numeric("x")}, label=fk.boxes("b", format="xyxy").box_mask(1)
        ),
    ],
)
def test_what_cannot_be_declared(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SpecError):
        make()


def test_text_is_no_tensor() -> None:
    with pytest.raises(DTypeMismatchError):
        cast_column(pa.array(["text"]), "bytes", column="t")
    with pytest.raises(DTypeMismatchError):
        cast_column(pa.array([b"field"]), "bytes", column="t", text=True)
    kept = cast_column(pa.array([b"\xff\xfe", None]), "bytes", column="t")
    assert kept.to_pylist() == [b"\xff\xfe", None]


def test_a_refused_tensor_says_what_was_expected() -> None:
    spec = fk.FeatureSpec({"f": fk.tensor("t", (2, 2), "uint8")})
    done = HostBackend(fk.compile(spec)).run(pa.record_batch({"t": raw(b"abc")}))
    error = done.error(0)
    assert (error.code, error.column, error.feature) == ("TENSOR_SIZE", "t", "f")
    assert "4 bytes for uint8 (2, 2)" in str(error)


def test_shapes_in_compatibility_of_specs() -> None:
    def of(column: Column) -> fk.FeatureSpec:
        return fk.FeatureSpec({"f": column})

    tensor = fk.tensor("t", (2, 2))
    assert not of(tensor).diff(of(tensor)).changes
    for other in (fk.tensor("t", (4,)), tensor.rescale(2.0), tensor.missing_as_zeros()):
        assert of(tensor).diff(of(other)).changes
