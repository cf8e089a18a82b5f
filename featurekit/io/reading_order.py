"""In which order records are read: a pure function of counts and a seed.

The rows of an epoch are those of all shards, one shard behind the other, in a new order
of shards for each epoch. A process has one range of them. Its range is cut into blocks;
where rows are mixed, each block takes rows of several shards, and all of a block's rows
are permuted. So any place of any epoch can be found again without reading what comes
before, and memory is bounded by the block.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
import numpy.typing as npt

OPEN_SHARDS = 8
"""Shards that are mixed with each other; as many files are open."""
BUFFER_ROWS = 2**17
"""Rows of a block where rows are mixed."""
BLOCK_ROWS = 2**14
"""Rows of a block where they are not."""


@dataclass(frozen=True, slots=True)
class Run:
    """Records of a shard that follow each other.

    Args:
        shard: Index of the shard.
        start: The first record.
        stop: The one behind the last.
    """

    shard: int
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that are decoded together.

    Args:
        epoch: The epoch they belong to.
        runs: Where they are.
        entropy: Decides the permutation of the rows; None keeps their order.
    """

    epoch: int
    runs: tuple[Run, ...]
    entropy: tuple[int, ...] | None = None

    def __len__(self) -> int:
        return sum(map(len, self.runs))


@dataclass(frozen=True, slots=True)
class ReadingOrder:
    """The order of all epochs, for one process.

    Args:
        records: Number of records of each shard.
        block_rows: Rows of a block.
        shuffle: Whether to mix shards and rows.
        seed: Decides the mixing.
        index: Which process this is.
        count: How many there are.
    """

    records: tuple[int, ...]
    block_rows: int
    shuffle: bool = False
    seed: int = 0
    index: int = 0
    count: int = 1

    @property
    def bounds(self) -> tuple[int, int]:
        """The range of this process among the rows of an epoch."""
        total = sum(self.records)
        return (
            self.index * total // self.count,
            (self.index + 1) * total // self.count,
        )

    @property
    def rows(self) -> int:
        """Rows of this process, in every epoch."""
        first, last = self.bounds
        return last - first

    def blocks(self, epoch: int) -> Iterator[Block]:
        """The blocks of an epoch."""
        ways = OPEN_SHARDS if self.shuffle else 1
        cut = cut_blocks(self._runs(epoch), self.block_rows, ways)
        for number, runs in enumerate(cut, start=1):
            # Number 0 orders the shards.
            entropy = (self.seed, epoch, number) if self.shuffle else None
            yield Block(epoch, runs, entropy)

    def _runs(self, epoch: int) -> list[Run]:
        shards: Sequence[int] = range(len(self.records))
        if self.shuffle:
            shards = permutation(len(shards), (self.seed, epoch, 0)).tolist()
        first, last = self.bounds
        ends = list(accumulate(self.records[shard] for shard in shards))
        found = []
        for shard, end in zip(shards, ends, strict=True):
            begin = end - self.records[shard]
            start, stop = max(first, begin), min(last, end)
            if start < stop:
                found.append(Run(shard, start - begin, stop - begin))
        return found


@dataclass(frozen=True, slots=True)
class Steps:
    """The batches of all epochs, counted from 0.

    Args:
        order: The order of the rows.
        batch_size: Rows of one batch.
        num_epochs: How many epochs; None has no end.
        drop_remainder: Whether an epoch ends with its last full batch.
    """

    order: ReadingOrder
    batch_size: int
    num_epochs: int | None = 1
    drop_remainder: bool = False

    def __post_init__(self) -> None:
        check_count("batch_size", self.batch_size, least=1)
        if self.num_epochs is not None:
            check_count("num_epochs", self.num_epochs, least=0)

    @property
    def per_epoch(self) -> int:
        """Batches of one epoch; with `drop_remainder` the same for all processes."""
        if self.drop_remainder:
            return sum(self.order.records) // self.order.count // self.batch_size
        return -(-self.order.rows // self.batch_size)

    def sizes(self, first: int) -> Iterator[tuple[int, int, int]]:
        """For each batch from `first` on: epoch, its first row in it, and rows."""
        if not self.per_epoch:
            return
        epoch, batch = divmod(first, self.per_epoch)
        while self.num_epochs is None or epoch < self.num_epochs:
            for row in range(batch * self.batch_size, self.rows, self.batch_size):
                yield epoch, row, min(self.batch_size, self.rows - row)
            epoch, batch = epoch + 1, 0

    @property
    def rows(self) -> int:
        """Rows of one epoch that are in batches."""
        return min(self.order.rows, self.per_epoch * self.batch_size)

    def blocks(self, first: int) -> Iterator[Block]:
        """The blocks that hold the batches from `first` on."""
        if not self.per_epoch:
            return
        epoch, batch = divmod(first, self.per_epoch)
        row = batch * self.batch_size
        while self.num_epochs is None or epoch < self.num_epochs:
            begin = 0
            for block in self.order.blocks(epoch):
                if begin >= self.rows:
                    break
                begin += len(block)
                if begin > row:
                    yield block
            epoch, row = epoch + 1, 0


def cut_blocks(
    runs: Sequence[Run], block_rows: int, ways: int
) -> Iterator[tuple[Run, ...]]:
    """Cuts runs into blocks of equal size (the last may be smaller).

    Args:
        runs: What is to be read.
        block_rows: Rows of a block.
        ways: From how many runs a block is taken, in parts of about one size; 1 keeps
            the order.

    >>> runs = [Run(0, 0, 4), Run(1, 0, 2)]
    >>> [[(r.shard, r.start, r.stop) for r in b] for b in cut_blocks(runs, 3, 2)]
    [[(0, 0, 2), (1, 0, 1)], [(0, 2, 4), (1, 1, 2)]]
    """
    waiting = deque(runs)
    active: deque[Run] = deque()
    while waiting or active:
        block: list[Run] = []
        room = block_rows
        while room and (waiting or active):
            while waiting and len(active) < ways:
                active.append(waiting.popleft())
            # Shares differ by one row at most; who is short this time is next.
            share = -(-room // len(active))
            for _ in range(len(active)):
                run = active.popleft()
                size = min(share, room, len(run))
                if size:
                    block.append(replace(run, stop=run.start + size))
                    room -= size
                if size < len(run):
                    active.append(replace(run, start=run.start + size))
        yield tuple(block)


def check_count(name: str, value: object, *, least: int) -> None:
    """Raises ValueError unless an argument is an integer, and large enough."""
    if isinstance(value, int | np.integer) and value >= least:
        return
    wanted = "must not be negative" if least == 0 else f"must be {least} or more"
    if not isinstance(value, int | np.integer):
        wanted = "must be an integer"
    raise ValueError(f"{name} {wanted}, got {value!r}")


def check_shard(shard: tuple[int, int]) -> None:
    """Raises ValueError unless the shard is (index, count), with index < count."""
    index, count = shard
    if not 0 <= index < count:
        raise ValueError(f"shard must be (index, count) with index < count: {shard}")


def permutation(count: int, entropy: Sequence[int]) -> npt.NDArray[np.int64]:
    """A permutation that is the same on every machine, for every version of NumPy.

    NumPy promises the raw numbers of a generator, not what `permutation` makes of them.

    >>> sorted(permutation(4, [7, 0]).tolist())
    [0, 1, 2, 3]
    """
    raw = np.random.PCG64(list(entropy)).random_raw(count)
    return np.argsort(raw, kind="stable")
