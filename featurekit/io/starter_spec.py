"""A first FeatureSpec for a source, as Python text to edit.

Every choice is one that the data that was seen passes: the text loads, and analysis
and conversion of those rows succeed unchanged.
"""

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from featurekit.errors import SourceError, SpecError
from featurekit.io.infer import InferredColumn
from featurekit.spec.columns import (
    Column,
    TimestampColumn,
    integer,
    numeric,
    string,
    timestamp,
)
from featurekit.spec.feature_spec import LABEL, FeatureSpec
from featurekit.spec.inputs import check_name, check_zone

FEW = 16
"""Up to this many distinct values become one-hot vectors."""

MANY = 1_000
"""Up to this many distinct texts become a vocabulary; more of them are hashed."""

_EXACT_IN_FLOAT32 = 2**24
_LARGEST_HASH = 2**15
_IDENTIFIER = re.compile(r"(^|_)(id|ids|key|code|zip|number|no|num)$|[a-z]Id$", re.I)
_IDENTIFIER_ROWS = 100
_PLAIN_TEXT = re.compile(r"'([^'\"\\]*)'")


@dataclass(frozen=True, slots=True)
class _Choice:
    """What becomes of one column: its features, or none with the reason."""

    column: InferredColumn
    features: tuple[tuple[str, Column], ...] = ()
    reason: str = ""


def starter_spec(
    columns: Sequence[InferredColumn],
    *,
    label: str | None = None,
    time_zone: str = "UTC",
) -> str:
    """Python text that binds a FeatureSpec to the name `spec`.

    Numbers are filled and standardized; integers of few values, and texts, get a
    vocabulary; texts of many values, and identifiers, are hashed; times become hour,
    day of the week and month. Columns that fit no feature stay as comments.

    Args:
        columns: From `infer_schema`.
        label: The column to predict. Defaults to none.
        time_zone: IANA zone of the parts of times. Defaults to "UTC".

    Raises:
        SourceError: No column can be a feature, or the label cannot be one.
        SpecError: The zone is unknown.

    Example:
        >>> from featurekit.io.adapter import open_source
        >>> from featurekit.io.infer import infer_schema
        >>> columns = infer_schema(open_source({"age": [31.5, None]}))
        >>> print(starter_spec(columns).splitlines()[-3].strip())
        "age": fk.numeric("age").fill(31.5).standardize(),
    """
    check_zone(time_zone, "time_zone")
    chosen_label = None if label is None else _label(columns, label)
    choices = [_choose(one, time_zone) for one in columns if one.name != label]
    choices = _rename(choices, taken=() if label is None else (LABEL,))
    features = dict(pair for choice in choices for pair in choice.features)
    if not features:
        raise SourceError(
            "no column can be a feature",
            code="NO_FEATURES",
            got=", ".join(one.name for one in columns),
            hint="the source has no rows, or only missing and nested values",
        )
    # Whatever the names are: text that would not load is not given out.
    FeatureSpec(features, label=chosen_label[0] if chosen_label else None)
    return "\n".join(_lines(choices, columns, chosen_label))


def _lines(
    choices: Sequence[_Choice],
    columns: Sequence[InferredColumn],
    label: tuple[Column, bool] | None,
) -> Iterator[str]:
    rows = max(one.rows for one in columns)
    yield f'"""Features, to be edited: a first version, from {rows:,} rows."""'
    yield ""
    yield "import featurekit as fk"
    yield ""
    yield "spec = fk.FeatureSpec("
    yield "    features={"
    for choice in choices:
        if choice.reason:
            name = _one_line(choice.column.name)
            yield f"        # left out, {choice.reason}: {name}"
            continue
        yield f"        # {_describe(choice.column)}"
        for name, column in choice.features:
            yield f"        {_code(name)}: {_code(column)},"
    yield "    },"
    if label is not None:
        column, has_nulls = label
        yield f"    label={_code(column)},"
        if has_nulls:
            yield '    missing_label="drop",'
    yield ")"
    yield ""


def _choose(one: InferredColumn, time_zone: str) -> _Choice:
    reason = _obstacle(one)
    if reason:
        return _Choice(one, reason=reason)
    match one.dtype:
        case "float32":
            column = numeric(one.name).fill(_typical(one)).standardize()
            return _Choice(one, ((one.name, column),))
        case "int64":
            return _Choice(one, ((one.name, _integer(one)),))
        case "string":
            return _Choice(one, ((one.name, _text(one)),))
    return _Choice(one, tuple(_time(one, timestamp(one.name, tz=time_zone))))


def _obstacle(one: InferredColumn) -> str:
    """Why the column cannot be a feature; empty if it can."""
    try:
        check_name(one.name, "a column name")
    except SpecError as error:
        return error.message
    if one.nulls == one.rows:
        return "all values are missing"
    if one.dtype is None:
        return _one_line(one.note or "its type has no declared dtype")
    if one.dtype == "timestamp" and one.nulls:
        return f"{one.nulls:,} times are missing, and a time cannot be filled"
    unique = not one.distinct_capped and one.distinct == one.rows - one.nulls
    if one.dtype == "string" and unique and one.rows >= _IDENTIFIER_ROWS:
        return "no two rows have the same value: it may be a key"
    return ""


def _integer(one: InferredColumn) -> Column:
    low, high = _bounds(one)
    column = integer(one.name).fill(_absent(int(low), int(high)))
    if one.distinct <= FEW and not one.distinct_capped:
        return column.vocabulary().one_hot()
    if max(-low, high) > _EXACT_IN_FLOAT32 or _IDENTIFIER.search(one.name):
        buckets = _buckets(one)
        return column.hash_buckets(buckets).embedding(_width(buckets))
    return numeric(one.name).fill(_typical(one)).standardize()


def _absent(low: int, high: int) -> int:
    """An integer beside the values, so that a missing one is a value of its own."""
    if low > -(2**63) + 1:
        return low - 1
    return high + 1 if high < 2**63 - 1 else 0


def _text(one: InferredColumn) -> Column:
    column = string(one.name).fill("")
    if one.distinct_capped or one.distinct > MANY:
        buckets = _buckets(one)
        return column.hash_buckets(buckets).embedding(_width(buckets))
    words = column.vocabulary()
    return (
        words.one_hot()
        if one.distinct <= FEW
        else words.embedding(_width(one.distinct))
    )


def _time(one: InferredColumn, moment: TimestampColumn) -> Iterator[tuple[str, Column]]:
    if not one.source_type.startswith("date"):
        yield f"{one.name}_hour", moment.hour().one_hot()
    yield f"{one.name}_day_of_week", moment.day_of_week().one_hot()
    yield f"{one.name}_month", moment.month().one_hot()


def _label(columns: Sequence[InferredColumn], name: str) -> tuple[Column, bool]:
    """The label's column, and whether it has missing values."""
    found = next((one for one in columns if one.name == name), None)
    if found is None or found.dtype in (None, "timestamp") or found.nulls == found.rows:
        raise SourceError(
            "this column cannot be the label",
            code="BAD_LABEL",
            column=name,
            got=None if found is None else f"{found.source_type}, {found.note}",
            expected="a column of numbers or text: "
            + ", ".join(one.name for one in columns[:20]),
        )
    column: Column
    if found.dtype == "string":
        column = string(name).vocabulary(num_oov=0)
    elif found.dtype == "int64" and not found.distinct_capped and found.distinct <= 2:
        column = integer(name).vocabulary(num_oov=0)
        if found.minimum == 0 and found.maximum == 1:
            column = integer(name).identity(2)
    else:
        column = numeric(name)
    return column, found.nulls + found.nans > 0


def _typical(one: InferredColumn) -> float:
    """A number to fill with: 0 if the values reach from below to above it."""
    low, high = _bounds(one)
    if low <= 0 <= high or not (math.isfinite(low) and math.isfinite(high)):
        return 0.0
    return float(f"{low / 2 + high / 2:.6g}")


def _bounds(one: InferredColumn) -> tuple[float, float]:
    low, high = one.minimum, one.maximum
    if isinstance(low, int | float) and isinstance(high, int | float):
        return low, high
    return 0, 0


def _buckets(one: InferredColumn) -> int:
    """About two buckets for each value."""
    if one.distinct_capped:
        return _LARGEST_HASH
    return min(_LARGEST_HASH, 1 << max(4, (2 * one.distinct - 1).bit_length()))


def _width(num_ids: int) -> int:
    """An embedding's width: the fourth root, in steps of 4, from 4 to 32."""
    return min(32, 4 * math.ceil(math.sqrt(math.sqrt(num_ids)) / 2))


def _rename(choices: Sequence[_Choice], *, taken: Sequence[str]) -> list[_Choice]:
    """Gives features of equal-looking names different ones."""
    # Columns first: the parts of a time make way for them.
    columns = {_plain(one.column.name): 0 for one in choices if one.features}
    used = set(taken)
    renamed = []
    for choice in choices:
        features = []
        for name, column in choice.features:
            free, number = name, 2
            made = name != choice.column.name
            while _plain(free) in used or (made and _plain(free) in columns):
                free, number = f"{name}_{number}", number + 1
            used.add(_plain(free))
            features.append((free, column))
        renamed.append(_Choice(choice.column, tuple(features), choice.reason))
    return renamed


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _describe(one: InferredColumn) -> str:
    parts = [one.source_type]
    missing = one.nulls + one.nans
    if missing:
        parts.append(f"{missing / one.rows:.1%} missing")
    if one.distinct:
        more = "more than " if one.distinct_capped else ""
        parts.append(f"{more}{one.distinct:,} distinct")
    low, high = one.minimum, one.maximum
    if one.dtype in ("float32", "int64") and low is not None:
        form = ".6g" if one.dtype == "float32" else "d"
        parts.append(f"{low:{form}} to {high:{form}}")
    if one.needs_zone:
        parts.append("without zone: check tz")
    return _one_line(", ".join([*parts, *filter(None, [one.note])]))


def _one_line(text: str) -> str:
    """The text as a comment can hold it."""
    return "".join(
        mark if mark.isprintable() else mark.encode("unicode_escape").decode("ascii")
        for mark in text
    )


def _code(value: object) -> str:
    """The repr, in double quotes where that is the same."""
    text = repr(value)
    return text if '"' in text else _PLAIN_TEXT.sub(r'"\1"', text)
