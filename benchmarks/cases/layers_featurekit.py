"""featurekit's plan on dense columns: in tf.data, and on the host."""

from typing import Any

from benchmarks.cases import columns_as_tensors as tensors
from benchmarks.cases import tables
from benchmarks.specs import model_spec
from benchmarks.work import Settings, Work


def _bytes(batches: list[Any]) -> int:
    """The columns in, as many bytes out."""
    return 2 * tables.arrow_bytes(batches)


def layer(settings: Settings) -> Work:
    """FeatureLayer in tf.data.Dataset.map."""
    import featurekit as fk

    path, spec = tables.criteo_file(settings.rows), model_spec()
    batch = min(settings.options["batch"], settings.rows)
    found = fk.keras.FeatureLayer(spec, fk.analyze(spec, str(path)))
    data = tensors.batched(tensors.raw_columns(path, spec), batch)
    dataset = data.map(found)
    needs = {"memcpy": _bytes(tensors.cast_batches(path, spec))}
    rows = settings.rows // batch * batch
    return Work(lambda: tensors.consume(dataset), rows, needs)


def identity(settings: Settings) -> Work:
    """The same batches through tf.data with nothing to do: its own cost."""
    path, spec = tables.criteo_file(settings.rows), model_spec()
    batch = min(settings.options["batch"], settings.rows)
    data = tensors.batched(tensors.raw_columns(path, spec), batch)
    dataset = data.map(lambda columns: columns)
    needs = {"memcpy": _bytes(tensors.cast_batches(path, spec))}
    rows = settings.rows // batch * batch
    return Work(lambda: tensors.consume(dataset), rows, needs)


def host(settings: Settings) -> Work:
    """HostBackend on Arrow batches of the same number of rows, without TensorFlow."""
    import featurekit as fk
    from featurekit.backends.host.executor import HostBackend

    path, spec = tables.criteo_file(settings.rows), model_spec()
    batch = min(settings.options["batch"], settings.rows)
    backend = HostBackend(fk.compile(spec, fk.analyze(spec, str(path)), serving=True))
    whole = tensors.cast_batches(path, spec)
    batches = [
        one.slice(start, batch)
        for one in whole
        for start in range(0, one.num_rows, batch)
    ]

    def run() -> None:
        for one in batches:
            backend.run(one)

    return Work(run, settings.rows, {"memcpy": _bytes(whole)})
