"""How many rows of a source make a shard of a wanted size."""

from collections.abc import Callable, Iterator
from io import BytesIO

from featurekit.errors import SourceError
from featurekit.io.example import encode_examples
from featurekit.io.sources import ROWS_PER_TASK, Source, Task
from featurekit.io.tfrecord_writer import Compression, TFRecordWriter
from featurekit.jobs.rows import Rows


def rows_for_bytes(
    source: Source,
    read: Callable[[Task], Iterator[Rows]],
    shard_bytes: int,
    compression: Compression,
) -> int:
    """The rows whose records take about `shard_bytes`.

    Measured on the first rows of the source, so the same source gives the same answer.

    Args:
        source: The rows.
        read: From a task to rows as they are written.
        shard_bytes: The wanted size.
        compression: How records are compressed.

    Raises:
        SourceError: BAD_ARGUMENT, for a size below 1.
        RowError: One of those rows is refused.
    """
    if shard_bytes < 1:
        raise SourceError(
            "shard_bytes must be at least 1", code="BAD_ARGUMENT", got=shard_bytes
        )
    for task in source.plan_tasks(rows_per_task=ROWS_PER_TASK):
        for rows in read(task):
            if not rows.outputs.num_rows:
                continue
            file = BytesIO()
            with TFRecordWriter(file, compression=compression) as writer:
                writer.write_framed(encode_examples(rows.outputs))
            size = max(1, file.tell())
            return max(1, rows.accounting.rows_read * shard_bytes // size)
    return ROWS_PER_TASK
