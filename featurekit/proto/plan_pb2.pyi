from featurekit.proto import spec_pb2 as _spec_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Plan(_message.Message):
    __slots__ = ("version", "nodes", "outputs", "vocabularies")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    VOCABULARIES_FIELD_NUMBER: _ClassVar[int]
    version: int
    nodes: _containers.RepeatedCompositeFieldContainer[Node]
    outputs: _containers.RepeatedCompositeFieldContainer[Output]
    vocabularies: _containers.RepeatedCompositeFieldContainer[VocabularyTable]
    def __init__(self, version: _Optional[int] = ..., nodes: _Optional[_Iterable[_Union[Node, _Mapping]]] = ..., outputs: _Optional[_Iterable[_Union[Output, _Mapping]]] = ..., vocabularies: _Optional[_Iterable[_Union[VocabularyTable, _Mapping]]] = ...) -> None: ...

class Output(_message.Message):
    __slots__ = ("name", "node")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    name: str
    node: int
    def __init__(self, name: _Optional[str] = ..., node: _Optional[int] = ...) -> None: ...

class VocabularyTable(_message.Message):
    __slots__ = ("digest", "tokens")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    digest: str
    tokens: _spec_pb2.Tokens
    def __init__(self, digest: _Optional[str] = ..., tokens: _Optional[_Union[_spec_pb2.Tokens, _Mapping]] = ...) -> None: ...

class Node(_message.Message):
    __slots__ = ("inputs", "read_column", "to_float64", "fill_missing", "clip_value", "log1p_value", "standardize_value", "min_max_scale", "bucketize", "is_greater_equal", "lookup_vocabulary", "hash_bucket", "cross_hash", "check_range", "extract_time_part", "require_present", "one_hot_encode", "to_float32", "read_list", "pad_ids", "pad_numbers", "multi_hot_encode", "count_encode", "weight_encode", "aggregate_list", "count_elements", "is_missing", "arithmetic", "compare_numbers", "choose_number", "join_text", "lookup_vector", "combine_ids", "mark_missing", "default_id", "pack_vector", "pad_weighted", "map_text", "strip_text", "cut_text", "join_ngrams", "weigh_terms", "cut_wordpieces", "align_lists", "shift_list", "difference_list", "roll_list", "mask_elements", "mask_ids", "hide_id", "lookup_number", "bucketize_by_key", "decode_tensor", "shape_list", "rescale_tensor", "round_tensor", "pad_boxes", "pad_objects", "decode_image")
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    READ_COLUMN_FIELD_NUMBER: _ClassVar[int]
    TO_FLOAT64_FIELD_NUMBER: _ClassVar[int]
    FILL_MISSING_FIELD_NUMBER: _ClassVar[int]
    CLIP_VALUE_FIELD_NUMBER: _ClassVar[int]
    LOG1P_VALUE_FIELD_NUMBER: _ClassVar[int]
    STANDARDIZE_VALUE_FIELD_NUMBER: _ClassVar[int]
    MIN_MAX_SCALE_FIELD_NUMBER: _ClassVar[int]
    BUCKETIZE_FIELD_NUMBER: _ClassVar[int]
    IS_GREATER_EQUAL_FIELD_NUMBER: _ClassVar[int]
    LOOKUP_VOCABULARY_FIELD_NUMBER: _ClassVar[int]
    HASH_BUCKET_FIELD_NUMBER: _ClassVar[int]
    CROSS_HASH_FIELD_NUMBER: _ClassVar[int]
    CHECK_RANGE_FIELD_NUMBER: _ClassVar[int]
    EXTRACT_TIME_PART_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_PRESENT_FIELD_NUMBER: _ClassVar[int]
    ONE_HOT_ENCODE_FIELD_NUMBER: _ClassVar[int]
    TO_FLOAT32_FIELD_NUMBER: _ClassVar[int]
    READ_LIST_FIELD_NUMBER: _ClassVar[int]
    PAD_IDS_FIELD_NUMBER: _ClassVar[int]
    PAD_NUMBERS_FIELD_NUMBER: _ClassVar[int]
    MULTI_HOT_ENCODE_FIELD_NUMBER: _ClassVar[int]
    COUNT_ENCODE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_ENCODE_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_LIST_FIELD_NUMBER: _ClassVar[int]
    COUNT_ELEMENTS_FIELD_NUMBER: _ClassVar[int]
    IS_MISSING_FIELD_NUMBER: _ClassVar[int]
    ARITHMETIC_FIELD_NUMBER: _ClassVar[int]
    COMPARE_NUMBERS_FIELD_NUMBER: _ClassVar[int]
    CHOOSE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    JOIN_TEXT_FIELD_NUMBER: _ClassVar[int]
    LOOKUP_VECTOR_FIELD_NUMBER: _ClassVar[int]
    COMBINE_IDS_FIELD_NUMBER: _ClassVar[int]
    MARK_MISSING_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_ID_FIELD_NUMBER: _ClassVar[int]
    PACK_VECTOR_FIELD_NUMBER: _ClassVar[int]
    PAD_WEIGHTED_FIELD_NUMBER: _ClassVar[int]
    MAP_TEXT_FIELD_NUMBER: _ClassVar[int]
    STRIP_TEXT_FIELD_NUMBER: _ClassVar[int]
    CUT_TEXT_FIELD_NUMBER: _ClassVar[int]
    JOIN_NGRAMS_FIELD_NUMBER: _ClassVar[int]
    WEIGH_TERMS_FIELD_NUMBER: _ClassVar[int]
    CUT_WORDPIECES_FIELD_NUMBER: _ClassVar[int]
    ALIGN_LISTS_FIELD_NUMBER: _ClassVar[int]
    SHIFT_LIST_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_LIST_FIELD_NUMBER: _ClassVar[int]
    ROLL_LIST_FIELD_NUMBER: _ClassVar[int]
    MASK_ELEMENTS_FIELD_NUMBER: _ClassVar[int]
    MASK_IDS_FIELD_NUMBER: _ClassVar[int]
    HIDE_ID_FIELD_NUMBER: _ClassVar[int]
    LOOKUP_NUMBER_FIELD_NUMBER: _ClassVar[int]
    BUCKETIZE_BY_KEY_FIELD_NUMBER: _ClassVar[int]
    DECODE_TENSOR_FIELD_NUMBER: _ClassVar[int]
    SHAPE_LIST_FIELD_NUMBER: _ClassVar[int]
    RESCALE_TENSOR_FIELD_NUMBER: _ClassVar[int]
    ROUND_TENSOR_FIELD_NUMBER: _ClassVar[int]
    PAD_BOXES_FIELD_NUMBER: _ClassVar[int]
    PAD_OBJECTS_FIELD_NUMBER: _ClassVar[int]
    DECODE_IMAGE_FIELD_NUMBER: _ClassVar[int]
    inputs: _containers.RepeatedScalarFieldContainer[int]
    read_column: ReadColumn
    to_float64: ToFloat64
    fill_missing: FillMissing
    clip_value: ClipValue
    log1p_value: Log1pValue
    standardize_value: StandardizeValue
    min_max_scale: MinMaxScale
    bucketize: Bucketize
    is_greater_equal: IsGreaterEqual
    lookup_vocabulary: LookupVocabulary
    hash_bucket: HashBucket
    cross_hash: CrossHash
    check_range: CheckRange
    extract_time_part: ExtractTimePart
    require_present: RequirePresent
    one_hot_encode: OneHotEncode
    to_float32: ToFloat32
    read_list: ReadList
    pad_ids: PadIds
    pad_numbers: PadNumbers
    multi_hot_encode: MultiHotEncode
    count_encode: CountEncode
    weight_encode: WeightEncode
    aggregate_list: AggregateList
    count_elements: CountElements
    is_missing: _spec_pb2.IsMissing
    arithmetic: Arithmetic
    compare_numbers: CompareNumbers
    choose_number: ChooseNumber
    join_text: JoinText
    lookup_vector: LookupVector
    combine_ids: CombineIds
    mark_missing: MarkMissing
    default_id: DefaultId
    pack_vector: PackVector
    pad_weighted: PadWeighted
    map_text: MapText
    strip_text: StripText
    cut_text: CutText
    join_ngrams: JoinNgrams
    weigh_terms: WeighTerms
    cut_wordpieces: CutWordpieces
    align_lists: AlignLists
    shift_list: ShiftList
    difference_list: DifferenceList
    roll_list: RollList
    mask_elements: MaskElements
    mask_ids: MaskIds
    hide_id: HideId
    lookup_number: LookupNumber
    bucketize_by_key: BucketizeByKey
    decode_tensor: DecodeTensor
    shape_list: ShapeList
    rescale_tensor: RescaleTensor
    round_tensor: RoundTensor
    pad_boxes: PadBoxesOp
    pad_objects: PadObjects
    decode_image: DecodeImage
    def __init__(self, inputs: _Optional[_Iterable[int]] = ..., read_column: _Optional[_Union[ReadColumn, _Mapping]] = ..., to_float64: _Optional[_Union[ToFloat64, _Mapping]] = ..., fill_missing: _Optional[_Union[FillMissing, _Mapping]] = ..., clip_value: _Optional[_Union[ClipValue, _Mapping]] = ..., log1p_value: _Optional[_Union[Log1pValue, _Mapping]] = ..., standardize_value: _Optional[_Union[StandardizeValue, _Mapping]] = ..., min_max_scale: _Optional[_Union[MinMaxScale, _Mapping]] = ..., bucketize: _Optional[_Union[Bucketize, _Mapping]] = ..., is_greater_equal: _Optional[_Union[IsGreaterEqual, _Mapping]] = ..., lookup_vocabulary: _Optional[_Union[LookupVocabulary, _Mapping]] = ..., hash_bucket: _Optional[_Union[HashBucket, _Mapping]] = ..., cross_hash: _Optional[_Union[CrossHash, _Mapping]] = ..., check_range: _Optional[_Union[CheckRange, _Mapping]] = ..., extract_time_part: _Optional[_Union[ExtractTimePart, _Mapping]] = ..., require_present: _Optional[_Union[RequirePresent, _Mapping]] = ..., one_hot_encode: _Optional[_Union[OneHotEncode, _Mapping]] = ..., to_float32: _Optional[_Union[ToFloat32, _Mapping]] = ..., read_list: _Optional[_Union[ReadList, _Mapping]] = ..., pad_ids: _Optional[_Union[PadIds, _Mapping]] = ..., pad_numbers: _Optional[_Union[PadNumbers, _Mapping]] = ..., multi_hot_encode: _Optional[_Union[MultiHotEncode, _Mapping]] = ..., count_encode: _Optional[_Union[CountEncode, _Mapping]] = ..., weight_encode: _Optional[_Union[WeightEncode, _Mapping]] = ..., aggregate_list: _Optional[_Union[AggregateList, _Mapping]] = ..., count_elements: _Optional[_Union[CountElements, _Mapping]] = ..., is_missing: _Optional[_Union[_spec_pb2.IsMissing, _Mapping]] = ..., arithmetic: _Optional[_Union[Arithmetic, _Mapping]] = ..., compare_numbers: _Optional[_Union[CompareNumbers, _Mapping]] = ..., choose_number: _Optional[_Union[ChooseNumber, _Mapping]] = ..., join_text: _Optional[_Union[JoinText, _Mapping]] = ..., lookup_vector: _Optional[_Union[LookupVector, _Mapping]] = ..., combine_ids: _Optional[_Union[CombineIds, _Mapping]] = ..., mark_missing: _Optional[_Union[MarkMissing, _Mapping]] = ..., default_id: _Optional[_Union[DefaultId, _Mapping]] = ..., pack_vector: _Optional[_Union[PackVector, _Mapping]] = ..., pad_weighted: _Optional[_Union[PadWeighted, _Mapping]] = ..., map_text: _Optional[_Union[MapText, _Mapping]] = ..., strip_text: _Optional[_Union[StripText, _Mapping]] = ..., cut_text: _Optional[_Union[CutText, _Mapping]] = ..., join_ngrams: _Optional[_Union[JoinNgrams, _Mapping]] = ..., weigh_terms: _Optional[_Union[WeighTerms, _Mapping]] = ..., cut_wordpieces: _Optional[_Union[CutWordpieces, _Mapping]] = ..., align_lists: _Optional[_Union[AlignLists, _Mapping]] = ..., shift_list: _Optional[_Union[ShiftList, _Mapping]] = ..., difference_list: _Optional[_Union[DifferenceList, _Mapping]] = ..., roll_list: _Optional[_Union[RollList, _Mapping]] = ..., mask_elements: _Optional[_Union[MaskElements, _Mapping]] = ..., mask_ids: _Optional[_Union[MaskIds, _Mapping]] = ..., hide_id: _Optional[_Union[HideId, _Mapping]] = ..., lookup_number: _Optional[_Union[LookupNumber, _Mapping]] = ..., bucketize_by_key: _Optional[_Union[BucketizeByKey, _Mapping]] = ..., decode_tensor: _Optional[_Union[DecodeTensor, _Mapping]] = ..., shape_list: _Optional[_Union[ShapeList, _Mapping]] = ..., rescale_tensor: _Optional[_Union[RescaleTensor, _Mapping]] = ..., round_tensor: _Optional[_Union[RoundTensor, _Mapping]] = ..., pad_boxes: _Optional[_Union[PadBoxesOp, _Mapping]] = ..., pad_objects: _Optional[_Union[PadObjects, _Mapping]] = ..., decode_image: _Optional[_Union[DecodeImage, _Mapping]] = ...) -> None: ...

class ReadColumn(_message.Message):
    __slots__ = ("column", "dtype")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    column: str
    dtype: str
    def __init__(self, column: _Optional[str] = ..., dtype: _Optional[str] = ...) -> None: ...

class ToFloat64(_message.Message):
    __slots__ = ("nan",)
    NAN_FIELD_NUMBER: _ClassVar[int]
    nan: str
    def __init__(self, nan: _Optional[str] = ...) -> None: ...

class FillMissing(_message.Message):
    __slots__ = ("value",)
    VALUE_FIELD_NUMBER: _ClassVar[int]
    value: _spec_pb2.Scalar
    def __init__(self, value: _Optional[_Union[_spec_pb2.Scalar, _Mapping]] = ...) -> None: ...

class ClipValue(_message.Message):
    __slots__ = ("low", "high")
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    low: float
    high: float
    def __init__(self, low: _Optional[float] = ..., high: _Optional[float] = ...) -> None: ...

class Log1pValue(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StandardizeValue(_message.Message):
    __slots__ = ("mean", "std")
    MEAN_FIELD_NUMBER: _ClassVar[int]
    STD_FIELD_NUMBER: _ClassVar[int]
    mean: float
    std: float
    def __init__(self, mean: _Optional[float] = ..., std: _Optional[float] = ...) -> None: ...

class MinMaxScale(_message.Message):
    __slots__ = ("minimum", "maximum")
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    minimum: float
    maximum: float
    def __init__(self, minimum: _Optional[float] = ..., maximum: _Optional[float] = ...) -> None: ...

class Bucketize(_message.Message):
    __slots__ = ("boundaries",)
    BOUNDARIES_FIELD_NUMBER: _ClassVar[int]
    boundaries: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, boundaries: _Optional[_Iterable[float]] = ...) -> None: ...

class IsGreaterEqual(_message.Message):
    __slots__ = ("threshold",)
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    threshold: float
    def __init__(self, threshold: _Optional[float] = ...) -> None: ...

class LookupVocabulary(_message.Message):
    __slots__ = ("digest", "num_oov", "num_reserved", "num_skipped", "oov_first")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    NUM_OOV_FIELD_NUMBER: _ClassVar[int]
    NUM_RESERVED_FIELD_NUMBER: _ClassVar[int]
    NUM_SKIPPED_FIELD_NUMBER: _ClassVar[int]
    OOV_FIRST_FIELD_NUMBER: _ClassVar[int]
    digest: str
    num_oov: int
    num_reserved: int
    num_skipped: int
    oov_first: bool
    def __init__(self, digest: _Optional[str] = ..., num_oov: _Optional[int] = ..., num_reserved: _Optional[int] = ..., num_skipped: _Optional[int] = ..., oov_first: bool = ...) -> None: ...

class HashBucket(_message.Message):
    __slots__ = ("num_buckets", "key")
    NUM_BUCKETS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    num_buckets: int
    key: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, num_buckets: _Optional[int] = ..., key: _Optional[_Iterable[int]] = ...) -> None: ...

class CrossHash(_message.Message):
    __slots__ = ("num_buckets", "hash_key")
    NUM_BUCKETS_FIELD_NUMBER: _ClassVar[int]
    HASH_KEY_FIELD_NUMBER: _ClassVar[int]
    num_buckets: int
    hash_key: int
    def __init__(self, num_buckets: _Optional[int] = ..., hash_key: _Optional[int] = ...) -> None: ...

class CombineIds(_message.Message):
    __slots__ = ("size",)
    SIZE_FIELD_NUMBER: _ClassVar[int]
    size: int
    def __init__(self, size: _Optional[int] = ...) -> None: ...

class CheckRange(_message.Message):
    __slots__ = ("num_ids",)
    NUM_IDS_FIELD_NUMBER: _ClassVar[int]
    num_ids: int
    def __init__(self, num_ids: _Optional[int] = ...) -> None: ...

class ExtractTimePart(_message.Message):
    __slots__ = ("part", "transitions", "offsets")
    PART_FIELD_NUMBER: _ClassVar[int]
    TRANSITIONS_FIELD_NUMBER: _ClassVar[int]
    OFFSETS_FIELD_NUMBER: _ClassVar[int]
    part: str
    transitions: _containers.RepeatedScalarFieldContainer[int]
    offsets: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, part: _Optional[str] = ..., transitions: _Optional[_Iterable[int]] = ..., offsets: _Optional[_Iterable[int]] = ...) -> None: ...

class RequirePresent(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class OneHotEncode(_message.Message):
    __slots__ = ("depth",)
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    depth: int
    def __init__(self, depth: _Optional[int] = ...) -> None: ...

class ToFloat32(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReadList(_message.Message):
    __slots__ = ("column", "dtype", "missing")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    column: str
    dtype: str
    missing: str
    def __init__(self, column: _Optional[str] = ..., dtype: _Optional[str] = ..., missing: _Optional[str] = ...) -> None: ...

class PadIds(_message.Message):
    __slots__ = ("length", "side", "truncate")
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    TRUNCATE_FIELD_NUMBER: _ClassVar[int]
    length: int
    side: str
    truncate: str
    def __init__(self, length: _Optional[int] = ..., side: _Optional[str] = ..., truncate: _Optional[str] = ...) -> None: ...

class PadNumbers(_message.Message):
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

class MultiHotEncode(_message.Message):
    __slots__ = ("depth",)
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    depth: int
    def __init__(self, depth: _Optional[int] = ...) -> None: ...

class CountEncode(_message.Message):
    __slots__ = ("depth",)
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    depth: int
    def __init__(self, depth: _Optional[int] = ...) -> None: ...

class WeightEncode(_message.Message):
    __slots__ = ("depth",)
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    depth: int
    def __init__(self, depth: _Optional[int] = ...) -> None: ...

class PadWeighted(_message.Message):
    __slots__ = ("part", "length", "side", "truncate")
    PART_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    TRUNCATE_FIELD_NUMBER: _ClassVar[int]
    part: str
    length: int
    side: str
    truncate: str
    def __init__(self, part: _Optional[str] = ..., length: _Optional[int] = ..., side: _Optional[str] = ..., truncate: _Optional[str] = ...) -> None: ...

class AggregateList(_message.Message):
    __slots__ = ("kind",)
    KIND_FIELD_NUMBER: _ClassVar[int]
    kind: str
    def __init__(self, kind: _Optional[str] = ...) -> None: ...

class CountElements(_message.Message):
    __slots__ = ("maximum",)
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    maximum: int
    def __init__(self, maximum: _Optional[int] = ...) -> None: ...

class Arithmetic(_message.Message):
    __slots__ = ("operator", "left", "right")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    operator: str
    left: float
    right: float
    def __init__(self, operator: _Optional[str] = ..., left: _Optional[float] = ..., right: _Optional[float] = ...) -> None: ...

class CompareNumbers(_message.Message):
    __slots__ = ("operator", "left", "right")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    operator: str
    left: float
    right: float
    def __init__(self, operator: _Optional[str] = ..., left: _Optional[float] = ..., right: _Optional[float] = ...) -> None: ...

class ChooseNumber(_message.Message):
    __slots__ = ("then", "otherwise")
    THEN_FIELD_NUMBER: _ClassVar[int]
    OTHERWISE_FIELD_NUMBER: _ClassVar[int]
    then: float
    otherwise: float
    def __init__(self, then: _Optional[float] = ..., otherwise: _Optional[float] = ...) -> None: ...

class DecodeTensor(_message.Message):
    __slots__ = ("shape", "dtype", "nan", "missing")
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    NAN_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    shape: _containers.RepeatedScalarFieldContainer[int]
    dtype: str
    nan: str
    missing: str
    def __init__(self, shape: _Optional[_Iterable[int]] = ..., dtype: _Optional[str] = ..., nan: _Optional[str] = ..., missing: _Optional[str] = ...) -> None: ...

class DecodeImage(_message.Message):
    __slots__ = ("height", "width", "channels", "resize", "max_pixels", "missing")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    RESIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_PIXELS_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    height: int
    width: int
    channels: int
    resize: str
    max_pixels: int
    missing: str
    def __init__(self, height: _Optional[int] = ..., width: _Optional[int] = ..., channels: _Optional[int] = ..., resize: _Optional[str] = ..., max_pixels: _Optional[int] = ..., missing: _Optional[str] = ...) -> None: ...

class ShapeList(_message.Message):
    __slots__ = ("shape", "missing")
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    shape: _containers.RepeatedScalarFieldContainer[int]
    missing: str
    def __init__(self, shape: _Optional[_Iterable[int]] = ..., missing: _Optional[str] = ...) -> None: ...

class RescaleTensor(_message.Message):
    __slots__ = ("scale", "offset")
    SCALE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    scale: float
    offset: float
    def __init__(self, scale: _Optional[float] = ..., offset: _Optional[float] = ...) -> None: ...

class RoundTensor(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class JoinText(_message.Message):
    __slots__ = ("separator",)
    SEPARATOR_FIELD_NUMBER: _ClassVar[int]
    separator: str
    def __init__(self, separator: _Optional[str] = ...) -> None: ...

class MarkMissing(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[_spec_pb2.Scalar]
    def __init__(self, values: _Optional[_Iterable[_Union[_spec_pb2.Scalar, _Mapping]]] = ...) -> None: ...

class DefaultId(_message.Message):
    __slots__ = ("num_ids", "default")
    NUM_IDS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_FIELD_NUMBER: _ClassVar[int]
    num_ids: int
    default: int
    def __init__(self, num_ids: _Optional[int] = ..., default: _Optional[int] = ...) -> None: ...

class PackVector(_message.Message):
    __slots__ = ("size",)
    SIZE_FIELD_NUMBER: _ClassVar[int]
    size: int
    def __init__(self, size: _Optional[int] = ...) -> None: ...

class LookupVector(_message.Message):
    __slots__ = ("width", "values")
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    width: int
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, width: _Optional[int] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...

class MapText(_message.Message):
    __slots__ = ("change", "unicode")
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    UNICODE_FIELD_NUMBER: _ClassVar[int]
    change: str
    unicode: str
    def __init__(self, change: _Optional[str] = ..., unicode: _Optional[str] = ...) -> None: ...

class StripText(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CutText(_message.Message):
    __slots__ = ("separator", "missing")
    SEPARATOR_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    separator: str
    missing: str
    def __init__(self, separator: _Optional[str] = ..., missing: _Optional[str] = ...) -> None: ...

class JoinNgrams(_message.Message):
    __slots__ = ("least", "most", "separator")
    LEAST_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    SEPARATOR_FIELD_NUMBER: _ClassVar[int]
    least: int
    most: int
    separator: str
    def __init__(self, least: _Optional[int] = ..., most: _Optional[int] = ..., separator: _Optional[str] = ...) -> None: ...

class WeighTerms(_message.Message):
    __slots__ = ("weights",)
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    weights: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, weights: _Optional[_Iterable[float]] = ...) -> None: ...

class CutWordpieces(_message.Message):
    __slots__ = ("digest", "unknown", "prefix", "max_chars")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    MAX_CHARS_FIELD_NUMBER: _ClassVar[int]
    digest: str
    unknown: str
    prefix: str
    max_chars: int
    def __init__(self, digest: _Optional[str] = ..., unknown: _Optional[str] = ..., prefix: _Optional[str] = ..., max_chars: _Optional[int] = ...) -> None: ...

class AlignLists(_message.Message):
    __slots__ = ("drop",)
    DROP_FIELD_NUMBER: _ClassVar[int]
    drop: bool
    def __init__(self, drop: bool = ...) -> None: ...

class ShiftList(_message.Message):
    __slots__ = ("offset",)
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    offset: int
    def __init__(self, offset: _Optional[int] = ...) -> None: ...

class DifferenceList(_message.Message):
    __slots__ = ("lag",)
    LAG_FIELD_NUMBER: _ClassVar[int]
    lag: int
    def __init__(self, lag: _Optional[int] = ...) -> None: ...

class RollList(_message.Message):
    __slots__ = ("size", "kind")
    SIZE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    size: int
    kind: str
    def __init__(self, size: _Optional[int] = ..., kind: _Optional[str] = ...) -> None: ...

class MaskElements(_message.Message):
    __slots__ = ("length", "side")
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    length: int
    side: str
    def __init__(self, length: _Optional[int] = ..., side: _Optional[str] = ...) -> None: ...

class MaskIds(_message.Message):
    __slots__ = ("seed", "first", "mask", "chosen_below", "masked_below", "random_below", "targets")
    SEED_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    CHOSEN_BELOW_FIELD_NUMBER: _ClassVar[int]
    MASKED_BELOW_FIELD_NUMBER: _ClassVar[int]
    RANDOM_BELOW_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    seed: int
    first: int
    mask: int
    chosen_below: int
    masked_below: int
    random_below: int
    targets: bool
    def __init__(self, seed: _Optional[int] = ..., first: _Optional[int] = ..., mask: _Optional[int] = ..., chosen_below: _Optional[int] = ..., masked_below: _Optional[int] = ..., random_below: _Optional[int] = ..., targets: bool = ...) -> None: ...

class HideId(_message.Message):
    __slots__ = ("seed", "place", "hidden_below", "mask", "shown")
    SEED_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_BELOW_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    SHOWN_FIELD_NUMBER: _ClassVar[int]
    seed: int
    place: int
    hidden_below: int
    mask: int
    shown: int
    def __init__(self, seed: _Optional[int] = ..., place: _Optional[int] = ..., hidden_below: _Optional[int] = ..., mask: _Optional[int] = ..., shown: _Optional[int] = ...) -> None: ...

class LookupNumber(_message.Message):
    __slots__ = ("values", "num_missing")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    NUM_MISSING_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    num_missing: int
    def __init__(self, values: _Optional[_Iterable[float]] = ..., num_missing: _Optional[int] = ...) -> None: ...

class BucketizeByKey(_message.Message):
    __slots__ = ("boundaries", "sizes", "num_missing")
    BOUNDARIES_FIELD_NUMBER: _ClassVar[int]
    SIZES_FIELD_NUMBER: _ClassVar[int]
    NUM_MISSING_FIELD_NUMBER: _ClassVar[int]
    boundaries: _containers.RepeatedScalarFieldContainer[float]
    sizes: _containers.RepeatedScalarFieldContainer[int]
    num_missing: int
    def __init__(self, boundaries: _Optional[_Iterable[float]] = ..., sizes: _Optional[_Iterable[int]] = ..., num_missing: _Optional[int] = ...) -> None: ...

class PadBoxesOp(_message.Message):
    __slots__ = ("length", "source", "relative", "target", "to_relative")
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    RELATIVE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    TO_RELATIVE_FIELD_NUMBER: _ClassVar[int]
    length: int
    source: str
    relative: bool
    target: str
    to_relative: bool
    def __init__(self, length: _Optional[int] = ..., source: _Optional[str] = ..., relative: bool = ..., target: _Optional[str] = ..., to_relative: bool = ...) -> None: ...

class PadObjects(_message.Message):
    __slots__ = ("length", "source", "relative")
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    RELATIVE_FIELD_NUMBER: _ClassVar[int]
    length: int
    source: str
    relative: bool
    def __init__(self, length: _Optional[int] = ..., source: _Optional[str] = ..., relative: bool = ...) -> None: ...
