"""Numbers, sizes and values as a terminal shows them."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def visible(text: str) -> str:
    """The text without control characters, which could move a terminal's cursor."""
    return "".join(
        mark if mark.isprintable() else mark.encode("unicode_escape").decode("ascii")
        for mark in text
    )


def size(count: int) -> str:
    """Bytes, as in "6.2 MB"."""
    value = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return f"{count} bytes" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def share(part: int, whole: int) -> str:
    """A percentage; empty for none."""
    if not part:
        return ""
    percent = 100 * part / whole
    return f"{percent:.1f}%" if percent >= 0.1 else "<0.1%"


def moment(microseconds: int) -> str:
    """Microseconds since 1970 as a UTC time, as short as it can be."""
    try:
        found = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return f"{microseconds} µs"
    text = found.replace(tzinfo=None).isoformat(sep=" ")
    return text.removesuffix(" 00:00:00").removesuffix(":00")


def value(found: object, *, limit: int = 40) -> str:
    """A value in a table cell, cut to `limit` characters."""
    if found is None:
        return "—"
    if isinstance(found, float):
        text = f"{found:.6g}"
    elif isinstance(found, bytes):
        text = found.decode("utf-8", "backslashreplace")
    elif isinstance(found, Sequence) and not isinstance(found, str):
        text = _vector(found)
    elif isinstance(found, datetime):
        text = found.replace(tzinfo=None).isoformat(sep=" ")
    else:
        text = str(found)
    text = visible(text) if text else '""'
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _vector(found: Sequence[Any]) -> str:
    hot = [index for index, entry in enumerate(found) if entry]
    if len(hot) == 1 and isinstance(found[hot[0]], float) and found[hot[0]] == 1.0:
        return f"1 at {hot[0]}"
    shown = (f"{one:.4g}" if isinstance(one, float) else value(one) for one in found)
    return f"[{', '.join(shown)}]"


def plain(found: object) -> Any:
    """The value as JSON holds it: NaN and infinities as text, bytes as text."""
    if isinstance(found, Mapping):
        return {str(name): plain(entry) for name, entry in found.items()}
    if isinstance(found, bytes):
        return found.decode("utf-8", "backslashreplace")
    if isinstance(found, datetime | date):
        return found.isoformat()
    if isinstance(found, float) and not math.isfinite(found):
        return str(found)
    if found is None or isinstance(found, str | int | float | bool):
        return found
    if isinstance(found, Sequence):
        return [plain(entry) for entry in found]
    return str(found)
