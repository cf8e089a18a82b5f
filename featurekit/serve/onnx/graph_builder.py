"""Building an ONNX graph: every value is computed once."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import helper, numpy_helper

OPSET = 18
ML_OPSET = 2
IR_VERSION = 8
"""Pinned, not the newest; run with onnx 1.23.2, ONNX Runtime 1.32.0, tf2onnx 1.17.0."""
ML = "ai.onnx.ml"


class Value(NamedTuple):
    """One value of a plan in the graph.

    Args:
        tensor: Name of its tensor, shape (batch,) or (batch, width).
        valid: Name of a bool tensor, shape (batch,): where there is a value; None if
            there always is. Under a missing value there may be anything.
    """

    tensor: str
    valid: str | None = None


class Outcome(NamedTuple):
    """What an op gives: its value, and the bool tensor of rows that it refuses."""

    value: Value
    rejected: str | None = None


@dataclass
class GraphBuilder:
    """Collects nodes and constants; what is there already is not added again."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: list[onnx.TensorProto] = field(default_factory=list)
    _known: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """The name of the one output of a node."""
        key = (kind, inputs, domain, repr(sorted(attributes.items())))
        if key not in self._known:
            name = f"fk/{len(self._known)}/{kind}"
            node = helper.make_node(
                kind, inputs, [name], name=name, domain=domain, **attributes
            )
            self.nodes.append(node)
            self._known[key] = name
        return self._known[key]

    def constant(self, value: ArrayLike, dtype: Any) -> str:
        """The name of a constant; text is given as str, with dtype object."""
        array = np.asarray(value, dtype)
        raw = repr(array.tolist()) if array.dtype == object else array.tobytes()
        key = ("constant", array.dtype.str, array.shape, raw)
        if key not in self._known:
            name = f"fk/{len(self._known)}/constant"
            self.initializers.append(numpy_helper.from_array(array, name))
            self._known[key] = name
        return self._known[key]

    def double(self, value: ArrayLike) -> str:
        """A float64 constant."""
        return self.constant(value, np.float64)

    def integer(self, value: ArrayLike) -> str:
        """An int64 constant."""
        return self.constant(value, np.int64)

    def cast(self, x: str, to: int) -> str:
        """The tensor in another type of `onnx.TensorProto`."""
        return self.op("Cast", x, to=to)

    def both(self, first: str | None, second: str | None) -> str | None:
        """Where both hold; None holds everywhere."""
        if first is None or second is None:
            return second if first is None else first
        return self.op("And", first, second)

    def column(self, x: str) -> str:
        """The values as a matrix of one column."""
        return self.op("Unsqueeze", x, self.integer([-1]))

    def select(self, condition: str, x: str, y: str) -> str:
        """One float64 or the other, shape (batch,).

        Where of ONNX Runtime gives 0.0 for a -0.0 of its second input, as it merges
        both sides by what is not zero. Gathering copies.
        """
        rows = [self._row(one, condition) for one in (y, x)]
        stacked = self.op("Concat", *rows, axis=0)
        chosen = self.op(
            "Unsqueeze", self.cast(condition, onnx.TensorProto.INT64), self.integer([0])
        )
        found = self.op("GatherElements", stacked, chosen, axis=0)
        return self.op("Squeeze", found, self.integer([0]))

    def _row(self, x: str, like: str) -> str:
        """One row; a constant may be a scalar."""
        whole = self.op("Expand", x, self.op("Shape", like))
        return self.op("Unsqueeze", whole, self.integer([0]))

    def negate(self, condition: str) -> str:
        """Where it does not hold, as a condition of Where.

        ONNX Runtime exchanges the sides of Where behind Not, and with them which side
        keeps -0.0.
        """
        return self.op("Equal", condition, self.constant(False, np.bool_))

    def replace(self, condition: str, number: float, x: str) -> str:
        """The float64 values, with one number where the condition holds."""
        if number == 0.0 and np.signbit(number):
            return self.select(condition, self.double(number), x)
        return self.op("Where", condition, self.double(number), x)

    def count_reached(self, x: str, limits: str) -> str:
        """How many of the limits each value is not below, int64.

        Args:
            x: Shape (batch,).
            limits: Shape (1, n) or (batch, n).
        """
        reached = self.op("GreaterOrEqual", self.column(x), limits)
        numbers = self.cast(reached, onnx.TensorProto.INT64)
        return self.op("ReduceSum", numbers, self.integer([-1]), keepdims=0)

    def filled(self, like: str, value: Any, dtype: Any) -> str:
        """One number for each row of another tensor of shape (batch,)."""
        tensor = numpy_helper.from_array(np.array([value], dtype))
        return self.op("ConstantOfShape", self.op("Shape", like), value=tensor)
