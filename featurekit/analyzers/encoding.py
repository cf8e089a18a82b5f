"""The byte form of accumulators: a self-describing header, then little-endian data.

    "FKA1" | length of header: uint32 | header: canonical JSON | payload

The header names kind, value type and options, so that bytes of one request are never
read as those of another.
"""

import json
import struct
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from featurekit.errors import StatisticsError
from featurekit.plan.requirements import OptionValue

MAGIC = b"FKA1"


def seal(
    kind: str, value_type: str, options: Mapping[str, OptionValue], payload: bytes
) -> bytes:
    """Puts the header before a payload."""
    description = {"kind": kind, "options": dict(options), "value_type": value_type}
    header = json.dumps(description, sort_keys=True, separators=(",", ":")).encode()
    return MAGIC + struct.pack("<I", len(header)) + header + payload


def unseal(data: bytes) -> tuple[str, str, dict[str, OptionValue], "Reader"]:
    """Reads kind, value type and options; the reader is left at the payload.

    Raises:
        StatisticsError: The header is damaged.
    """
    reader = Reader(data)
    if reader.take(len(MAGIC)) != MAGIC:
        raise damaged("it does not begin with FKA1")
    (length,) = struct.unpack("<I", reader.take(4))
    try:
        header = json.loads(bytes(reader.take(length)))
        kind, value_type = str(header["kind"]), str(header["value_type"])
        options = {
            str(name): tuple(value) if isinstance(value, list) else value
            for name, value in header["options"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged("its header is not readable") from error
    return kind, value_type, options, reader


def damaged(reason: str) -> StatisticsError:
    """The error for bytes that `encode` cannot have written."""
    return StatisticsError(
        f"the state of an accumulator is damaged: {reason}",
        code="STATISTIC_STATE",
        hint="run the analysis again",
    )


def pack_count(value: int) -> bytes:
    """A count, 0 <= value < 2^63, in 8 bytes."""
    return struct.pack("<q", value)


def pack_integer(value: int) -> bytes:
    """An integer of any size, in the fewest bytes, after their number."""
    length = value.bit_length() // 8 + 1
    return struct.pack("<I", length) + value.to_bytes(length, "little", signed=True)


class Reader:
    """Reads a payload from front to back.

    Every method raises StatisticsError if the bytes end too early.
    """

    __slots__ = ("_data", "_offset")

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._offset = 0

    def take(self, length: int) -> memoryview:
        """The next `length` bytes."""
        end = self._offset + length
        if length < 0 or end > len(self._data):
            raise damaged(f"{len(self._data)} bytes, at least {end} expected")
        part = self._data[self._offset : end]
        self._offset = end
        return part

    def count(self) -> int:
        """What `pack_count` wrote."""
        (value,) = struct.unpack("<q", self.take(8))
        if value < 0:
            raise damaged("a count is negative")
        return int(value)

    def integer(self) -> int:
        """What `pack_integer` wrote."""
        (length,) = struct.unpack("<I", self.take(4))
        return int.from_bytes(self.take(length), "little", signed=True)

    def int64s(self, length: int) -> npt.NDArray[np.int64]:
        """The next `length` integers, in memory of their own."""
        return np.frombuffer(self.take(8 * length), "<i8").astype(np.int64)

    def uint64s(self, length: int) -> npt.NDArray[np.uint64]:
        """The next `length` unsigned integers, in memory of their own."""
        return np.frombuffer(self.take(8 * length), "<u8").astype(np.uint64)

    def finish(self) -> None:
        """Checks that nothing is left."""
        if self._offset != len(self._data):
            raise damaged(f"{len(self._data) - self._offset} bytes too many")
