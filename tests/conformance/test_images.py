"""Images on the host and in the reference; Pillow and NumPy are the oracles."""

import io
import sys

import numpy as np
import pyarrow as pa
import pytest
from conformance.cases_images import FLAT, encoded, files
from conformance.compare import assert_same
from PIL import Image

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.backends.reference import ReferenceBackend
from featurekit.errors import MissingDependencyError, RowError, SpecError
from featurekit.plan.image_header import read_header
from featurekit.plan.serialize import plan_from_proto, plan_to_proto
from featurekit.spec.columns import Column
from featurekit.spec.serialize import (
    spec_from_proto,
    spec_from_text,
    spec_to_proto,
    spec_to_text,
)

SIZES = ((1, 1), (2, 3), (16, 16), (33, 47))
FEATURES: dict[str, Column] = {
    "smooth": fk.image("x").resize(5, 7).rescale(1 / 255, -0.5),
    "linear": fk.image("x", max_pixels=9999).resize(40, 3, antialias=False),
    "fixed": fk.image("g", 1, shape=[2, 3]).missing_as_zeros(),
}


def noisy(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Waves and noise: neighbors differ, and so do channels."""
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / 5 + at) * np.cos(y / 7 + 2 * at) for at in range(3)]
    noise = np.random.default_rng(seed).normal(0, 25, (height, width, 3))
    return np.clip(127 + 100 * np.stack(waves, -1) + noise, 0, 255).astype(np.uint8)


def all_files() -> list[bytes]:
    """JPEGs of all samplings, and PNGs of all kinds, of several sizes."""
    found = []
    for size in SIZES:
        values = noisy(*size)
        for at, mode in enumerate(("RGB", "L", "P", "RGBA", "LA")):
            found.append(encoded(values, "PNG", mode, optimize=at == 0))
        for sampling in (0, 1, 2):
            for quality in (30, 95):
                options = {"subsampling": sampling, "quality": quality}
                found.append(encoded(values, "JPEG", **options))
                found.append(encoded(values, "JPEG", progressive=True, **options))
        found.append(encoded(values, "JPEG", "L"))
    return found


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def matrix(feature: Column, data: list[bytes]) -> np.ndarray:
    plan = fk.compile(fk.FeatureSpec({"f": feature}))
    done = HostBackend(plan).run(pa.record_batch({"x": files(*data)}))
    assert not len(done.rejected_rows)
    return done.outputs.column("f").flatten().to_numpy().reshape(len(data), -1)


def weights(size: int, target: int, antialias: bool) -> np.ndarray:
    """The triangle filter in float64, as a matrix [target, size]."""
    scale = size / target
    reach = max(scale, 1.0) if antialias else 1.0
    centers = (np.arange(target)[:, np.newaxis] + 0.5) * scale
    found = np.maximum(0, 1 - np.abs(np.arange(size) + 0.5 - centers) / reach)
    return found / found.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("antialias", [True, False])
def test_oracle_matrices_of_weights(antialias: bool) -> None:
    data = all_files()
    found = matrix(fk.image("x").resize(9, 11, antialias=antialias), data)
    for one, row in zip(data, found, strict=True):
        pixels = decoded(one).astype(np.float64)
        down = weights(pixels.shape[0], 9, antialias)
        across = weights(pixels.shape[1], 11, antialias)
        wanted = np.einsum("ay,yxc,bx->abc", down, pixels, across)
        assert np.abs(row - wanted.reshape(-1)).max() < 2e-5


def test_oracle_pillow_resizes_alike() -> None:
    """Pillow rounds twice to integers."""
    for size in ((33, 47), (200, 151)):
        values = noisy(*size)
        found = matrix(fk.image("x").resize(20, 30), [encoded(values, "PNG")])
        image = Image.fromarray(values).resize((30, 20), Image.Resampling.BILINEAR)
        assert np.abs(found.reshape(20, 30, 3) - np.asarray(image)).max() < 1.1


@pytest.mark.parametrize("target", [(1, 1), (13, 6), (3, 90)])
def test_host_equals_reference(target: tuple[int, int]) -> None:
    features = {
        str(smooth): fk.image("x").resize(*target, antialias=smooth).rescale(0.1, -3.7)
        for smooth in (True, False)
    }
    plan = fk.compile(fk.FeatureSpec(features))
    rows = pa.record_batch({"x": files(None, *all_files())})
    for batch in (rows, rows.slice(3, 20)):
        assert_same(HostBackend(plan).run(batch), ReferenceBackend(plan).run(batch))


def test_sums_do_not_overflow() -> None:
    """The largest image of one color, to the smallest: the sums are the largest."""
    plan = fk.compile(fk.FeatureSpec({"f": fk.image("x", 1).resize(1, 1)}))
    white = encoded(np.full((8192, 8192), 255, np.uint8), "PNG")
    done = HostBackend(plan).run(pa.record_batch({"x": files(white)}))
    assert done.outputs.column("f").flatten().to_pylist() == [255.0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_truncated_file_is_refused(kind: str) -> None:
    data = encoded(noisy(33, 47), kind)
    cuts = [*range(0, len(data) - 20, 97), len(data) - 40]
    plan = fk.compile(fk.FeatureSpec({"f": fk.image("x").resize(2, 2)}))
    batch = pa.record_batch({"x": files(*(data[:cut] for cut in cuts))})
    for backend in (HostBackend, ReferenceBackend):
        assert len(backend(plan).run(batch).rejected_rows) == len(cuts)


def test_the_limit_of_pixels_is_checked_before_decoding() -> None:
    bomb = bytearray(encoded(FLAT, "PNG"))
    bomb[16:24] = (60000).to_bytes(4, "big") * 2
    found = fk.preview(fk.image("x").resize(1, 1), {"x": [bytes(bomb)]})
    assert found == ["refused: BAD_IMAGE"]


def test_an_error_says_what_the_image_is() -> None:
    data = pa.table({"x": files(encoded(FLAT, "JPEG", "CMYK"))})
    spec = fk.FeatureSpec({"f": fk.image("x", shape=(2, 3))})
    with pytest.raises(RowError, match="BAD_IMAGE") as caught:
        fk.Preprocessor(spec, fk.Stats({})).transform(data)
    assert caught.value.column == "x" and caught.value.feature == "f"
    assert "JPEG 2x3, 4 channels of 8 bits" in str(caught.value)
    assert "2x3" in str(caught.value.expected) and caught.value.hint


def test_the_orientation_of_exif_is_ignored() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded(FLAT, "JPEG", exif=exif.tobytes())
    assert np.unique(matrix(fk.image("x", shape=(2, 3)), [turned])) == [90]


def test_headers_are_those_of_pillow() -> None:
    for data in all_files():
        header = read_header(data)
        image = Image.open(io.BytesIO(data))
        assert header is not None
        assert (header.format, header.width, header.height) == (
            image.format,
            *image.size,
        )
        assert header.channels == (1 if image.mode in ("L", "LA") else 3)


@pytest.mark.parametrize("name", FEATURES)
def test_specs_and_plans_are_read_as_written(name: str) -> None:
    spec = fk.FeatureSpec({name: FEATURES[name]})
    assert spec_from_proto(spec_to_proto(spec)) == spec
    for form in ("json", "textproto"):
        assert spec_from_text(spec_to_text(spec, form=form), form=form) == spec
    assert eval(repr(spec), {"fk": fk, "FeatureSpec": fk.FeatureSpec}) == spec
    plan = fk.compile(spec)
    assert plan_from_proto(plan_to_proto(plan)) == plan


@pytest.mark.parametrize(
    "make",
    [
        lambda: fk.image("x", 4),
        lambda: fk.image("x", True),
        lambda: fk.image("x", shape=(3,)),
        lambda: fk.image("x", shape=(0, 3)),
        lambda: fk.image("x", shape=(65536, 3)),
        lambda: fk.image("x", shape=(65535, 65535)),
        lambda: fk.image("x", max_pixels=0),
        lambda: fk.image("x", max_pixels=2**26 + 1),
        lambda: fk.image("x").resize(0, 1),
        lambda: fk.image("x").resize(1, 65536),
        lambda: fk.image("x").resize(1, 1, antialias=1),
        lambda: fk.FeatureSpec({"x": fk.image("x")}),
    ],
)
def test_bad_declarations_are_refused(make) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    assert caught.value.code == "SPEC_BAD_VALUE"


def test_without_pillow_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingDependencyError, match="Pillow") as caught:
        fk.preview(fk.image("x").resize(1, 1), {"x": [b""]})
    assert "featurekit[images]" in str(caught.value)
