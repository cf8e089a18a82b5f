"""Where the values of a program lie in memory."""

from enum import IntEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.backends.host import instructions as at
from featurekit.kernels.arrow_buffers import read_only

IntArray: TypeAlias = npt.NDArray[np.int64]


class Kind(IntEnum):
    """What a place is for; wide ones come first, so that all are aligned."""

    OUTPUT = 0
    OUTPUT_FLOATS = 1
    OUTPUT_VALID = 2
    BLOCK = 3
    BLOCK_VALID = 4

    @property
    def in_outputs(self) -> bool:
        """Whether it lies in the memory of all rows."""
        return self < Kind.BLOCK


class Places:
    """Hands out places, and takes back those of a block for later values."""

    def __init__(self) -> None:
        self._kinds: list[Kind] = []
        self._before: list[int] = []
        self._bytes: list[int] = []
        self._used = dict.fromkeys(Kind, 0)
        self._free: dict[tuple[Kind, int], list[int]] = {}

    def take(self, kind: Kind, row_bytes: int) -> int:
        """A place of so many bytes per row."""
        free = self._free.get((kind, row_bytes))
        if free:
            return free.pop()
        self._kinds.append(kind)
        self._before.append(self._used[kind])
        self._bytes.append(row_bytes)
        self._used[kind] += row_bytes
        return len(self._kinds) - 1

    def release(self, place: int) -> None:
        """Says that nothing reads the value of a place any more."""
        if place != at.NOWHERE and not self._kinds[place].in_outputs:
            key = self._kinds[place], self._bytes[place]
            self._free.setdefault(key, []).append(place)

    def row_bytes(self, *, in_outputs: bool) -> int:
        """Bytes per row of all outputs, or of all that a block needs besides."""
        return sum(
            used for kind, used in self._used.items() if kind.in_outputs is in_outputs
        )

    def before(self, place: int) -> int:
        """Bytes per row that lie before a place."""
        kind = self._kinds[place]
        earlier = (
            used
            for other, used in self._used.items()
            if other < kind and other.in_outputs is kind.in_outputs
        )
        return sum(earlier) + self._before[place]

    def table(self) -> IntArray:
        """What the interpreter is told, once all places are known."""
        lines = [
            (int(kind.in_outputs), self.before(place), self._bytes[place])
            for place, kind in enumerate(self._kinds)
        ]
        shape = len(lines), at.PLACE_WORDS
        return read_only(np.array(lines, np.int64).reshape(shape))
