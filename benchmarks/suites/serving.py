"""Preprocessing in serving: latency of exports."""

from benchmarks.suite import Bar, Case, Group, Suite

_BATCHES = (1, 64)


def _names(batch: int) -> dict[str, str]:
    texts = {
        "export": "featurekit: SavedModel",
        "rows": "featurekit: rows as dicts, no TensorFlow",
        "space": "Keras FeatureSpace: SavedModel",
        "tft": "TFT TransformFeaturesLayer: SavedModel",
        "parser": "parse_example alone: SavedModel",
    }
    return {key: f"{text}, batch {batch}" for key, text in texts.items()}


def _group(batch: int) -> Group:
    functions = {
        "export": "serving_featurekit:export",
        "rows": "serving_featurekit:rows",
        "space": "serving_feature_space:export",
        "tft": "serving_tft:export",
        "parser": "serving_feature_space:parser",
    }
    names = _names(batch)
    cases = tuple(
        Case(
            names[key],
            function,
            "tft" if key == "tft" else "project",
            mode="latency",
            processes=3,
            repetitions=3,
            options={"batch": batch},
        )
        for key, function in functions.items()
    )
    return Group(f"Requests of {batch}", names["export"], cases)


_ONE = _names(1)

SUITE = Suite(
    name="serving",
    title="Serving",
    about=(
        "In process, from serialized tf.Examples of raw rows to the 40 features; the "
        "signature is called from Python, and the tensor of the request is made inside "
        "of the clock. Statistics come from the rows of the suite. `load` is the time "
        "of tf.saved_model.load, or of building the Preprocessor. The floor is the "
        "parser alone. TFT parses into sparse tensors, as its metadata says."
    ),
    rows=20_000,
    groups=tuple(map(_group, _BATCHES)),
    bars=(
        Bar("batch 1, FeatureSpace", _ONE["export"], _ONE["space"], "p50", at_most=0.6),
        Bar("batch 1, TFT", _ONE["export"], _ONE["tft"], "p50", at_most=0.35),
        Bar("load, seconds", _ONE["export"], None, "load", at_most=0.3),
        Bar(
            "rows without TensorFlow, FeatureSpace",
            _ONE["rows"],
            _ONE["space"],
            "p50",
            at_most=0.15,
        ),
    ),
)
