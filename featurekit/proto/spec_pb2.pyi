from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FeatureSpec(_message.Message):
    __slots__ = ("version", "features", "label", "weight", "key", "split", "missing_label", "rows", "packing", "renamed_from", "defaults")
    class RenamedFromEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class DefaultsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Scalar
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Scalar, _Mapping]] = ...) -> None: ...
    VERSION_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    MISSING_LABEL_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    PACKING_FIELD_NUMBER: _ClassVar[int]
    RENAMED_FROM_FIELD_NUMBER: _ClassVar[int]
    DEFAULTS_FIELD_NUMBER: _ClassVar[int]
    version: int
    features: _containers.RepeatedCompositeFieldContainer[NamedColumn]
    label: Column
    weight: Column
    key: _containers.RepeatedCompositeFieldContainer[Input]
    split: Split
    missing_label: str
    rows: Windows
    packing: Packing
    renamed_from: _containers.ScalarMap[str, str]
    defaults: _containers.MessageMap[str, Scalar]
    def __init__(self, version: _Optional[int] = ..., features: _Optional[_Iterable[_Union[NamedColumn, _Mapping]]] = ..., label: _Optional[_Union[Column, _Mapping]] = ..., weight: _Optional[_Union[Column, _Mapping]] = ..., key: _Optional[_Iterable[_Union[Input, _Mapping]]] = ..., split: _Optional[_Union[Split, _Mapping]] = ..., missing_label: _Optional[str] = ..., rows: _Optional[_Union[Windows, _Mapping]] = ..., packing: _Optional[_Union[Packing, _Mapping]] = ..., renamed_from: _Optional[_Mapping[str, str]] = ..., defaults: _Optional[_Mapping[str, Scalar]] = ...) -> None: ...

class Windows(_message.Message):
    __slots__ = ("lists", "size", "stride", "horizon", "future", "start")
    LISTS_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    HORIZON_FIELD_NUMBER: _ClassVar[int]
    FUTURE_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    lists: _containers.RepeatedScalarFieldContainer[str]
    size: int
    stride: int
    horizon: int
    future: _containers.RepeatedCompositeFieldContainer[Future]
    start: str
    def __init__(self, lists: _Optional[_Iterable[str]] = ..., size: _Optional[int] = ..., stride: _Optional[int] = ..., horizon: _Optional[int] = ..., future: _Optional[_Iterable[_Union[Future, _Mapping]]] = ..., start: _Optional[str] = ...) -> None: ...

class Future(_message.Message):
    __slots__ = ("column", "list")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    LIST_FIELD_NUMBER: _ClassVar[int]
    column: str
    list: str
    def __init__(self, column: _Optional[str] = ..., list: _Optional[str] = ...) -> None: ...

class Hidden(_message.Message):
    __slots__ = ("ids", "token", "name", "keys", "seed", "rate")
    IDS_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    ids: Column
    token: Scalar
    name: str
    keys: _containers.RepeatedCompositeFieldContainer[Column]
    seed: int
    rate: float
    def __init__(self, ids: _Optional[_Union[Column, _Mapping]] = ..., token: _Optional[_Union[Scalar, _Mapping]] = ..., name: _Optional[str] = ..., keys: _Optional[_Iterable[_Union[Column, _Mapping]]] = ..., seed: _Optional[int] = ..., rate: _Optional[float] = ...) -> None: ...

class Packing(_message.Message):
    __slots__ = ("lists", "length", "segments", "positions", "first", "too_long")
    LISTS_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    TOO_LONG_FIELD_NUMBER: _ClassVar[int]
    lists: _containers.RepeatedScalarFieldContainer[str]
    length: int
    segments: str
    positions: str
    first: _containers.RepeatedScalarFieldContainer[str]
    too_long: str
    def __init__(self, lists: _Optional[_Iterable[str]] = ..., length: _Optional[int] = ..., segments: _Optional[str] = ..., positions: _Optional[str] = ..., first: _Optional[_Iterable[str]] = ..., too_long: _Optional[str] = ...) -> None: ...

class NamedColumn(_message.Message):
    __slots__ = ("name", "column")
    NAME_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    name: str
    column: Column
    def __init__(self, name: _Optional[str] = ..., column: _Optional[_Union[Column, _Mapping]] = ...) -> None: ...

class Column(_message.Message):
    __slots__ = ("input", "cross", "weighted_bag", "expression", "aligned", "masked", "grouped", "target_encoding", "boxes", "hidden", "steps")
    INPUT_FIELD_NUMBER: _ClassVar[int]
    CROSS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTED_BAG_FIELD_NUMBER: _ClassVar[int]
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    ALIGNED_FIELD_NUMBER: _ClassVar[int]
    MASKED_FIELD_NUMBER: _ClassVar[int]
    GROUPED_FIELD_NUMBER: _ClassVar[int]
    TARGET_ENCODING_FIELD_NUMBER: _ClassVar[int]
    BOXES_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    input: Input
    cross: Cross
    weighted_bag: WeightedBag
    expression: Expression
    aligned: Aligned
    masked: Masked
    grouped: Grouped
    target_encoding: TargetEncoding
    boxes: Boxes
    hidden: Hidden
    steps: _containers.RepeatedCompositeFieldContainer[Step]
    def __init__(self, input: _Optional[_Union[Input, _Mapping]] = ..., cross: _Optional[_Union[Cross, _Mapping]] = ..., weighted_bag: _Optional[_Union[WeightedBag, _Mapping]] = ..., expression: _Optional[_Union[Expression, _Mapping]] = ..., aligned: _Optional[_Union[Aligned, _Mapping]] = ..., masked: _Optional[_Union[Masked, _Mapping]] = ..., grouped: _Optional[_Union[Grouped, _Mapping]] = ..., target_encoding: _Optional[_Union[TargetEncoding, _Mapping]] = ..., boxes: _Optional[_Union[Boxes, _Mapping]] = ..., hidden: _Optional[_Union[Hidden, _Mapping]] = ..., steps: _Optional[_Iterable[_Union[Step, _Mapping]]] = ...) -> None: ...

class Input(_message.Message):
    __slots__ = ("name", "dtype", "nan", "time_zone", "size")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    NAN_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    name: str
    dtype: str
    nan: str
    time_zone: str
    size: int
    def __init__(self, name: _Optional[str] = ..., dtype: _Optional[str] = ..., nan: _Optional[str] = ..., time_zone: _Optional[str] = ..., size: _Optional[int] = ...) -> None: ...

class Cross(_message.Message):
    __slots__ = ("columns",)
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedCompositeFieldContainer[Column]
    def __init__(self, columns: _Optional[_Iterable[_Union[Column, _Mapping]]] = ...) -> None: ...

class WeightedBag(_message.Message):
    __slots__ = ("ids", "weights")
    IDS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    ids: Column
    weights: Column
    def __init__(self, ids: _Optional[_Union[Column, _Mapping]] = ..., weights: _Optional[_Union[Column, _Mapping]] = ...) -> None: ...

class Aligned(_message.Message):
    __slots__ = ("columns", "member", "dropped")
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedCompositeFieldContainer[NamedColumn]
    member: str
    dropped: bool
    def __init__(self, columns: _Optional[_Iterable[_Union[NamedColumn, _Mapping]]] = ..., member: _Optional[str] = ..., dropped: bool = ...) -> None: ...

class Masked(_message.Message):
    __slots__ = ("ids", "keys", "token", "seed", "rate", "masked", "randomized", "targets")
    IDS_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    MASKED_FIELD_NUMBER: _ClassVar[int]
    RANDOMIZED_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    ids: Column
    keys: _containers.RepeatedCompositeFieldContainer[Column]
    token: Scalar
    seed: int
    rate: float
    masked: float
    randomized: float
    targets: bool
    def __init__(self, ids: _Optional[_Union[Column, _Mapping]] = ..., keys: _Optional[_Iterable[_Union[Column, _Mapping]]] = ..., token: _Optional[_Union[Scalar, _Mapping]] = ..., seed: _Optional[int] = ..., rate: _Optional[float] = ..., masked: _Optional[float] = ..., randomized: _Optional[float] = ..., targets: bool = ...) -> None: ...

class Boxes(_message.Message):
    __slots__ = ("coordinates", "format", "size", "labels")
    COORDINATES_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    coordinates: Column
    format: str
    size: _containers.RepeatedCompositeFieldContainer[Column]
    labels: Column
    def __init__(self, coordinates: _Optional[_Union[Column, _Mapping]] = ..., format: _Optional[str] = ..., size: _Optional[_Iterable[_Union[Column, _Mapping]]] = ..., labels: _Optional[_Union[Column, _Mapping]] = ...) -> None: ...

class Expression(_message.Message):
    __slots__ = ("operator", "operands", "separator")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    OPERANDS_FIELD_NUMBER: _ClassVar[int]
    SEPARATOR_FIELD_NUMBER: _ClassVar[int]
    operator: str
    operands: _containers.RepeatedCompositeFieldContainer[Operand]
    separator: str
    def __init__(self, operator: _Optional[str] = ..., operands: _Optional[_Iterable[_Union[Operand, _Mapping]]] = ..., separator: _Optional[str] = ...) -> None: ...

class Grouped(_message.Message):
    __slots__ = ("value", "key", "step", "unseen", "max_keys")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    UNSEEN_FIELD_NUMBER: _ClassVar[int]
    MAX_KEYS_FIELD_NUMBER: _ClassVar[int]
    value: Column
    key: Column
    step: Step
    unseen: str
    max_keys: int
    def __init__(self, value: _Optional[_Union[Column, _Mapping]] = ..., key: _Optional[_Union[Column, _Mapping]] = ..., step: _Optional[_Union[Step, _Mapping]] = ..., unseen: _Optional[str] = ..., max_keys: _Optional[int] = ...) -> None: ...

class TargetEncoding(_message.Message):
    __slots__ = ("category", "target", "smoothing", "folds", "max_keys")
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    SMOOTHING_FIELD_NUMBER: _ClassVar[int]
    FOLDS_FIELD_NUMBER: _ClassVar[int]
    MAX_KEYS_FIELD_NUMBER: _ClassVar[int]
    category: Column
    target: Column
    smoothing: float
    folds: int
    max_keys: int
    def __init__(self, category: _Optional[_Union[Column, _Mapping]] = ..., target: _Optional[_Union[Column, _Mapping]] = ..., smoothing: _Optional[float] = ..., folds: _Optional[int] = ..., max_keys: _Optional[int] = ...) -> None: ...

class Operand(_message.Message):
    __slots__ = ("column", "constant")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    CONSTANT_FIELD_NUMBER: _ClassVar[int]
    column: Column
    constant: float
    def __init__(self, column: _Optional[_Union[Column, _Mapping]] = ..., constant: _Optional[float] = ...) -> None: ...

class Scalar(_message.Message):
    __slots__ = ("number", "integer", "text")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    INTEGER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    number: float
    integer: int
    text: bytes
    def __init__(self, number: _Optional[float] = ..., integer: _Optional[int] = ..., text: _Optional[bytes] = ...) -> None: ...

class Tokens(_message.Message):
    __slots__ = ("text", "integers")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    INTEGERS_FIELD_NUMBER: _ClassVar[int]
    text: _containers.RepeatedScalarFieldContainer[bytes]
    integers: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, text: _Optional[_Iterable[bytes]] = ..., integers: _Optional[_Iterable[int]] = ...) -> None: ...

class Step(_message.Message):
    __slots__ = ("fill", "clip", "log1p", "standardize", "min_max", "buckets", "quantile_buckets", "greater_equal", "vocabulary", "hash_buckets", "identity", "time_part", "one_hot", "embedding", "missing_as_empty", "drop_missing", "pad", "length", "multi_hot", "counts", "aggregate", "is_missing", "boolean", "fill_mean", "fill_median", "fill_mode", "robust", "winsorize", "cyclic", "missing_values", "normalize", "casefold", "lower", "strip", "split", "ngrams", "tf_idf", "wordpiece", "shift", "difference", "rolling", "mask", "binarize", "count_encoding", "tensor", "missing_as_zeros", "rescale", "pad_boxes", "pad_labels", "box_mask", "image", "resize")
    FILL_FIELD_NUMBER: _ClassVar[int]
    CLIP_FIELD_NUMBER: _ClassVar[int]
    LOG1P_FIELD_NUMBER: _ClassVar[int]
    STANDARDIZE_FIELD_NUMBER: _ClassVar[int]
    MIN_MAX_FIELD_NUMBER: _ClassVar[int]
    BUCKETS_FIELD_NUMBER: _ClassVar[int]
    QUANTILE_BUCKETS_FIELD_NUMBER: _ClassVar[int]
    GREATER_EQUAL_FIELD_NUMBER: _ClassVar[int]
    VOCABULARY_FIELD_NUMBER: _ClassVar[int]
    HASH_BUCKETS_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    TIME_PART_FIELD_NUMBER: _ClassVar[int]
    ONE_HOT_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    MISSING_AS_EMPTY_FIELD_NUMBER: _ClassVar[int]
    DROP_MISSING_FIELD_NUMBER: _ClassVar[int]
    PAD_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    MULTI_HOT_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_FIELD_NUMBER: _ClassVar[int]
    IS_MISSING_FIELD_NUMBER: _ClassVar[int]
    BOOLEAN_FIELD_NUMBER: _ClassVar[int]
    FILL_MEAN_FIELD_NUMBER: _ClassVar[int]
    FILL_MEDIAN_FIELD_NUMBER: _ClassVar[int]
    FILL_MODE_FIELD_NUMBER: _ClassVar[int]
    ROBUST_FIELD_NUMBER: _ClassVar[int]
    WINSORIZE_FIELD_NUMBER: _ClassVar[int]
    CYCLIC_FIELD_NUMBER: _ClassVar[int]
    MISSING_VALUES_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_FIELD_NUMBER: _ClassVar[int]
    CASEFOLD_FIELD_NUMBER: _ClassVar[int]
    LOWER_FIELD_NUMBER: _ClassVar[int]
    STRIP_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    NGRAMS_FIELD_NUMBER: _ClassVar[int]
    TF_IDF_FIELD_NUMBER: _ClassVar[int]
    WORDPIECE_FIELD_NUMBER: _ClassVar[int]
    SHIFT_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    ROLLING_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    BINARIZE_FIELD_NUMBER: _ClassVar[int]
    COUNT_ENCODING_FIELD_NUMBER: _ClassVar[int]
    TENSOR_FIELD_NUMBER: _ClassVar[int]
    MISSING_AS_ZEROS_FIELD_NUMBER: _ClassVar[int]
    RESCALE_FIELD_NUMBER: _ClassVar[int]
    PAD_BOXES_FIELD_NUMBER: _ClassVar[int]
    PAD_LABELS_FIELD_NUMBER: _ClassVar[int]
    BOX_MASK_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    RESIZE_FIELD_NUMBER: _ClassVar[int]
    fill: Fill
    clip: Clip
    log1p: Log1p
    standardize: Standardize
    min_max: MinMax
    buckets: Buckets
    quantile_buckets: QuantileBuckets
    greater_equal: GreaterEqual
    vocabulary: Vocabulary
    hash_buckets: HashBuckets
    identity: Identity
    time_part: TimePart
    one_hot: OneHot
    embedding: Embedding
    missing_as_empty: MissingAsEmpty
    drop_missing: DropMissing
    pad: Pad
    length: Length
    multi_hot: MultiHot
    counts: Counts
    aggregate: Aggregate
    is_missing: IsMissing
    boolean: Boolean
    fill_mean: FillMean
    fill_median: FillMedian
    fill_mode: FillMode
    robust: Robust
    winsorize: Winsorize
    cyclic: Cyclic
    missing_values: MissingValues
    normalize: Normalize
    casefold: Casefold
    lower: Lower
    strip: Strip
    split: SplitText
    ngrams: Ngrams
    tf_idf: TfIdf
    wordpiece: Wordpiece
    shift: Shift
    difference: Difference
    rolling: Rolling
    mask: Mask
    binarize: Binarize
    count_encoding: CountEncoding
    tensor: Tensor
    missing_as_zeros: MissingAsZeros
    rescale: Rescale
    pad_boxes: PadBoxes
    pad_labels: PadLabels
    box_mask: BoxMask
    image: Image
    resize: Resize
    def __init__(self, fill: _Optional[_Union[Fill, _Mapping]] = ..., clip: _Optional[_Union[Clip, _Mapping]] = ..., log1p: _Optional[_Union[Log1p, _Mapping]] = ..., standardize: _Optional[_Union[Standardize, _Mapping]] = ..., min_max: _Optional[_Union[MinMax, _Mapping]] = ..., buckets: _Optional[_Union[Buckets, _Mapping]] = ..., quantile_buckets: _Optional[_Union[QuantileBuckets, _Mapping]] = ..., greater_equal: _Optional[_Union[GreaterEqual, _Mapping]] = ..., vocabulary: _Optional[_Union[Vocabulary, _Mapping]] = ..., hash_buckets: _Optional[_Union[HashBuckets, _Mapping]] = ..., identity: _Optional[_Union[Identity, _Mapping]] = ..., time_part: _Optional[_Union[TimePart, _Mapping]] = ..., one_hot: _Optional[_Union[OneHot, _Mapping]] = ..., embedding: _Optional[_Union[Embedding, _Mapping]] = ..., missing_as_empty: _Optional[_Union[MissingAsEmpty, _Mapping]] = ..., drop_missing: _Optional[_Union[DropMissing, _Mapping]] = ..., pad: _Optional[_Union[Pad, _Mapping]] = ..., length: _Optional[_Union[Length, _Mapping]] = ..., multi_hot: _Optional[_Union[MultiHot, _Mapping]] = ..., counts: _Optional[_Union[Counts, _Mapping]] = ..., aggregate: _Optional[_Union[Aggregate, _Mapping]] = ..., is_missing: _Optional[_Union[IsMissing, _Mapping]] = ..., boolean: _Optional[_Union[Boolean, _Mapping]] = ..., fill_mean: _Optional[_Union[FillMean, _Mapping]] = ..., fill_median: _Optional[_Union[FillMedian, _Mapping]] = ..., fill_mode: _Optional[_Union[FillMode, _Mapping]] = ..., robust: _Optional[_Union[Robust, _Mapping]] = ..., winsorize: _Optional[_Union[Winsorize, _Mapping]] = ..., cyclic: _Optional[_Union[Cyclic, _Mapping]] = ..., missing_values: _Optional[_Union[MissingValues, _Mapping]] = ..., normalize: _Optional[_Union[Normalize, _Mapping]] = ..., casefold: _Optional[_Union[Casefold, _Mapping]] = ..., lower: _Optional[_Union[Lower, _Mapping]] = ..., strip: _Optional[_Union[Strip, _Mapping]] = ..., split: _Optional[_Union[SplitText, _Mapping]] = ..., ngrams: _Optional[_Union[Ngrams, _Mapping]] = ..., tf_idf: _Optional[_Union[TfIdf, _Mapping]] = ..., wordpiece: _Optional[_Union[Wordpiece, _Mapping]] = ..., shift: _Optional[_Union[Shift, _Mapping]] = ..., difference: _Optional[_Union[Difference, _Mapping]] = ..., rolling: _Optional[_Union[Rolling, _Mapping]] = ..., mask: _Optional[_Union[Mask, _Mapping]] = ..., binarize: _Optional[_Union[Binarize, _Mapping]] = ..., count_encoding: _Optional[_Union[CountEncoding, _Mapping]] = ..., tensor: _Optional[_Union[Tensor, _Mapping]] = ..., missing_as_zeros: _Optional[_Union[MissingAsZeros, _Mapping]] = ..., rescale: _Optional[_Union[Rescale, _Mapping]] = ..., pad_boxes: _Optional[_Union[PadBoxes, _Mapping]] = ..., pad_labels: _Optional[_Union[PadLabels, _Mapping]] = ..., box_mask: _Optional[_Union[BoxMask, _Mapping]] = ..., image: _Optional[_Union[Image, _Mapping]] = ..., resize: _Optional[_Union[Resize, _Mapping]] = ...) -> None: ...

class Fill(_message.Message):
    __slots__ = ("value",)
    VALUE_FIELD_NUMBER: _ClassVar[int]
    value: Scalar
    def __init__(self, value: _Optional[_Union[Scalar, _Mapping]] = ...) -> None: ...

class Clip(_message.Message):
    __slots__ = ("low", "high")
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    low: float
    high: float
    def __init__(self, low: _Optional[float] = ..., high: _Optional[float] = ...) -> None: ...

class Log1p(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Standardize(_message.Message):
    __slots__ = ("mean", "std")
    MEAN_FIELD_NUMBER: _ClassVar[int]
    STD_FIELD_NUMBER: _ClassVar[int]
    mean: float
    std: float
    def __init__(self, mean: _Optional[float] = ..., std: _Optional[float] = ...) -> None: ...

class MinMax(_message.Message):
    __slots__ = ("minimum", "maximum")
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    minimum: float
    maximum: float
    def __init__(self, minimum: _Optional[float] = ..., maximum: _Optional[float] = ...) -> None: ...

class Buckets(_message.Message):
    __slots__ = ("boundaries",)
    BOUNDARIES_FIELD_NUMBER: _ClassVar[int]
    boundaries: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, boundaries: _Optional[_Iterable[float]] = ...) -> None: ...

class QuantileBuckets(_message.Message):
    __slots__ = ("num_buckets",)
    NUM_BUCKETS_FIELD_NUMBER: _ClassVar[int]
    num_buckets: int
    def __init__(self, num_buckets: _Optional[int] = ...) -> None: ...

class GreaterEqual(_message.Message):
    __slots__ = ("threshold",)
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    threshold: float
    def __init__(self, threshold: _Optional[float] = ...) -> None: ...

class Vocabulary(_message.Message):
    __slots__ = ("tokens", "max_size", "min_count", "num_oov", "reserved", "oov_first", "missing_id", "shared", "default")
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    MAX_SIZE_FIELD_NUMBER: _ClassVar[int]
    MIN_COUNT_FIELD_NUMBER: _ClassVar[int]
    NUM_OOV_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    OOV_FIRST_FIELD_NUMBER: _ClassVar[int]
    MISSING_ID_FIELD_NUMBER: _ClassVar[int]
    SHARED_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_FIELD_NUMBER: _ClassVar[int]
    tokens: Tokens
    max_size: int
    min_count: int
    num_oov: int
    reserved: Tokens
    oov_first: bool
    missing_id: bool
    shared: str
    default: Scalar
    def __init__(self, tokens: _Optional[_Union[Tokens, _Mapping]] = ..., max_size: _Optional[int] = ..., min_count: _Optional[int] = ..., num_oov: _Optional[int] = ..., reserved: _Optional[_Union[Tokens, _Mapping]] = ..., oov_first: bool = ..., missing_id: bool = ..., shared: _Optional[str] = ..., default: _Optional[_Union[Scalar, _Mapping]] = ...) -> None: ...

class HashBuckets(_message.Message):
    __slots__ = ("num_buckets", "key", "hash_key")
    NUM_BUCKETS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    HASH_KEY_FIELD_NUMBER: _ClassVar[int]
    num_buckets: int
    key: _containers.RepeatedScalarFieldContainer[int]
    hash_key: int
    def __init__(self, num_buckets: _Optional[int] = ..., key: _Optional[_Iterable[int]] = ..., hash_key: _Optional[int] = ...) -> None: ...

class Identity(_message.Message):
    __slots__ = ("num_ids", "default")
    NUM_IDS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_FIELD_NUMBER: _ClassVar[int]
    num_ids: int
    default: Scalar
    def __init__(self, num_ids: _Optional[int] = ..., default: _Optional[_Union[Scalar, _Mapping]] = ...) -> None: ...

class TimePart(_message.Message):
    __slots__ = ("part",)
    PART_FIELD_NUMBER: _ClassVar[int]
    part: str
    def __init__(self, part: _Optional[str] = ...) -> None: ...

class OneHot(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Embedding(_message.Message):
    __slots__ = ("dim", "combiner", "max_norm", "table")
    DIM_FIELD_NUMBER: _ClassVar[int]
    COMBINER_FIELD_NUMBER: _ClassVar[int]
    MAX_NORM_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    dim: int
    combiner: str
    max_norm: float
    table: str
    def __init__(self, dim: _Optional[int] = ..., combiner: _Optional[str] = ..., max_norm: _Optional[float] = ..., table: _Optional[str] = ...) -> None: ...

class MissingAsEmpty(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DropMissing(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Pad(_message.Message):
    __slots__ = ("length", "side", "truncate", "value")
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    TRUNCATE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    length: int
    side: str
    truncate: str
    value: float
    def __init__(self, length: _Optional[int] = ..., side: _Optional[str] = ..., truncate: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class Length(_message.Message):
    __slots__ = ("maximum",)
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    maximum: int
    def __init__(self, maximum: _Optional[int] = ...) -> None: ...

class MultiHot(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Counts(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Aggregate(_message.Message):
    __slots__ = ("kind",)
    KIND_FIELD_NUMBER: _ClassVar[int]
    kind: str
    def __init__(self, kind: _Optional[str] = ...) -> None: ...

class IsMissing(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Boolean(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FillMean(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FillMedian(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FillMode(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Robust(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Winsorize(_message.Message):
    __slots__ = ("lower", "upper")
    LOWER_FIELD_NUMBER: _ClassVar[int]
    UPPER_FIELD_NUMBER: _ClassVar[int]
    lower: float
    upper: float
    def __init__(self, lower: _Optional[float] = ..., upper: _Optional[float] = ...) -> None: ...

class Cyclic(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MissingValues(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[Scalar]
    def __init__(self, values: _Optional[_Iterable[_Union[Scalar, _Mapping]]] = ...) -> None: ...

class Normalize(_message.Message):
    __slots__ = ("form",)
    FORM_FIELD_NUMBER: _ClassVar[int]
    form: str
    def __init__(self, form: _Optional[str] = ...) -> None: ...

class Casefold(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Lower(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Strip(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SplitText(_message.Message):
    __slots__ = ("separator",)
    SEPARATOR_FIELD_NUMBER: _ClassVar[int]
    separator: str
    def __init__(self, separator: _Optional[str] = ...) -> None: ...

class Ngrams(_message.Message):
    __slots__ = ("least", "most", "separator")
    LEAST_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    SEPARATOR_FIELD_NUMBER: _ClassVar[int]
    least: int
    most: int
    separator: str
    def __init__(self, least: _Optional[int] = ..., most: _Optional[int] = ..., separator: _Optional[str] = ...) -> None: ...

class TfIdf(_message.Message):
    __slots__ = ("smooth",)
    SMOOTH_FIELD_NUMBER: _ClassVar[int]
    smooth: bool
    def __init__(self, smooth: bool = ...) -> None: ...

class Wordpiece(_message.Message):
    __slots__ = ("tokens", "unknown", "prefix", "max_chars")
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    MAX_CHARS_FIELD_NUMBER: _ClassVar[int]
    tokens: Tokens
    unknown: str
    prefix: str
    max_chars: int
    def __init__(self, tokens: _Optional[_Union[Tokens, _Mapping]] = ..., unknown: _Optional[str] = ..., prefix: _Optional[str] = ..., max_chars: _Optional[int] = ...) -> None: ...

class Binarize(_message.Message):
    __slots__ = ("threshold",)
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    threshold: float
    def __init__(self, threshold: _Optional[float] = ...) -> None: ...

class Shift(_message.Message):
    __slots__ = ("offset",)
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    offset: int
    def __init__(self, offset: _Optional[int] = ...) -> None: ...

class Difference(_message.Message):
    __slots__ = ("lag",)
    LAG_FIELD_NUMBER: _ClassVar[int]
    lag: int
    def __init__(self, lag: _Optional[int] = ...) -> None: ...

class Rolling(_message.Message):
    __slots__ = ("size", "kind")
    SIZE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    size: int
    kind: str
    def __init__(self, size: _Optional[int] = ..., kind: _Optional[str] = ...) -> None: ...

class Mask(_message.Message):
    __slots__ = ("length", "side")
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    length: int
    side: str
    def __init__(self, length: _Optional[int] = ..., side: _Optional[str] = ...) -> None: ...

class CountEncoding(_message.Message):
    __slots__ = ("frequency", "max_size")
    FREQUENCY_FIELD_NUMBER: _ClassVar[int]
    MAX_SIZE_FIELD_NUMBER: _ClassVar[int]
    frequency: bool
    max_size: int
    def __init__(self, frequency: bool = ..., max_size: _Optional[int] = ...) -> None: ...

class Tensor(_message.Message):
    __slots__ = ("shape", "dtype", "nan")
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    NAN_FIELD_NUMBER: _ClassVar[int]
    shape: _containers.RepeatedScalarFieldContainer[int]
    dtype: str
    nan: str
    def __init__(self, shape: _Optional[_Iterable[int]] = ..., dtype: _Optional[str] = ..., nan: _Optional[str] = ...) -> None: ...

class MissingAsZeros(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Image(_message.Message):
    __slots__ = ("channels", "shape", "max_pixels")
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    MAX_PIXELS_FIELD_NUMBER: _ClassVar[int]
    channels: int
    shape: _containers.RepeatedScalarFieldContainer[int]
    max_pixels: int
    def __init__(self, channels: _Optional[int] = ..., shape: _Optional[_Iterable[int]] = ..., max_pixels: _Optional[int] = ...) -> None: ...

class Resize(_message.Message):
    __slots__ = ("height", "width", "antialias")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    ANTIALIAS_FIELD_NUMBER: _ClassVar[int]
    height: int
    width: int
    antialias: bool
    def __init__(self, height: _Optional[int] = ..., width: _Optional[int] = ..., antialias: bool = ...) -> None: ...

class Rescale(_message.Message):
    __slots__ = ("scale", "offset")
    SCALE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    scale: float
    offset: float
    def __init__(self, scale: _Optional[float] = ..., offset: _Optional[float] = ...) -> None: ...

class PadBoxes(_message.Message):
    __slots__ = ("length", "format", "relative")
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    RELATIVE_FIELD_NUMBER: _ClassVar[int]
    length: int
    format: str
    relative: bool
    def __init__(self, length: _Optional[int] = ..., format: _Optional[str] = ..., relative: bool = ...) -> None: ...

class PadLabels(_message.Message):
    __slots__ = ("length",)
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    length: int
    def __init__(self, length: _Optional[int] = ...) -> None: ...

class BoxMask(_message.Message):
    __slots__ = ("length",)
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    length: int
    def __init__(self, length: _Optional[int] = ...) -> None: ...

class Split(_message.Message):
    __slots__ = ("time_split", "key_split")
    TIME_SPLIT_FIELD_NUMBER: _ClassVar[int]
    KEY_SPLIT_FIELD_NUMBER: _ClassVar[int]
    time_split: TimeSplit
    key_split: KeySplit
    def __init__(self, time_split: _Optional[_Union[TimeSplit, _Mapping]] = ..., key_split: _Optional[_Union[KeySplit, _Mapping]] = ...) -> None: ...

class TimeSplit(_message.Message):
    __slots__ = ("column", "names", "starts")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    STARTS_FIELD_NUMBER: _ClassVar[int]
    column: Input
    names: _containers.RepeatedScalarFieldContainer[str]
    starts: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, column: _Optional[_Union[Input, _Mapping]] = ..., names: _Optional[_Iterable[str]] = ..., starts: _Optional[_Iterable[int]] = ...) -> None: ...

class KeySplit(_message.Message):
    __slots__ = ("names", "fractions", "salt")
    NAMES_FIELD_NUMBER: _ClassVar[int]
    FRACTIONS_FIELD_NUMBER: _ClassVar[int]
    SALT_FIELD_NUMBER: _ClassVar[int]
    names: _containers.RepeatedScalarFieldContainer[str]
    fractions: _containers.RepeatedScalarFieldContainer[float]
    salt: str
    def __init__(self, names: _Optional[_Iterable[str]] = ..., fractions: _Optional[_Iterable[float]] = ..., salt: _Optional[str] = ...) -> None: ...
