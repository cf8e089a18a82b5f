"""serving_examples reads what our writer and protobuf write."""

import numpy as np
import pyarrow as pa
import pytest
from conformance.strategies import batches
from hypothesis import given, settings

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

from featurekit.backends.missing import is_missing, to_tensors  # noqa: E402
from featurekit.io.example import encode_payloads  # noqa: E402
from featurekit.serve.example_rows import parse_examples  # noqa: E402
from featurekit.serve.graph_errors import graph_error  # noqa: E402
from featurekit.spec.inputs import Input  # noqa: E402

INPUTS = [
    Input("x", "float32"),
    Input("i", "int64"),
    Input("s", "string"),
    Input("t", "timestamp"),
]


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def parse(examples: tf.Tensor) -> dict[str, tf.Tensor]:
    return parse_examples(examples, INPUTS)


def read(examples: list[bytes]) -> dict[str, np.ndarray]:
    found = parse(tf.constant(examples, tf.string, shape=[len(examples)]))
    return {name: column.numpy() for name, column in found.items()}


@settings(max_examples=60)
@given(batches())
def test_records_give_the_tensors_of_the_batch(batch: pa.RecordBatch) -> None:
    batch = batch.select(["x", "i", "s", "t"])
    buffer, offsets = encode_payloads(batch)
    data = buffer.tobytes()
    examples = [data[offsets[row] : offsets[row + 1]] for row in range(batch.num_rows)]
    expected = to_tensors(batch)
    for name, found in read(examples).items():
        wanted = expected[name]
        assert (is_missing(found) == is_missing(wanted)).all()
        there = ~is_missing(wanted)
        if name == "x":
            found, wanted = found.view(np.uint32), wanted.view(np.uint32)
            there &= ~np.isnan(expected[name])  # any NaN is one
        assert found[there].tolist() == wanted[there].tolist(), name


def example(**lists: object) -> bytes:
    feature = {
        name: tf.train.Feature(**{kind: value}) for name, (kind, value) in lists.items()
    }  # type: ignore[misc]
    return tf.train.Example(
        features=tf.train.Features(feature=feature)
    ).SerializeToString()


def test_absent_kindless_and_unknown_features() -> None:
    kindless = tf.train.Example()
    kindless.features.feature["x"].SetInParent()
    other = example(z=("int64_list", tf.train.Int64List(value=[1, 2])))
    found = read([kindless.SerializeToString(), other, b""])
    for name in ("x", "i", "s", "t"):
        assert is_missing(found[name]).all()


@pytest.mark.parametrize("values", [[], [1, 2]])
def test_no_or_two_values_and_wrong_kinds_are_refused(values: list[float]) -> None:
    wrong = example(x=("float_list", tf.train.FloatList(value=values)))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Key: x, Index: 1") as e:
        read([b"", wrong])
    error = graph_error(e.value)
    assert error.code == "LENGTH_MISMATCH"
    assert (error.row, error.column) == (1, "x")
    assert f"got {len(values)}" in str(error)
    wrong = example(x=("int64_list", tf.train.Int64List(value=[1])))
    with pytest.raises(tf.errors.InvalidArgumentError, match="x"):
        read([wrong])
    with pytest.raises(tf.errors.InvalidArgumentError, match="parse"):
        read([b"not an example"])
