"""Why an op refuses a value: one wording for all backends."""

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

from featurekit.errors import RowError
from featurekit.plan import ops
from featurekit.plan.graph import Plan
from featurekit.plan.image_header import show_image
from featurekit.spec.steps.images import MAX_SIDE


class Wording(NamedTuple):
    """What is said of a value that an op refuses."""

    code: str
    message: str
    expected: str
    hint: str


_FITS_FLOAT32 = "at most 3.4028235e38"
_BAD_BOXES = Wording(
    "BAD_BOXES",
    "the values are not boxes of an image",
    "four finite numbers and one label for each box, and an image of positive height"
    " and width",
    "clean the data",
)
_WORDINGS: dict[type[ops.Op], Wording] = {
    ops.ToFloat64: Wording(
        "NAN_NOT_ALLOWED",
        "NaN in a column that does not accept it",
        "a number",
        "clean the data, or let NaN mean missing",
    ),
    ops.Log1pValue: Wording(
        "OUT_OF_DOMAIN",
        "log1p of a number below -1",
        "a number >= -1",
        "clip before log1p",
    ),
    ops.LookupVocabulary: Wording(
        "OUT_OF_VOCABULARY",
        "the value is not in the vocabulary, and num_oov is 0",
        "one of {} tokens",
        "set num_oov to 1 or more",
    ),
    ops.CheckRange: Wording(
        "OUT_OF_RANGE",
        "the id is out of range",
        "0 to {}",
        "clean the data, or use vocabulary or hash_buckets",
    ),
    ops.RequirePresent: Wording(
        "NULL_NOT_ALLOWED",
        "the value is missing",
        "a value",
        "fill() the column, or clean the data",
    ),
    ops.ToFloat32: Wording(
        "OUT_OF_RANGE",
        "the result does not fit float32",
        _FITS_FLOAT32,
        "clip() or log1p() the column",
    ),
    ops.ReadList: Wording(
        "NULL_NOT_ALLOWED",
        "the list is missing",
        "a list, which may be empty",
        "missing_as_empty() the column, or clean the data",
    ),
    ops.PackVector: Wording(
        "LENGTH_MISMATCH",
        "the vector has another size",
        "{} numbers",
        "clean the data, or declare the size it has",
    ),
    ops.MapText: Wording(
        "INVALID_UTF8", "the text is not UTF-8", "UTF-8", "clean the data"
    ),
    ops.CutText: Wording(
        "NULL_NOT_ALLOWED",
        "the text is missing",
        "a text, which may be empty",
        "missing_as_empty() the list, or clean the data",
    ),
    ops.WeightEncode: Wording(
        "WEIGHT_MISMATCH",
        "the weights do not fit the ids",
        f"one weight for each id, and sums of {_FITS_FLOAT32}",
        "clean the data, or clip() the weights",
    ),
    ops.PadWeighted: Wording(
        "WEIGHT_MISMATCH",
        "the weights do not fit the ids",
        "one weight for each id",
        "clean the data",
    ),
    ops.AlignLists: Wording(
        "LENGTH_MISMATCH",
        "the lists of the sequence differ in length",
        "lists of one length, or all of them missing",
        "clean the data, or leave the odd list out of the sequence",
    ),
    ops.DecodeTensor: Wording(
        "TENSOR_SIZE",
        "the bytes are not a tensor of the shape and dtype",
        "{}",
        "correct shape or dtype, or clean the data",
    ),
    ops.ShapeList: Wording(
        "TENSOR_SIZE",
        "the list is not a tensor of the shape",
        "{}",
        "correct the shape, or clean the data",
    ),
    ops.DecodeImage: Wording(
        "BAD_IMAGE",
        "the bytes are not an image that can be decoded",
        "a complete JPEG or PNG of 8 bits, {}",
        "convert the image, or clean the data",
    ),
    ops.RoundTensor: Wording(
        "OUT_OF_RANGE",
        "a number of the tensor does not fit float32",
        _FITS_FLOAT32,
        "rescale() the tensor, or clean the data",
    ),
    ops.PadBoxes: _BAD_BOXES,
    ops.PadObjects: _BAD_BOXES,
}
_EXPECTED: dict[type[ops.Op], Callable[[Any], object]] = {
    ops.LookupVocabulary: lambda op: len(op.vocabulary),
    ops.CheckRange: lambda op: op.num_ids - 1,
    ops.PackVector: lambda op: op.size,
    ops.DecodeTensor: lambda op: (
        f"{prod(op.shape) * op.item_bytes} bytes for {op.dtype} {op.shape}"
        + (", no NaN" if op.nan == "error" else "")
    ),
    ops.DecodeImage: lambda op: (
        f"{'gray' if op.channels == 1 else 'gray or color'}, of "
        f"{f'{op.height}x{op.width}' if op.resize == 'none' else 'any size'} up to "
        f"{op.max_pixels} pixels and {MAX_SIDE} on a side"
    ),
    ops.ShapeList: lambda op: f"{prod(op.shape)} elements for {op.shape}",
}
"""What of the op stands in the place that its wording leaves."""


def can_refuse(op: ops.Op) -> bool:
    """Whether there are values that ops of the kind refuse."""
    return type(op) in _WORDINGS


def describe_reject(op: ops.Op) -> Wording:
    """What is said of the values that an op refuses."""
    assert can_refuse(op), f"{op.name} accepts every value"
    found = _WORDINGS[type(op)]
    say = _EXPECTED.get(type(op))
    if say is None:
        return found
    return found._replace(expected=found.expected.format(say(op)))


def describe_too_long(length: int) -> Wording:
    """What is said of a row that no packed row can hold."""
    return Wording(
        "OUT_OF_RANGE",
        "the row is longer than a packed row",
        f"at most {length} elements",
        "pack with a larger length, or too_long='cut'",
    )


def row_error(
    plan: Plan, node: int, *, row: int, got: object, file: str | None = None
) -> RowError:
    """The error for a value that a node of the plan refuses.

    Args:
        plan: The plan.
        node: Position of the node.
        row: Row in the file or batch, from 0.
        got: The value that the node received.
        file: The source file, if known.
    """
    code, message, expected, hint = describe_reject(plan.nodes[node].op)
    if plan.nodes[node].type.is_list and isinstance(
        plan.nodes[node].op, ops.RequirePresent
    ):
        message = "an element of the list is missing"
        hint = "fill() or drop_missing() the column, or clean the data"
    if isinstance(plan.nodes[node].op, ops.DecodeImage):
        got = show_image(got)
    if isinstance(plan.nodes[node].op, ops.AlignLists):
        got = show_lengths(plan.columns_of[node], got)
    return RowError(
        message,
        code=code,
        file=file,
        row=row,
        column=", ".join(plan.columns_of[node]),
        feature=", ".join(plan.features_of[node]),
        got=got,
        expected=expected,
        hint=hint,
    )


def show_lengths(columns: tuple[str, ...], got: object) -> object:
    """How long each list is, None where it is missing."""
    if not isinstance(got, tuple):
        return got
    return {
        name: None if found is None else len(found)
        for name, found in zip(columns, got, strict=True)
    }
