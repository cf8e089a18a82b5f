"""Values with a shape: tensors of bytes and of lists, and the boxes of objects.

Bytes were written by NumPy; boxes were converted by hand.
"""

import math

import numpy as np
import pyarrow as pa
from conformance.case import Case, float32
from conformance.cases_lists import integers, numbers

import featurekit as fk

INF, NAN = math.inf, math.nan
NORMAL = 2.0**-126


def raw(*rows: object, dtype: str = "<f4") -> pa.Array:
    """Tensors as bytes; None is null, bytes are themselves."""
    found = [
        row if row is None or isinstance(row, bytes) else np.array(row, dtype).tobytes()
        for row in rows
    ]
    return pa.array(found, pa.large_binary())


TENSORS = [
    Case(
        "tensor_of_bytes",
        {
            "t": raw(
                [1.0, -0.0, INF, 0.1],
                None,
                b"",
                b"\0" * 15,
                b"\0" * 17,
                [1, 2, NAN, 4],
                [NORMAL, -NORMAL / 2, NORMAL / 2, -INF],
            )
        },
        {"t": fk.tensor("t", (2, 2))},
        {
            "t": [
                [1.0, -0.0, INF, float(np.float32(0.1))],
                [NORMAL, -0.0, 0.0, -INF],
            ]
        },
        rejected={
            1: "NULL_NOT_ALLOWED",
            2: "TENSOR_SIZE",
            3: "TENSOR_SIZE",
            4: "TENSOR_SIZE",
            5: "TENSOR_SIZE",
        },
    ),
    Case(
        "tensor_missing_as_zeros_is_rescaled",
        {"t": raw([0, 255], None, [51, 102], dtype="u1")},
        {
            "plain": fk.tensor("t", (2, 1), "uint8").missing_as_zeros(),
            "r": fk.tensor("t", (2,), "uint8").missing_as_zeros().rescale(1 / 255, 1.0),
        },
        {
            "plain": [[0, 255], [0, 0], [51, 102]],
            "r": [
                [1.0, 2.0],
                [1.0, 1.0],
                [float(np.float32(1.2)), float(np.float32(1.4))],
            ],
        },
    ),
    Case(
        "tensor_of_float16_keeps_its_subnormals",
        {"t": raw([2.0**-24, 65504.0], [NAN, -INF], dtype="<f2")},
        {"t": fk.tensor("t", (2,), "float16", nan="keep")},
        {"t": [[2.0**-24, 65504.0], [NAN, -INF]]},
    ),
    Case(
        "tensor_of_float64_is_rounded_once",
        {"t": raw([0.1, 1e-40], [1e39, 0.0], [-1e39, 0.0], [INF, -1e-40], dtype="<f8")},
        {"t": fk.tensor("t", (1, 2), "float64")},
        {"t": [[float(np.float32(0.1)), 0.0], [INF, -0.0]]},
        rejected={1: "OUT_OF_RANGE", 2: "OUT_OF_RANGE"},
    ),
    Case(
        "tensor_integers_are_exact",
        {
            "l": raw([2**63 - 1, -(2**63)], dtype="<i8"),
            "i": raw([2**31 - 1, -(2**31)], dtype="<i4"),
            "h": raw([2**15 - 1, -(2**15)], dtype="<i2"),
            "b": raw([127, -128], dtype="i1"),
            "w": raw([2**16 - 1, 0], dtype="<u2"),
        },
        {
            "l": fk.tensor("l", (2,), "int64"),
            "i": fk.tensor("i", (2,), "int32"),
            "h": fk.tensor("h", (2,), "int16"),
            "b": fk.tensor("b", (2,), "int8"),
            "w": fk.tensor("w", (2,), "uint16"),
        },
        {
            "l": [[2**63 - 1, -(2**63)]],
            "i": [[2**31 - 1, -(2**31)]],
            "h": [[2**15 - 1, -(2**15)]],
            "b": [[127, -128]],
            "w": [[2**16 - 1, 0]],
        },
    ),
    Case(
        "tensor_of_lists",
        {
            "x": numbers([1.0, -0.0], None, [1.0], [1.0, None], [], [NAN, 2.0]),
            "i": integers(*[[2**53 + 1, 7]] * 6),
        },
        {
            "x": fk.numerics("x").tensor((1, 2)),
            "i": fk.integers("i").tensor((2,)),
        },
        {"x": [[1.0, -0.0]], "i": [[2**53 + 1, 7]]},
        rejected={
            1: "NULL_NOT_ALLOWED",
            2: "TENSOR_SIZE",
            3: "NULL_NOT_ALLOWED",
            4: "TENSOR_SIZE",
            5: "NULL_NOT_ALLOWED",
        },
    ),
    Case(
        "tensor_of_lists_missing_as_zeros",
        {"x": numbers([1.0, NAN], None, [1.0])},
        {
            "x": fk.numerics("x", nan="keep")
            .clip(-9.0, 9.0)
            .tensor((2,))
            .missing_as_zeros()
            .rescale(2.0, 0.5)
        },
        {"x": [[2.5, NAN], [0.5, 0.5]]},
        rejected={2: "TENSOR_SIZE"},
    ),
    Case(
        "tensor_is_refused_before_what_comes_later",
        {"t": raw(b"short", [1.0], [1.0]), "x": float32(None, None, 2.0)},
        {"t": fk.tensor("t", (1,)).missing_as_zeros(), "x": fk.numeric("x")},
        {"t": [[1.0]], "x": [2.0]},
        rejected={0: "TENSOR_SIZE", 1: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "tensor_without_rows",
        {"t": raw(), "x": numbers()},
        {"t": fk.tensor("t", (3,)), "x": fk.numerics("x").tensor((3, 1))},
        {"t": [], "x": []},
    ),
]

_IDS = fk.integers("l").identity(9)
_REL = fk.boxes("b", format="xyxy", labels=_IDS)
_SIZE = {"height": fk.numeric("h"), "width": fk.numeric("w")}

BOXES = [
    Case(
        "boxes_are_clipped_dropped_cut_and_padded",
        {
            "b": numbers(
                [-0.5, 0.0, 0.5, 1.5],
                [0.5, 0.5, 0.5, 1.0, 0.25, 0.25, 0.75, 0.5],
                [],
                [0, 0, 1, 1, 2, 2, 3, 3, 0.5, 0, 0.25, 1, 0, 0, 0.5, 0.5, 0, 0, 1, 1],
            ),
            "l": integers([7], [1, 2], [], [0, 1, 2, 3, 4]),
        },
        {
            "corners": _REL.pad_boxes(2, format="xyxy"),
            "centers": _REL.pad_boxes(2),
            "labels": _REL.pad_labels(2),
            "mask": _REL.box_mask(2),
        },
        {
            "corners": [
                [0.0, 0.0, 0.5, 1.0, 0, 0, 0, 0],
                [0.25, 0.25, 0.75, 0.5, 0, 0, 0, 0],
                [0.0] * 8,
                [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.5, 0.5],
            ],
            "centers": [
                [0.25, 0.5, 0.5, 1.0, 0, 0, 0, 0],
                [0.5, 0.375, 0.5, 0.25, 0, 0, 0, 0],
                [0.0] * 8,
                [0.5, 0.5, 1.0, 1.0, 0.25, 0.25, 0.5, 0.5],
            ],
            "labels": [[8, 0], [3, 0], [0, 0], [1, 4]],
            "mask": [[1, 0], [1, 0], [0, 0], [1, 1]],
        },
    ),
    Case(
        "boxes_in_pixels",
        {
            "b": numbers([8, 2, 4, 4], [8, 2, 99, 4], [0, 0, 1, 1], [0, 0, 1, 1], [1]),
            "h": float32(8.0, 8.0, 0.0, None, 8.0),
            "w": float32(16.0, 16.0, 1.0, 1.0, INF),
        },
        {
            "relative": fk.boxes("b", format="xywh", **_SIZE).pad_boxes(1),
            "pixels": fk.boxes("b", format="xywh", **_SIZE).pad_boxes(
                1, format="yxyx", relative=False
            ),
            "centers": fk.boxes("b", format="cxcywh", **_SIZE).pad_boxes(
                1, format="xywh", relative=False
            ),
        },
        {
            "relative": [[0.625, 0.5, 0.25, 0.5], [0.75, 0.5, 0.5, 0.5]],
            "pixels": [[2.0, 8.0, 6.0, 12.0], [2.0, 8.0, 6.0, 16.0]],
            "centers": [[6.0, 0.0, 4.0, 4.0], [0.0, 0.0, 16.0, 4.0]],
        },
        rejected={2: "BAD_BOXES", 3: "NULL_NOT_ALLOWED", 4: "BAD_BOXES"},
    ),
    Case(
        "boxes_that_are_none",
        {
            "b": numbers(
                [0, 0, 1, 1],
                [0, 0, 1],
                [0, 0, INF, 1],
                [0, NAN, 1, 1],
                None,
                [0, 0, None, 1],
                [0, 0, 1, 1],
            ),
            "l": integers([1], [1], [1], [1], [1], [1], [1, 2]),
        },
        {"b": _REL.pad_boxes(1), "l": _REL.pad_labels(1)},
        {"b": [[0.5, 0.5, 1.0, 1.0]], "l": [[2]]},
        rejected={
            1: "BAD_BOXES",
            2: "BAD_BOXES",
            3: "NAN_NOT_ALLOWED",
            4: "NULL_NOT_ALLOWED",
            5: "NULL_NOT_ALLOWED",
            6: "BAD_BOXES",
        },
    ),
    Case(
        "boxes_missing_as_empty",
        {"b": numbers(None, [0, 0, 1, 1]), "l": integers(None, [3])},
        {
            "l": fk.boxes(
                fk.numerics("b").missing_as_empty(),
                format="xywh",
                labels=_IDS.missing_as_empty(),
            ).pad_labels(2)
        },
        {"l": [[0, 0], [4, 0]]},
    ),
]
CASES = [*TENSORS, *BOXES]
