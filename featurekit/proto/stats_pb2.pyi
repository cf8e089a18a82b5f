from featurekit.proto import spec_pb2 as _spec_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Stats(_message.Message):
    __slots__ = ("version", "statistics")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STATISTICS_FIELD_NUMBER: _ClassVar[int]
    version: int
    statistics: _containers.RepeatedCompositeFieldContainer[NamedStatistic]
    def __init__(self, version: _Optional[int] = ..., statistics: _Optional[_Iterable[_Union[NamedStatistic, _Mapping]]] = ...) -> None: ...

class NamedStatistic(_message.Message):
    __slots__ = ("key", "presence", "moments", "range", "quantiles", "vocabulary_counts", "quantile_values", "document_frequencies", "moments_by_key", "range_by_key", "target_by_key", "quantiles_by_key")
    KEY_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    MOMENTS_FIELD_NUMBER: _ClassVar[int]
    RANGE_FIELD_NUMBER: _ClassVar[int]
    QUANTILES_FIELD_NUMBER: _ClassVar[int]
    VOCABULARY_COUNTS_FIELD_NUMBER: _ClassVar[int]
    QUANTILE_VALUES_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FREQUENCIES_FIELD_NUMBER: _ClassVar[int]
    MOMENTS_BY_KEY_FIELD_NUMBER: _ClassVar[int]
    RANGE_BY_KEY_FIELD_NUMBER: _ClassVar[int]
    TARGET_BY_KEY_FIELD_NUMBER: _ClassVar[int]
    QUANTILES_BY_KEY_FIELD_NUMBER: _ClassVar[int]
    key: str
    presence: Presence
    moments: Moments
    range: Range
    quantiles: Quantiles
    vocabulary_counts: VocabularyCounts
    quantile_values: QuantileValues
    document_frequencies: DocumentFrequencies
    moments_by_key: MomentsByKey
    range_by_key: RangeByKey
    target_by_key: TargetByKey
    quantiles_by_key: QuantilesByKey
    def __init__(self, key: _Optional[str] = ..., presence: _Optional[_Union[Presence, _Mapping]] = ..., moments: _Optional[_Union[Moments, _Mapping]] = ..., range: _Optional[_Union[Range, _Mapping]] = ..., quantiles: _Optional[_Union[Quantiles, _Mapping]] = ..., vocabulary_counts: _Optional[_Union[VocabularyCounts, _Mapping]] = ..., quantile_values: _Optional[_Union[QuantileValues, _Mapping]] = ..., document_frequencies: _Optional[_Union[DocumentFrequencies, _Mapping]] = ..., moments_by_key: _Optional[_Union[MomentsByKey, _Mapping]] = ..., range_by_key: _Optional[_Union[RangeByKey, _Mapping]] = ..., target_by_key: _Optional[_Union[TargetByKey, _Mapping]] = ..., quantiles_by_key: _Optional[_Union[QuantilesByKey, _Mapping]] = ...) -> None: ...

class Presence(_message.Message):
    __slots__ = ("rows", "nulls", "nans", "infinities")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    NULLS_FIELD_NUMBER: _ClassVar[int]
    NANS_FIELD_NUMBER: _ClassVar[int]
    INFINITIES_FIELD_NUMBER: _ClassVar[int]
    rows: int
    nulls: int
    nans: int
    infinities: int
    def __init__(self, rows: _Optional[int] = ..., nulls: _Optional[int] = ..., nans: _Optional[int] = ..., infinities: _Optional[int] = ...) -> None: ...

class Moments(_message.Message):
    __slots__ = ("count", "mean", "variance")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    VARIANCE_FIELD_NUMBER: _ClassVar[int]
    count: int
    mean: float
    variance: float
    def __init__(self, count: _Optional[int] = ..., mean: _Optional[float] = ..., variance: _Optional[float] = ...) -> None: ...

class Range(_message.Message):
    __slots__ = ("count", "minimum", "maximum")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    count: int
    minimum: float
    maximum: float
    def __init__(self, count: _Optional[int] = ..., minimum: _Optional[float] = ..., maximum: _Optional[float] = ...) -> None: ...

class Quantiles(_message.Message):
    __slots__ = ("num_buckets", "count", "boundaries", "rank_error")
    NUM_BUCKETS_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    BOUNDARIES_FIELD_NUMBER: _ClassVar[int]
    RANK_ERROR_FIELD_NUMBER: _ClassVar[int]
    num_buckets: int
    count: int
    boundaries: _containers.RepeatedScalarFieldContainer[float]
    rank_error: float
    def __init__(self, num_buckets: _Optional[int] = ..., count: _Optional[int] = ..., boundaries: _Optional[_Iterable[float]] = ..., rank_error: _Optional[float] = ...) -> None: ...

class VocabularyCounts(_message.Message):
    __slots__ = ("tokens", "counts", "total", "distinct")
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    DISTINCT_FIELD_NUMBER: _ClassVar[int]
    tokens: _spec_pb2.Tokens
    counts: _containers.RepeatedScalarFieldContainer[int]
    total: int
    distinct: int
    def __init__(self, tokens: _Optional[_Union[_spec_pb2.Tokens, _Mapping]] = ..., counts: _Optional[_Iterable[int]] = ..., total: _Optional[int] = ..., distinct: _Optional[int] = ...) -> None: ...

class QuantileValues(_message.Message):
    __slots__ = ("probabilities", "count", "values", "rank_error")
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    RANK_ERROR_FIELD_NUMBER: _ClassVar[int]
    probabilities: _containers.RepeatedScalarFieldContainer[float]
    count: int
    values: _containers.RepeatedScalarFieldContainer[float]
    rank_error: float
    def __init__(self, probabilities: _Optional[_Iterable[float]] = ..., count: _Optional[int] = ..., values: _Optional[_Iterable[float]] = ..., rank_error: _Optional[float] = ...) -> None: ...

class DocumentFrequencies(_message.Message):
    __slots__ = ("tokens", "counts", "documents")
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    tokens: _spec_pb2.Tokens
    counts: _containers.RepeatedScalarFieldContainer[int]
    documents: int
    def __init__(self, tokens: _Optional[_Union[_spec_pb2.Tokens, _Mapping]] = ..., counts: _Optional[_Iterable[int]] = ..., documents: _Optional[int] = ...) -> None: ...

class MomentsByKey(_message.Message):
    __slots__ = ("tokens", "counts", "means", "variances")
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    MEANS_FIELD_NUMBER: _ClassVar[int]
    VARIANCES_FIELD_NUMBER: _ClassVar[int]
    tokens: _spec_pb2.Tokens
    counts: _containers.RepeatedScalarFieldContainer[int]
    means: _containers.RepeatedScalarFieldContainer[float]
    variances: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, tokens: _Optional[_Union[_spec_pb2.Tokens, _Mapping]] = ..., counts: _Optional[_Iterable[int]] = ..., means: _Optional[_Iterable[float]] = ..., variances: _Optional[_Iterable[float]] = ...) -> None: ...

class RangeByKey(_message.Message):
    __slots__ = ("tokens", "counts", "minimums", "maximums")
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    MINIMUMS_FIELD_NUMBER: _ClassVar[int]
    MAXIMUMS_FIELD_NUMBER: _ClassVar[int]
    tokens: _spec_pb2.Tokens
    counts: _containers.RepeatedScalarFieldContainer[int]
    minimums: _containers.RepeatedScalarFieldContainer[float]
    maximums: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, tokens: _Optional[_Union[_spec_pb2.Tokens, _Mapping]] = ..., counts: _Optional[_Iterable[int]] = ..., minimums: _Optional[_Iterable[float]] = ..., maximums: _Optional[_Iterable[float]] = ...) -> None: ...

class TargetByKey(_message.Message):
    __slots__ = ("tokens", "counts", "means", "variances")
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    MEANS_FIELD_NUMBER: _ClassVar[int]
    VARIANCES_FIELD_NUMBER: _ClassVar[int]
    tokens: _spec_pb2.Tokens
    counts: _containers.RepeatedScalarFieldContainer[int]
    means: _containers.RepeatedScalarFieldContainer[float]
    variances: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, tokens: _Optional[_Union[_spec_pb2.Tokens, _Mapping]] = ..., counts: _Optional[_Iterable[int]] = ..., means: _Optional[_Iterable[float]] = ..., variances: _Optional[_Iterable[float]] = ...) -> None: ...

class QuantilesByKey(_message.Message):
    __slots__ = ("tokens", "counts", "boundaries", "sizes", "rank_error")
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    BOUNDARIES_FIELD_NUMBER: _ClassVar[int]
    SIZES_FIELD_NUMBER: _ClassVar[int]
    RANK_ERROR_FIELD_NUMBER: _ClassVar[int]
    tokens: _spec_pb2.Tokens
    counts: _containers.RepeatedScalarFieldContainer[int]
    boundaries: _containers.RepeatedScalarFieldContainer[float]
    sizes: _containers.RepeatedScalarFieldContainer[int]
    rank_error: float
    def __init__(self, tokens: _Optional[_Union[_spec_pb2.Tokens, _Mapping]] = ..., counts: _Optional[_Iterable[int]] = ..., boundaries: _Optional[_Iterable[float]] = ..., sizes: _Optional[_Iterable[int]] = ..., rank_error: _Optional[float] = ...) -> None: ...
