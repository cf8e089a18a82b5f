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
    Embedding,
    HashBuckets,
    Identity,
    OneHot,
    Tokens,
    Vocabulary,
)
from featurekit.spec.steps.numeric import (
    Buckets,
    Clip,
    GreaterEqual,
    Log1p,
    MinMax,
    QuantileBuckets,
    Standardize,
)
from featurekit.spec.steps.presence import (
    Fill,
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
    "Buckets",
    "Clip",
    "Embedding",
    "Fill",
    "GreaterEqual",
    "HashBuckets",
    "Identity",
    "Log1p",
    "MinMax",
    "OneHot",
    "QuantileBuckets",
    "Standardize",
    "Step",
    "TimePart",
    "TimePartName",
    "Tokens",
    "Vocabulary",
    "check_count",
    "check_finite",
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
)
STEPS: tuple[type[Step], ...] = Step.__args__


def needs_statistics(step: Step) -> bool:
    """Whether the step cannot run before the data was analyzed."""
    match step:
        case Standardize(mean=mean):
            return mean is None
        case MinMax(minimum=minimum):
            return minimum is None
        case QuantileBuckets():
            return True
        case Vocabulary(tokens=tokens):
            return tokens is None
        case _:
            return False
