"""The steps of a column: what a fluent method appends.

A step is plain frozen data. Its `method` is the fluent method that makes it, so that a
column prints as the code that builds it.
"""

import math
from dataclasses import MISSING, dataclass, field, fields
from typing import ClassVar, Literal, TypeAlias

from featurekit.errors import SpecError

MAX_IDS = 2**31 - 1
PART_SIZES = {
    "minute": 60,
    "hour": 24,
    "day_of_week": 7,
    "day_of_month": 31,
    "day_of_year": 366,
    "month": 12,
}
TimePartName: TypeAlias = Literal[
    "minute", "hour", "day_of_week", "day_of_month", "day_of_year", "month"
]


def check_count(value: object, name: str, *, minimum: int = 1) -> None:
    """Raises SpecError unless the value is an integer in [minimum, 2**31)."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise SpecError(f"{name} must be an integer", code="SPEC_BAD_VALUE", got=value)
    if not minimum <= value <= MAX_IDS:
        raise SpecError(
            f"{name} is out of range",
            code="SPEC_BAD_VALUE",
            got=value,
            expected=f"{minimum} to {MAX_IDS}",
        )


def check_finite(value: object, name: str) -> None:
    """Raises SpecError unless the value is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SpecError(f"{name} must be a number", code="SPEC_BAD_VALUE", got=value)
    if not math.isfinite(value):
        raise SpecError(f"{name} must be finite", code="SPEC_BAD_VALUE", got=value)


def _make_float(step: "_Step", *names: str) -> None:
    """Stores numbers as floats, so that 1 and 1.0 print and hash alike."""
    for name in names:
        object.__setattr__(step, name, float(getattr(step, name)))


@dataclass(frozen=True, slots=True)
class _Step:
    """Base of all steps; prints as the call that makes it."""

    method: ClassVar[str]

    def __str__(self) -> str:
        arguments = []
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.default is not MISSING and value == entry.default:
                continue
            shown = _show_argument(value)
            arguments.append(f"{entry.name}={shown}" if entry.kw_only else shown)
        return f".{self.method}({', '.join(arguments)})"


def _show_argument(value: object) -> str:
    if isinstance(value, tuple):
        return repr(
            [
                entry.decode("utf-8", "backslashreplace")
                if isinstance(entry, bytes)
                else entry
                for entry in value
            ]
        )
    return repr(value)


@dataclass(frozen=True, slots=True)
class Fill(_Step):
    """Replaces missing values by a constant."""

    method: ClassVar[str] = "fill"
    value: float | int | str


@dataclass(frozen=True, slots=True)
class Clip(_Step):
    """Limits values to [low, high]."""

    method: ClassVar[str] = "clip"
    low: float
    high: float

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise SpecError(
                    f"{name} must be a number", code="SPEC_BAD_VALUE", got=value
                )
        if not self.low <= self.high:
            raise SpecError(
                "low must not exceed high",
                code="SPEC_BAD_SCALE",
                got=(self.low, self.high),
            )
        _make_float(self, "low", "high")


@dataclass(frozen=True, slots=True)
class Log1p(_Step):
    """Replaces x by log(1 + x)."""

    method: ClassVar[str] = "log1p"


@dataclass(frozen=True, slots=True)
class Standardize(_Step):
    """Replaces x by (x - mean) / std; learned where not given."""

    method: ClassVar[str] = "standardize"
    mean: float | None = field(default=None, kw_only=True)
    std: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if (self.mean is None) != (self.std is None):
            raise SpecError(
                "mean and std are given together or not at all",
                code="SPEC_BAD_SCALE",
                got=(self.mean, self.std),
            )
        if self.mean is not None and self.std is not None:
            check_finite(self.mean, "mean")
            check_finite(self.std, "std")
            if self.std <= 0:
                raise SpecError(
                    "std must be positive", code="SPEC_BAD_SCALE", got=self.std
                )
            _make_float(self, "mean", "std")


@dataclass(frozen=True, slots=True)
class MinMax(_Step):
    """Replaces x by (x - minimum) / (maximum - minimum); learned where not given."""

    method: ClassVar[str] = "min_max"
    minimum: float | None = field(default=None, kw_only=True)
    maximum: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if (self.minimum is None) != (self.maximum is None):
            raise SpecError(
                "minimum and maximum are given together or not at all",
                code="SPEC_BAD_SCALE",
                got=(self.minimum, self.maximum),
            )
        if self.minimum is not None and self.maximum is not None:
            check_finite(self.minimum, "minimum")
            check_finite(self.maximum, "maximum")
            if self.minimum >= self.maximum:
                raise SpecError(
                    "minimum must be below maximum",
                    code="SPEC_BAD_SCALE",
                    got=(self.minimum, self.maximum),
                )
            _make_float(self, "minimum", "maximum")


@dataclass(frozen=True, slots=True)
class Buckets(_Step):
    """Replaces x by the number of boundaries that are <= x."""

    method: ClassVar[str] = "buckets"
    boundaries: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.boundaries:
            raise SpecError("boundaries are empty", code="SPEC_BAD_BOUNDARIES")
        for index, value in enumerate(self.boundaries):
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not math.isfinite(value):
                raise SpecError(
                    f"boundary {index} must be a finite number",
                    code="SPEC_BAD_BOUNDARIES",
                    got=value,
                )
            if index and value <= self.boundaries[index - 1]:
                raise SpecError(
                    "boundaries must be strictly increasing; "
                    f"boundary {index} is not above boundary {index - 1}",
                    code="SPEC_BAD_BOUNDARIES",
                    got=(self.boundaries[index - 1], value),
                    hint="sort the boundaries and remove duplicates",
                )


@dataclass(frozen=True, slots=True)
class QuantileBuckets(_Step):
    """Buckets with learned boundaries, about equally full."""

    method: ClassVar[str] = "quantile_buckets"
    num_buckets: int

    def __post_init__(self) -> None:
        check_count(self.num_buckets, "num_buckets", minimum=2)


@dataclass(frozen=True, slots=True)
class GreaterEqual(_Step):
    """1 where x >= threshold, else 0."""

    method: ClassVar[str] = "greater_equal"
    threshold: float

    def __post_init__(self) -> None:
        check_finite(self.threshold, "threshold")
        _make_float(self, "threshold")


@dataclass(frozen=True, slots=True)
class Vocabulary(_Step):
    """Replaces a token by its index; learned where no tokens are given."""

    method: ClassVar[str] = "vocabulary"
    tokens: tuple[bytes, ...] | tuple[int, ...] | None = None
    max_size: int | None = None
    min_count: int = 1
    num_oov: int = 1

    def __post_init__(self) -> None:
        check_count(self.num_oov, "num_oov", minimum=0)
        check_count(self.min_count, "min_count")
        if self.max_size is not None:
            check_count(self.max_size, "max_size")
        if self.tokens is not None:
            if self.max_size is not None or self.min_count != 1:
                raise SpecError(
                    "max_size and min_count belong to learned vocabularies",
                    code="SPEC_BAD_VALUE",
                    hint="remove them, or cut the list of tokens",
                )
            self._check_tokens(self.tokens)

    @staticmethod
    def _check_tokens(tokens: tuple[bytes, ...] | tuple[int, ...]) -> None:
        if not tokens:
            raise SpecError("the vocabulary is empty", code="SPEC_EMPTY_VOCAB")
        seen: dict[bytes | int, int] = {}
        for index in range(len(tokens)):
            token = tokens[index]
            if token in seen:
                raise SpecError(
                    f"token {index} repeats token {seen[token]}",
                    code="SPEC_DUPLICATE_TOKEN",
                    got=token,
                )
            seen[token] = index

    def __str__(self) -> str:
        arguments = []
        if self.tokens is not None:
            arguments.append(_show_argument(self.tokens))
        for name, default in (("max_size", None), ("min_count", 1), ("num_oov", 1)):
            value = getattr(self, name)
            if value != default:
                arguments.append(f"{name}={value!r}")
        return f".vocabulary({', '.join(arguments)})"


@dataclass(frozen=True, slots=True)
class HashBuckets(_Step):
    """Replaces a value by its hash modulo num_buckets."""

    method: ClassVar[str] = "hash_buckets"
    num_buckets: int

    def __post_init__(self) -> None:
        check_count(self.num_buckets, "num_buckets")


@dataclass(frozen=True, slots=True)
class Identity(_Step):
    """Takes an integer in [0, num_ids) as the id."""

    method: ClassVar[str] = "identity"
    num_ids: int

    def __post_init__(self) -> None:
        check_count(self.num_ids, "num_ids")


@dataclass(frozen=True, slots=True)
class TimePart(_Step):
    """A part of the local time, counted from 0."""

    method: ClassVar[str] = "time_part"
    part: TimePartName

    def __post_init__(self) -> None:
        if self.part not in PART_SIZES:
            raise SpecError(
                "unknown part of a timestamp",
                code="SPEC_UNKNOWN_OP",
                got=self.part,
                expected=f"one of {', '.join(PART_SIZES)}",
            )

    def __str__(self) -> str:
        return f".{self.part}()"


@dataclass(frozen=True, slots=True)
class OneHot(_Step):
    """Replaces an id by a vector that is 1.0 at the id and 0.0 elsewhere."""

    method: ClassVar[str] = "one_hot"


@dataclass(frozen=True, slots=True)
class Embedding(_Step):
    """Declares a trainable vector for each id; the preprocessing keeps the id."""

    method: ClassVar[str] = "embedding"
    dim: int

    def __post_init__(self) -> None:
        check_count(self.dim, "dim")


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
STEPS: tuple[type[Step], ...] = (
    Fill,
    Clip,
    Log1p,
    Standardize,
    MinMax,
    Buckets,
    QuantileBuckets,
    GreaterEqual,
    Vocabulary,
    HashBuckets,
    Identity,
    TimePart,
    OneHot,
    Embedding,
)


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
