"""Numbers: fill, clip, log1p, standardize, min_max, buckets, greater_equal."""

import math

from conformance.case import Case, float32

import featurekit as fk
from featurekit.plan.statistics import Moments, Quantiles, Range

NAN = math.nan
INF = math.inf
MAX = 3.4028234663852886e38  # the largest float32
TINY = 2.0**-126  # the smallest normal float32
SUBNORMAL = 2.0**-127  # also 2**-149, the smallest one
TENTH = 0.10000000149011612  # float32(0.1)
LN2 = 0.6931471824645996  # float32(log(2))
LOG1P_TENTH = 0.09531018137931824  # float32(log(1.1)) of float32(0.1)

_X = fk.numeric("x")
_KEEP = fk.numeric("x", nan="keep")
_ERROR = fk.numeric("x", nan="error")

PASS = [
    Case(
        "numeric_as_it_is",
        {"x": float32(1.5, -0.0, 0.0, INF, -INF, MAX, -MAX, TENTH)},
        {"y": _X},
        {"y": [1.5, -0.0, 0.0, INF, -INF, MAX, -MAX, TENTH]},
    ),
    Case(
        "numeric_subnormals_become_zeros_of_their_sign",
        {"x": float32(TINY, -TINY, SUBNORMAL, -SUBNORMAL, 2.0**-149, -(2.0**-149))},
        {"y": _X, "positive": _X.greater_equal(2.0**-149), "b": _X.buckets([0.0])},
        {
            "y": [TINY, -TINY, 0.0, -0.0, 0.0, -0.0],
            "positive": [1, 0, 0, 0, 0, 0],
            "b": [1, 0, 1, 1, 1, 1],  # -0.0 is not below 0.0
        },
    ),
    Case(
        "numeric_results_below_the_normal_float32_become_zeros",
        {"x": float32(2.0, -2.0, 4.0, 3.9999998)},
        {"y": _X.standardize(mean=0.0, std=2.0**128)},
        # 4 / 2**128 is 2**-126, the smallest normal; the others are below it.
        {"y": [0.0, -0.0, TINY, 0.0]},
    ),
    Case(
        "numeric_missing_rejects",
        {"x": float32(1.0, None, 2.0, NAN)},
        {"y": _X},
        {"y": [1.0, 2.0]},
        rejected={1: "NULL_NOT_ALLOWED", 3: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "numeric_all_rejected",
        {"x": float32(None, NAN, None)},
        {"y": _X, "b": _X.buckets([0.0]), "v": _X.buckets([0.0]).one_hot()},
        {"y": [], "b": [], "v": []},
        rejected=dict.fromkeys(range(3), "NULL_NOT_ALLOWED"),
    ),
    Case(
        "numeric_empty_batch",
        {"x": float32()},
        {
            "y": _X.fill(0.0).log1p(),
            "b": _X.fill(0.0).buckets([0.0]),
            "v": _X.buckets([0.0]).one_hot(),
        },
        {"y": [], "b": [], "v": []},
    ),
    Case(
        "numeric_one_row",
        {"x": float32(7.0)},
        {"y": _X.standardize(mean=1.0, std=2.0)},
        {"y": [3.0]},
    ),
]

NANS = [
    Case(
        "nan_is_missing",
        {"x": float32(NAN, None, 1.0)},
        {"y": _X.fill(-1.0)},
        {"y": [-1.0, -1.0, 1.0]},
    ),
    Case(
        "nan_rejects",
        {"x": float32(NAN, None, 1.0)},
        {"y": _ERROR.fill(-1.0)},
        {"y": [-1.0, 1.0]},
        rejected={0: "NAN_NOT_ALLOWED"},
    ),
    Case(
        "nan_rejects_before_null",
        {"x": float32(NAN, None, 1.0)},
        {"y": _ERROR},
        {"y": [1.0]},
        rejected={0: "NAN_NOT_ALLOWED", 1: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "nan_is_kept",
        {"x": float32(NAN, None, 1.0)},
        {"y": _KEEP.fill(-1.0)},
        {"y": [NAN, -1.0, 1.0]},
    ),
    Case(
        "nan_is_kept_by_every_step",
        {"x": float32(NAN, 1.0)},
        {
            "clip": _KEEP.clip(0.0, 0.5),
            "log1p": _KEEP.log1p(),
            "standardize": _KEEP.standardize(mean=1.0, std=2.0),
            "min_max": _KEEP.min_max(minimum=0.0, maximum=4.0),
            "buckets": _KEEP.buckets([0.0, 1.0, 2.0]),
            "greater": _KEEP.greater_equal(-5.0),
        },
        {
            "clip": [NAN, 0.5],
            "log1p": [NAN, LN2],
            "standardize": [NAN, 0.0],
            "min_max": [NAN, 0.25],
            "buckets": [3, 2],
            "greater": [0, 1],
        },
    ),
    Case(
        "nan_beside_fill_of_another_feature",
        {"x": float32(NAN, 2.0)},
        {"filled": _X.fill(9.0), "raw": _X},
        {"filled": [2.0], "raw": [2.0]},
        rejected={0: "NULL_NOT_ALLOWED"},
    ),
]

STEPS = [
    Case(
        "fill_rounds_once",
        {"x": float32(None, 0.5)},
        {"y": _X.fill(0.1), "z": _X.fill(0.1).greater_equal(0.1)},
        # The filled value is the float64 0.1 until it is written.
        {"y": [TENTH, 0.5], "z": [1, 1]},
    ),
    Case(
        "fill_with_negative_zero_and_with_subnormal",
        {"x": float32(None, 1.0)},
        {"y": _X.fill(-0.0), "z": _X.fill(-1e-40)},
        {"y": [-0.0, 1.0], "z": [-0.0, 1.0]},
    ),
    Case(
        "fill_after_another_step",
        {"x": float32(None, 3.0, NAN)},
        {"y": _X.standardize(mean=1.0, std=2.0).fill(5.0)},
        {"y": [5.0, 1.0, 5.0]},
    ),
    Case(
        "fill_that_does_not_fit_float32",
        {"x": float32(None, 1.0)},
        {"y": _X.fill(1e39)},
        {"y": [1.0]},
        rejected={0: "OUT_OF_RANGE"},
    ),
    Case(
        "clip_at_its_bounds",
        {"x": float32(-INF, -1.5, -1.0, -0.0, 0.0, 2.0, 2.5, INF)},
        {"y": _X.clip(-1.0, 2.0)},
        {"y": [-1.0, -1.0, -1.0, -0.0, 0.0, 2.0, 2.0, 2.0]},
    ),
    Case(
        "clip_compares_so_that_zeros_keep_their_sign",
        {"x": float32(-0.0, 0.0, -1.0, 1.0)},
        {
            "from_zero": _X.clip(0.0, 5.0),
            "from_minus": _X.clip(-0.0, 5.0),
            "to_zero": _X.clip(-5.0, 0.0),
            "to_minus": _X.clip(-5.0, -0.0),
        },
        {
            "from_zero": [-0.0, 0.0, 0.0, 1.0],
            "from_minus": [-0.0, 0.0, -0.0, 1.0],
            "to_zero": [-0.0, 0.0, -1.0, 0.0],
            "to_minus": [-0.0, 0.0, -1.0, -0.0],
        },
    ),
    Case(
        "clip_without_a_bound",
        {"x": float32(-INF, 3.0, INF)},
        {"y": _X.clip(-INF, 2.0), "z": _X.clip(2.0, INF), "w": _X.clip(1.0, 1.0)},
        {"y": [-INF, 2.0, 2.0], "z": [2.0, 3.0, INF], "w": [1.0, 1.0, 1.0]},
    ),
    Case(
        "clip_in_float64",
        {"x": float32(TENTH)},
        {"y": _X.clip(0.0, 0.1), "above": _X.greater_equal(0.1)},
        {"y": [TENTH], "above": [1]},  # float32(0.1) > 0.1
    ),
    Case(
        "log1p",
        {"x": float32(0.0, -0.0, 1.0, -1.0, INF, TENTH, TINY, -0.5, MAX)},
        {"y": _X.log1p()},
        {
            "y": [
                0.0,
                -0.0,
                LN2,
                -INF,
                INF,
                LOG1P_TENTH,
                TINY,
                -0.6931471824645996,
                88.72283935546875,  # 128 log 2
            ]
        },
    ),
    Case(
        "log1p_below_minus_one_rejects",
        {"x": float32(-1.0000001192092896, -INF, -2.0, -0.99999994, None, 0.0)},
        {"y": _X.log1p().fill(7.0)},
        # float32(log(2**-24))
        {"y": [-16.635532379150391, 7.0, 0.0]},
        rejected=dict.fromkeys([0, 1, 2], "OUT_OF_DOMAIN"),
    ),
    Case(
        "log1p_is_rounded_before_buckets",
        {"x": float32(1.0, 0.99999994)},
        {
            # log 2 is 0.69314718055994..., its float32 0.693147182464599...
            "b": _X.log1p().buckets([0.69314718056, 0.6931471824645996]),
            "y": _X.log1p().standardize(mean=0.6931471824645996, std=1.0),
        },
        {"b": [2, 0], "y": [0.0, -5.960464477539063e-08]},
    ),
    Case(
        "log1p_of_a_float32_subnormal",
        {"x": float32(2.0, -2.0)},
        {
            "y": _X.standardize(mean=0.0, std=2.0**128).log1p(),
            "b": _X.standardize(mean=0.0, std=2.0**128).log1p().buckets([0.0]),
        },
        {"y": [0.0, -0.0], "b": [1, 1]},
    ),
    Case(
        "standardize",
        {"x": float32(1.0, 2.0, 3.0, 4.0, None, INF, -INF)},
        {"y": _X.fill(2.5).standardize(mean=2.5, std=0.5)},
        {"y": [-3.0, -1.0, 1.0, 3.0, 0.0, INF, -INF]},
    ),
    Case(
        "standardize_divides",
        {"x": float32(5.0, 7.0)},
        # 5/3 in float64, rounded to float32; 5 * (1/3) differs in float64 only, so
        # the bucket tells them apart: 5 * (1/3) is 1.6666666666666665.
        {
            "y": _X.standardize(mean=0.0, std=3.0),
            "b": _X.standardize(mean=0.0, std=3.0).buckets([1.6666666666666667]),
        },
        {"y": [1.6666666269302368, 2.3333332538604736], "b": [1, 1]},
    ),
    Case(
        "standardize_in_float64",
        {"x": float32(16777216.0, 16777214.0)},
        # 16777215.5 is no float32.
        {"y": _X.standardize(mean=16777215.5, std=1.0)},
        {"y": [0.5, -1.5]},
    ),
    Case(
        "standardize_that_overflows_float32",
        {"x": float32(MAX, -MAX, 1.0, INF)},
        {"y": _X.standardize(mean=0.0, std=0.5)},
        {"y": [2.0, INF]},
        rejected={0: "OUT_OF_RANGE", 1: "OUT_OF_RANGE"},
    ),
    Case(
        "standardize_just_below_overflow",
        # The largest float32 is MAX; from MAX + half a step up rounding is infinite.
        {"x": float32(1.0, 2.0)},
        {
            "fits": _X.clip(1.0, 1.0).standardize(
                mean=1.0 - 3.4028235677973362e38, std=1.0
            ),
            "x": _X,
        },
        {"fits": [MAX, MAX], "x": [1.0, 2.0]},
    ),
    Case(
        "standardize_from_overflow_on",
        {"x": float32(1.0)},
        {"y": _X.standardize(mean=-3.4028235677973366e38, std=1.0)},
        {"y": []},
        rejected={0: "OUT_OF_RANGE"},
    ),
    Case(
        "min_max_extrapolates",
        {"x": float32(0.0, 10.0, 5.0, -10.0, 20.0, -INF, INF, None)},
        {"y": _X.min_max(minimum=0.0, maximum=10.0)},
        {"y": [0.0, 1.0, 0.5, -1.0, 2.0, -INF, INF]},
        rejected={7: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "min_max_from_negative_zero",
        {"x": float32(-0.0, 0.0)},
        {"y": _X.min_max(minimum=0.0, maximum=1.0)},
        {"y": [-0.0, 0.0]},  # -0.0 - 0.0 is -0.0
    ),
    Case(
        "min_max_with_an_infinite_range",
        {"x": float32(1.0, INF, -INF)},
        # The range overflows float64: finite values give 0, infinite ones NaN.
        {"y": _X.min_max(minimum=-1.7e308, maximum=1.7e308)},
        {"y": [0.0, NAN, NAN]},
    ),
    Case(
        "steps_in_order",
        {"x": float32(None, -3.0, 0.0, 3.0, 100.0)},
        {"y": _X.fill(1.0).clip(0.0, 3.0).log1p().standardize(mean=0.0, std=2.0)},
        # float32(log 2)/2 and float32(log 4)/2 are exact halves.
        {
            "y": [
                0.3465735912322998,
                0.0,
                0.0,
                0.6931471824645996,
                0.6931471824645996,
            ]
        },
    ),
]

BUCKETS = [
    Case(
        "buckets_on_their_boundaries",
        {"x": float32(-INF, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0, INF)},
        {"b": _X.buckets([0, 1, 2])},
        {"b": [0, 0, 1, 1, 1, 2, 3, 3]},
    ),
    Case(
        "buckets_missing",
        {"x": float32(None, 0.5, NAN)},
        {"b": _X.buckets([0.0, 1.0])},
        {"b": [1]},
        rejected={0: "NULL_NOT_ALLOWED", 2: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "buckets_compare_in_float64",
        {"x": float32(TENTH, 0.09999999403953552, 16777216.0)},
        {"b": _X.buckets([0.1]), "c": _X.buckets([TENTH, 16777217.0])},
        {"b": [1, 0, 1], "c": [1, 0, 1]},
    ),
    Case(
        "buckets_with_one_boundary_and_negative_zero",
        {"x": float32(-0.0, 0.0, -TINY)},
        {"b": _X.buckets([-0.0])},
        {"b": [1, 1, 0]},
    ),
    Case(
        "buckets_one_hot",
        {"x": float32(-1.0, 0.0, 1.0, None)},
        {"v": _X.buckets([0.0, 1.0]).one_hot()},
        {"v": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]},
        rejected={3: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "greater_equal_at_its_threshold",
        {"x": float32(-INF, 14.999999, 15.0, 15.000001, INF)},
        {"b": _X.greater_equal(15)},
        {"b": [0, 0, 1, 1, 1]},
    ),
    Case(
        "greater_equal_one_hot_and_negative_zero",
        {"x": float32(-0.0, -1.0)},
        {"v": _X.greater_equal(0.0).one_hot()},
        {"v": [[0.0, 1.0], [1.0, 0.0]]},
    ),
]

LEARNED = [
    Case(
        "learned_standardize",
        {"x": float32(1.0, 4.0, None)},
        {"y": _X.standardize(), "z": _X.fill(2.5).standardize()},
        # 1 to 4: mean 2.5, population variance 1.25.
        {"y": [-1.341640830039978, 1.341640830039978], "z": [-3.0, 3.0]},
        rejected={2: "NULL_NOT_ALLOWED"},
        stats=fk.Stats(
            {
                "moments(fk.numeric('x'))": Moments(4, 2.5, 1.25),
                "moments(fk.numeric('x').fill(2.5))": Moments(4, 2.5, 0.25),
            }
        ),
    ),
    Case(
        "learned_standardize_of_a_constant",
        {"x": float32(5.0, 6.0)},
        {"y": _X.standardize()},
        {"y": [0.0, 1.0]},
        stats=fk.Stats({"moments(fk.numeric('x'))": Moments(3, 5.0, 0.0)}),
    ),
    Case(
        "learned_min_max",
        {"x": float32(1.0, 3.0, 2.0)},
        {"y": _X.min_max()},
        {"y": [0.0, 1.0, 0.5]},
        stats=fk.Stats({"range(fk.numeric('x'))": Range(3, 1.0, 3.0)}),
    ),
    Case(
        "learned_min_max_of_a_constant",
        {"x": float32(5.0, 6.5, INF)},
        {"y": _X.min_max()},
        {"y": [0.0, 1.5, INF]},
        stats=fk.Stats({"range(fk.numeric('x'))": Range(3, 5.0, 5.0)}),
    ),
    Case(
        "learned_quantiles",
        {"x": float32(25.0, 26.0, 50.0, 51.0, 76.0, INF)},
        {"b": _X.quantile_buckets(4)},
        {"b": [0, 1, 1, 2, 3, 3]},
        stats=fk.Stats(
            {
                "quantiles(fk.numeric('x'), num_buckets=4)": Quantiles(
                    4, 100, (26.0, 51.0, 76.0), 0.0
                )
            }
        ),
    ),
    Case(
        "learned_quantiles_merged_to_one_boundary",
        {"x": float32(0.0, 1.0)},
        {"v": _X.quantile_buckets(4).one_hot()},
        {"v": [[1.0, 0.0], [0.0, 1.0]]},
        stats=fk.Stats(
            {"quantiles(fk.numeric('x'), num_buckets=4)": Quantiles(4, 8, (1.0,), 0.0)}
        ),
    ),
]

ROLES = [
    Case(
        "label_and_weight",
        {"x": float32(1.0, 2.0, None, 4.0), "w": float32(0.5, None, 1.0, 2.0)},
        fk.FeatureSpec(
            {"y": _X.fill(0.0)},
            label=_X.greater_equal(2.0),
            weight=fk.numeric("w").fill(1.0),
        ),
        {"y": [1.0, 2.0, 4.0], "label": [0, 1, 1], "weight": [0.5, 1.0, 2.0]},
        rejected={2: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "label_is_checked_first",
        {"x": float32(None, 1.0), "d": float32(None, None)},
        fk.FeatureSpec({"y": _X}, label=fk.numeric("d"), missing_label="drop"),
        {"y": [], "label": []},
        rejected={0: "NULL_NOT_ALLOWED", 1: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "first_node_names_the_reason",
        {"a": float32(NAN, -2.0, -2.0, 1.0), "b": float32(-3.0, None, -1.5, None)},
        {"a": fk.numeric("a", nan="error").log1p(), "b": fk.numeric("b").log1p()},
        {"a": [], "b": []},
        rejected={
            0: "NAN_NOT_ALLOWED",
            1: "OUT_OF_DOMAIN",
            2: "OUT_OF_DOMAIN",
            3: "NULL_NOT_ALLOWED",
        },
    ),
]

CASES = [*PASS, *NANS, *STEPS, *BUCKETS, *LEARNED, *ROLES]
