"""Arithmetic over random bit patterns: the reference, the host and TensorFlow agree.

Values pass through steps that leave float32: their results have any exponent.
"""

import numpy as np
import pyarrow as pa
import pytest
from conformance.compare import assert_same, to_bits

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.backends.reference import ReferenceBackend
from featurekit.spec.columns import Column

ROWS = 4000
SPECIAL = np.array(
    [
        *(0, 1 << 31, 1, 0x807FFFFF, 0x00800000, 0x7F800000, 0xFF800000, 0x7FC00001),
        *(0x7F7FFFFF, 0x3F800000, 0xBF800000, 0x33800000),
    ],
    np.uint32,
)


def column(seed: int) -> pa.Array:
    """Random bits, ordinary numbers, and the edges, some of them null."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2**32, ROWS, np.uint64).astype(np.uint32)
    plain = rng.normal(size=ROWS).astype(np.float32).view(np.uint32)
    bits = np.where(rng.random(ROWS) < 0.4, plain, bits)
    bits = np.where(rng.random(ROWS) < 0.2, rng.choice(SPECIAL, ROWS), bits)
    values = bits.astype(np.uint32).view(np.float32)
    return pa.array(values, mask=rng.random(ROWS) < 0.05)


def features() -> dict[str, Column]:
    """Pairs of numbers of any size, combined; bounded before they are written."""
    x, y = fk.numeric("x", nan="keep"), fk.numeric("y", nan="keep")
    tiny = x.standardize(mean=0.0, std=1e290)
    huge = y.standardize(mean=-1.0, std=1e-290)
    found: dict[str, Column] = {}
    pairs = {
        "plain": (x, y),
        "tiny": (tiny, y),
        "huge": (x, huge),
        "both": (tiny, huge),
    }
    for name, (left, right) in pairs.items():
        results = {
            "add": left + right,
            "subtract": left - right,
            "multiply": left * right,
            "divide": left / right,
            "minimum": fk.minimum(left, right),
            "maximum": fk.maximum(left, right),
            "chain": (left + right) + (left * right + left * 3.0),
            "where": fk.where(left.less_than(right).fill(True), left / 7.0, -right),
        }
        for operator, result in results.items():
            filled = result.fill(0.5)
            found[f"{name} {operator}"] = filled.clip(-1e38, 1e38)
            # Below float32 too: a sign, a size, and whether there is a result.
            found[f"{name} {operator} size"] = filled.buckets(
                [-1.0, -1e-300, -(2.0**-1022), 2.0**-1022, 1e-300, 1e-30, 1e30, 1e200]
            )
            found[f"{name} {operator} scaled"] = (filled * 1e290).fill(2.0).clip(-9, 9)
            found[f"{name} {operator} missing"] = result.is_missing()
        found[f"{name} less"] = left.less_than(right).fill(False)
        found[f"{name} most"] = left.greater_equal(right).fill(True)
    return found


PLAN = fk.compile(fk.FeatureSpec(features()))
BATCH = pa.record_batch({"x": column(1), "y": column(2)})


@pytest.fixture(scope="module")
def on_host():
    return HostBackend(PLAN).run(BATCH)


def test_host(on_host) -> None:
    assert len(on_host.rejected_rows) == 0
    assert_same(on_host, ReferenceBackend(PLAN).run(BATCH))


def test_blocks_and_slices_do_not_matter(on_host) -> None:
    part = HostBackend(PLAN).run(BATCH.slice(1237, 500))
    for name, found in zip(
        part.outputs.schema.names, part.outputs.columns, strict=True
    ):
        assert to_bits(found) == to_bits(on_host.outputs.column(name)[1237:1737]), name


@pytest.mark.tensorflow
@pytest.mark.parametrize("way", ["eager", "graph", "whole"])
def test_tensorflow(way: str, on_host) -> None:
    tf = pytest.importorskip("tensorflow")
    from featurekit.backends.keras.feature_layer import KerasBackend
    from featurekit.backends.missing import to_tensors

    backend = KerasBackend(PLAN)
    if way == "eager":
        assert_same(backend.run(BATCH), on_host)
        return
    # With a batch size that is known, graph rewriting knows more.
    shape = [ROWS] if way == "whole" else [None]
    signature = {name: tf.TensorSpec(shape, tf.float32) for name in ("x", "y")}
    compute = tf.function(
        lambda columns: backend.program.compute(columns), input_signature=[signature]
    )
    tensors = {name: tf.constant(x) for name, x in to_tensors(BATCH).items()}
    assert_same(backend.transformed(BATCH, compute(tensors)), on_host)


@pytest.mark.tensorflow
def test_sums_in_a_graph_keep_their_order() -> None:
    """Graph rewriting adds all operands of a sum of known shape from left to right."""
    tf = pytest.importorskip("tensorflow")
    from featurekit.backends.keras.feature_layer import KerasBackend

    x, y, z = (fk.numeric(name).fill(0.0) for name in "xyz")
    plan = fk.compile(fk.FeatureSpec({"f": (x + (y + z)) * 1e-8}))
    program = KerasBackend(plan).program
    rng = np.random.default_rng(6)
    large = (rng.normal(size=ROWS) * 1e16).astype(np.float32)
    small = rng.normal(size=ROWS).astype(np.float32)
    arrays = {"x": large, "y": -large, "z": small}
    signature = {name: tf.TensorSpec([ROWS], tf.float32) for name in arrays}
    compute = tf.function(program.compute, input_signature=[signature])
    tensors = {name: tf.constant(array) for name, array in arrays.items()}
    a, b, c = (array.astype(np.float64) for array in arrays.values())
    assert ((a + (b + c)) != ((a + b) + c)).any()
    wanted = ((a + (b + c)) * 1e-8).astype(np.float32)
    np.testing.assert_array_equal(compute(tensors).outputs["f"].numpy(), wanted)


def test_float64_is_numpys() -> None:
    """An oracle that is not ours: NumPy, where nothing is subnormal or missing."""
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(2, ROWS)).astype(np.float32)
    a, b = fk.numeric("x"), fk.numeric("y")
    spec = fk.FeatureSpec(
        {
            "f": (a + b) * a / (b - 3.5),
            "g": fk.where(a.less_than(b), fk.minimum(a, -b), 2 - a),
            "h": fk.maximum(a, b).greater_than(0.25),
        }
    )
    found = HostBackend(fk.compile(spec)).run(pa.record_batch({"x": x, "y": y}))
    x, y = x.astype(np.float64), y.astype(np.float64)
    wanted = {
        "f": ((x + y) * x / (y - 3.5)).astype(np.float32),
        "g": np.where(x < y, np.minimum(x, -y), 2 - x).astype(np.float32),
        "h": (np.maximum(x, y) > 0.25).astype(np.int64),
    }
    for name, values in wanted.items():
        np.testing.assert_array_equal(found.outputs.column(name).to_numpy(), values)
