"""Splits: which part of the data a row belongs to, decided by the row alone.

A split depends only on declared columns, so a new feature or a new file never moves a
row from one part to another.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from featurekit.errors import SpecError
from featurekit.spec.inputs import Input, check_name, check_zone

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400 * 10**6
# A day inside of what datetime holds, so that every zone can show it.
_FIRST_START = -719_161 * _DAY
_LAST_START = 2_932_895 * _DAY

REJECTED = "rejected"
"""Files of refused rows carry this name, so no part may have it."""
SPILLED, SPILLED_INDEX = "spilled", "spilled-index"
"""As do files of records on their way to another shard."""
_TAKEN = {
    REJECTED: "the rows that are refused",
    **dict.fromkeys((SPILLED, SPILLED_INDEX), "records that are shuffled"),
}


def _check_part(name: str) -> None:
    check_name(name, "a split name")
    if not all(mark.isalnum() or mark in "_-." for mark in name):
        raise SpecError(
            "a split name may hold letters, digits, '_', '-' and '.'",
            code="SPEC_BAD_NAME",
            got=name,
        )
    if name in _TAKEN:
        raise SpecError(
            f"{name!r} is the name of {_TAKEN[name]}",
            code="SPEC_BAD_NAME",
            got=name,
            hint="give this part of the split another name",
        )


@dataclass(frozen=True, slots=True, repr=False)
class TimeSplit:
    """Parts follow one another in time.

    Args:
        column: The timestamp column.
        names: Parts in order of time; the first one holds everything before.
        starts: First instant of each part but the first, in microseconds since
            1970-01-01 UTC.
    """

    column: Input
    names: tuple[str, ...]
    starts: tuple[int, ...]

    def __post_init__(self) -> None:
        for name in self.names:
            _check_part(name)
        if len(set(self.names)) != len(self.names) or len(self.names) < 2:
            raise SpecError(
                "a split needs two or more different parts",
                code="SPEC_BAD_VALUE",
                got=self.names,
            )
        if len(self.starts) != len(self.names) - 1 or any(
            later <= earlier
            for earlier, later in zip(self.starts, self.starts[1:], strict=False)
        ):
            raise SpecError(
                "the parts of a time split must start one after the other",
                code="SPEC_BAD_VALUE",
                got=self.starts,
            )
        if any(not _FIRST_START <= start < _LAST_START for start in self.starts):
            raise SpecError(
                "the parts of a time split must start in the years 1 to 9999",
                code="SPEC_BAD_VALUE",
                got=self.starts,
            )

    def __repr__(self) -> str:
        from zoneinfo import ZoneInfo

        zone = self.column.time_zone or "UTC"
        arguments = [repr(self.column.name)]
        if zone != "UTC":
            arguments.append(f"tz={zone!r}")
        first, *others = self.names
        if first != "train":
            arguments.append(f"first={first!r}")
        shown = {}
        for name, start in zip(others, self.starts, strict=True):
            moment = _EPOCH + timedelta(microseconds=start)
            shown[name] = moment.astimezone(ZoneInfo(zone)).isoformat()
        return f"fk.time_split({', '.join([*arguments, *_keywords(shown)])})"


@dataclass(frozen=True, slots=True, repr=False)
class KeySplit:
    """A row's part is drawn by a hash of the spec's key columns.

    Args:
        names: The parts.
        fractions: Expected share of the rows of each part; they add up to 1.
        salt: Changes the drawing.
    """

    names: tuple[str, ...]
    fractions: tuple[float, ...]
    salt: str = ""

    def __post_init__(self) -> None:
        for name in self.names:
            _check_part(name)
        if len(set(self.names)) != len(self.names) or len(self.names) < 2:
            raise SpecError(
                "a split needs two or more different parts",
                code="SPEC_BAD_VALUE",
                got=self.names,
            )
        if any(not 0 < share < 1 for share in self.fractions) or not math.isclose(
            sum(self.fractions), 1, abs_tol=1e-9
        ):
            raise SpecError(
                "the fractions of a split must be positive and add up to 1",
                code="SPEC_BAD_VALUE",
                got=self.fractions,
            )

    def __repr__(self) -> str:
        arguments = [f"salt={self.salt!r}"] if self.salt else []
        shares = dict(zip(self.names, self.fractions, strict=True))
        return f"fk.key_split({', '.join([*arguments, *_keywords(shares)])})"


Split: TypeAlias = TimeSplit | KeySplit


def _keywords(values: Mapping[str, object]) -> list[str]:
    """Keyword arguments as source text, also where a name is no identifier."""
    if all(name.isidentifier() for name in values):
        return [f"{name}={value!r}" for name, value in values.items()]
    return [f"**{dict(values)!r}"]


def _microseconds(moment: str | datetime, tz: str, part: str) -> int:
    from zoneinfo import ZoneInfo

    try:
        when = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    except ValueError:
        raise SpecError(
            f"the start of {part!r} is not a date",
            code="SPEC_BAD_VALUE",
            got=moment,
            expected="ISO 8601, such as '2013-10-01' or '2013-10-01T06:00:00+00:00'",
        ) from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=ZoneInfo(tz))
    elapsed = when - _EPOCH
    return (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds


def time_split(
    column: str, *, tz: str = "UTC", first: str = "train", **starts: str | datetime
) -> TimeSplit:
    """Parts that follow one another in time: no training on the future.

    Args:
        column: A timestamp column of the source.
        tz: Zone of dates without one. Defaults to "UTC".
        first: Name of the part before the first start. Defaults to "train".
        **starts: The other parts in order of time, each with its first instant.

    Example:
        >>> import featurekit as fk
        >>> split = fk.time_split("time", validation="2013-10-01", test="2013-11-01")
        >>> split.names
        ('train', 'validation', 'test')
    """
    check_zone(tz, column)
    return TimeSplit(
        Input(column, "timestamp", time_zone=tz),
        (first, *starts),
        tuple(_microseconds(start, tz, name) for name, start in starts.items()),
    )


def key_split(*, salt: str = "", **fractions: float) -> KeySplit:
    """Parts drawn by a hash of the spec's key: the same key is always in one part.

    Args:
        salt: Any text; another one gives another drawing. Defaults to "".
        **fractions: The parts and their expected shares.

    Example:
        >>> import featurekit as fk
        >>> fk.key_split(train=0.8, validation=0.1, test=0.1).names
        ('train', 'validation', 'test')
    """
    return KeySplit(tuple(fractions), tuple(map(float, fractions.values())), salt)
