"""Python values as the server's rows have them in JSON."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from featurekit.errors import RowError


def to_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """A JSON array of rows.

    Args:
        rows: By column, numbers, text, bytes, None, instants, lists of those; also as
            NumPy has them.

    Raises:
        RowError: A row is no mapping, or a value is something else.

    Example:
        >>> to_json([{"x": 1.5, "word": None, "raw": b"a"}])
        '[{"x": 1.5, "word": null, "raw": {"b64": "YQ=="}}]'
    """
    found = []
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise RowError(
                "a row is no mapping of columns",
                code="BAD_ROW",
                row=index,
                got=type(row).__name__,
                expected="a dict",
            )
        found.append({name: _plain(one, index, name) for name, one in row.items()})
    return json.dumps(found)


def _plain(value: Any, row: int, column: str) -> Any:
    """The value as the json module takes it."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, np.datetime64):
        # NumPy's own text has more digits than a time is read with.
        return str(value.astype("datetime64[us]"))
    if isinstance(value, np.generic):
        return _plain(value.item(), row, column)
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(one, row, column) for one in value]
    raise RowError(
        "a value cannot be sent",
        code="BAD_VALUE",
        row=row,
        column=column,
        got=type(value).__name__,
        expected="a number, text, bytes, None, an instant, or a list of those",
    )


def from_json(rows: list[Any]) -> npt.NDArray[Any]:
    """The values of an output as an array: float32, int64, bool, or objects."""
    found = np.array(rows)
    if found.dtype.kind == "f":
        return _as_float32(found)
    if found.dtype.kind in "ib":
        return found
    flat = np.empty(len(rows), object)
    flat[:] = [_text(one) for one in rows]
    return np.array(flat.tolist(), object) if rows else flat


def _as_float32(found: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """float32 where the numbers are that: those of a float32 output are, exactly."""
    with np.errstate(over="ignore"):
        narrow = found.astype(np.float32)
    same = (narrow == found) | np.isnan(found)
    return narrow if bool(same.all()) else found


def _text(value: Any) -> Any:
    if isinstance(value, Mapping):
        return base64.b64decode(str(value["b64"]))
    return [_text(one) for one in value] if isinstance(value, list) else value
