"""The steps of a column: what a fluent method appends.

A step is plain frozen data. Its `method` is the fluent method that makes it, so that a
column prints as the code that builds it.
"""

from typing import TypeAlias

from featurekit.spec.steps.base import (
    MAX_IDS,
    check_count,
    check_finite,
    check_word,
)
from featurekit.spec.steps.categorical import (
    Boolean,
    Cyclic,
    HashBuckets,
    Identity,
    OneHot,
    Tokens,
    Vocabulary,
)
from featurekit.spec.steps.embedding import (
    Combiner,
    Embedding,
)
from featurekit.spec.steps.encodings import CountEncoding
from featurekit.spec.steps.images import Image, Resize
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
from featurekit.spec.steps.sequences import (
    BaseSequenceStep,
    Binarize,
    Difference,
    Mask,
    Rolling,
    Shift,
    pending_drop,
)
from featurekit.spec.steps.special_values import (
    DefaultId,
    MissingValues,
)
from featurekit.spec.steps.tensors import (
    BoxMask,
    MissingAsZeros,
    PadBoxes,
    PadLabels,
    Rescale,
    Tensor,
)
from featurekit.spec.steps.text import (
    Casefold,
    Lower,
    Ngrams,
    Normalization,
    Normalize,
    Split,
    Strip,
    TfIdf,
    Wordpiece,
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
    "BaseSequenceStep",
    "Binarize",
    "Boolean",
    "BoxMask",
    "Buckets",
    "Casefold",
    "Clip",
    "Combiner",
    "CountEncoding",
    "Counts",
    "Cyclic",
    "DefaultId",
    "Difference",
    "DropMissing",
    "Embedding",
    "Fill",
    "FillMean",
    "FillMedian",
    "FillMode",
    "GreaterEqual",
    "HashBuckets",
    "Identity",
    "Image",
    "IsMissing",
    "Length",
    "Log1p",
    "Lower",
    "Mask",
    "MinMax",
    "MissingAsEmpty",
    "MissingAsZeros",
    "MissingValues",
    "MultiHot",
    "Ngrams",
    "Normalization",
    "Normalize",
    "OneHot",
    "Pad",
    "PadBoxes",
    "PadLabels",
    "QuantileBuckets",
    "Rescale",
    "Resize",
    "Robust",
    "Rolling",
    "Shift",
    "Side",
    "Split",
    "Standardize",
    "Step",
    "Strip",
    "Tensor",
    "TfIdf",
    "TimePart",
    "TimePartName",
    "Tokens",
    "Vocabulary",
    "Winsorize",
    "Wordpiece",
    "check_count",
    "check_finite",
    "check_word",
    "is_learned_fill",
    "needs_statistics",
    "pending_drop",
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
    | MissingValues
    | Normalize
    | Casefold
    | Lower
    | Strip
    | Split
    | Ngrams
    | TfIdf
    | Wordpiece
    | Shift
    | Difference
    | Rolling
    | Mask
    | Binarize
    | CountEncoding
    | Tensor
    | MissingAsZeros
    | Rescale
    | Image
    | Resize
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
        case FillMean() | FillMedian() | FillMode() | CountEncoding():
            return True
        case TfIdf():
            return True
        case Vocabulary(tokens=tokens):
            return tokens is None
        case _:
            return False


def is_learned_fill(step: Step) -> bool:
    """Whether the step fills with what the data said."""
    return isinstance(step, FillMean | FillMedian | FillMode)
