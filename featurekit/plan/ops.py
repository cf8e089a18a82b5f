"""The operations of a plan: a closed union of frozen dataclasses.

Each op infers the type of its result and refuses inputs that do not fit. What an op
means is defined by `featurekit.backends.reference`; that every backend agrees with it
bit for bit is what `tests/conformance` checks.
"""

import hashlib
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import ClassVar, TypeAlias

from featurekit.errors import SpecError
from featurekit.plan.types import ValueDType, ValueType
from featurekit.spec.inputs import NanPolicy
from featurekit.spec.steps import PART_SIZES, TimePartName


@dataclass(frozen=True, eq=False)
class VocabularyTable:
    """Tokens in id order; compared by their digest, so that plans stay cheap to hash.

    Args:
        tokens: All bytes, or all integers; without repetition.
    """

    tokens: tuple[bytes, ...] | tuple[int, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the kind and the tokens, each with its length."""
        sha = hashlib.sha256(b"bytes" if self.is_text else b"integers")
        for token in self.tokens:
            raw = token if isinstance(token, bytes) else b"%d" % token
            sha.update(len(raw).to_bytes(8, "little"))
            sha.update(raw)
        return sha.hexdigest()

    @property
    def is_text(self) -> bool:
        """Whether the tokens are bytes."""
        return not self.tokens or isinstance(self.tokens[0], bytes)

    def __len__(self) -> int:
        return len(self.tokens)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, VocabularyTable):
            return NotImplemented
        return self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"<{len(self)} tokens {self.digest[:8]}>"


@dataclass(frozen=True, slots=True)
class _Op:
    name: ClassVar[str]
    accepts: ClassVar[tuple[ValueDType, ...]]

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """The type of the result.

        Raises:
            SpecError: The inputs do not fit the op.
        """
        if len(inputs) != 1 or inputs[0].dtype not in self.accepts or inputs[0].width:
            raise SpecError(
                f"{self.name} does not take these inputs",
                code="PLAN_TYPE",
                got=", ".join(map(str, inputs)),
                expected=f"one of {', '.join(self.accepts)}",
            )
        return self._infer(inputs[0])

    def _infer(self, value: ValueType) -> ValueType:
        return value

    def __str__(self) -> str:
        values = ((entry.name, getattr(self, entry.name)) for entry in fields(self))
        return (
            f"{self.name}({', '.join(f'{name}={value!r}' for name, value in values)})"
        )


@dataclass(frozen=True, slots=True)
class ReadColumn(_Op):
    """Takes a column of the batch, already cast to the declared dtype."""

    name = "read_column"
    column: str
    dtype: ValueDType

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """A nullable value of the declared dtype."""
        if inputs or self.dtype not in ("float32", "int64", "string", "timestamp"):
            raise SpecError("a source has no inputs", code="PLAN_TYPE", got=self)
        return ValueType(self.dtype, nullable=True)


@dataclass(frozen=True, slots=True)
class ToFloat64(_Op):
    """Widens float32; a NaN becomes missing, rejects the row, or stays.

    Subnormal numbers become zeros of their sign: TensorFlow's threads flush them, and
    every backend has to agree.
    """

    name = "to_float64"
    accepts = ("float32",)
    nan: NanPolicy

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("float64", nullable=value.nullable)


@dataclass(frozen=True, slots=True)
class FillMissing(_Op):
    """Replaces missing values; the value has the type of the input."""

    name = "fill_missing"
    accepts = ("float64", "int64", "string")
    value: float | int | str

    def _infer(self, value: ValueType) -> ValueType:
        expected = {"float64": float, "int64": int, "string": str}[value.dtype]
        if type(self.value) is not expected:
            raise SpecError(
                f"{value.dtype} cannot be filled with this",
                code="PLAN_TYPE",
                got=self.value,
                expected=expected.__name__,
            )
        return replace(value, nullable=False)


@dataclass(frozen=True, slots=True)
class ClipValue(_Op):
    """Limits to [low, high]."""

    name = "clip_value"
    accepts = ("float64",)
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Log1pValue(_Op):
    """log(1 + x) rounded to float32, kept as float64; x < -1 rejects the row.

    Rounding here keeps everything after it, such as buckets, equal on machines whose
    log1p differs in the last bit of a float64.
    """

    name = "log1p_value"
    accepts = ("float64",)


@dataclass(frozen=True, slots=True)
class StandardizeValue(_Op):
    """(x - mean) / std; a std of 0 divides by 1."""

    name = "standardize_value"
    accepts = ("float64",)
    mean: float
    std: float


@dataclass(frozen=True, slots=True)
class MinMaxScale(_Op):
    """(x - minimum) / (maximum - minimum); an empty range divides by 1."""

    name = "min_max_scale"
    accepts = ("float64",)
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Bucketize(_Op):
    """The number of boundaries <= x; a NaN goes to the last bucket."""

    name = "bucketize"
    accepts = ("float64",)
    boundaries: tuple[float, ...]

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("int64", value.nullable, num_ids=len(self.boundaries) + 1)


@dataclass(frozen=True, slots=True)
class IsGreaterEqual(_Op):
    """1 where x >= threshold, else 0; a NaN gives 0."""

    name = "is_greater_equal"
    accepts = ("float64",)
    threshold: float

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("int64", value.nullable, num_ids=2)


@dataclass(frozen=True, slots=True)
class LookupVocabulary(_Op):
    """The id of a token; unknown ones hash into num_oov ids behind the vocabulary.

    With num_oov = 0 an unknown token rejects the row.
    """

    name = "lookup_vocabulary"
    accepts = ("string", "int64")
    vocabulary: VocabularyTable
    num_oov: int

    def _infer(self, value: ValueType) -> ValueType:
        if self.vocabulary.is_text != (value.dtype == "string"):
            raise SpecError(
                "the tokens of the vocabulary are not of the column's type",
                code="PLAN_TYPE",
                got=value.dtype,
            )
        size = len(self.vocabulary) + self.num_oov
        return ValueType("int64", value.nullable, num_ids=size)


@dataclass(frozen=True, slots=True)
class HashBucket(_Op):
    """FarmHash64 of the text, or of the decimal text of an integer, mod num_buckets."""

    name = "hash_bucket"
    accepts = ("string", "int64")
    num_buckets: int

    def _infer(self, value: ValueType) -> ValueType:
        return ValueType("int64", value.nullable, num_ids=self.num_buckets)


@dataclass(frozen=True, slots=True)
class CrossHash(_Op):
    """Folds the hashes of text and the integers of all inputs, mod num_buckets."""

    name = "cross_hash"
    accepts = ("string", "int64")
    num_buckets: int

    def infer(self, inputs: tuple[ValueType, ...]) -> ValueType:
        """Ids; missing where any input is."""
        if len(inputs) < 2 or any(item.dtype not in self.accepts for item in inputs):
            raise SpecError(
                "a cross takes two or more texts or integers",
                code="PLAN_TYPE",
                got=", ".join(map(str, inputs)),
            )
        nullable = any(item.nullable for item in inputs)
        return ValueType("int64", nullable, num_ids=self.num_buckets)


@dataclass(frozen=True, slots=True)
class CheckRange(_Op):
    """The integer itself; the row is rejected unless it is in [0, num_ids)."""

    name = "check_range"
    accepts = ("int64",)
    num_ids: int

    def _infer(self, value: ValueType) -> ValueType:
        return replace(value, num_ids=self.num_ids)


@dataclass(frozen=True, slots=True)
class ExtractTimePart(_Op):
    """A part of the local time, counted from 0.

    Args:
        part: Which one.
        transitions: Instants in seconds at which the offset changes, increasing.
        offsets: Seconds east of UTC before the first transition and after each.
    """

    name = "extract_time_part"
    accepts = ("timestamp",)
    part: TimePartName
    transitions: tuple[int, ...]
    offsets: tuple[int, ...]

    def _infer(self, value: ValueType) -> ValueType:
        if len(self.offsets) != len(self.transitions) + 1:
            raise SpecError("a zone lacks offsets", code="PLAN_TYPE", got=self.part)
        return ValueType("int64", value.nullable, num_ids=PART_SIZES[self.part])

    def __str__(self) -> str:
        return f"{self.name}(part={self.part!r}, {len(self.offsets)} offsets)"


@dataclass(frozen=True, slots=True)
class RequirePresent(_Op):
    """Rejects rows without a value."""

    name = "require_present"
    accepts = ("float64", "int64", "string")

    def _infer(self, value: ValueType) -> ValueType:
        return replace(value, nullable=False)


@dataclass(frozen=True, slots=True)
class OneHotEncode(_Op):
    """A float32 vector, 1.0 at the id."""

    name = "one_hot_encode"
    accepts = ("int64",)
    depth: int

    def _infer(self, value: ValueType) -> ValueType:
        if value.nullable or value.num_ids != self.depth:
            raise SpecError(
                "one_hot takes present ids of its depth",
                code="PLAN_TYPE",
                got=str(value),
                expected=f"int64 < {self.depth}",
            )
        return ValueType("float32", width=self.depth)


@dataclass(frozen=True, slots=True)
class ToFloat32(_Op):
    """Rounds to float32; a finite value that becomes infinite rejects the row.

    Subnormal results become zeros of their sign.
    """

    name = "to_float32"
    accepts = ("float64",)

    def _infer(self, value: ValueType) -> ValueType:
        return replace(value, dtype="float32")


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
    | CheckRange
    | ExtractTimePart
    | RequirePresent
    | OneHotEncode
    | ToFloat32
)
OPS: tuple[type[Op], ...] = Op.__args__
