"""The operations of a plan: a closed union of frozen dataclasses.

Each op infers the type of its result and refuses inputs that do not fit. What an op
means is defined by `featurekit.backends.reference`; that every backend agrees with it
bit for bit is what `tests/conformance` checks.
"""

from typing import TypeAlias

from featurekit.plan.ops.by_key import BucketizeByKey
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
from featurekit.plan.ops.lookups import LookupNumber
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
from featurekit.plan.ops.timestamp import (
    ExtractTimePart,
)

__all__ = [
    "OPS",
    "AggregateList",
    "Arithmetic",
    "ArithmeticName",
    "BaseListEnd",
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
    "ExtractTimePart",
    "FillMissing",
    "HashBucket",
    "IsGreaterEqual",
    "IsMissing",
    "JoinText",
    "Log1pValue",
    "LookupNumber",
    "LookupVector",
    "LookupVocabulary",
    "MinMaxScale",
    "MissingList",
    "MultiHotEncode",
    "OneHotEncode",
    "Op",
    "PadIds",
    "PadNumbers",
    "ReadColumn",
    "ReadList",
    "RequirePresent",
    "StandardizeValue",
    "ToFloat32",
    "ToFloat64",
    "VocabularyTable",
    "WeightEncode",
]

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
    | LookupNumber
    | BucketizeByKey
)
OPS: tuple[type[Op], ...] = Op.__args__
