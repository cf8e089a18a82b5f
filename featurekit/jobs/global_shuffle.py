"""A shuffle of all records of a dataset, in two passes over the disk.

Each task draws a destination for every record and spills it; each destination then
gathers its records of all tasks and puts them into a drawn order. Both draws are words
of a counter-based generator, by task, row and seed, so the bytes of the dataset do not
depend on workers, engines, or retries.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.errors import SourceError
from featurekit.kernels.philox import fill_words

IntArray: TypeAlias = npt.NDArray[np.int64]
ShuffleKind: TypeAlias = Literal["global"] | None
_TASK_BITS = 32
_DESTINATION, _ORDER = 0, 1


def check_shuffle(shuffle: object, seed: int) -> None:
    """Refuses another kind of shuffle than there are, and a seed beyond 64 bits.

    Raises:
        SourceError: BAD_ARGUMENT.
    """
    if shuffle not in (None, "global"):
        raise SourceError(
            "unknown kind of shuffle",
            code="BAD_ARGUMENT",
            got=shuffle,
            expected="'global' or None",
        )
    if not 0 <= seed < 2**64:
        raise SourceError(
            "the seed is out of range",
            code="BAD_ARGUMENT",
            got=seed,
            expected="0 or more, below 2^64",
        )


@dataclass(frozen=True, slots=True)
class GlobalShuffle:
    """What is drawn for each record.

    Args:
        seed: Another one gives another order; from 0 below 2^64.
        shards: Into how many shards each part of the data is divided.

    Example:
        >>> shuffle = GlobalShuffle(seed=1, shards=3)
        >>> shuffle.order(0, 5).tolist() != shuffle.order(1, 5).tolist()
        True
    """

    seed: int
    shards: int

    def shard_of(self, task: int, first: int, count: int) -> IntArray:
        """The shards of consecutive records of a task, each as likely as any other.

        Args:
            task: Index of the task.
            first: The number of the first record within the task.
            count: How many there are.
        """
        drawn = self._draw(task, first, count, _DESTINATION)
        return (drawn % np.uint64(self.shards)).astype(np.int64)

    def order(self, destination: int, count: int) -> IntArray:
        """The order of the records of a destination: each is as likely."""
        drawn = self._draw(destination, 0, count, _ORDER)
        return np.argsort(drawn, kind="stable")

    def _draw(
        self, number: int, first: int, count: int, place: int
    ) -> npt.NDArray[np.uint64]:
        rows = (number << _TASK_BITS) + np.arange(first, first + count, dtype=np.int64)
        words = np.empty((count, 2, 4), np.uint32)
        fill_words(rows, np.uint64(self.seed), words)
        low, high = (words[:, place, at].astype(np.uint64) for at in (0, 1))
        return high << np.uint64(32) | low
