"""Inputs: the source columns that a spec reads, and their types."""

import unicodedata
from dataclasses import dataclass
from typing import Literal, TypeAlias

from featurekit.errors import SpecError

ListDType: TypeAlias = Literal["list<float32>", "list<int64>", "list<string>"]
DType: TypeAlias = (
    Literal["float32", "int64", "string", "timestamp", "key", "bytes"] | ListDType
)
NanPolicy: TypeAlias = Literal["missing", "error", "keep"]

MARKER = b"\xff\xfefeaturekit:"
"""What all bytes begin with that mean something in a tensor of text; no UTF-8 does."""

MISSING_TEXT = MARKER + b"missing"
"""The bytes that mean missing in a tensor, which has no nulls."""


def check_name(name: object, what: str) -> str:
    """Returns the name, or raises SpecError if it cannot be one."""
    if not isinstance(name, str) or not name:
        raise SpecError(
            f"{what} must be a non-empty string", code="SPEC_BAD_NAME", got=name
        )
    bad = next((mark for mark in "\0\n\r/" if mark in name), None)
    if bad is not None or len(name.encode("utf-8", "surrogatepass")) > 256:
        raise SpecError(
            f"{what} must be at most 256 bytes, without NUL, line break or '/'",
            code="SPEC_BAD_NAME",
            got=name,
        )
    if any(unicodedata.category(mark) == "Cs" for mark in name):
        raise SpecError(f"{what} is not UTF-8", code="SPEC_BAD_NAME", got=name)
    return name


@dataclass(frozen=True, slots=True)
class Input:
    """A column of the source, and the type it is read as.

    Args:
        name: Column name in the source.
        dtype: "float32", "int64", "string", "timestamp" (int64 microseconds since
            1970-01-01 UTC), "key" (text or integers, read as text), "bytes", or a list
            of float32, int64 or string, such as "list<string>".
        nan: What a NaN means: "missing", "error" or "keep".
        time_zone: IANA zone of the local time; of naive timestamps too.
        size: Of lists of float32 that are vectors, how many numbers a row has.
    """

    name: str
    dtype: DType
    nan: NanPolicy = "missing"
    time_zone: str | None = None
    size: int | None = None

    def __post_init__(self) -> None:
        check_name(self.name, "a column name")
        if self.nan not in ("missing", "error", "keep"):
            raise SpecError(
                "unknown policy for NaN",
                code="SPEC_BAD_VALUE",
                column=self.name,
                got=self.nan,
                expected="'missing', 'error' or 'keep'",
            )
        if self.size is not None:
            check_size(self.size, self.dtype, self.name)

    def __str__(self) -> str:
        factory = {
            "float32": "numeric",
            "int64": "integer",
            "string": "string",
            "timestamp": "timestamp",
            "key": "key",
            "bytes": "binary",
            "list<float32>": "numerics",
            "list<int64>": "integers",
            "list<string>": "strings",
        }[self.dtype]
        arguments = [repr(self.name)]
        if self.size is not None:
            factory = "vector"
            arguments.append(repr(self.size))
        if self.nan != "missing":
            arguments.append(f"nan={self.nan!r}")
        if self.time_zone is not None:
            arguments.append(f"tz={self.time_zone!r}")
        return f"fk.{factory}({', '.join(arguments)})"


def check_size(size: object, dtype: str, column: str) -> None:
    """Raises SpecError unless a column of the dtype may hold vectors of the size."""
    is_count = isinstance(size, int) and not isinstance(size, bool)
    if not is_count or not 1 <= size < 2**31 or dtype != "list<float32>":  # type: ignore[operator]
        raise SpecError(
            "size must be a positive integer, of a list of numbers",
            code="SPEC_BAD_VALUE",
            column=column,
            got=(dtype, size),
        )


def element_dtype(dtype: str) -> str | None:
    """What the elements of a list are; None for what is no list.

    >>> element_dtype("list<int64>"), element_dtype("int64")
    ('int64', None)
    """
    return dtype[5:-1] if dtype.startswith("list<") else None


def check_zone(zone: str, column: str) -> str:
    """Returns the time zone's name, or raises SpecError if it is unknown."""
    # Imported here: zoneinfo is the slowest import of this module.
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise SpecError(
            "unknown time zone",
            code="SPEC_BAD_VALUE",
            column=column,
            got=zone,
            expected="an IANA name such as 'Europe/Paris'",
            hint="where the system has no zone database: pip install tzdata",
        ) from None
    return zone
