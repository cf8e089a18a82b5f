"""What the skew matrix computes for the ops whose values have a shape."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.skew_case import SkewCase
from checks.skew_values import MakeColumn, Rng, floats, integers
from featurekit.plan import ops
from featurekit.spec.columns import boxes, numeric, numerics, tensor
from featurekit.spec.columns import integers as integer_lists

_WIDTH = 4
_NULLS = 0.02
_H, _W = numeric("h").fill(2.0), numeric("w").fill(3.0)


def _bits(dtype: str) -> MakeColumn:
    """Tensors of any bits, some of which are missing."""

    def make(rng: Rng, rows: int) -> pa.Array:
        size = _WIDTH * np.dtype(dtype).itemsize
        data = rng.integers(0, 256, (rows, size), np.uint8)
        missing = rng.random(rows) < _NULLS
        values = [
            None if gone else row.tobytes()
            for row, gone in zip(data, missing, strict=True)
        ]
        return pa.array(values, pa.binary())

    return make


def _quads(rng: Rng, rows: int) -> pa.Array:
    """Up to four boxes in each row, many of them on the edges of the image."""
    counts = rng.integers(0, 5, rows)
    offsets = np.concatenate([[0], np.cumsum(4 * counts)]).astype(np.int32)
    usual = rng.normal(0.5, 1.0, int(offsets[-1]))
    edges = rng.choice([0.0, -0.0, 1.0, 2.0, 3.0], len(usual))
    values = np.where(rng.random(len(usual)) < 0.3, edges, usual)
    return pa.ListArray.from_arrays(
        pa.array(offsets), pa.array(values.astype(np.float32))
    )


def _sizes(rng: Rng, rows: int) -> pa.Array:
    return pa.array(rng.uniform(0.5, 4.0, rows).astype(np.float32))


def _exactly(make: MakeColumn, kind: pa.DataType) -> MakeColumn:
    """Lists of as many elements as a tensor has."""

    def make_lists(rng: Rng, rows: int) -> pa.Array:
        values = make(rng, rows * _WIDTH).fill_null(3)
        if pa.types.is_int64(values.type):
            # The three smallest mark ends of lists in tensors; casting refuses them.
            values = pc.max_element_wise(values, 3 - 2**63)
        return pa.FixedSizeListArray.from_arrays(values, _WIDTH).cast(pa.list_(kind))

    return make_lists


_BOXES = {"b": _quads, "h": _sizes, "w": _sizes}
_FLOATS = ("float16", "float32", "float64")
_TENSORS = {name: _bits(name) for name in (*_FLOATS, "uint8", "int64")}


TENSOR_CASES: dict[type[ops.Op], SkewCase] = {
    ops.DecodeTensor: SkewCase(
        _TENSORS,
        {
            name: tensor(name, (2, 2), name, nan="keep").missing_as_zeros()
            for name in ("float16", "float32", "uint8", "int64")
        },
        xla=False,
    ),
    ops.ShapeList: SkewCase(
        {
            "x": _exactly(floats(0.0, 1.0), pa.float32()),
            "i": _exactly(integers(3), pa.int64()),
        },
        {
            "x": numerics("x", nan="keep").tensor((2, 2)),
            "i": integer_lists("i").tensor((4,)),
        },
        xla=False,
    ),
    ops.RescaleTensor: SkewCase(
        _TENSORS,
        {
            "pixels": tensor("uint8", (4,), "uint8")
            .missing_as_zeros()
            .rescale(1 / 255),
            "half": tensor("float16", (4,), "float16", nan="keep")
            .missing_as_zeros()
            .rescale(0.1, -3.7),
            "long": tensor("int64", (2, 2), "int64").missing_as_zeros().rescale(1e-9),
        },
        xla=False,
    ),
    ops.PadBoxes: SkewCase(
        _BOXES,
        {
            "relative": boxes("b", format="xyxy").pad_boxes(3),
            "pixels": boxes("b", format="xywh", height=_H, width=_W).pad_boxes(2),
            "kept": boxes("b", format="cxcywh", height=_H, width=_W).pad_boxes(
                4, format="yxyx", relative=False
            ),
        },
        xla=False,
    ),
    ops.PadObjects: SkewCase(
        _BOXES,
        {"mask": boxes("b", format="xywh", height=_H, width=_W).box_mask(3)},
        xla=False,
    ),
}
TENSOR_CASES[ops.RoundTensor] = TENSOR_CASES[ops.RescaleTensor]
