"""featurekit: analyze, transform, write; measured as a whole process."""

from benchmarks.cases import tables
from benchmarks.cases.convert_featurekit import needs, size_of
from benchmarks.work import Settings, Work


def whole(settings: Settings) -> Work:
    """Statistics of all features, and the dataset of the model's features."""
    path = tables.criteo_file(settings.rows)
    output = settings.output("transformed")
    moved: dict[str, int] = {}

    def run() -> None:
        import featurekit as fk
        from benchmarks.specs import model_spec

        spec, workers = model_spec(), settings.options.get("workers", 1)
        stats = fk.analyze(spec, str(path), workers=workers)
        fk.convert(spec, stats, str(path), output, workers=workers)
        moved.update(needs(path, size_of(output), 0))
        moved["parquet"] *= 2  # one pass to learn, one to transform

    return Work(run, settings.rows, moved)
