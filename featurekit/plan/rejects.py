"""Why an op refuses a value: one wording for all backends."""

from math import prod
from typing import assert_never

from featurekit.errors import RowError
from featurekit.plan import ops
from featurekit.plan.graph import Plan
from featurekit.plan.image_header import show_image
from featurekit.spec.steps.images import MAX_SIDE


def describe_reject(op: ops.Op) -> tuple[str, str, str | None, str | None]:
    """Code, message, what was expected, and a hint, for the values an op refuses."""
    match op:
        case ops.ToFloat64():
            return (
                "NAN_NOT_ALLOWED",
                "NaN in a column that does not accept it",
                "a number",
                "clean the data, or let NaN mean missing",
            )
        case ops.Log1pValue():
            return (
                "OUT_OF_DOMAIN",
                "log1p of a number below -1",
                "a number >= -1",
                "clip before log1p",
            )
        case ops.LookupVocabulary():
            return (
                "OUT_OF_VOCABULARY",
                "the value is not in the vocabulary, and num_oov is 0",
                f"one of {len(op.vocabulary)} tokens",
                "set num_oov to 1 or more",
            )
        case ops.CheckRange(num_ids=num_ids):
            return (
                "OUT_OF_RANGE",
                "the id is out of range",
                f"0 to {num_ids - 1}",
                "clean the data, or use vocabulary or hash_buckets",
            )
        case ops.RequirePresent():
            return (
                "NULL_NOT_ALLOWED",
                "the value is missing",
                "a value",
                "fill() the column, or clean the data",
            )
        case ops.ToFloat32():
            return (
                "OUT_OF_RANGE",
                "the result does not fit float32",
                "at most 3.4028235e38",
                "clip() or log1p() the column",
            )
        case ops.ReadList(missing="refuse"):
            return (
                "NULL_NOT_ALLOWED",
                "the list is missing",
                "a list, which may be empty",
                "missing_as_empty() the column, or clean the data",
            )
        case ops.PackVector(size=size):
            return (
                "LENGTH_MISMATCH",
                "the vector has another size",
                f"{size} numbers",
                "clean the data, or declare the size it has",
            )
        case ops.MapText():
            return (
                "INVALID_UTF8",
                "the text is not UTF-8",
                "UTF-8",
                "clean the data",
            )
        case ops.CutText(missing="refuse"):
            return (
                "NULL_NOT_ALLOWED",
                "the text is missing",
                "a text, which may be empty",
                "missing_as_empty() the list, or clean the data",
            )
        case ops.WeightEncode():
            return (
                "WEIGHT_MISMATCH",
                "the weights do not fit the ids",
                "one weight for each id, and sums of at most 3.4028235e38",
                "clean the data, or clip() the weights",
            )
        case ops.PadWeighted():
            return (
                "WEIGHT_MISMATCH",
                "the weights do not fit the ids",
                "one weight for each id",
                "clean the data",
            )
        case ops.AlignLists():
            return (
                "LENGTH_MISMATCH",
                "the lists of the sequence differ in length",
                "lists of one length, or all of them missing",
                "clean the data, or leave the odd list out of the sequence",
            )
        case ops.BaseTensorOp():
            return describe_tensor_reject(op)
        case (
            ops.ReadColumn()
            | ops.ReadList()
            | ops.PadIds()
            | ops.PadNumbers()
            | ops.MultiHotEncode()
            | ops.CountEncode()
            | ops.AggregateList()
            | ops.CountElements()
            | ops.FillMissing()
            | ops.ClipValue()
            | ops.StandardizeValue()
            | ops.MinMaxScale()
            | ops.Bucketize()
            | ops.IsGreaterEqual()
            | ops.HashBucket()
            | ops.CrossHash()
            | ops.CombineIds()
            | ops.ExtractTimePart()
            | ops.OneHotEncode()
            | ops.IsMissing()
            | ops.Arithmetic()
            | ops.CompareNumbers()
            | ops.ChooseNumber()
            | ops.JoinText()
            | ops.LookupVector()
            | ops.MarkMissing()
            | ops.DefaultId()
            | ops.StripText()
            | ops.CutText()
            | ops.JoinNgrams()
            | ops.CutWordpieces()
            | ops.WeighTerms()
            | ops.ShiftList()
            | ops.DifferenceList()
            | ops.RollList()
            | ops.MaskElements()
            | ops.MaskIds()
            | ops.LookupNumber()
            | ops.BucketizeByKey()
        ):
            raise AssertionError(f"{op.name} accepts every value")
        case _:
            assert_never(op)


def describe_tensor_reject(op: ops.TensorOp) -> tuple[str, str, str, str]:
    """As `describe_reject`, of the ops whose values have a shape."""
    match op:
        case ops.DecodeTensor(shape=shape, dtype=dtype):
            size = prod(shape) * op.item_bytes
            return (
                "TENSOR_SIZE",
                "the bytes are not a tensor of the shape and dtype",
                f"{size} bytes for {dtype} {shape}"
                + (", no NaN" if op.nan == "error" else ""),
                "correct shape or dtype, or clean the data",
            )
        case ops.DecodeImage():
            return describe_image_reject(op)
        case ops.ShapeList(shape=shape):
            return (
                "TENSOR_SIZE",
                "the list is not a tensor of the shape",
                f"{prod(shape)} elements for {shape}",
                "correct the shape, or clean the data",
            )
        case ops.RoundTensor():
            return (
                "OUT_OF_RANGE",
                "a number of the tensor does not fit float32",
                "at most 3.4028235e38",
                "rescale() the tensor, or clean the data",
            )
        case ops.PadBoxes() | ops.PadObjects():
            return (
                "BAD_BOXES",
                "the values are not boxes of an image",
                "four finite numbers and one label for each box, and an image of"
                " positive height and width",
                "clean the data",
            )
        case ops.RescaleTensor():
            raise AssertionError(f"{op.name} accepts every value")
        case _:
            assert_never(op)


def describe_image_reject(op: ops.DecodeImage) -> tuple[str, str, str, str]:
    """As `describe_reject`, of images."""
    kind = "gray" if op.channels == 1 else "gray or color"
    size = f"{op.height}x{op.width}" if op.resize == "none" else "any size"
    return (
        "BAD_IMAGE",
        "the bytes are not an image that can be decoded",
        f"a complete JPEG or PNG of 8 bits, {kind}, of {size} up to {op.max_pixels}"
        f" pixels and {MAX_SIDE} on a side",
        "convert the image, or clean the data",
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
    if isinstance(plan.nodes[node].op, ops.AlignLists):
        got = show_lengths(plan.columns_of[node], got)
    if isinstance(plan.nodes[node].op, ops.DecodeImage):
        got = show_image(got)
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
