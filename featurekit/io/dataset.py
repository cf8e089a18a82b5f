"""Reading a published dataset."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.errors import DatasetError, DatasetIncompleteError, UnsafeSpecError
from featurekit.io.example_decoder import decode_examples
from featurekit.io.manifest import Manifest, OutputColumn, Shard
from featurekit.io.output_directory import MANIFEST, read_manifest
from featurekit.io.tfrecord import read_chunks
from featurekit.io.tfrecord_writer import Compression
from featurekit.plan.stats import Stats
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.serialize import spec_from_proto

if TYPE_CHECKING:
    import tensorflow as tf

BATCH_ROWS = 32768


@dataclass(frozen=True)
class Dataset:
    """One part of a dataset, or all of them.

    Args:
        path: The dataset's folder.
        manifest: What it holds.
        split: The part; None is all parts, in the order of the spec.

    Attributes:
        columns: What each record holds, label and weight included.
    """

    path: Path
    manifest: Manifest
    split: str | None = None

    @property
    def columns(self) -> tuple[OutputColumn, ...]:
        """What each record holds: features, then label and weight."""
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
        return pa.schema([(column.name, arrow_type(column)) for column in self.columns])

    def read_shard(self, shard: Shard) -> Iterator[pa.RecordBatch]:
        """Decodes the records of one shard, batch by batch.

        Raises:
            CorruptRecordError: The file is damaged.
            ExampleDecodeError: A record is not what the manifest says.
            DatasetIncompleteError: The file is gone, or has another number of records.
        """
        path = self.file(shard.path)
        if not path.is_file():
            raise DatasetIncompleteError("a shard is gone", file=str(path))
        records = 0
        for chunk in read_chunks(path, compression=self.compression):
            for start in range(0, len(chunk), BATCH_ROWS):
                rows = slice(start, start + BATCH_ROWS)
                yield decode_examples(
                    chunk.buffer,
                    chunk.starts[rows],
                    chunk.lengths[rows],
                    self.schema,
                    file=str(path),
                    first_record=chunk.first_record + start,
                )
            records += len(chunk)
        if records != shard.records:
            raise DatasetIncompleteError(
                "a shard does not have the number of records that the manifest says",
                file=str(path),
                got=records,
                expected=str(shard.records),
            )

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The records as Arrow batches of their own sizes, in order of the source."""
        for shard in self.shards:
            yield from self.read_shard(shard)

    def to_arrow(self) -> pa.Table:
        """All records as an Arrow table."""
        return pa.Table.from_batches(self.batches(), self.schema)

    def to_numpy(self) -> dict[str, npt.NDArray[Any]]:
        """All records as arrays; needs no TensorFlow.

        Returns:
            By column name int64 or float32, shape (rows,), or (rows, width) for a
            column with a width.
        """
        parts: dict[str, list[npt.NDArray[Any]]] = {c.name: [] for c in self.columns}
        for batch in self.batches():
            for column in self.columns:
                parts[column.name].append(_to_numpy(batch.column(column.name), column))
        return {
            column.name: np.concatenate([_empty(column), *parts[column.name]])
            for column in self.columns
        }

    def to_tf(
        self,
        batch_size: int,
        *,
        shuffle: bool = False,
        seed: int = 0,
        drop_remainder: bool = False,
    ) -> "tf.data.Dataset":
        """The records as a `tf.data.Dataset` of batches, ready for `model.fit`.

        Args:
            batch_size: Records of one batch.
            shuffle: Whether to mix the records, anew in every epoch. Defaults to False.
            seed: Decides the mixing. Defaults to 0.
            drop_remainder: Leave out the last batch if it is not full.

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
        )


def arrow_type(column: OutputColumn) -> pa.DataType:
    """The Arrow type of a record's column."""
    kind = pa.int64() if column.dtype == "int64" else pa.float32()
    return kind if column.width is None else pa.list_(kind, column.width)


def _to_numpy(array: pa.Array, column: OutputColumn) -> npt.NDArray[Any]:
    if column.width is None:
        return np.asarray(array.to_numpy(zero_copy_only=False))
    return np.asarray(array.flatten().to_numpy(False)).reshape(-1, column.width)


def _empty(column: OutputColumn) -> npt.NDArray[Any]:
    shape = (0,) if column.width is None else (0, column.width)
    return np.empty(shape, column.dtype)


def load(path: str | os.PathLike[str], split: str | None = None) -> Dataset:
    """Opens a published dataset; reads the manifest only.

    Args:
        path: The dataset's folder.
        split: The part to read. Defaults to all parts.

    Raises:
        DatasetIncompleteError: There is no complete dataset.
        DatasetError: It has no such part.
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
    return dataset
