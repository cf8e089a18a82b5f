"""Rows as the inputs of an ONNX session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from featurekit.backends.missing import (
    MISSING_FLOAT_BITS,
    MISSING_INTEGER,
    is_missing,
    to_tensors,
)
from featurekit.backends.values_reference import Value
from featurekit.plan import ops
from featurekit.plan.graph import Plan

MISSING = "__missing"
"""Ends the name of the bool input that says in which rows a column has no value."""

_MARKERS: dict[str, Any] = {
    "float32": np.array(MISSING_FLOAT_BITS, np.uint32).view(np.float32),
    "int64": np.int64(MISSING_INTEGER),
    "timestamp": np.int64(MISSING_INTEGER),
    "string": "",
}
_DTYPES: dict[str, Any] = {
    "float32": np.float32,
    "int64": np.int64,
    "timestamp": np.int64,
    "string": object,
}


@dataclass(frozen=True)
class Inputs:
    """The inputs of the graph of a plan.

    Args:
        names: By column the name of its input.
        dtypes: By column what it is in the plan.
        flagged: The columns that have a second input, which says what is missing.
    """

    names: dict[str, str]
    dtypes: dict[str, str]
    flagged: frozenset[str]

    @classmethod
    def of(cls, plan: Plan, names: Mapping[str, str]) -> "Inputs":
        """The inputs of a plan.

        Args:
            plan: The plan.
            names: By column the name of its input; others are ignored.
        """
        return cls(
            {column: names[column] for column in plan.columns},
            {column: read.dtype for column, read in plan.columns.items()},
            frozenset(name for name in plan.columns if needs_flag(plan, name)),
        )

    def from_batch(self, batch: pa.RecordBatch) -> dict[str, Any]:
        """The columns of a batch by the names of the inputs.

        Text is an object array of str, which keeps NUL characters; "" where it is
        missing.
        """
        found: dict[str, Any] = {}
        for column, values in to_tensors(batch.select(list(self.names))).items():
            name, missing = self.names[column], is_missing(values)
            if values.dtype == object:
                texts = [
                    "" if gone else one.decode()
                    for one, gone in zip(values, missing, strict=True)
                ]
                found[name] = np.array(texts, object)
            else:
                found[name] = values
            if column in self.flagged:
                found[name + MISSING] = missing.astype(np.bool_)
        return found

    def from_values(self, rows: Sequence[Mapping[str, Value]]) -> dict[str, Any]:
        """Single rows, as `featurekit.serve.row_values.RowReader` reads them."""
        found: dict[str, Any] = {}
        for column, name in self.names.items():
            dtype = self.dtypes[column]
            values: list[Any] = [row[column] for row in rows]
            marker = _MARKERS[dtype]
            if dtype == "string":
                values = [one if one is None else one.decode() for one in values]
            present = [marker if one is None else one for one in values]
            found[name] = np.array(present, _DTYPES[dtype])
            if column in self.flagged:
                found[name + MISSING] = np.array([one is None for one in values])
        return found


def needs_flag(plan: Plan, column: str) -> bool:
    """Whether a column has no value that means missing.

    ONNX text is UTF-8, which the marker is not; and NaNs are not told apart, so that a
    NaN that is a value, or an error, cannot mean missing as well.
    """
    if plan.columns[column].dtype == "string":
        return True
    return any(
        isinstance(node.op, ops.ToFloat64)
        and node.op.nan != "missing"
        and plan.columns_of[index] == (column,)
        for index, node in enumerate(plan.nodes)
    )
