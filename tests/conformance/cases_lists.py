"""Lists: what is done to elements, what is missing, and what ends a list.

Hashes modulo n are those of `tf.strings.to_hash_bucket_fast`; sums were added by hand,
in float64 and from left to right.
"""

import math

import pyarrow as pa
from conformance.case import Case, float32, text

import featurekit as fk
from featurekit.plan.statistics import Moments, Range, VocabularyCounts

INF = math.inf
NAN = math.nan
NORMAL = 2.0**-126
LARGEST = 2**63 - 1
SMALLEST = -(2**63) + 3  # the three below are reserved

_T = fk.strings("t")
_I = fk.integers("i")
_X = fk.numerics("x")
_ABC = _T.vocabulary(["a", "b", "c"])


def texts(*rows: list[str | None] | None) -> pa.Array:
    return pa.array(rows, pa.large_list(pa.large_string()))


def numbers(*rows: list[float | None] | None) -> pa.Array:
    return pa.array(rows, pa.large_list(pa.float32()), from_pandas=False)


def integers(*rows: list[int | None] | None) -> pa.Array:
    return pa.array(rows, pa.large_list(pa.int64()))


MISSING = [
    Case(
        "list_missing_empty_and_missing_element_are_three_things",
        {"t": texts(["a"], None, [], [None], ["b", None])},
        {
            "m": _ABC.multi_hot(),
            "c": _ABC.counts(),
            "p": _ABC.pad(2),
        },
        {
            "m": [[1, 0, 0, 0], [0, 0, 0, 0]],
            "c": [[1, 0, 0, 0], [0, 0, 0, 0]],
            "p": [[1, 0], [0, 0]],
        },
        rejected={1: "NULL_NOT_ALLOWED", 3: "NULL_NOT_ALLOWED", 4: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "list_missing_as_empty",
        {"t": texts(["a"], None, []), "x": numbers([2.0], None, [])},
        {
            "m": _ABC.missing_as_empty().multi_hot(),
            "p": _T.missing_as_empty().hash_buckets(1).pad(2),
            "l": _T.missing_as_empty().length(),
            "s": _X.missing_as_empty().sum(),
            "n": _X.missing_as_empty().mean().fill(-1.0),
        },
        {
            "m": [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
            "p": [[1, 0], [0, 0], [0, 0]],
            "l": [1.0, 0.0, 0.0],
            "s": [2.0, 0.0, 0.0],
            "n": [2.0, -1.0, -1.0],
        },
    ),
    Case(
        "list_missing_elements_filled",
        {"t": texts(["a", None], [None], []), "i": integers([None, 7], [], [None])},
        {
            "known": _T.fill("b").vocabulary(["a", "b"]).pad(2),
            "unknown": _T.fill("q").vocabulary(["a", "b"]).counts(),
            "empty": _T.fill("").vocabulary(["", "a"]).counts(),
            "number": _I.fill(3).identity(8).pad(2),
        },
        {
            "known": [[1, 2], [2, 0], [0, 0]],
            "unknown": [[1, 0, 1], [0, 0, 1], [0, 0, 0]],
            "empty": [[1, 1, 0], [1, 0, 0], [0, 0, 0]],
            "number": [[4, 8], [0, 0], [4, 0]],
        },
    ),
    Case(
        "list_missing_elements_dropped",
        {"t": texts(["a", None, "b"], [None], []), "x": numbers([1, None], [None], [])},
        {
            "p": _T.drop_missing().vocabulary(["a", "b"]).pad(2),
            "m": _T.drop_missing().vocabulary(["a", "b"]).multi_hot(),
            "l": _T.drop_missing().length(maximum=9),
            "q": _X.drop_missing().pad(2, value=9.0),
            "s": _X.drop_missing().sum(),
            "n": _X.drop_missing().max().fill(-1.0),
        },
        {
            "p": [[1, 2], [0, 0], [0, 0]],
            "m": [[1, 1, 0], [0, 0, 0], [0, 0, 0]],
            "l": [2, 0, 0],
            "q": [[1.0, 9.0], [9.0, 9.0], [9.0, 9.0]],
            "s": [1.0, 0.0, 0.0],
            "n": [1.0, -1.0, -1.0],
        },
    ),
    Case(
        "list_first_reason_counts_of_lists_and_single_values",
        {
            "s": text("a", None, "q", "a"),
            "t": texts(["q"], ["q"], None, ["a"]),
        },
        {
            "one": fk.string("s").vocabulary(["a"], num_oov=0),
            "all": _T.vocabulary(["a"], num_oov=0).multi_hot(),
        },
        {"one": [0], "all": [[1]]},
        rejected={
            0: "OUT_OF_VOCABULARY",
            1: "NULL_NOT_ALLOWED",
            2: "OUT_OF_VOCABULARY",
        },
    ),
    Case(
        "list_of_no_rows",
        {"t": texts(), "x": numbers()},
        {"m": _ABC.multi_hot(), "p": _ABC.pad(2), "s": _X.sum(), "q": _X.pad(1)},
        {"m": [], "p": [], "s": [], "q": []},
    ),
    Case(
        "list_all_empty",
        {"t": texts([], []), "x": numbers([], [])},
        {"m": _ABC.multi_hot(), "p": _ABC.pad(2), "s": _X.sum(), "q": _X.pad(1)},
        {"m": [[0] * 4] * 2, "p": [[0, 0]] * 2, "s": [0.0, 0.0], "q": [[0.0]] * 2},
    ),
]

IDS = [
    Case(
        "list_multi_hot_once_and_counts_repeated",
        {"t": texts(["b", "a", "b"], ["zz"], ["c", "zz", "c", "c"])},
        {"m": _ABC.multi_hot(), "c": _ABC.counts()},
        {
            "m": [[1, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 1]],
            "c": [[1, 2, 0, 0], [0, 0, 0, 1], [0, 0, 3, 1]],
        },
    ),
    Case(
        "list_pad_right_and_left",
        {"i": integers([], [5], [5, 6], [5, 6, 7], [5, 6, 7, 8])},
        {
            "rr": _I.identity(9).pad(3),
            "rl": _I.identity(9).pad(3, truncate="left"),
            "lr": _I.identity(9).pad(3, side="left"),
            "ll": _I.identity(9).pad(3, side="left", truncate="left").embedding(2),
        },
        {
            "rr": [[0, 0, 0], [6, 0, 0], [6, 7, 0], [6, 7, 8], [6, 7, 8]],
            "rl": [[0, 0, 0], [6, 0, 0], [6, 7, 0], [6, 7, 8], [7, 8, 9]],
            "lr": [[0, 0, 0], [0, 0, 6], [0, 6, 7], [6, 7, 8], [6, 7, 8]],
            "ll": [[0, 0, 0], [0, 0, 6], [0, 6, 7], [6, 7, 8], [7, 8, 9]],
        },
    ),
    Case(
        "list_pad_drops_before_it_cuts",
        {"i": integers([None, 1, None, 2, 3, None])},
        {
            "r": _I.drop_missing().identity(9).pad(2),
            "l": _I.drop_missing().identity(9).pad(2, truncate="left"),
        },
        {"r": [[2, 3]], "l": [[3, 4]]},
    ),
    Case(
        "list_hash_of_texts",
        {"t": texts(["A", "", "hello"], ["日本", "E", "A"])},
        {"p": _T.hash_buckets(1000).pad(3), "one": _T.hash_buckets(1).counts()},
        {"p": [[565, 264, 297], [884, 13, 565]], "one": [[3], [3]]},
    ),
    Case(
        "list_hash_of_integers",
        {"i": integers([0, 1, -1], [10, 2**40, -5])},
        {"p": _I.hash_buckets(1000).pad(3)},
        {"p": [[736, 850, 431], [863, 379, 817]]},
    ),
    Case(
        "list_texts_that_are_hard_to_tell_apart",
        {"t": texts(["\u00e9", "e\u0301", "", "\0", "a\nb"])},
        {"p": _T.vocabulary(["", "e\u0301", "\0", "\u00e9", "a\nb"], num_oov=0).pad(5)},
        {"p": [[4, 2, 1, 3, 5]]},
    ),
    Case(
        "list_one_unknown_element_refuses_the_row",
        {"t": texts(["a", "b"], ["a", "q"], [], ["q"])},
        {"m": _T.vocabulary(["a", "b"], num_oov=0).multi_hot()},
        {"m": [[1, 1], [0, 0]]},
        rejected={1: "OUT_OF_VOCABULARY", 3: "OUT_OF_VOCABULARY"},
    ),
    Case(
        "list_identity_out_of_range",
        {"i": integers([0, 2], [3], [-1, 0], [LARGEST, SMALLEST], [1])},
        {"c": _I.identity(3).counts(), "p": _I.identity(3).pad(1)},
        {"c": [[1, 0, 1], [0, 1, 0]], "p": [[1], [2]]},
        rejected={1: "OUT_OF_RANGE", 2: "OUT_OF_RANGE", 3: "OUT_OF_RANGE"},
    ),
    Case(
        "list_integers_exact_over_64_bits",
        {"i": integers([LARGEST, SMALLEST, 2**53 + 1, 2**53])},
        {"p": _I.vocabulary([2**53 + 1, LARGEST, SMALLEST]).pad(4)},
        {"p": [[2, 3, 1, 4]]},
    ),
    Case(
        "list_vocabulary_learned",
        {"t": texts(["a", "b"], ["q"])},
        {"m": _T.vocabulary(max_size=2).multi_hot()},
        {"m": [[1, 1, 0], [0, 0, 1]]},
        stats=fk.Stats(
            {
                "vocabulary(fk.strings('t'), max_size=2, min_count=1)": (
                    VocabularyCounts((b"b", b"a"), (2, 1), 4, 3)
                )
            }
        ),
    ),
    Case(
        "list_label",
        {"t": texts(["a"], None, ["c", "a"])},
        fk.FeatureSpec({"l": _T.length().fill(-1.0)}, label=_ABC.multi_hot()),
        {"l": [1.0, 2.0], "label": [[1, 0, 0, 0], [1, 0, 1, 0]]},
        rejected={1: "NULL_NOT_ALLOWED"},
    ),
]

LENGTHS = [
    Case(
        "list_length",
        {"t": texts(["a"], [], ["a", "b", "c"], None), "x": numbers(*[[1.0, 2.0]] * 4)},
        {
            "number": _T.length().fill(-1.0),
            "ids": _ABC.length().fill(0.0).buckets([1, 2]),
            "most": _X.length(maximum=1),
            "hot": _X.length(maximum=2).one_hot(),
        },
        {
            "number": [1.0, 0.0, 3.0, -1.0],
            "ids": [1, 0, 2, 0],
            "most": [1, 1, 1, 1],
            "hot": [[0, 0, 1]] * 4,
        },
    ),
    Case(
        "list_length_of_a_missing_list",
        {"t": texts(None, ["a"])},
        {"n": _T.length(maximum=4)},
        {"n": [1]},
        rejected={0: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "list_length_crosses_like_any_id",
        {"t": texts(["a", "b"], []), "s": text("A", "A")},
        {
            "c": fk.cross(fk.string("s"), _T.length(maximum=200)).hash_buckets(1),
        },
        {"c": [0, 0]},
    ),
]

NUMBERS = [
    Case(
        "list_numbers_padded",
        {"x": numbers([], [1.5], [1, 2, 3], [-0.0, INF], [NORMAL / 2, -NORMAL / 2])},
        {
            "r": _X.pad(2),
            "l": _X.pad(2, side="left", truncate="left", value=-7.5),
        },
        {
            "r": [[0, 0], [1.5, 0], [1, 2], [-0.0, INF], [0.0, -0.0]],
            "l": [[-7.5, -7.5], [-7.5, 1.5], [2, 3], [-0.0, INF], [0.0, -0.0]],
        },
    ),
    Case(
        "list_nan_is_missing",
        {"x": numbers([NAN], [1.0], [NAN, 2.0], [])},
        {"p": _X.pad(1)},
        {"p": [[1.0], [0.0]]},
        rejected={0: "NULL_NOT_ALLOWED", 2: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "list_nan_dropped_filled_and_kept",
        {"x": numbers([NAN, 2.0, None])},
        {
            "drop": _X.drop_missing().pad(3),
            "fill": _X.fill(5.0).pad(3),
            "keep": fk.numerics("x", nan="keep").fill(5.0).pad(3),
        },
        {
            "drop": [[2.0, 0.0, 0.0]],
            "fill": [[5.0, 2.0, 5.0]],
            "keep": [[NAN, 2.0, 5.0]],
        },
    ),
    Case(
        "list_nan_is_refused",
        {"x": numbers([1.0, NAN], [1.0], [])},
        {"p": fk.numerics("x", nan="error").pad(1)},
        {"p": [[1.0], [0.0]]},
        rejected={0: "NAN_NOT_ALLOWED"},
    ),
    Case(
        "list_steps_on_numbers",
        {"x": numbers([0.0, 3.0, -5.0], [100.0])},
        {
            "clip": _X.clip(-1, 4).pad(3),
            "scale": _X.standardize(mean=1.0, std=2.0).pad(3),
            "range": _X.min_max(minimum=0.0, maximum=4.0).pad(1),
            "bucket": _X.buckets([0, 3]).counts(),
            "log": _X.clip(0.0, 0.0).log1p().pad(1),
        },
        {
            "clip": [[0.0, 3.0, -1.0], [4.0, 0.0, 0.0]],
            "scale": [[-0.5, 1.0, -3.0], [49.5, 0.0, 0.0]],
            "range": [[0.0], [25.0]],
            "bucket": [[1, 1, 1], [0, 0, 1]],
            "log": [[0.0], [0.0]],
        },
    ),
    Case(
        "list_log1p_below_its_domain",
        {"x": numbers([1.0, -2.0], [-1.0], [])},
        {"p": _X.log1p().pad(1)},
        {"p": [[-INF], [0.0]]},
        rejected={0: "OUT_OF_DOMAIN"},
    ),
    Case(
        "list_number_beyond_float32",
        {"x": numbers([3e38], [0.0], [1.0, 3e38])},
        {"p": _X.standardize(mean=0.0, std=0.1).pad(1)},
        {"p": [[0.0]]},
        rejected={0: "OUT_OF_RANGE", 2: "OUT_OF_RANGE"},
    ),
    Case(
        "list_statistics_of_elements",
        {"x": numbers([3.0, 5.0], [])},
        {"z": _X.standardize().pad(2), "m": _X.min_max().sum()},
        {"z": [[0.5, 1.5], [0.0, 0.0]], "m": [2.0, 0.0]},
        stats=fk.Stats(
            {
                "moments(fk.numerics('x'))": Moments(4, 2.0, 4.0),
                "range(fk.numerics('x'))": Range(4, 0.0, 4.0),
            }
        ),
    ),
]

AGGREGATES = [
    Case(
        "list_aggregates",
        {"x": numbers([1.0, 4.0, -2.0], [0.5], [], None)},
        {
            "sum": _X.sum().fill(-9.0),
            "mean": _X.mean().fill(-9.0),
            "min": _X.min().fill(-9.0),
            "max": _X.max().fill(-9.0),
        },
        {
            "sum": [3.0, 0.5, 0.0, -9.0],
            "mean": [1.0, 0.5, -9.0, -9.0],
            "min": [-2.0, 0.5, -9.0, -9.0],
            "max": [4.0, 0.5, -9.0, -9.0],
        },
    ),
    Case(
        "list_sum_from_left_to_right",
        {"x": numbers([2.0**60, 1.0, -(2.0**60)], [2.0**60, -(2.0**60), 1.0])},
        {"sum": _X.sum(), "mean": _X.mean()},
        {"sum": [0.0, 1.0], "mean": [0.0, 0.3333333432674408]},
    ),
    Case(
        "list_sum_and_steps_behind_it",
        {"x": numbers([3e38, 3e38, -3e38], [3e38, 3e38], [1.0, 2.0])},
        {"s": _X.sum().standardize(mean=1.0, std=2.0), "b": _X.sum().buckets([2.0])},
        {"s": [1.4999999803125663e38, 2.999999960625133e38, 1.0], "b": [1, 1, 1]},
    ),
    Case(
        "list_sum_beyond_float32",
        {"x": numbers([3e38, 3e38], [3e38], [INF, 1.0])},
        {"s": _X.sum()},
        {"s": [2.9999999606251326e38, INF]},
        rejected={0: "OUT_OF_RANGE"},
    ),
    Case(
        "list_aggregates_of_nan",
        {"x": numbers([1.0, NAN, 2.0], [NAN], [3.0, 4.0])},
        {
            name: getattr(fk.numerics("x", nan="keep"), name)()
            for name in ("sum", "mean", "min", "max")
        },
        {
            "sum": [NAN, NAN, 7.0],
            "mean": [NAN, NAN, 3.5],
            "min": [NAN, NAN, 3.0],
            "max": [NAN, NAN, 4.0],
        },
    ),
    Case(
        "list_extremes_of_zeros_and_infinities",
        {"x": numbers([-0.0, 0.0], [0.0, -0.0], [-0.0], [INF, -INF])},
        {"min": _X.min(), "max": _X.max()},
        {"min": [0.0, 0.0, 0.0, -INF], "max": [0.0, 0.0, 0.0, INF]},
    ),
    Case(
        "list_aggregate_of_a_missing_element",
        {"x": numbers([1.0, None], [2.0])},
        {"m": _X.min()},
        {"m": [2.0]},
        rejected={0: "NULL_NOT_ALLOWED"},
    ),
]

_AB = _T.vocabulary(["a", "b"])

WEIGHTS = [
    Case(
        "list_weights_summed_by_id",
        {
            "t": texts(["a", "b", "a"], [], ["q"], ["b"]),
            "x": numbers([1.0, 2.0, 0.5], [], [-3.0], [0.0]),
        },
        {"w": _AB.weighted(_X)},
        {"w": [[1.5, 2, 0], [0, 0, 0], [0, 0, -3], [0, 0, 0]]},
    ),
    Case(
        "list_weights_in_order",
        {"t": texts(["a"] * 3), "x": numbers([2.0**60, 1.0, -(2.0**60)])},
        {"w": _AB.weighted(_X)},
        {"w": [[0, 0, 0]]},
    ),
    Case(
        "list_weights_that_do_not_fit",
        {
            "t": texts(["a", "b"], ["a"], ["a", "a"], None, [], ["a", "a"]),
            "x": numbers([1.0], [1.0, 2.0], [3e38, 3e38], [], None, [1.0, None]),
        },
        {"w": _AB.weighted(_X)},
        {"w": []},
        rejected={
            0: "WEIGHT_MISMATCH",
            1: "WEIGHT_MISMATCH",
            2: "WEIGHT_MISMATCH",
            3: "NULL_NOT_ALLOWED",
            4: "NULL_NOT_ALLOWED",
            5: "NULL_NOT_ALLOWED",
        },
    ),
    Case(
        "list_weights_and_ids_dropped_in_pairs",
        {
            "t": texts(["a", None, "b"], ["a", "b"], [None], ["a"]),
            "x": numbers([1.0, 2.0, 3.0], [None, 4.0], [1.0], [1.0, 2.0]),
        },
        {
            "both": _T.drop_missing()
            .vocabulary(["a", "b"])
            .weighted(_X.drop_missing().clip(0, 3)),
            "filled": _T.fill("b").vocabulary(["a", "b"]).weighted(_X.fill(1.0)),
        },
        {
            "both": [[1, 3, 0], [0, 3, 0], [0, 0, 0]],
            "filled": [[1, 5, 0], [1, 4, 0], [0, 1, 0]],
        },
        rejected={3: "WEIGHT_MISMATCH"},
    ),
    Case(
        "list_weights_missing_as_empty",
        {"t": texts(None, ["a"], None), "x": numbers([], [2.0], [1.0])},
        {"w": _T.missing_as_empty().vocabulary(["a", "b"]).weighted(_X)},
        {"w": [[0, 0, 0], [2, 0, 0]]},
        rejected={2: "WEIGHT_MISMATCH"},
    ),
    Case(
        "list_weights_not_finite",
        {
            "t": texts(["a", "b"], ["a", "a"]),
            "x": numbers([INF, NAN], [INF, -INF]),
        },
        {"w": _AB.weighted(fk.numerics("x", nan="keep"))},
        {"w": [[INF, NAN, 0], [NAN, 0, 0]]},
    ),
    Case(
        "list_beside_single_values",
        {"t": texts(["a"], ["b"]), "v": float32(1.0, None), "x": numbers([1.0], [2.0])},
        {
            "one": fk.numeric("v").fill(3.0),
            "two": fk.numeric("v").fill(4.0).buckets([3.5]).one_hot(),
            "w": _AB.weighted(_X),
        },
        {"one": [1.0, 3.0], "two": [[1, 0], [0, 1]], "w": [[1, 0, 0], [0, 2, 0]]},
    ),
]

CASES = [*MISSING, *IDS, *LENGTHS, *NUMBERS, *AGGREGATES, *WEIGHTS]
