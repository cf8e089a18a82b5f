"""Datasets for PyTorch; loaded only where PyTorch is used."""

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from featurekit.errors import MissingDependencyError
from featurekit.io.reading_order import check_count, check_shard

try:
    import torch
    from torch.utils.data import IterableDataset, get_worker_info
except ImportError as error:
    raise MissingDependencyError("torch", "torch") from error

if TYPE_CHECKING:
    from featurekit.io.dataset import Dataset


class RecordBatches(IterableDataset):  # type: ignore[type-arg,unused-ignore]
    """What `Dataset.to_torch` returns; picklable, for workers of any start method.

    Args:
        dataset: The dataset.
        batch_size: Records of one batch.
        shard: This process and the number of processes.
        threads: How many decode.
        options: Further arguments of `Dataset.iter_numpy`.
    """

    def __init__(
        self,
        dataset: "Dataset",
        batch_size: int,
        *,
        shard: tuple[int, int] | None = None,
        threads: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        # Here and not in the workers, which do not belong to the process group.
        self.shard = shard or _process()
        check_count("batch_size", batch_size, least=1)
        check_shard(self.shard)
        self.dataset = dataset
        self.batch_size = batch_size
        self.threads = threads
        self.options = options
        # Shared: a worker that outlives the epoch is told of the next one.
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()

    def set_epoch(self, epoch: int) -> None:
        """Says which epoch comes next, which decides how records are mixed.

        Args:
            epoch: From 0.
        """
        self._epoch.fill_(epoch)

    def __iter__(self) -> Iterator[Any]:
        index, count = self.shard
        threads = self.threads
        worker = get_worker_info()
        if worker is not None:
            index = index * worker.num_workers + worker.id
            count *= worker.num_workers
            threads = threads or 1
        epoch = int(self._epoch)
        batches = self.dataset.iter_numpy(
            self.batch_size,
            shard=(index, count),
            threads=threads,
            num_epochs=epoch + 1,
            **self.options,
        )
        batches.start_at(epoch)
        with closing(batches):
            for batch in batches:
                yield _tensors(batch)


def _process() -> tuple[int, int]:
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def _tensors(batch: Any) -> Any:
    if isinstance(batch, tuple):
        return tuple(map(_tensors, batch))
    if isinstance(batch, dict):
        return {name: torch.from_numpy(array) for name, array in batch.items()}
    return torch.from_numpy(batch)
