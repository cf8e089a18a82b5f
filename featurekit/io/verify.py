"""Verification: is a dataset exactly what its manifest says?"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from featurekit.errors import DatasetIncompleteError, FeatureKitError
from featurekit.io.dataset import Dataset, load
from featurekit.io.manifest import Shard
from featurekit.io.output_directory import file_crc32c
from featurekit.kernels.arrow_lists import elements_of
from featurekit.spec.splits import REJECTED


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a verification found.

    Args:
        path: The dataset's folder.
        shards: Files checked.
        records: Records decoded.
        bytes: Bytes read.
        problems: What is wrong; empty for a sound dataset.
    """

    path: Path
    shards: int
    records: int
    bytes: int
    problems: tuple[FeatureKitError, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def __str__(self) -> str:
        head = (
            f"{self.path}: {self.shards} shards, {self.records:,} records, "
            f"{self.bytes:,} bytes: "
        )
        if self.sound:
            return head + "sound"
        lines = [f"{head}{len(self.problems)} problems"]
        return "\n  ".join([*lines, *map(str, self.problems)])

    def raise_if_damaged(self) -> None:
        """Raises the first problem."""
        if self.problems:
            raise self.problems[0]


def verify(
    path: str | os.PathLike[str],
    *,
    progress: Callable[[int, int, int], None] | None = None,
) -> VerifyReport:
    """Reads a whole dataset and compares it with its manifest.

    Checks every file's size and CRC32C, every record's CRCs, that every record decodes
    to the declared columns, that ids are in range, that counts add up, and that the
    stored spec and statistics are those of the manifest.

    Args:
        path: The dataset's folder.
        progress: Called after each shard with shards done, shards in all, and records.

    Raises:
        DatasetIncompleteError: There is no readable manifest.
    """
    dataset = load(path)
    problems = list(_check_whole(dataset))
    records = size = 0
    shards = dataset.manifest.shards
    for done, shard in enumerate(shards, start=1):
        try:
            records += _check_shard(dataset, shard)
            size += shard.bytes
        except FeatureKitError as error:
            problems.append(error)
        if progress is not None:
            progress(done, len(shards), records)
    return VerifyReport(Path(path), len(shards), records, size, tuple(problems))


def _check_whole(dataset: Dataset) -> Iterator[FeatureKitError]:
    manifest = dataset.manifest
    try:
        manifest.accounting.check()
        written = manifest.accounting.rows_written
        if sum(manifest.records_by_split.values()) != written:
            raise _differs(dataset.path, "records of all shards", "ACCOUNTING")
        if dataset.spec.fingerprint() != manifest.spec_fingerprint:
            raise _differs(dataset.path, "the spec", "FINGERPRINT")
        if dataset.stats.fingerprint() != manifest.stats_fingerprint:
            raise _differs(dataset.path, "the statistics", "FINGERPRINT")
    except FeatureKitError as error:
        yield error
    known = {dataset.path / shard.path for shard in manifest.shards}
    folder = dataset.path / manifest.run_id
    known |= {folder / "spec.pb", folder / "stats.pb"}
    for extra in sorted(set(folder.glob("*")) - known):
        yield DatasetIncompleteError(
            "the manifest does not know this file",
            code="UNKNOWN_FILE",
            file=str(extra),
            hint="move it elsewhere",
        )


def _differs(path: Path, what: str, code: str) -> DatasetIncompleteError:
    return DatasetIncompleteError(
        f"{what}: not what the manifest says",
        code=code,
        file=str(path),
        hint="convert the data again",
    )


def _check_shard(dataset: Dataset, shard: Shard) -> int:
    path = dataset.file(shard.path)
    if not path.is_file():
        raise DatasetIncompleteError("a shard is gone", file=str(path))
    size = path.stat().st_size
    if size != shard.bytes:
        raise DatasetIncompleteError(
            "a shard does not have the size that the manifest says",
            file=str(path),
            got=size,
            expected=str(shard.bytes),
        )
    if shard.split == REJECTED:
        _check_bytes(path, shard)
        return 0
    # Records first: their CRCs say where the damage is.
    for batch in dataset.read_shard(shard):
        _check_ids(dataset, batch, path)
    _check_bytes(path, shard)
    return shard.records


def _check_bytes(path: Path, shard: Shard) -> None:
    if file_crc32c(path) != shard.crc32c:
        raise DatasetIncompleteError(
            "a shard does not have the bytes that the manifest says",
            code="CHECKSUM",
            file=str(path),
            hint="convert the data again",
        )


def _check_ids(dataset: Dataset, batch: pa.RecordBatch, path: Path) -> None:
    for column in dataset.written:
        if column.num_ids is None or not batch.num_rows:
            continue
        found = pc.min_max(elements_of(batch.column(column.name))).as_py()
        if found["min"] < 0 or found["max"] >= column.num_ids:
            raise DatasetIncompleteError(
                "an id is out of range",
                code="OUT_OF_RANGE",
                file=str(path),
                feature=column.name,
                got=(found["min"], found["max"]),
                expected=f"0 to {column.num_ids - 1}",
            )
