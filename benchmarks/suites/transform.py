"""Analyze, transform, write: from raw rows to a model's records."""

from benchmarks.suite import Bar, Case, Group, Suite

_SIZES = {"1,000 rows": 1_000, "100,000 rows": 100_000, "1,000,000 rows": 1_000_000}
_OURS = "featurekit: analyze, convert"
_TFT = "TFT: AnalyzeDataset, TransformDataset, WriteToTFRecord"
_TFT_8192 = "TFT, record batches of 8192"
_KERAS = "FeatureSpace: adapt, map, TFRecordWriter"


def _group(size: str, rows: int) -> Group:
    cases = [
        _case(_OURS, size, "transform_featurekit:whole", processes=3),
        _tft(_TFT, size, processes=1 if rows == 1_000_000 else 2),
        _tft(_TFT_8192, size, processes=1, batch=8192),
    ]
    if rows == 100_000:
        cases.append(_case(_KERAS, size, "transform_feature_space:whole"))
    return Group(size, f"{_OURS} ({size})", tuple(cases))


def _case(name: str, size: str, function: str, *, processes: int = 1) -> Case:
    return Case(
        f"{name} ({size})",
        function,
        mode="process",
        rows=_SIZES[size],
        processes=processes,
    )


def _tft(name: str, size: str, *, processes: int, **options: int) -> Case:
    return Case(
        f"{name} ({size})",
        "transform_tft:whole",
        "tft",
        mode="process",
        rows=_SIZES[size],
        processes=processes,
        options=options,
    )


def _bars(size: str, wanted: float) -> tuple[Bar, ...]:
    ours = f"{_OURS} ({size})"
    quantity = "wall" if size.startswith("1,000 ") else "cpu"
    return tuple(
        Bar(f"{size}, {text}", ours, f"{peer} ({size})", quantity, wanted)
        for text, peer in (("TFT", _TFT), ("TFT in batches of 8192", _TFT_8192))
    )


SUITE = Suite(
    name="transform",
    title="Analyze, transform and write",
    about=(
        "Seven numbers standardized, six in ten quantile buckets, 26 vocabularies of "
        "10,000, one hashed cross, and the label. Measured is the whole process, from "
        "exec to exit, imports included: what an edit and a rerun cost. Compiled "
        "kernels and bytecode are on the disk already. TFT runs its two phases as two "
        "pipelines on FnApiRunner in one process, with Parquet batches as they come "
        "and of 8192 rows; FeatureSpace is adapted in memory."
    ),
    rows=1_000_000,
    groups=tuple(_group(size, rows) for size, rows in _SIZES.items()),
    bars=(
        *_bars("1,000 rows", 30),
        *_bars("100,000 rows", 50),
        *_bars("1,000,000 rows", 25),
        Bar(
            "1,000,000 rows, peak memory, TFT",
            f"{_OURS} (1,000,000 rows)",
            f"{_TFT} (1,000,000 rows)",
            "peak_rss",
            at_most=0.35,
        ),
    ),
)
