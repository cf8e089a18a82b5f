from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Drift(_message.Message):
    __slots__ = ("version", "rows", "refused", "columns", "features")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    version: int
    rows: int
    refused: int
    columns: _containers.RepeatedCompositeFieldContainer[ColumnSketch]
    features: _containers.RepeatedCompositeFieldContainer[FeatureCounts]
    def __init__(self, version: _Optional[int] = ..., rows: _Optional[int] = ..., refused: _Optional[int] = ..., columns: _Optional[_Iterable[_Union[ColumnSketch, _Mapping]]] = ..., features: _Optional[_Iterable[_Union[FeatureCounts, _Mapping]]] = ...) -> None: ...

class ColumnSketch(_message.Message):
    __slots__ = ("name", "rows", "missing", "parts")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    rows: int
    missing: int
    parts: _containers.RepeatedCompositeFieldContainer[PartSketch]
    def __init__(self, name: _Optional[str] = ..., rows: _Optional[int] = ..., missing: _Optional[int] = ..., parts: _Optional[_Iterable[_Union[PartSketch, _Mapping]]] = ...) -> None: ...

class PartSketch(_message.Message):
    __slots__ = ("name", "numbers", "categories")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    name: str
    numbers: NumberSketch
    categories: CategorySketch
    def __init__(self, name: _Optional[str] = ..., numbers: _Optional[_Union[NumberSketch, _Mapping]] = ..., categories: _Optional[_Union[CategorySketch, _Mapping]] = ...) -> None: ...

class NumberSketch(_message.Message):
    __slots__ = ("count", "minimum", "maximum", "quantiles")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    QUANTILES_FIELD_NUMBER: _ClassVar[int]
    count: int
    minimum: float
    maximum: float
    quantiles: bytes
    def __init__(self, count: _Optional[int] = ..., minimum: _Optional[float] = ..., maximum: _Optional[float] = ..., quantiles: _Optional[bytes] = ...) -> None: ...

class CategorySketch(_message.Message):
    __slots__ = ("count", "error", "tokens", "counts", "distinct")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    DISTINCT_FIELD_NUMBER: _ClassVar[int]
    count: int
    error: int
    tokens: _containers.RepeatedScalarFieldContainer[bytes]
    counts: _containers.RepeatedScalarFieldContainer[int]
    distinct: bytes
    def __init__(self, count: _Optional[int] = ..., error: _Optional[int] = ..., tokens: _Optional[_Iterable[bytes]] = ..., counts: _Optional[_Iterable[int]] = ..., distinct: _Optional[bytes] = ...) -> None: ...

class FeatureCounts(_message.Message):
    __slots__ = ("name", "rows", "missing", "values", "unknown")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    name: str
    rows: int
    missing: int
    values: int
    unknown: int
    def __init__(self, name: _Optional[str] = ..., rows: _Optional[int] = ..., missing: _Optional[int] = ..., values: _Optional[int] = ..., unknown: _Optional[int] = ...) -> None: ...
