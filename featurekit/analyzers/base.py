"""What all accumulators share: type checks, identity, and the sealed byte form."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, TypeAlias, cast, get_args

import pyarrow as pa

from featurekit.analyzers.encoding import Reader, seal, unseal
from featurekit.errors import StatisticsError
from featurekit.kernels.arrow_lists import elements_of
from featurekit.plan.requirements import OptionValue
from featurekit.plan.statistics import Statistic

ValueType: TypeAlias = Literal["number", "integer", "string"]
Options: TypeAlias = Mapping[str, OptionValue]


class Accumulator(ABC):
    """Summarizes one column, batch by batch, for one statistic.

    Accumulators of one kind, value type and options form a commutative monoid under
    `merge`; a new one is its identity. The state, and so the bytes of `encode`,
    depends only on the multiset of values seen: not on how rows were split into
    batches or shards, nor on their order.

    Semantics:
        - Null: counted by `presence` only.
        - NaN and infinities: counted by `presence` only.
        - Negative zero: is zero.
        - Type: "number" takes any Arrow float or integer and counts in float64;
          "integer" takes any Arrow integer that fits int64 and is exact; "string"
          takes strings and binary, dictionary-encoded or not, as bytes.
        - Layout: slices, chunks and dictionaries do not matter.
        - Lists: every element counts as a value; `presence` counts rows and missing
          lists, and NaNs and infinities of their elements.

    Args:
        value_type: What the columns hold.
    """

    __slots__ = ("value_type",)

    kind: ClassVar[str]
    value_types: ClassVar[tuple[ValueType, ...]]

    def __init__(self, value_type: ValueType) -> None:
        if value_type not in self.value_types:
            raise StatisticsError(
                f"the statistic {self.kind!r} is not defined for this value type",
                code="STATISTIC_VALUE_TYPE",
                got=value_type,
                expected=" or ".join(self.value_types),
            )
        self.value_type: ValueType = value_type

    @property
    def options(self) -> Options:
        """The keyword arguments that `create` needs to make an equal empty one."""
        return {}

    def add(self, column: pa.Array | pa.ChunkedArray) -> None:
        """Counts one batch of the column.

        Raises:
            DTypeMismatchError: The column's Arrow type does not fit `value_type`.
            RowError: An unsigned integer does not fit int64.
        """
        chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
        for chunk in chunks:
            self._add_rows(chunk)

    def merge(self, other: Self) -> None:
        """Counts everything that `other` has counted; `other` stays equal to itself.

        Raises:
            StatisticsError: `other` has another kind, value type, or options.
        """
        self.check_same_request(other)
        self._merge(other)

    def check_same_request(self, other: "Accumulator") -> None:
        """Raises StatisticsError unless kind, value type and options are equal."""
        mine, theirs = self._identity(), other._identity()
        if mine != theirs:
            raise StatisticsError(
                "accumulators of different requests cannot be merged",
                code="STATISTIC_MERGE",
                got=theirs,
                expected=str(mine),
            )

    @abstractmethod
    def extract(self) -> Statistic:
        """The statistic of everything counted so far; counting may go on after."""

    def encode(self) -> bytes:
        """The state as bytes; equal states give equal bytes on every machine."""
        return seal(self.kind, self.value_type, self.options, self._payload())

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The accumulator that `encode` wrote.

        Raises:
            StatisticsError: The bytes are damaged, or of another kind.
        """
        kind, value_type, options, reader = unseal(data)
        if kind != cls.kind or value_type not in get_args(ValueType):
            raise StatisticsError(
                "the bytes hold the state of another statistic",
                code="STATISTIC_STATE",
                got=f"{kind} of {value_type}",
                expected=cls.kind,
            )
        # The types of options differ by class; each __init__ checks its own.
        keywords: dict[str, Any] = dict(options)
        found = cls(cast("ValueType", value_type), **keywords)
        found._restore(reader)
        reader.finish()
        return found

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Accumulator):
            return NotImplemented
        return self.encode() == other.encode()

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        return type(self).decode, (self.encode(),)

    def __repr__(self) -> str:
        options = "".join(f", {name}={value}" for name, value in self.options.items())
        return f"{type(self).__name__}({self.value_type!r}{options})"

    def _identity(self) -> tuple[str, str, dict[str, OptionValue]]:
        return self.kind, self.value_type, dict(self.options)

    def _add_rows(self, column: pa.Array) -> None:
        """Counts one contiguous array, which may hold lists."""
        self._add(elements_of(column))

    @abstractmethod
    def _add(self, column: pa.Array) -> None:
        """Counts one contiguous array."""

    @abstractmethod
    def _merge(self, other: Self) -> None:
        """Counts the state of an accumulator of the same request."""

    @abstractmethod
    def _payload(self) -> bytes:
        """The state in its one canonical form."""

    @abstractmethod
    def _restore(self, reader: Reader) -> None:
        """Sets the state of a new accumulator from its payload."""


def positive(name: str, value: int, *, minimum: int = 1) -> int:
    """Checks an option that has to be an integer of at least `minimum`."""
    if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
        raise StatisticsError(
            f"option {name!r} is out of range",
            code="STATISTIC_OPTION",
            got=value,
            expected=f"an integer >= {minimum}",
        )
    return value
