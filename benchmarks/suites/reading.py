"""Reading model-ready records in training."""

from benchmarks.suite import Bar, Case, Group, Suite

_NAMED = "tf.data: parse_example of 41 scalars"
_TO_TF = "featurekit: to_tf, named layout"
_PACKED = "featurekit: to_tf, packed layout, TensorFlow's parser"
_NUMPY = "featurekit: to_numpy, named layout"
_NUMPY_PACKED = "featurekit: to_numpy, packed layout"
_BATCH = {"batch": 1024}

SUITE = Suite(
    name="reading",
    title="Reading model-ready records",
    about=(
        "The records of the suite `transform`: 40 features and the label. Batches of "
        "1,024, but for to_numpy, which gives all rows. to_tf parses in parallel and "
        "prefetches, so compare rows per CPU-second."
    ),
    rows=100_000,
    groups=(
        Group(
            "Files in the cache",
            _NUMPY,
            (
                Case(_NUMPY, "reading_featurekit:to_numpy"),
                Case(
                    _NUMPY_PACKED,
                    "reading_featurekit:to_numpy",
                    options={"layout": "packed"},
                ),
                Case(_TO_TF, "reading_featurekit:to_tf", options=_BATCH),
                Case(
                    _PACKED,
                    "reading_featurekit:to_tf",
                    options={**_BATCH, "layout": "packed"},
                ),
                Case(_NAMED, "reading_tensorflow:named", options=_BATCH),
            ),
        ),
    ),
    bars=(
        Bar("packed layout, 41 scalars", _PACKED, _NAMED, "cpu", 2.5),
        Bar("to NumPy, 41 scalars", _NUMPY, _NAMED, "cpu", 5),
    ),
)
