"""Requests that TensorFlow Serving answers for itself before it answers any other.

The first call of a graph takes many times as long as the second. Source:
`tensorflow_serving/g3doc/saved_model_warmup.md` in tensorflow/serving.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import tensorflow as tf

from featurekit.io.tfrecord_writer import frame
from featurekit.proto import warm_up_pb2
from featurekit.serve.heads import CLASSIFY, REGRESS
from featurekit.serve.notations import arguments, to_examples
from featurekit.spec.inputs import Input

FILE = "assets.extra/tf_serving_warmup_requests"
ROWS = (1, 32)
"""Of a request: a single one, and some together."""


def write_warm_up(
    folder: Path,
    signatures: Iterable[str],
    rows: pa.RecordBatch,
    inputs: tuple[Input, ...],
) -> None:
    """Writes the file of requests; none where there are no rows.

    Args:
        folder: Of the SavedModel.
        signatures: Those that are called, each with one row and with several.
        rows: Cast columns of rows that the model accepts; the last ones are sent.
        inputs: What the columns are.
    """
    if not rows.num_rows:
        return
    path = folder / FILE
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        for request in _requests(signatures, rows, inputs):
            file.write(frame(request.SerializeToString(deterministic=True)).data)


def _requests(
    signatures: Iterable[str], rows: pa.RecordBatch, inputs: tuple[Input, ...]
) -> Iterator[warm_up_pb2.LoggedRequest]:
    for name in signatures:
        for count in ROWS:
            yield _request(name, rows[-count:], inputs)


def _request(
    name: str, rows: pa.RecordBatch, inputs: tuple[Input, ...]
) -> warm_up_pb2.LoggedRequest:
    found = warm_up_pb2.LoggedRequest()
    if name in (CLASSIFY, REGRESS):
        request: Any = getattr(found, name).request
        request.input.list.examples.extend(to_examples(rows))
    else:
        request = found.predict.request
        for key, tensor in arguments(name, rows, inputs).items():
            message = tf.make_tensor_proto(tensor.numpy())
            request.inputs[key] = message.SerializeToString(deterministic=True)
    request.signature.name = name
    return found
