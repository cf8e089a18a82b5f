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
    LookupVocabulary,
    OneHotEncode,
    VocabularyTable,
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
    ReadColumn,
    RequirePresent,
)
from featurekit.plan.ops.timestamp import (
    ExtractTimePart,
)

__all__ = [
    "OPS",
    "Bucketize",
    "CheckRange",
    "ClipValue",
    "CombineIds",
    "CrossHash",
    "ExtractTimePart",
    "FillMissing",
    "HashBucket",
    "IsGreaterEqual",
    "Log1pValue",
    "LookupVocabulary",
    "MinMaxScale",
    "OneHotEncode",
    "Op",
    "ReadColumn",
    "RequirePresent",
    "StandardizeValue",
    "ToFloat32",
    "ToFloat64",
    "VocabularyTable",
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
)
OPS: tuple[type[Op], ...] = Op.__args__
