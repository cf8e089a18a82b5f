"""Rows as the inputs of an ONNX session."""

from typing import Any

import numpy as np
import pyarrow as pa

from featurekit.backends.missing import is_missing, to_tensors
from featurekit.serve.onnx.preprocessing import MISSING, Preprocessing


def to_feeds(batch: pa.RecordBatch, made: Preprocessing) -> dict[str, Any]:
    """The columns of a batch by the names of the inputs.

    Text is an object array of str, which keeps NUL characters; "" where it is missing.
    """
    found: dict[str, Any] = {}
    tensors = to_tensors(batch.select(list(made.inputs)))
    for column, values in tensors.items():
        name, missing = made.inputs[column], is_missing(values)
        if values.dtype == object:
            texts = [
                "" if gone else one.decode()
                for one, gone in zip(values, missing, strict=True)
            ]
            found[name] = np.array(texts, object)
        else:
            found[name] = values
        if column in made.flagged:
            found[name + MISSING] = missing.astype(np.bool_)
    return found
