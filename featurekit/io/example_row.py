"""One row to one tf.Example, in plain Python.

Whole columns are encoded by `featurekit.io.example`. For a single row, making columns
of it takes far longer than writing its bytes. The bytes are the same.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from featurekit.errors import RowError
from featurekit.io.example import map_order
from featurekit.spec.inputs import element_dtype

Value: TypeAlias = float | int | bytes | tuple["Value", ...] | None

_KEY = 0x0A
_VALUE = 0x12
_KINDS = {
    "string": 0x0A,
    "bytes": 0x0A,
    "float32": 0x12,
    "int64": 0x1A,
    "timestamp": 0x1A,
}
"""Tag of the kind of list, a field of `Feature`, by declared dtype."""


class ExampleRowEncoder:
    r"""Writes rows as serialized tf.Examples, one at a time.

    Args:
        dtypes: By column its dtype: "float32", "int64", "timestamp", "string", "bytes",
            or a list such as "list<string>".

    Semantics:
        - The bytes are those of `encode_payloads` of the same row.
        - None, of a value or of a list, has no feature; an empty list has an empty one.

    Example:
        >>> encode = ExampleRowEncoder({"size": "float32", "place": "string"})
        >>> encode({"size": None, "place": b"Oslo"})
        b'\n\x13\n\x11\n\x05place\x12\x08\n\x06\n\x04Oslo'
    """

    def __init__(self, dtypes: Mapping[str, str]) -> None:
        self._columns = [
            (name, _field(_KEY, name.encode()), *_writer(dtypes[name]))
            for name in sorted(dtypes, key=map_order)
        ]

    def __call__(self, row: Mapping[str, Value]) -> bytes:
        """The row's tf.Example.

        Args:
            row: By column a value: numbers; integers (of times, microseconds since 1970
                UTC); bytes; tuples of them. Other entries are ignored.

        Raises:
            RowError: An element of a list is None (NULL_ELEMENT).
        """
        entries = []
        for name, key, kind, write, listed in self._columns:
            value = row[name]
            if value is None:
                continue
            values = value if listed else (value,)
            if listed and None in values:  # type: ignore[operator]
                raise RowError(
                    "a list has a missing element, which a tf.Example cannot say",
                    code="NULL_ELEMENT",
                    column=name,
                    hint="leave the element out, or the whole list",
                )
            feature = _field(kind, write(values))
            entries.append(_field(_KEY, key + _field(_VALUE, feature)))
        return _field(_KEY, b"".join(entries))


def _writer(dtype: str) -> tuple[int, Callable[[Any], bytes], bool]:
    """Tag of the kind, what writes a list of that kind, and whether rows have lists."""
    element = element_dtype(dtype)
    kind = _KINDS[element or dtype]
    return kind, _WRITERS[kind], element is not None


def _texts(values: tuple[bytes, ...]) -> bytes:
    return b"".join([_field(0x0A, value) for value in values])


def _floats(values: tuple[float, ...]) -> bytes:
    return _packed(struct.pack(f"<{len(values)}f", *values))


def _integers(values: tuple[int, ...]) -> bytes:
    return _packed(b"".join([_varint(value & 0xFFFFFFFFFFFFFFFF) for value in values]))


_WRITERS: dict[int, Callable[[Any], bytes]] = {
    0x0A: _texts,
    0x12: _floats,
    0x1A: _integers,
}


def _packed(payload: bytes) -> bytes:
    """The values of a list of numbers; an empty list is an empty message."""
    return _field(0x0A, payload) if payload else b""


def _field(tag: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 0x80:
        return bytes((tag, size)) + payload
    return bytes((tag,)) + _varint(size) + payload


def _varint(value: int) -> bytes:
    """Base 128, least significant group first."""
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
