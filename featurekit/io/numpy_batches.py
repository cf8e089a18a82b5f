"""Batches of NumPy arrays, and the place in them as plain data."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from featurekit.errors import DatasetError
from featurekit.io.block_decoder import Decoded, decode_blocks
from featurekit.io.layout import (
    Arrays,
    column_arrays,
    newer_arrays,
    place_columns,
    shaped,
)
from featurekit.io.reading_order import (
    BLOCK_ROWS,
    ReadingOrder,
    Steps,
    check_count,
    check_shard,
)

if TYPE_CHECKING:
    from featurekit.io.dataset import Dataset

STATE_VERSION = 1


def reading_order(
    dataset: "Dataset",
    *,
    shuffle: bool,
    seed: int,
    shard: tuple[int, int],
    buffer_rows: int,
) -> ReadingOrder:
    """The order of a dataset's rows; see `Dataset.iter_numpy`.

    Raises:
        ValueError: An argument is out of range.
    """
    check_shard(shard)
    check_count("buffer_rows", buffer_rows, least=1)
    check_count("seed", seed, least=0)
    return ReadingOrder(
        tuple(one.records for one in dataset.shards),
        buffer_rows if shuffle else BLOCK_ROWS,
        shuffle,
        seed,
        *shard,
    )


class NumpyBatches(Iterator[Any]):
    """What `Dataset.iter_numpy` returns.

    Threads run from the first batch on. They end with the last batch, with an error,
    when the iterator is closed, and when nobody refers to it any more. After an error
    the next call tries the same batch again.

    Args:
        dataset: The dataset.
        steps: Its batches.
        prefetch: Blocks that are decoded ahead.
        threads: How many decode; None is one per core.

    Example:
        >>> import featurekit as fk, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> spec = fk.FeatureSpec({"age": fk.numeric("age")})
        >>> _ = fk.convert(spec, fk.Stats({}), {"age": range(5)}, folder)
        >>> batches = fk.load(folder).iter_numpy(2, num_epochs=None)
        >>> next(batches)
        {'age': array([0., 1.], dtype=float32)}
        >>> state = batches.get_state()  # plain data: keep it with the model
        >>> resumed = fk.load(folder).iter_numpy(2, num_epochs=None)
        >>> resumed.set_state(state)
        >>> next(resumed)
        {'age': array([2., 3.], dtype=float32)}
        >>> batches.close(), resumed.close()
        (None, None)
    """

    def __init__(
        self,
        dataset: "Dataset",
        steps: Steps,
        *,
        prefetch: int = 2,
        threads: int | None = None,
    ) -> None:
        check_count("prefetch", prefetch, least=0)
        if threads is not None:
            check_count("threads", threads, least=1)
        self.dataset = dataset
        self.steps = steps
        self.prefetch = prefetch
        self.threads = threads
        self._step = 0
        self._running: Generator[Any, None, None] | None = None

    @property
    def batches_per_epoch(self) -> int:
        """Batches of one epoch, for this process."""
        return self.steps.per_epoch

    def __next__(self) -> Any:
        if self._running is None:
            self._running = _batches(
                self.dataset, self.steps, self._step, self.prefetch, self.threads
            )
        try:
            batch = next(self._running)
        except StopIteration:
            raise
        except BaseException:
            self._running = None
            raise
        self._step += 1
        return batch

    def get_state(self) -> dict[str, Any]:
        """Where the iterator is: JSON-able, small, the same on every machine."""
        return {"step": self._step, **self._identity()}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Goes to where another iterator was; the next batch is the one it had next.

        Of the files that are open there, what comes before is read but not decoded.

        Args:
            state: What `get_state` gave, for the same records and arguments; threads,
                `prefetch` and `num_epochs` may be others.

        Raises:
            DatasetError: STATE_MISMATCH: it is of other records or arguments, which
                would give other batches.
        """
        expected = self._identity()
        for name, value in expected.items():
            if state.get(name) != value:
                raise DatasetError(
                    f"the state is of another iterator: {name} differs",
                    code="STATE_MISMATCH",
                    got=state.get(name),
                    expected=repr(value),
                    hint="pass the arguments that the state was made with",
                )
        step = state.get("step")
        if not isinstance(step, int) or step < 0:
            raise DatasetError("the state has no step", code="STATE_MISMATCH", got=step)
        self.close()
        self._step, self._running = step, None

    def start_at(self, epoch: int) -> None:
        """Goes to the first batch of an epoch, from 0."""
        self.set_state({**self.get_state(), "step": epoch * self.steps.per_epoch})

    def _identity(self) -> dict[str, Any]:
        """All that decides the batches."""
        order = self.steps.order
        return {
            "version": STATE_VERSION,
            "run_id": self.dataset.manifest.run_id,
            "split": self.dataset.split,
            "batch_size": self.steps.batch_size,
            "drop_remainder": self.steps.drop_remainder,
            "shuffle": order.shuffle,
            "seed": order.seed,
            "buffer_rows": order.block_rows,
            "shard": [order.index, order.count],
        }

    def close(self) -> None:
        """Ends the threads, and with them the iterator."""
        if self._running is None:
            self._running = _nothing()
        self._running.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _nothing() -> Generator[Any, None, None]:
    yield from ()


# A function, not a method: a generator that knew its iterator would keep it alive.
def _batches(
    dataset: "Dataset", steps: Steps, first: int, prefetch: int, threads: int | None
) -> Generator[Any, None, None]:
    # Packed: a row is in one place, and mixing rows touches two pieces of memory for
    # each instead of one for each column.
    columns = place_columns(dataset.written, "packed")
    decoded = decode_blocks(
        dataset, steps.blocks(first), "packed", ahead=prefetch, threads=threads
    )
    with closing(decoded) as blocks:
        rows = _RowBuffer(blocks, steps.order.block_rows)
        for epoch, row, size in steps.sizes(first):
            found = column_arrays(rows.take(epoch, row, size), columns)
            newer = newer_arrays(found, dataset.older, size)
            yield as_examples(dataset, shaped(newer, dataset.columns))


class _RowBuffer:
    """The block in use, of which batches are cut."""

    def __init__(self, blocks: Iterator[Decoded], block_rows: int) -> None:
        self._blocks = blocks
        self._block_rows = block_rows
        self._held: tuple[int, int] | None = None
        self._block: Decoded = {}, None

    def take(self, epoch: int, row: int, size: int) -> Arrays:
        """Copies rows, so that a batch does not keep its block alive."""
        parts: list[Arrays] = []
        end = row + size
        while row < end:
            number, at = divmod(row, self._block_rows)
            if self._held != (epoch, number):
                self._block = {}, None  # freed before the next one is waited for
                self._block, self._held = next(self._blocks), (epoch, number)
            stop = min(self._block_rows, at + end - row)
            parts.append(_cut(self._block, at, stop))
            row += stop - at
        if len(parts) == 1:
            return parts[0]
        return {
            name: np.concatenate([part[name] for part in parts]) for name in parts[0]
        }


def _cut(block: Decoded, start: int, stop: int) -> Arrays:
    arrays, order = block
    if order is None:
        return {name: array[start:stop].copy() for name, array in arrays.items()}
    rows = order[start:stop]
    return {name: array.take(rows, axis=0) for name, array in arrays.items()}


def as_examples(dataset: "Dataset", columns: dict[str, Any]) -> Any:
    """Columns as a trainer takes them; takes label and weight out.

    Returns:
        features, (features, label) or (features, label, weight).
    """
    roles: Sequence[str] = ("label", "weight")
    names = {c.role: c.name for c in dataset.columns if c.role in roles}
    found = [columns.pop(names[role]) for role in roles if role in names]
    return (columns, *found) if found else columns
