"""featurekit's export, and its row path without TensorFlow."""

import time
from itertools import cycle

from benchmarks.cases import requests, tables
from benchmarks.specs import model_spec
from benchmarks.work import Settings, Work


def export(settings: Settings) -> Work:
    """The exported SavedModel, from tf.Examples; plain TensorFlow loads it."""
    path = settings.scratch(f"featurekit-{settings.rows}")
    if not path.is_dir():
        import featurekit as fk

        spec, rows = model_spec(), str(tables.criteo_file(settings.rows))
        fk.export(None, spec, fk.analyze(spec, rows), path)
    found = requests.serialized(settings, floats=True)
    return requests.saved_model(str(path), "serving_examples", found)


def rows(settings: Settings) -> Work:
    """Rows as dicts, transformed by the host backend."""
    import featurekit as fk

    spec = model_spec()
    stats = fk.analyze(spec, str(tables.criteo_file(settings.rows)))
    started = time.perf_counter()
    preprocessor = fk.Preprocessor(spec, stats)
    seconds = time.perf_counter() - started
    found = requests.dicts(settings)
    run = requests.caller(preprocessor.transform, cycle(found))
    return Work(run, len(found[0]), extra={"load": seconds})
