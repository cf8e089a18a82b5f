"""The steps of a column: what a fluent method appends.

A step is plain frozen data. Its `method` is the fluent method that makes it, so that a
column prints as the code that builds it.
"""

from typing import TypeAlias

from featurekit.spec.steps.base import (
    MAX_IDS,
    check_count,
    check_finite,
)
from featurekit.spec.steps.categorical import (
    Boolean,
    Cyclic,
    Embedding,
    HashBuckets,
    Identity,
    OneHot,
    Tokens,
    Vocabulary,
)
from featurekit.spec.steps.lists import (
    Aggregate,
    AggregateName,
    Counts,
    DropMissing,
    Length,
    MissingAsEmpty,
    MultiHot,
    Pad,
    Side,
)
from featurekit.spec.steps.numeric import (
    Buckets,
    Clip,
    GreaterEqual,
    Log1p,
    MinMax,
    QuantileBuckets,
    Robust,
    Standardize,
    Winsorize,
)
from featurekit.spec.steps.presence import (
    Fill,
    FillMean,
    FillMedian,
    FillMode,
    IsMissing,
)
from featurekit.spec.steps.tensors import (
    BoxMask,
    MissingAsZeros,
    PadBoxes,
    PadLabels,
    Rescale,
    Tensor,
)
from featurekit.spec.steps.timestamp import (
    PART_SIZES,
    TimePart,
    TimePartName,
)

__all__ = [
    "MAX_IDS",
    "PART_SIZES",
    "STEPS",
    "Aggregate",
    "AggregateName",
    "Boolean",
    "BoxMask",
    "Buckets",
    "Clip",
    "Counts",
    "Cyclic",
    "DropMissing",
    "Embedding",
    "Fill",
    "FillMean",
    "FillMedian",
    "FillMode",
    "GreaterEqual",
    "HashBuckets",
    "Identity",
    "IsMissing",
    "Length",
    "Log1p",
    "MinMax",
    "MissingAsEmpty",
    "MissingAsZeros",
    "MultiHot",
    "OneHot",
    "Pad",
    "PadBoxes",
    "PadLabels",
    "QuantileBuckets",
    "Rescale",
    "Robust",
    "Side",
    "Standardize",
    "Step",
    "Tensor",
    "TimePart",
    "TimePartName",
    "Tokens",
    "Vocabulary",
    "Winsorize",
    "check_count",
    "check_finite",
    "is_learned_fill",
    "needs_statistics",
]

Step: TypeAlias = (
    Fill
    | Clip
    | Log1p
    | Standardize
    | MinMax
    | Buckets
    | QuantileBuckets
    | GreaterEqual
    | Vocabulary
    | HashBuckets
    | Identity
    | TimePart
    | OneHot
    | Embedding
    | MissingAsEmpty
    | DropMissing
    | Pad
    | Length
    | MultiHot
    | Counts
    | Aggregate
    | IsMissing
    | Boolean
    | FillMean
    | FillMedian
    | FillMode
    | Robust
    | Winsorize
    | Cyclic
    | Tensor
    | MissingAsZeros
    | Rescale
    | PadBoxes
    | PadLabels
    | BoxMask
)
STEPS: tuple[type[Step], ...] = Step.__args__


def needs_statistics(step: Step) -> bool:
    """Whether the step cannot run before the data was analyzed."""
    match step:
        case Standardize(mean=mean):
            return mean is None
        case MinMax(minimum=minimum):
            return minimum is None
        case QuantileBuckets() | Robust() | Winsorize():
            return True
        case FillMean() | FillMedian() | FillMode():
            return True
        case Vocabulary(tokens=tokens):
            return tokens is None
        case _:
            return False


def is_learned_fill(step: Step) -> bool:
    """Whether the step fills with what the data said."""
    return isinstance(step, FillMean | FillMedian | FillMode)
