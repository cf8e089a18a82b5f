"""The operations of a plan: a closed union of frozen dataclasses.

Each op infers the type of its result and refuses inputs that do not fit. What an op
means is defined by `featurekit.backends.reference`; that every backend agrees with it
bit for bit is what `tests/conformance` checks.
"""

from typing import TypeAlias

from featurekit.plan.ops.bags import (
    PadWeighted,
)
from featurekit.plan.ops.by_key import BucketizeByKey
from featurekit.plan.ops.categorical import (
    BaseCross,
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
from featurekit.plan.ops.hiding import HideId
from featurekit.plan.ops.images import DecodeImage, ResizeKind
from featurekit.plan.ops.lists import (
    AggregateList,
    BaseListEnd,
    BaseListMaker,
    CountElements,
    CountEncode,
    MissingList,
    MultiHotEncode,
    PackVector,
    PadIds,
    PadNumbers,
    ReadList,
    WeightEncode,
)
from featurekit.plan.ops.lookups import LookupNumber
from featurekit.plan.ops.masking import (
    WORD,
    MaskIds,
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
from featurekit.plan.ops.sequences import (
    AlignLists,
    BaseSequenceOp,
    DifferenceList,
    MaskElements,
    RollList,
    ShiftList,
)
from featurekit.plan.ops.special_values import (
    DefaultId,
    MarkMissing,
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
from featurekit.plan.ops.text import (
    BaseTextLists,
    CutText,
    CutWordpieces,
    JoinNgrams,
    MapText,
    StripText,
    WeighTerms,
)
from featurekit.plan.ops.timestamp import (
    ExtractTimePart,
)

__all__ = [
    "OPS",
    "WORD",
    "AggregateList",
    "AlignLists",
    "Arithmetic",
    "ArithmeticName",
    "BaseBoxOp",
    "BaseCross",
    "BaseListEnd",
    "BaseListMaker",
    "BaseSequenceOp",
    "BaseTensorOp",
    "BaseTextLists",
    "Bucketize",
    "BucketizeByKey",
    "CheckRange",
    "ChooseNumber",
    "ClipValue",
    "CombineIds",
    "CompareNumbers",
    "ComparisonName",
    "CountElements",
    "CountEncode",
    "CrossHash",
    "CutText",
    "CutWordpieces",
    "DecodeImage",
    "DecodeTensor",
    "DefaultId",
    "DifferenceList",
    "ExtractTimePart",
    "FillMissing",
    "HashBucket",
    "HideId",
    "IsGreaterEqual",
    "IsMissing",
    "JoinNgrams",
    "JoinText",
    "Log1pValue",
    "LookupNumber",
    "LookupVector",
    "LookupVocabulary",
    "MapText",
    "MarkMissing",
    "MaskElements",
    "MaskIds",
    "MinMaxScale",
    "MissingList",
    "MissingTensor",
    "MultiHotEncode",
    "OneHotEncode",
    "Op",
    "PackVector",
    "PadBoxes",
    "PadIds",
    "PadNumbers",
    "PadObjects",
    "PadWeighted",
    "ReadColumn",
    "ReadList",
    "RequirePresent",
    "RescaleTensor",
    "ResizeKind",
    "RollList",
    "RoundTensor",
    "ShapeList",
    "ShiftList",
    "StandardizeValue",
    "StripText",
    "TensorOp",
    "ToFloat32",
    "ToFloat64",
    "VocabularyTable",
    "WeighTerms",
    "WeightEncode",
]

TensorOp: TypeAlias = (
    DecodeTensor
    | DecodeImage
    | ShapeList
    | RescaleTensor
    | RoundTensor
    | PadBoxes
    | PadObjects
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
    | MarkMissing
    | DefaultId
    | PackVector
    | PadWeighted
    | MapText
    | StripText
    | CutText
    | JoinNgrams
    | WeighTerms
    | CutWordpieces
    | AlignLists
    | ShiftList
    | DifferenceList
    | RollList
    | MaskElements
    | MaskIds
    | HideId
    | LookupNumber
    | BucketizeByKey
    | DecodeTensor
    | DecodeImage
    | ShapeList
    | RescaleTensor
    | RoundTensor
    | PadBoxes
    | PadObjects
)
OPS: tuple[type[Op], ...] = Op.__args__
