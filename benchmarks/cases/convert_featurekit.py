"""featurekit from Parquet to TFRecord files."""

import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.cases import runner, tables
from benchmarks.specs import hashed_spec
from benchmarks.work import Settings, Work


def needs(source: Path, written: int, columns: int) -> dict[str, int]:
    """Bytes of a conversion: a Parquet file read, columns copied, records written."""
    return {
        "parquet": source.stat().st_size,
        "memcpy": columns,
        "crc32c": written,
        "write": written,
    }


def size_of(path: Path) -> int:
    """The bytes of the record files below a folder, or of one file."""
    files = [path] if path.is_file() else path.rglob("*tfrecord*")
    return sum(file.stat().st_size for file in files)


def remover(output: Path) -> Callable[[], None]:
    """What removes an output, a folder or a file."""

    def remove() -> None:
        shutil.rmtree(output, ignore_errors=True)
        output.unlink(missing_ok=True)

    return remove


def copy(settings: Settings) -> Work:
    """Raw columns as tf.Examples, batch by batch: the same work as the peers do."""
    from featurekit.io.adapter import open_source
    from featurekit.io.example import ExampleEncoder
    from featurekit.io.tfrecord_writer import TFRecordWriter

    path = tables.table_file(settings.options.get("table", "criteo"), settings.rows)
    output = settings.scratch("copied.tfrecord")
    source = open_source(str(path))
    names = source.column_types().names

    def run() -> None:
        encoder = ExampleEncoder()
        with TFRecordWriter(output) as writer:
            for task in source.plan_tasks():
                for batch in task.read_raw(names):
                    writer.write_framed(encoder.encode(batch)[0])

    run()
    columns = tables.arrow_bytes(tables.batches(path, dictionaries=True))
    rows = sum(task.num_rows for task in source.plan_tasks())
    return Work(run, rows, needs(path, size_of(output), columns), remover(output))


def convert(settings: Settings) -> Work:
    """A real dataset of hashed features, by the local engine."""
    import featurekit as fk

    path = str(tables.criteo_file(settings.rows))
    spec, output = hashed_spec(), settings.scratch("converted")
    workers = settings.options.get("workers", 1)

    def run() -> None:
        fk.convert(spec, fk.Stats({}), path, output, workers=workers)

    return _measured(run, settings, output)


def whole(settings: Settings) -> Work:
    """`convert`, measured as a whole process."""
    path = tables.criteo_file(settings.rows)
    output = settings.output("converted")

    def run() -> None:
        import featurekit as fk

        workers = settings.options.get("workers", 1)
        fk.convert(hashed_spec(), fk.Stats({}), str(path), output, workers=workers)

    return Work(run, settings.rows)


def beam(settings: Settings) -> Work:
    """The same dataset as a Beam job."""
    output = settings.scratch("converted-by-beam")
    return _measured(lambda: _run_beam(settings, output), settings, output)


def whole_beam(settings: Settings) -> Work:
    """`beam`, measured as a whole process."""
    output = settings.output("converted-by-beam")
    return Work(lambda: _run_beam(settings, output), settings.rows)


def _run_beam(settings: Settings, output: Path) -> None:
    import featurekit as fk
    from featurekit.beam.conversion import Convert

    path = str(tables.criteo_file(settings.rows))
    with runner.pipeline() as built:
        _ = built | Convert(hashed_spec(), fk.Stats({}), path, output)


def _measured(run: Callable[[], None], settings: Settings, output: Path) -> Work:
    remove = remover(output)
    remove()
    run()
    path = tables.criteo_file(settings.rows)
    columns = tables.arrow_bytes(tables.batches(path, dictionaries=True))
    moved = needs(path, size_of(output), columns)
    remove()
    return Work(run, settings.rows, moved, remove)
