"""Model-ready records, written by featurekit: its own readers."""

from pathlib import Path
from typing import Any

from benchmarks.cases import tables
from benchmarks.cases.columns_as_tensors import consume
from benchmarks.specs import model_spec
from benchmarks.work import Settings, Work


def dataset(settings: Settings) -> Any:
    """The dataset of the model's features, written on first use."""
    import featurekit as fk

    layout = settings.options.get("layout", "named")
    path: Path = settings.scratch(f"{layout}-{settings.rows}")
    spec, rows = model_spec(), str(tables.criteo_file(settings.rows))
    fk.convert(spec, fk.analyze(spec, rows), rows, path, layout=layout)
    return fk.load(path)


def needs(found: Any) -> dict[str, int]:
    """A file read and checked, and its columns of 4 or 8 bytes a value."""
    size = sum(shard.bytes for shard in found.shards)
    width = sum(8 if one.dtype == "int64" else 4 for one in found.columns)
    return {"read": size, "crc32c": size, "memcpy": width * len(found)}


def to_tf(settings: Settings) -> Work:
    """Batches of `Dataset.to_tf`: TensorFlow's own parser."""
    found = dataset(settings)
    batches = found.to_tf(settings.options["batch"])
    return Work(lambda: consume(batches), len(found), needs(found))


def to_numpy(settings: Settings) -> Work:
    """All records as NumPy arrays, checksums and counts checked."""
    found = dataset(settings)
    return Work(found.to_numpy, len(found), needs(found))
