"""What is missing, what fills it, flags, learned limits, and points on a circle."""

import math

from conformance.case import Case, dictionary, float32, int64, text

import featurekit as fk
from featurekit.plan.statistics import Moments, QuantileValues, VocabularyCounts

NAN = math.nan
INF = math.inf

_X = fk.numeric("x")
_KEEP = fk.numeric("x", nan="keep")
_ERROR = fk.numeric("x", nan="error")
_S = fk.string("s")
_I = fk.integer("i")
_B = fk.boolean("b")

IS_MISSING = [
    Case(
        "is_missing_of_numbers",
        {"x": float32(1.0, None, NAN, INF, -0.0, 2.0**-149)},
        {
            "missing": _X.is_missing(),
            "keep": _KEEP.is_missing(),
            "filled": _X.fill(0.0).is_missing(),
            "after": _X.log1p().is_missing(),
        },
        {
            "missing": [0, 1, 1, 0, 0, 0],
            "keep": [0, 1, 0, 0, 0, 0],
            "filled": [0, 0, 0, 0, 0, 0],
            "after": [0, 1, 1, 0, 0, 0],
        },
    ),
    Case(
        "is_missing_after_a_nan_is_refused",
        {"x": float32(1.0, None, NAN)},
        {"m": _ERROR.is_missing()},
        {"m": [0, 1]},
        rejected={2: "NAN_NOT_ALLOWED"},
    ),
    Case(
        "is_missing_of_text",
        {"s": text("a", None, "", "\0")},
        {
            "m": _S.is_missing(),
            "filled": _S.fill("").is_missing(),
            "id": _S.fill("a").vocabulary(["a"]),
        },
        {"m": [0, 1, 0, 0], "filled": [0, 0, 0, 0], "id": [0, 0, 1, 1]},
    ),
    Case(
        "is_missing_of_a_dictionary",
        {"s": dictionary([0, None, 1, 2, 0], ["a", None, ""])},
        {"m": _S.is_missing(), "v": _S.is_missing().one_hot()},
        {
            "m": [0, 1, 1, 0, 0],
            "v": [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]],
        },
    ),
    Case(
        "is_missing_of_integers_and_times",
        {"i": int64(0, None, 2**63 - 1, -(2**63) + 1), "t": int64(None, 0, -1, None)},
        {
            "i": _I.is_missing(),
            "t": fk.timestamp("t", tz="Asia/Tokyo").is_missing(),
            "both": fk.cross(_I.is_missing(), _I.fill(0)).hash_buckets(1),
        },
        {"i": [0, 1, 0, 0], "t": [1, 0, 0, 1], "both": [0, 0, 0, 0]},
    ),
    Case(
        "is_missing_empty_batch",
        {"x": float32(), "s": text()},
        {"x": _X.is_missing(), "s": _S.is_missing()},
        {"x": [], "s": []},
    ),
]

BOOLEAN = [
    Case(
        "boolean",
        {"b": int64(0, 1, 1, None, 2, -1)},
        {"b": _B},
        {"b": [0, 1, 1]},
        rejected={3: "NULL_NOT_ALLOWED", 4: "OUT_OF_RANGE", 5: "OUT_OF_RANGE"},
    ),
    Case(
        "boolean_filled",
        {"b": int64(0, None, 1)},
        {
            "true": _B.fill(True),
            "false": _B.fill(False).one_hot(),
            "m": _B.is_missing(),
        },
        {
            "true": [0, 1, 1],
            "false": [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]],
            "m": [0, 1, 0],
        },
    ),
    Case(
        "boolean_of_a_comparison_filled",
        {"x": float32(14.0, None, 15.0, NAN)},
        {"late": _X.greater_equal(15).fill(False)},
        {"late": [0, 0, 1, 0]},
    ),
]

QUARTERS = QuantileValues((0.25, 0.5, 0.75), 9, (-1.0, 2.0, 3.0), 0.0)
FLAT = QuantileValues((0.25, 0.5, 0.75), 9, (2.0, 2.0, 2.0), 0.0)
TAILS = QuantileValues((0.01, 0.99), 9, (-1.0, 2.5), 0.0)

LEARNED = [
    Case(
        "fill_mean_and_fill_median",
        {"x": float32(None, NAN, 1.0, INF)},
        {
            "mean": _X.fill_mean(),
            "median": _X.fill_median(),
            "keep": _KEEP.fill_mean(),
            "scaled": _X.fill_mean().standardize(),
        },
        {
            "mean": [0.5, 0.5, 1.0, INF],
            "median": [2.0, 2.0, 1.0, INF],
            "keep": [0.5, NAN, 1.0, INF],
            "scaled": [0.0, 0.0, 0.25, INF],
        },
        stats=fk.Stats(
            {
                "moments(fk.numeric('x'))": Moments(4, 0.5, 4.0),
                "moments(fk.numeric('x', nan='keep'))": Moments(4, 0.5, 4.0),
                "quantile_values(fk.numeric('x'), probabilities=(0.25, 0.5, 0.75))": (
                    QUARTERS
                ),
            }
        ),
    ),
    Case(
        "fill_mode",
        {"s": text("a", None, "", "zz"), "i": int64(7, None, -1, 3)},
        {
            "s": _S.fill_mode().vocabulary(["a", "b"]),
            "learned": _S.fill_mode().vocabulary(max_size=2),
            "h": _I.fill_mode().vocabulary([3, 7, -1]),
        },
        {"s": [0, 1, 2, 2], "learned": [1, 0, 2, 2], "h": [1, 2, 2, 0]},
        stats=fk.Stats(
            {
                "vocabulary(fk.string('s'), max_size=1, min_count=1)": (
                    VocabularyCounts((b"b",), (3,), 9, 4)
                ),
                "vocabulary(fk.string('s'), max_size=2, min_count=1)": (
                    VocabularyCounts((b"b", b"a"), (3, 3), 9, 4)
                ),
                "vocabulary(fk.integer('i'), max_size=1, min_count=1)": (
                    VocabularyCounts((-1,), (4,), 6, 2)
                ),
            }
        ),
    ),
    Case(
        "robust_and_winsorize",
        {"x": float32(2.0, 4.0, -2.0, NAN, INF, -INF)},
        {
            "r": _KEEP.robust(),
            "flat": fk.numeric("x", nan="keep").clip(-9, 9).robust(),
            "w": _KEEP.winsorize(),
        },
        {
            "r": [0.0, 0.5, -1.0, NAN, INF, -INF],
            "flat": [0.0, 2.0, -4.0, NAN, 7.0, -11.0],
            "w": [2.0, 2.5, -1.0, NAN, 2.5, -1.0],
        },
        stats=fk.Stats(
            {
                "quantile_values(fk.numeric('x', nan='keep'), "
                "probabilities=(0.25, 0.5, 0.75))": QUARTERS,
                "quantile_values(fk.numeric('x', nan='keep').clip(-9.0, 9.0), "
                "probabilities=(0.25, 0.5, 0.75))": FLAT,
                "quantile_values(fk.numeric('x', nan='keep'), "
                "probabilities=(0.01, 0.99))": TAILS,
            }
        ),
    ),
    Case(
        "robust_missing_rejects",
        {"x": float32(2.0, None)},
        {"r": _X.robust()},
        {"r": [0.0]},
        rejected={1: "NULL_NOT_ALLOWED"},
        stats=fk.Stats(
            {
                "quantile_values(fk.numeric('x'), probabilities=(0.25, 0.5, 0.75))": (
                    QUARTERS
                )
            }
        ),
    ),
]

HALF_ROOT_3 = 0.8660253882408142  # float32(sqrt(3) / 2)

CYCLIC = [
    Case(
        "cyclic_of_quarters_is_exact",
        {"i": int64(0, 1, 2, 3, 4, None)},
        {"c": _I.identity(4).cyclic(), "id": _I.identity(5)},
        {"c": [[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0]], "id": [0, 1, 2, 3]},
        rejected={4: "OUT_OF_RANGE", 5: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "cyclic_of_months",
        {"t": int64(0, 2_678_400_000_000, 5_097_600_000_000, 31_535_999_000_000, None)},
        {"c": fk.timestamp("t").month().cyclic()},
        # January, February, March, December 1970: 0, 30, 60 and 330 degrees.
        {
            "c": [
                [0.0, 1.0],
                [0.5, HALF_ROOT_3],
                [HALF_ROOT_3, 0.5],
                [-0.5, HALF_ROOT_3],
            ]
        },
        rejected={4: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "cyclic_of_a_flag_and_of_one_id",
        {"b": int64(0, 1, None)},
        {"c": _B.fill(True).cyclic(), "one": _B.fill(False).embedding(2)},
        {"c": [[0.0, 1.0], [0.0, -1.0], [0.0, -1.0]], "one": [0, 1, 0]},
    ),
]

CASES = [*IS_MISSING, *BOOLEAN, *LEARNED, *CYCLIC]
