"""From Parquet to TFRecord files, end to end."""

from benchmarks.suite import Bar, Case, Group, Suite

_COPY = "featurekit: raw columns, no Beam"
_CONVERT = "featurekit: fk.convert, hashed features, 1 process"
_BEAM = "featurekit: the same as a Beam job"
_TFXIO = "Beam: ParquetTFXIO, tfx_bsl encoder, WriteToTFRecord"
_NAIVE = "Beam: ReadFromParquet, tf.train.Example, WriteToTFRecord"
_LOOP = "pyarrow, tfx_bsl encoder, TFRecordWriter, no Beam"
_FLIGHTS = {"table": "flights"}

SUITE = Suite(
    name="convert",
    title="Convert: Parquet to TFRecord",
    about=(
        "The peers write the raw columns. featurekit does the same work in its first "
        "row: the batches of its Parquet source, its encoder, its writer. fk.convert "
        "also casts, computes 40 outputs, accounts for every row, and publishes the "
        "dataset with digests. Beam's runner is FnApiRunner, in one process. The way "
        "with tf.train.Example runs on 20,000 rows at most; its rates are per row."
    ),
    rows=1_000_000,
    groups=(
        Group(
            "Criteo",
            _COPY,
            (
                Case(_COPY, "convert_featurekit:copy", repetitions=3),
                Case(_CONVERT, "convert_featurekit:convert", repetitions=3),
                Case(_BEAM, "convert_featurekit:beam", repetitions=3),
                Case(_LOOP, "convert_peers:no_beam", "tft", repetitions=2),
                Case(_TFXIO, "convert_peers:beam_tfxio", "tft", repetitions=2),
                Case(
                    _NAIVE,
                    "convert_peers:beam_naive",
                    "tft",
                    repetitions=3,
                    at_most=20_000,
                ),
            ),
        ),
        Group(
            "Flights",
            f"{_COPY} (flights)",
            (
                Case(
                    f"{_COPY} (flights)",
                    "convert_featurekit:copy",
                    repetitions=3,
                    options=_FLIGHTS,
                ),
                Case(
                    f"{_LOOP} (flights)",
                    "convert_peers:no_beam",
                    "tft",
                    repetitions=2,
                    options=_FLIGHTS,
                ),
                Case(
                    f"{_TFXIO} (flights)",
                    "convert_peers:beam_tfxio",
                    "tft",
                    repetitions=2,
                    options=_FLIGHTS,
                ),
            ),
        ),
    ),
    bars=(
        Bar("raw columns, Beam with tfx_bsl", _COPY, _TFXIO, "cpu", 12),
        Bar("raw columns, Beam with tf.train.Example", _COPY, _NAIVE, "cpu", 80),
        Bar("raw columns, tfx_bsl without Beam", _COPY, _LOOP, "cpu", 6),
        Bar("fk.convert, Beam with tfx_bsl", _CONVERT, _TFXIO, "cpu", 12),
        Bar("fk.convert, Beam with tf.train.Example", _CONVERT, _NAIVE, "cpu", 80),
        Bar("fk.convert, tfx_bsl without Beam", _CONVERT, _LOOP, "cpu", 6),
        Bar("Beam job, Beam with tfx_bsl", _BEAM, _TFXIO, "cpu", 8),
        Bar("Beam job, local engine", _BEAM, _CONVERT, "cpu", at_most=1.3),
    ),
)
