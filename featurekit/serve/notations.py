"""Rows in each notation that the signatures of an exported model take."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pyarrow as pa
import tensorflow as tf

from featurekit.io.example import encode_payloads
from featurekit.serve.json_notation import to_json_rows
from featurekit.serve.serving_module import (
    DEFAULT,
    JSON,
    TEXT_INPUTS,
    TRANSFORM,
    named_tensors,
)
from featurekit.spec.inputs import Input


def to_examples(batch: pa.RecordBatch) -> list[bytes]:
    """One serialized tf.Example per row of cast columns."""
    buffer, offsets = encode_payloads(batch)
    data = buffer.tobytes()
    return [data[a:b] for a, b in pairwise(offsets)]


def arguments(
    signature: str, batch: pa.RecordBatch, inputs: Iterable[Input]
) -> dict[str, tf.Tensor]:
    """The rows of a batch as a signature takes them.

    Args:
        signature: Its name.
        batch: Cast columns.
        inputs: What they are.
    """
    inputs = tuple(inputs)
    if signature in (DEFAULT, TRANSFORM):
        return named_tensors(batch, inputs)
    texts: list[Any] = (
        to_json_rows(batch, inputs) if signature == JSON else to_examples(batch)
    )
    return {TEXT_INPUTS[signature]: tf.constant(texts, tf.string, shape=[len(texts)])}
