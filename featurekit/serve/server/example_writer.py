"""One row as a serialized tf.Example, in plain Python.

For the few rows of a request: whole columns cost more to set up. The bytes are a valid
tf.Example, in the order of the columns.
"""

from collections.abc import Callable, Sequence
from struct import pack
from typing import Any

from featurekit.backends.values_reference import Value
from featurekit.spec.inputs import element_dtype

# Fields of the messages, with their wire type: all are length-delimited.
_FEATURES = b"\x0a"
_ENTRY = b"\x0a"
_VALUE = b"\x12"
_PACKED = b"\x0a"
_BYTES_LIST = b"\x0a"
_FLOAT_LIST = b"\x12"
_INT64_LIST = b"\x1a"


class ExampleWriter:
    """Writes rows of known columns.

    Args:
        dtypes: By column the dtype, as the spec declares it.
    """

    def __init__(self, dtypes: dict[str, str]) -> None:
        self._columns = [
            (_PACKED + _sized(name.encode()), _list_of(dtype), _is_list(dtype))
            for name, dtype in dtypes.items()
        ]

    def write(self, values: Sequence[Value]) -> bytes:
        """The row with these values; None is missing."""
        entries = []
        for (key, kind, is_list), value in zip(self._columns, values, strict=True):
            if value is None:
                continue
            found: Any = value if is_list else (value,)
            feature = kind + _sized(_PACK[kind](found))
            entries.append(_ENTRY + _sized(key + _VALUE + _sized(feature)))
        return _FEATURES + _sized(b"".join(entries))


def _is_list(dtype: str) -> bool:
    return element_dtype(dtype) is not None


def _list_of(dtype: str) -> bytes:
    dtype = element_dtype(dtype) or dtype
    if dtype == "float32":
        return _FLOAT_LIST
    return _INT64_LIST if dtype in ("int64", "timestamp") else _BYTES_LIST


def _floats(values: Sequence[float]) -> bytes:
    if not values:
        return b""
    return _PACKED + _sized(pack(f"<{len(values)}f", *values))


def _integers(values: Sequence[int]) -> bytes:
    if not values:
        return b""
    return _PACKED + _sized(b"".join(map(_varint, values)))


def _bytes(values: Sequence[bytes]) -> bytes:
    return b"".join(_PACKED + _sized(one) for one in values)


_PACK: dict[bytes, Callable[[Any], bytes]] = {
    _FLOAT_LIST: _floats,
    _INT64_LIST: _integers,
    _BYTES_LIST: _bytes,
}


def _sized(payload: bytes) -> bytes:
    return _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    if 0 <= value < 128:
        return bytes((value,))
    value &= 2**64 - 1  # negative numbers in two's complement
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)
