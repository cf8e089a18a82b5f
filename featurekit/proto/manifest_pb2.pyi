from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Manifest(_message.Message):
    __slots__ = ("version", "run_id", "spec_fingerprint", "stats_fingerprint", "source_fingerprint", "library_version", "shards", "columns", "accounting", "compression", "layout")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    SPEC_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    STATS_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    LIBRARY_VERSION_FIELD_NUMBER: _ClassVar[int]
    SHARDS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTING_FIELD_NUMBER: _ClassVar[int]
    COMPRESSION_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    version: int
    run_id: str
    spec_fingerprint: str
    stats_fingerprint: str
    source_fingerprint: str
    library_version: str
    shards: _containers.RepeatedCompositeFieldContainer[Shard]
    columns: _containers.RepeatedCompositeFieldContainer[OutputColumn]
    accounting: Accounting
    compression: str
    layout: str
    def __init__(self, version: _Optional[int] = ..., run_id: _Optional[str] = ..., spec_fingerprint: _Optional[str] = ..., stats_fingerprint: _Optional[str] = ..., source_fingerprint: _Optional[str] = ..., library_version: _Optional[str] = ..., shards: _Optional[_Iterable[_Union[Shard, _Mapping]]] = ..., columns: _Optional[_Iterable[_Union[OutputColumn, _Mapping]]] = ..., accounting: _Optional[_Union[Accounting, _Mapping]] = ..., compression: _Optional[str] = ..., layout: _Optional[str] = ...) -> None: ...

class Shard(_message.Message):
    __slots__ = ("path", "split", "task", "records", "bytes", "crc32c")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    CRC32C_FIELD_NUMBER: _ClassVar[int]
    path: str
    split: str
    task: int
    records: int
    bytes: int
    crc32c: int
    def __init__(self, path: _Optional[str] = ..., split: _Optional[str] = ..., task: _Optional[int] = ..., records: _Optional[int] = ..., bytes: _Optional[int] = ..., crc32c: _Optional[int] = ...) -> None: ...

class OutputColumn(_message.Message):
    __slots__ = ("name", "dtype", "width", "role", "num_ids", "feature_key", "offset", "shape")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    NUM_IDS_FIELD_NUMBER: _ClassVar[int]
    FEATURE_KEY_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    name: str
    dtype: str
    width: int
    role: str
    num_ids: int
    feature_key: str
    offset: int
    shape: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., dtype: _Optional[str] = ..., width: _Optional[int] = ..., role: _Optional[str] = ..., num_ids: _Optional[int] = ..., feature_key: _Optional[str] = ..., offset: _Optional[int] = ..., shape: _Optional[_Iterable[int]] = ...) -> None: ...

class Accounting(_message.Message):
    __slots__ = ("rows_read", "rows_written", "rows_rejected", "rows_filtered", "rejected_by_code", "rows_made", "rows_unused")
    class RejectedByCodeEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    ROWS_READ_FIELD_NUMBER: _ClassVar[int]
    ROWS_WRITTEN_FIELD_NUMBER: _ClassVar[int]
    ROWS_REJECTED_FIELD_NUMBER: _ClassVar[int]
    ROWS_FILTERED_FIELD_NUMBER: _ClassVar[int]
    REJECTED_BY_CODE_FIELD_NUMBER: _ClassVar[int]
    ROWS_MADE_FIELD_NUMBER: _ClassVar[int]
    ROWS_UNUSED_FIELD_NUMBER: _ClassVar[int]
    rows_read: int
    rows_written: int
    rows_rejected: int
    rows_filtered: int
    rejected_by_code: _containers.ScalarMap[str, int]
    rows_made: int
    rows_unused: int
    def __init__(self, rows_read: _Optional[int] = ..., rows_written: _Optional[int] = ..., rows_rejected: _Optional[int] = ..., rows_filtered: _Optional[int] = ..., rejected_by_code: _Optional[_Mapping[str, int]] = ..., rows_made: _Optional[int] = ..., rows_unused: _Optional[int] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ("task", "shards", "accounting")
    TASK_FIELD_NUMBER: _ClassVar[int]
    SHARDS_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTING_FIELD_NUMBER: _ClassVar[int]
    task: int
    shards: _containers.RepeatedCompositeFieldContainer[Shard]
    accounting: Accounting
    def __init__(self, task: _Optional[int] = ..., shards: _Optional[_Iterable[_Union[Shard, _Mapping]]] = ..., accounting: _Optional[_Union[Accounting, _Mapping]] = ...) -> None: ...
