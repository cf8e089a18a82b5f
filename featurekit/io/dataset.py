"""Reading a published dataset."""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from featurekit.errors import DatasetError, DatasetIncompleteError, UnsafeSpecError
from featurekit.io.block_decoder import decode_blocks
from featurekit.io.layout import (
    Arrays,
    arrow_type,
    as_newer,
    check_places,
    newer_arrays,
    shaped,
    stored_schema,
    unpack,
)
from featurekit.io.manifest import Manifest, OutputColumn, Shard
from featurekit.io.numpy_batches import NumpyBatches, reading_order
from featurekit.io.older_records import OlderRecords, read_as
from featurekit.io.output_directory import MANIFEST, read_manifest
from featurekit.io.reading_order import BUFFER_ROWS, Block, Run, Steps
from featurekit.io.shard_stream import ShardStream
from featurekit.io.tfrecord_writer import Compression
from featurekit.plan.stats import Stats
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.serialize import spec_from_proto

if TYPE_CHECKING:
    import tensorflow as tf

    from featurekit.torchdata import RecordBatches


@dataclass(frozen=True)
class Dataset:
    """One part of a dataset, or all of them.

    Args:
        path: The dataset's folder.
        manifest: What it holds.
        split: The part; None is all parts, in the order of the spec.
        older: How the records are read as those of a newer spec; None as they are.

    Attributes:
        columns: What each record holds, label and weight included.
    """

    path: Path
    manifest: Manifest
    split: str | None = None
    older: OlderRecords | None = None

    @property
    def columns(self) -> tuple[OutputColumn, ...]:
        """What each record holds: features, then label and weight."""
        return self.written if self.older is None else self.older.columns

    @property
    def written(self) -> tuple[OutputColumn, ...]:
        """The columns as they were written; others than `columns` by a newer spec."""
        return self.manifest.columns

    @property
    def shards(self) -> tuple[Shard, ...]:
        """The files that are read, in order."""
        names = list(self.manifest.records_by_split)
        wanted = names if self.split is None else [self.split]
        return tuple(s for name in wanted for s in self.manifest.split_shards(name))

    @property
    def num_rows(self) -> int:
        """Number of records."""
        return sum(shard.records for shard in self.shards)

    def __len__(self) -> int:
        return self.num_rows

    @cached_property
    def spec(self) -> FeatureSpec:
        """The declaration that the records were made with."""
        return spec_from_proto(self._stored("spec.pb"))

    @cached_property
    def stats(self) -> Stats:
        """The statistics that the records were made with."""
        return Stats.from_proto(self._stored("stats.pb"))

    def _stored(self, name: str) -> bytes:
        path = self.file(f"{self.manifest.run_id}/{name}")
        if not path.is_file():
            raise DatasetIncompleteError(
                "a file of the dataset is gone", file=str(path)
            )
        return path.read_bytes()

    def file(self, relative: str) -> Path:
        """The path of a file that the manifest names.

        Raises:
            UnsafeSpecError: The name leads out of the dataset's folder.
        """
        path = self.path / relative
        if not path.resolve().is_relative_to(self.path.resolve()):
            raise UnsafeSpecError(
                "the manifest names a file outside of the dataset",
                file=str(self.path / MANIFEST),
                got=relative,
            )
        return path

    @property
    def compression(self) -> Compression:
        """How the shards are compressed."""
        return "gzip" if self.manifest.compression == "gzip" else None

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns as Arrow types."""
        return pa.schema([(c.name, arrow_type(c.dtype, c.width)) for c in self.columns])

    @cached_property
    def stored(self) -> pa.Schema:
        """What the records hold, which is not the columns where they are packed."""
        return stored_schema(self.written)

    def read_shard(self, shard: Shard) -> Iterator[pa.RecordBatch]:
        """Decodes the records of one shard, batch by batch.

        Raises:
            CorruptRecordError: The file is damaged.
            ExampleDecodeError: A record is not what the manifest says.
            DatasetIncompleteError: The file is gone, or has another number of records.
        """
        stream = ShardStream(self, shard)
        with closing(stream):
            for piece in stream.take(0, shard.records):
                found = unpack(piece.decode(self.stored), self.written)
                yield found if self.older is None else as_newer(found, self.older)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The records as Arrow batches of their own sizes, in order of the source."""
        for shard in self.shards:
            yield from self.read_shard(shard)

    def to_arrow(self) -> pa.Table:
        """All records as an Arrow table."""
        return pa.Table.from_batches(self.batches(), self.schema)

    def to_numpy(self, *, threads: int | None = None) -> Arrays:
        """All records as arrays; needs no TensorFlow.

        Args:
            threads: How many decode. Defaults to one per core, at most 8.

        Returns:
            By column name int64 or float32, shape (rows,), or (rows, width) for a
            column with a width, in its shape if it has one.
        """
        runs = tuple(Run(i, 0, shard.records) for i, shard in enumerate(self.shards))
        blocks = decode_blocks(
            self, [Block(0, runs)], "named", ahead=0, threads=threads
        )
        ((arrays, _),) = blocks
        newer = newer_arrays(arrays, self.older, self.num_rows)
        return shaped(newer, self.columns)

    def iter_numpy(
        self,
        batch_size: int,
        *,
        shuffle: bool = False,
        seed: int = 0,
        num_epochs: int | None = 1,
        drop_remainder: bool = False,
        shard: tuple[int, int] = (0, 1),
        buffer_rows: int = BUFFER_ROWS,
        prefetch: int = 2,
        threads: int | None = None,
    ) -> NumpyBatches:
        """The records as batches of NumPy arrays, for JAX, PyTorch or plain loops.

        The batches depend on the arguments alone: not on threads, the machine, or the
        version of NumPy. In each epoch every record is in exactly one batch of exactly
        one process. Rows are mixed in blocks of `buffer_rows`, each of which takes rows
        of 8 shards; shards are mixed anew in every epoch, over all processes.

        Args:
            batch_size: Records of one batch.
            shuffle: Whether to mix the records, anew in every epoch. Defaults to False.
            seed: Decides the mixing; the same in all processes. Defaults to 0.
            num_epochs: How often to go through the records; None has no end. A batch
                never holds records of two epochs. Defaults to 1.
            drop_remainder: Leave out the last batch of an epoch if it is not full. All
                processes then have the same number of batches. Defaults to False: the
                records of processes differ by one at most.
            shard: This process and the number of processes, as
                (jax.process_index(), jax.process_count()). Defaults to (0, 1).
            buffer_rows: Records that are mixed with each other. Defaults to 131,072.
            prefetch: Blocks that are decoded ahead of the one in use: of `buffer_rows`
                where records are mixed, else of 16,384. Defaults to 2.
            threads: How many decode. Defaults to one per core, at most 8.

        Returns:
            An iterator of batches as of `to_tf`, with NumPy arrays; it has `get_state`
            and `set_state`, to go on with the next batch after a restart.

        Raises:
            ValueError: An argument is out of range.
            CorruptRecordError: While it is read: a file is damaged.

        Example:
            >>> import featurekit as fk, tempfile
            >>> spec = fk.FeatureSpec({"age": fk.numeric("age")})
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     _ = fk.convert(spec, fk.Stats({}), {"age": [20, 30, 40]}, folder)
            ...     for batch in fk.load(folder).iter_numpy(2):
            ...         print(batch)
            {'age': array([20., 30.], dtype=float32)}
            {'age': array([40.], dtype=float32)}
        """
        order = reading_order(
            self, shuffle=shuffle, seed=seed, shard=shard, buffer_rows=buffer_rows
        )
        steps = Steps(order, batch_size, num_epochs, drop_remainder)
        return NumpyBatches(self, steps, prefetch=prefetch, threads=threads)

    def to_tf(
        self,
        batch_size: int,
        *,
        shuffle: bool = False,
        seed: int = 0,
        drop_remainder: bool = False,
        shard: tuple[int, int] = (0, 1),
    ) -> "tf.data.Dataset":
        """The records as a `tf.data.Dataset` of batches, ready for `model.fit`.

        Args:
            batch_size: Records of one batch.
            shuffle: Whether to mix the records, anew in every epoch. Defaults to False.
            seed: Decides the mixing. Defaults to 0.
            drop_remainder: Leave out the last batch if it is not full.
            shard: This process and the number of processes. The records of processes
                differ by one for each file at most. Defaults to (0, 1).

        Returns:
            Batches of (features, label), or (features, label, weight) if there is a
            weight, or features alone if there is no label. Features are a dict of
            tensors of shapes as in `to_numpy`.

        Raises:
            MissingDependencyError: TensorFlow is not installed.
        """
        from featurekit.tfdata import records_to_tf

        return records_to_tf(
            self,
            batch_size,
            shuffle=shuffle,
            seed=seed,
            drop_remainder=drop_remainder,
            shard=shard,
        )

    def to_torch(
        self,
        batch_size: int,
        *,
        shuffle: bool = False,
        seed: int = 0,
        drop_remainder: bool = False,
        shard: tuple[int, int] | None = None,
        buffer_rows: int = BUFFER_ROWS,
        prefetch: int = 2,
        threads: int | None = None,
    ) -> "RecordBatches":
        """The records as a PyTorch IterableDataset of batches.

        Give it to `DataLoader(records, batch_size=None, num_workers=…)`; workers and
        processes share the records as those of `iter_numpy` do. Often no worker is
        needed: decoding runs in threads.

        Args:
            batch_size: Records of one batch.
            shuffle: Whether to mix the records. `set_epoch` mixes them anew, as that of
                DistributedSampler does. Defaults to False.
            seed: Decides the mixing; the same in all processes. Defaults to 0.
            drop_remainder: Leave out the last batch of each worker if it is not full.
                All workers of all processes then have the same number of batches.
            shard: This process and the number of processes. Defaults to those of
                torch.distributed, or (0, 1) where it is not initialized yet.
            buffer_rows: Records that are mixed with each other. Defaults to 131,072.
            prefetch: Blocks that are decoded ahead; see `iter_numpy`. Defaults to 2.
            threads: How many decode. Defaults to one in a worker, else one per core.

        Returns:
            Batches as of `to_tf`, with torch tensors.

        Raises:
            MissingDependencyError: PyTorch is not installed.
        """
        from featurekit.torchdata import RecordBatches

        return RecordBatches(
            self,
            batch_size,
            shuffle=shuffle,
            seed=seed,
            drop_remainder=drop_remainder,
            shard=shard,
            buffer_rows=buffer_rows,
            prefetch=prefetch,
            threads=threads,
        )


def load(
    path: str | os.PathLike[str],
    split: str | None = None,
    *,
    spec: FeatureSpec | None = None,
    stats: Stats | None = None,
) -> Dataset:
    """Opens a published dataset; reads the manifest only.

    Args:
        path: The dataset's folder.
        split: The part to read. Defaults to all parts.
        spec: A newer spec, whose features the records are read as. Defaults to the one
            that they were made with.
        stats: Its statistics, where they are not those of the records: of features that
            learn and are new, or of vocabularies that have grown.

    Semantics:
        - Feature under another name: found by `renamed_from` of the spec.
        - Feature that the records lack: its value in `defaults` of the spec.
        - Feature that the spec lacks: left out.
        - Other declaration: read where it would give the same values, as of `diff`
          "identical" and "serve-compatible"; also where ids were only added behind
          those that there are.
        - Everything else, also another label, weight or split: refused.

    Raises:
        DatasetIncompleteError: There is no complete dataset.
        DatasetError: It has no such part; SPEC_INCOMPATIBLE: its records are not those
            of the spec.
        VersionTooNewError: A newer featurekit wrote it.

    Example:
        >>> import featurekit as fk, tempfile
        >>> spec = fk.FeatureSpec({"age": fk.numeric("age")})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = fk.convert(spec, fk.Stats({}), {"age": [20, 30]}, folder)
        ...     fk.load(folder, split="train").to_numpy()
        {'age': array([20., 30.], dtype=float32)}
    """
    root = Path(path)
    manifest = read_manifest(root)
    if manifest is None:
        raise DatasetIncompleteError(
            "there is no complete dataset in this folder",
            file=str(root),
            expected=f"a folder with {MANIFEST}",
            hint="run convert, and wait until it ends",
        )
    check_places(manifest.layout, manifest.columns)
    dataset = Dataset(root, manifest, split)
    splits = list(manifest.records_by_split)
    if split is not None and split not in splits:
        raise DatasetError(
            "the dataset has no such part",
            code="UNKNOWN_SPLIT",
            file=str(root),
            got=split,
            expected=", ".join(splits),
        )
    if spec is None:
        return dataset
    return replace(dataset, older=read_as(dataset, spec, stats))
