"""The operations of a plan: a closed union of frozen dataclasses.

Each op infers the type of its result and refuses inputs that do not fit. What an op
means is defined by `featurekit.backends.reference`; that every backend agrees with it
bit for bit is what `tests/conformance` checks.
"""

from typing import TypeAlias

from featurekit.plan.ops.categorical import (
    CheckRange,
    CombineIds,
    CrossHash,
    HashBucket,
    LookupVector,
    LookupVocabulary,
    OneHotEncode,
    VocabularyTable,
)
from featurekit.plan.ops.expressions import (
    Arithmetic,
    ArithmeticName,
    ChooseNumber,
    CompareNumbers,
    ComparisonName,
    JoinText,
)
from featurekit.plan.ops.lists import (
    AggregateList,
    BaseListEnd,
    CountElements,
    CountEncode,
    MissingList,
    MultiHotEncode,
    PadIds,
    PadNumbers,
    ReadList,
    WeightEncode,
)
from featurekit.plan.ops.numeric import (
    Bucketize,
    ClipValue,
    IsGreaterEqual,
    Log1pValue,
    MinMaxScale,
    StandardizeValue,
    ToFloat32,
    ToFloat64,
)
from featurekit.plan.ops.presence import (
    FillMissing,
    IsMissing,
    ReadColumn,
    RequirePresent,
)
from featurekit.plan.ops.tensors import (
    BaseBoxOp,
    BaseTensorOp,
    DecodeTensor,
    MissingTensor,
    PadBoxes,
    PadObjects,
    RescaleTensor,
    RoundTensor,
    ShapeList,
)
from featurekit.plan.ops.timestamp import (
    ExtractTimePart,
)

__all__ = [
    "OPS",
    "AggregateList",
    "Arithmetic",
    "ArithmeticName",
    "BaseBoxOp",
    "BaseListEnd",
    "BaseTensorOp",
    "Bucketize",
    "CheckRange",
    "ChooseNumber",
    "ClipValue",
    "CombineIds",
    "CompareNumbers",
    "ComparisonName",
    "CountElements",
    "CountEncode",
    "CrossHash",
    "DecodeTensor",
    "ExtractTimePart",
    "FillMissing",
    "HashBucket",
    "IsGreaterEqual",
    "IsMissing",
    "JoinText",
    "Log1pValue",
    "LookupVector",
    "LookupVocabulary",
    "MinMaxScale",
    "MissingList",
    "MissingTensor",
    "MultiHotEncode",
    "OneHotEncode",
    "Op",
    "PadBoxes",
    "PadIds",
    "PadNumbers",
    "PadObjects",
    "ReadColumn",
    "ReadList",
    "RequirePresent",
    "RescaleTensor",
    "RoundTensor",
    "ShapeList",
    "StandardizeValue",
    "TensorOp",
    "ToFloat32",
    "ToFloat64",
    "VocabularyTable",
    "WeightEncode",
]

TensorOp: TypeAlias = (
    DecodeTensor | ShapeList | RescaleTensor | RoundTensor | PadBoxes | PadObjects
)
Op: TypeAlias = (
    ReadColumn
    | ToFloat64
    | FillMissing
    | ClipValue
    | Log1pValue
    | StandardizeValue
    | MinMaxScale
    | Bucketize
    | IsGreaterEqual
    | LookupVocabulary
    | HashBucket
    | CrossHash
    | CombineIds
    | CheckRange
    | ExtractTimePart
    | RequirePresent
    | OneHotEncode
    | ToFloat32
    | ReadList
    | PadIds
    | PadNumbers
    | MultiHotEncode
    | CountEncode
    | WeightEncode
    | AggregateList
    | CountElements
    | IsMissing
    | Arithmetic
    | CompareNumbers
    | ChooseNumber
    | JoinText
    | LookupVector
    | DecodeTensor
    | ShapeList
    | RescaleTensor
    | RoundTensor
    | PadBoxes
    | PadObjects
)
OPS: tuple[type[Op], ...] = Op.__args__
