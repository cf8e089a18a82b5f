"""Every statistic by name: the one way in for drivers that analyze data.

presence    how many rows, nulls, NaNs, infinities     number integer string
moments     mean and population variance               number integer
range       minimum and maximum                        number integer
quantiles   boundaries of equally full buckets         number integer
quantile_values  values at given probabilities         number integer
vocabulary  tokens and their counts                    integer string
document_frequencies  in how many lists terms are      integer string
moments_by_key  mean and variance for each key         integer string
range_by_key    minimum and maximum for each key       integer string
target_by_key   moments for each key without each fold  integer string
quantiles_by_key  boundaries for each key              integer string

The types of the last four are those of keys; what is measured are numbers.
"""

import inspect
from types import MappingProxyType

from featurekit.analyzers.base import Accumulator, Options, ValueType
from featurekit.analyzers.by_key import (
    MomentsByKeyAccumulator,
    RangeByKeyAccumulator,
)
from featurekit.analyzers.document_frequencies import DocumentFrequenciesAccumulator
from featurekit.analyzers.extremes import RangeAccumulator
from featurekit.analyzers.moments import MomentsAccumulator
from featurekit.analyzers.presence import PresenceAccumulator
from featurekit.analyzers.quantile_values import QuantileValuesAccumulator
from featurekit.analyzers.quantiles import QuantilesAccumulator
from featurekit.analyzers.quantiles_by_key import QuantilesByKeyAccumulator
from featurekit.analyzers.targets import TargetByKeyAccumulator
from featurekit.analyzers.vocabulary import VocabularyAccumulator
from featurekit.errors import StatisticsError
from featurekit.plan.requirements import OptionValue

__all__ = ["KINDS", "Accumulator", "Options", "ValueType", "create"]

KINDS: MappingProxyType[str, type[Accumulator]] = MappingProxyType(
    {
        cls.kind: cls
        for cls in (
            PresenceAccumulator,
            MomentsAccumulator,
            RangeAccumulator,
            QuantilesAccumulator,
            QuantileValuesAccumulator,
            VocabularyAccumulator,
            DocumentFrequenciesAccumulator,
            MomentsByKeyAccumulator,
            RangeByKeyAccumulator,
            TargetByKeyAccumulator,
            QuantilesByKeyAccumulator,
        )
    }
)


def create(kind: str, value_type: ValueType, **options: OptionValue) -> Accumulator:
    """An accumulator that has counted nothing.

    Args:
        kind: A key of KINDS.
        value_type: "number", "integer", or "string".
        **options: For "quantiles", num_buckets and limit (131,072 if left out); for
            "quantile_values", probabilities and limit; for "vocabulary" and
            "document_frequencies", max_size (None, all, if left out) and min_count (1).
            "quantile_values", probabilities and limit; for "vocabulary", max_size
            (None, all, if left out) and min_count (1); for statistics by key,
            max_keys, and for "target_by_key" folds; for
            "quantiles_by_key" num_buckets and limit (1,024 if left out).

    Raises:
        StatisticsError: Kind, value type or options do not go together.

    Example:
        >>> import pyarrow as pa
        >>> first, second = (create("range", "integer") for _ in range(2))
        >>> first.add(pa.array([3, None]))
        >>> second.add(pa.array([-1]))
        >>> first.merge(second)
        >>> first.extract()
        Range(count=2, minimum=-1.0, maximum=3.0)
    """
    cls = _class_of(kind)
    try:
        inspect.signature(cls).bind(value_type, **options)
    except TypeError as error:
        raise StatisticsError(
            f"the options of the statistic {kind!r} are not these: {error}",
            code="STATISTIC_OPTION",
            got=sorted(options),
        ) from error
    return cls(value_type, **options)


def _class_of(kind: str) -> type[Accumulator]:
    if kind not in KINDS:
        raise StatisticsError(
            "there is no such statistic",
            code="STATISTIC_KIND",
            got=kind,
            expected=" or ".join(KINDS),
        )
    return KINDS[kind]
