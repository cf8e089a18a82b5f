"""Numbers that are looked up by key: statistics of each key, and counts."""

import math

from conformance.case import Case, dictionary, float32, int64, text

import featurekit as fk
from featurekit.plan.statistics import (
    MomentsByKey,
    QuantilesByKey,
    RangeByKey,
    VocabularyCounts,
)

NAN, INF = math.nan, math.inf
LARGEST = 2**63 - 1
_X = fk.numeric("x")
_KEEP = fk.numeric("x", nan="keep")
_K = fk.string("k")
_I = fk.integer("i")

# Of "a": mean 1, deviation 2; of "": 10 and 0; of all: 3 and 4.
MOMENTS = MomentsByKey((b"a", b""), (4, 2, 9), (1.0, 10.0, 3.0), (4.0, 0.0, 16.0))
RANGES = RangeByKey((LARGEST, -1), (2, 1, 4), (0.0, 5.0, -2.0), (4.0, 5.0, 6.0))
# Of "a": 0 and 2; of "": none; of all: -1, 0, 1.
QUANTILES = QuantilesByKey(
    (b"a", b""), (4, 2, 9), (0.0, 2.0, -1.0, 0.0, 1.0), (2, 0, 3), 0.0
)
COUNTS = VocabularyCounts((b"a", b"", b"b"), (5, 2, 1), 8, 3)


def _stats(**found: object) -> fk.Stats:
    keyed = {
        "moments": "moments_by_key(fk.numeric('x', nan='keep'), by=fk.string('k'), "
        "max_keys=100000)",
        "ranges": "range_by_key(fk.numeric('x'), by=fk.integer('i'), max_keys=100000)",
        "quantiles": "quantiles_by_key(fk.numeric('x', nan='keep'), "
        "by=fk.string('k'), num_buckets=4, max_keys=100000)",
        "counts": "vocabulary(fk.string('k'), max_size=None, min_count=1)",
    }
    return fk.Stats({keyed[name]: value for name, value in found.items()})  # type: ignore[misc]


CASES = [
    Case(
        "by_key_standardize",
        {
            "x": float32(1.0, 5.0, 10.0, 12.0, 7.0, 7.0, NAN, INF, -0.0),
            "k": text("a", "a", "", "", "zz", None, "a", "a", "a"),
        },
        {
            "x": _KEEP.standardize(by=_K).fill(-9.0),
            "missing": _KEEP.standardize(by=_K, unseen="missing").fill(-9.0),
        },
        {
            "x": [0.0, 2.0, 0.0, 2.0, 1.0, 1.0, NAN, INF, -0.5],
            "missing": [0.0, 2.0, 0.0, 2.0, -9.0, -9.0, NAN, INF, -0.5],
        },
        stats=_stats(moments=MOMENTS),
    ),
    Case(
        "by_key_of_a_dictionary",
        {
            "x": float32(1.0, 5.0, 3.0, 3.0),
            "k": dictionary([0, 1, None, 2], ["zz", "a", None]),
        },
        {"x": _KEEP.standardize(by=_K).buckets([-0.25, 0.0, 2.0])},
        {"x": [0, 3, 2, 2]},
        stats=_stats(moments=MOMENTS),
    ),
    Case(
        "by_key_min_max",
        {
            "x": float32(2.0, 6.0, 5.0, 7.0, 2.0, None, 2.0),
            "i": int64(LARGEST, LARGEST, -1, -1, LARGEST - 1, -1, None),
        },
        {"x": _X.min_max(by=_I).fill(-9.0)},
        {"x": [0.5, 1.5, 0.0, 2.0, 0.5, -9.0, 0.5]},
        stats=_stats(ranges=RANGES),
    ),
    Case(
        "by_key_missing_rejects",
        {"x": float32(2.0, None, 2.0, 2.0), "i": int64(LARGEST, -1, 0, None)},
        {"x": _X.min_max(by=_I, unseen="missing")},
        {"x": [0.5]},
        rejected=dict.fromkeys((1, 2, 3), "NULL_NOT_ALLOWED"),
        stats=_stats(ranges=RANGES),
    ),
    Case(
        "by_key_quantile_buckets",
        {
            "x": float32(-0.5, 0.0, 2.0, NAN, INF, 9.0, NAN, 0.5, NAN, INF, -INF),
            "k": text("a", "a", "a", "a", "a", "", "", "zz", "zz", None, "a"),
            "i": int64(*range(11)),
        },
        {
            "bucket": _KEEP.quantile_buckets(4, by=_K),
            "hot": _KEEP.quantile_buckets(4, by=_K).one_hot(),
            "crossed": fk.cross(_KEEP.quantile_buckets(4, by=_K), _I).hash_buckets(1),
        },
        {
            "bucket": [0, 1, 2, 2, 2, 0, 0, 2, 3, 3, 0],
            "hot": [
                [float(at == one) for at in range(4)]
                for one in (0, 1, 2, 2, 2, 0, 0, 2, 3, 3, 0)
            ],
            "crossed": [0] * 11,
        },
        stats=_stats(quantiles=QUANTILES),
    ),
    Case(
        "by_key_quantile_buckets_missing",
        {"x": float32(1.0, 1.0, 1.0, None), "k": text("a", "zz", None, "a")},
        {"bucket": _KEEP.quantile_buckets(4, by=_K, unseen="missing")},
        {"bucket": [1]},
        rejected=dict.fromkeys((1, 2, 3), "NULL_NOT_ALLOWED"),
        stats=_stats(quantiles=QUANTILES),
    ),
    Case(
        "count_encoding",
        {"k": text("a", "b", "", "é", None, "A")},
        {
            "count": _K.count_encoding().fill(-1.0),
            "share": _K.count_encoding(frequency=True).fill(0.5),
            "log": _K.fill("?").count_encoding().clip(0.0, 1.0),
        },
        {
            "count": [5.0, 1.0, 2.0, 0.0, -1.0, 0.0],
            "share": [0.625, 0.125, 0.25, 0.0, 0.5, 0.0],
            "log": [1.0, 1.0, 1.0, 0.0, 0.0, 0.0],
        },
        stats=fk.Stats(
            {
                "vocabulary(fk.string('k'), max_size=None, min_count=1)": COUNTS,
                "vocabulary(fk.string('k').fill('?'), max_size=None, min_count=1)": (
                    COUNTS
                ),
            }
        ),
    ),
    Case(
        "count_encoding_missing_rejects",
        {"k": text("a", None)},
        {"count": _K.count_encoding()},
        {"count": [5.0]},
        rejected={1: "NULL_NOT_ALLOWED"},
        stats=_stats(counts=COUNTS),
    ),
]
