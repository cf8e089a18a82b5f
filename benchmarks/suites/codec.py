"""Between columns and tf.Example records, in memory and from a file."""

from benchmarks.suite import Bar, Case, Group, Suite

_ENCODE = "featurekit: encode, frame, CRC"
_TFX_ENCODE = "tfx_bsl RecordBatchToExamplesEncoder, no frames"
_DECODE = "featurekit: file to columns, CRC"
_TF_1024 = "TFRecordDataset, batch 1024, parse_example"
_TF_8192 = "TFRecordDataset, batch 8192, parse_example"
_FLIGHTS = {"table": "flights"}


def _decode(name: str, batch: int, **options: str) -> Case:
    return Case(name, "codec_tensorflow:decode", options={"batch": batch, **options})


SUITE = Suite(
    name="codec",
    title="Encode and decode tf.Example",
    about=(
        "Encoding starts from Arrow batches of 32,768 rows in memory. featurekit also "
        "frames the records and computes both checksums; tfx_bsl gives a list of bytes "
        "without frames, and its input is wrapped into lists outside of the clock; "
        "tf.train.Example starts from Python values. A null has no key, but tfx_bsl "
        "writes an empty feature for it. The flights are 336,776 at most."
    ),
    rows=100_000,
    groups=(
        Group(
            "Encode, criteo",
            _ENCODE,
            (
                Case(_ENCODE, "codec_featurekit:encode"),
                Case(
                    f"{_ENCODE}, from dictionaries",
                    "codec_featurekit:encode",
                    options={"dictionaries": True},
                ),
                Case(_TFX_ENCODE, "codec_tfx_bsl:encode", "tft"),
                Case(
                    "tf.train.Example per row",
                    "codec_tensorflow:encode",
                    at_most=20_000,
                    repetitions=3,
                ),
            ),
        ),
        Group(
            "Encode, flights",
            f"{_ENCODE} (flights)",
            (
                Case(
                    f"{_ENCODE} (flights)", "codec_featurekit:encode", options=_FLIGHTS
                ),
                Case(
                    f"{_TFX_ENCODE} (flights)",
                    "codec_tfx_bsl:encode",
                    "tft",
                    options=_FLIGHTS,
                ),
            ),
        ),
        Group(
            "Decode, criteo",
            _DECODE,
            (
                Case(_DECODE, "codec_featurekit:decode"),
                _decode(_TF_1024, 1024),
                _decode(_TF_8192, 8192),
                Case("tfx_bsl decoder, no frames", "codec_tfx_bsl:decode", "tft"),
            ),
        ),
        Group(
            "Decode, flights",
            f"{_DECODE} (flights)",
            (
                Case(
                    f"{_DECODE} (flights)", "codec_featurekit:decode", options=_FLIGHTS
                ),
                _decode(f"{_TF_8192} (flights)", 8192, table="flights"),
            ),
        ),
    ),
    bars=(
        Bar("encode, tfx_bsl encoder alone", _ENCODE, _TFX_ENCODE, "cpu", 20),
        Bar("decode, parse_example of 1024", _DECODE, _TF_1024, "cpu", 5),
        Bar("decode, parse_example of 8192", _DECODE, _TF_8192, "cpu", 5),
    ),
)
