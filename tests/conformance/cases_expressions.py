"""Arithmetic, comparisons and choices of several columns; joined text."""

import math

from conformance.case import Case, dictionary, float32, int64, large_text, text

import featurekit as fk
from featurekit.plan.statistics import Moments, VocabularyCounts

NAN = math.nan
INF = math.inf
MAX = 3.4028234663852886e38
TINY = 2.0**-126

_X, _Y = fk.numeric("x"), fk.numeric("y")
_KX, _KY = fk.numeric("x", nan="keep"), fk.numeric("y", nan="keep")
_S, _U = fk.string("s"), fk.string("u")

ARITHMETIC = [
    Case(
        "arithmetic_of_two_columns",
        {"x": float32(6.0, -1.5, 0.1, -0.0), "y": float32(4.0, -0.5, 3.0, 1.0)},
        {
            "add": _X + _Y,
            "subtract": _X - _Y,
            "multiply": _X * _Y,
            "divide": _X / _Y,
            "minimum": fk.minimum(_X, _Y),
            "maximum": fk.maximum(_X, _Y),
        },
        {
            "add": [10.0, -2.0, 3.0999999046325684, 1.0],
            "subtract": [2.0, -1.0, -2.9000000953674316, -1.0],
            "multiply": [24.0, 0.75, 0.30000001192092896, -0.0],
            "divide": [1.5, 3.0, 0.03333333507180214, -0.0],
            "minimum": [4.0, -1.5, 0.10000000149011612, -0.0],
            "maximum": [6.0, -0.5, 3.0, 1.0],
        },
    ),
    Case(
        "arithmetic_with_numbers",
        {"x": float32(4.0, -0.5, 0.0)},
        {
            "right": _X + 1,
            "minus": 1 - _X,
            "times": 2 * _X,
            "by": _X / 8,
            "inverse": (1 / _X).fill(9.0),
            "negative": -_X,
            "at_most": fk.minimum(_X, 1),
            "at_least": fk.maximum(0.5, _X),
        },
        {
            "right": [5.0, 0.5, 1.0],
            "minus": [-3.0, 1.5, 1.0],
            "times": [8.0, -1.0, 0.0],
            "by": [0.5, -0.0625, 0.0],
            "inverse": [0.25, -2.0, 9.0],
            "negative": [-4.0, 0.5, -0.0],
            "at_most": [1.0, -0.5, 0.0],
            "at_least": [4.0, 0.5, 0.5],
        },
    ),
    Case(
        "arithmetic_missing_where_an_operand_is",
        {"x": float32(1.0, None, NAN, None), "y": float32(2.0, 3.0, 1.0, None)},
        {
            "filled": (_X + _Y).fill(-1.0),
            "missing": (_X * _Y).is_missing(),
            "inner": _X.fill(0.0) - _Y.fill(0.5),
            "less": fk.minimum(_X, _Y).fill(-2.0),
        },
        {
            "filled": [3.0, -1.0, -1.0, -1.0],
            "missing": [0, 1, 1, 1],
            "inner": [-1.0, -3.0, -1.0, -0.5],
            "less": [1.0, -2.0, -2.0, -2.0],
        },
    ),
    Case(
        "arithmetic_missing_rejects",
        {"x": float32(1.0, None, 1.0, 0.0), "y": float32(2.0, 1.0, None, 0.0)},
        {"y": _X / _Y},
        {"y": [0.5]},
        rejected=dict.fromkeys([1, 2, 3], "NULL_NOT_ALLOWED"),
    ),
    Case(
        "arithmetic_without_a_result_is_missing",
        {
            "x": float32(1.0, -1.0, 0.0, 0.0, INF, INF, INF, NAN, NAN, 5.0),
            "y": float32(0.0, -0.0, 0.0, INF, INF, -INF, 0.0, 0.0, 1.0, NAN),
        },
        {
            "divide": (_KX / _KY).fill(7.0),
            "add": (_KX + _KY).fill(7.0),
            "subtract": (_KX - _KY).fill(7.0),
            "multiply": (_KX * _KY).fill(7.0),
            "maximum": fk.maximum(_KX, _KY),
        },
        {
            "divide": [7.0, 7.0, 7.0, 0.0, 7.0, 7.0, 7.0, 7.0, NAN, NAN],
            "add": [1.0, -1.0, 0.0, INF, INF, 7.0, INF, NAN, NAN, NAN],
            "subtract": [1.0, -1.0, 0.0, -INF, 7.0, INF, INF, NAN, NAN, NAN],
            "multiply": [0.0, 0.0, 0.0, 7.0, INF, -INF, 7.0, NAN, NAN, NAN],
            "maximum": [1.0, -0.0, 0.0, INF, INF, INF, INF, NAN, NAN, NAN],
        },
    ),
    Case(
        "arithmetic_in_float64_rounded_once",
        {"x": float32(16777216.0, 1e-30), "y": float32(1.0, 1e-30)},
        {
            "lost": (_X + _Y) - _X,
            # 1e-60 is far below float32, and no zero.
            "small": _X * _Y / 1e-30,
        },
        {
            "lost": [1.0, 1.0000000031710769e-30],
            "small": [1.677721625245459e37, 1.0000000031710769e-30],
        },
    ),
    Case(
        "arithmetic_between_beyond_float32",
        {"x": float32(MAX, -MAX)},
        {"y": _X * _X / MAX},
        {"y": [MAX, MAX]},
    ),
    Case(
        "arithmetic_of_zeros_keeps_their_sign",
        {"x": float32(0.0, -0.0, 0.0, -0.0), "y": float32(0.0, -0.0, -0.0, 0.0)},
        {
            "add": _X + _Y,
            "subtract": _X - _Y,
            "multiply": _X * _Y,
            "minimum": fk.minimum(_X, _Y),
            "maximum": fk.maximum(_X, _Y),
            "self": _X - _X,
        },
        {
            "add": [0.0, -0.0, 0.0, 0.0],
            "subtract": [0.0, 0.0, 0.0, -0.0],
            "multiply": [0.0, 0.0, -0.0, -0.0],
            "minimum": [0.0, -0.0, 0.0, -0.0],
            "maximum": [0.0, -0.0, 0.0, -0.0],
            "self": [0.0, 0.0, 0.0, 0.0],
        },
    ),
    Case(
        "arithmetic_flushes_what_float64_holds_as_subnormal",
        {"x": float32(2.0**-100, -(2.0**-100), 1.0)},
        {
            # 2**-1040 is subnormal, and a zero: scaling it up again gives nothing.
            "result": (_X * 2.0**-940) * 2.0**1000,
            "operand": _X.standardize(mean=0.0, std=2.0**960) * 2.0**1000,
            "constant": (_X * 2.0**-1040) + 1.0,
            "compared": (_X * 2.0**-940).greater_than(0.0),
        },
        {
            "result": [0.0, -0.0, 2.0**60],
            "operand": [0.0, -0.0, 2.0**40],
            "constant": [1.0, 1.0, 1.0],
            "compared": [0, 0, 1],
        },
    ),
    Case(
        "arithmetic_beyond_float32_rejects",
        {"x": float32(MAX, 1.0, INF)},
        {"y": _X * 2},
        {"y": [2.0, INF]},
        rejected={0: "OUT_OF_RANGE"},
    ),
    Case(
        "arithmetic_order_is_as_written",
        {
            "x": float32(1e16, -1e16, 3.0),
            "y": float32(-1e16, 1e16, 4.0),
            "z": float32(1.0, 0.5, 5.0),
        },
        {
            "left": _X + _Y + fk.numeric("z"),
            "right": _X + (_Y + fk.numeric("z")),
            "common": _X * _Y + _X * fk.numeric("z"),
        },
        {
            "left": [1.0, 0.5, 12.0],
            # float32(1e16) is 10000000272564224; 0.5 and 1 are below half a unit.
            "right": [0.0, 0.0, 12.0],
            "common": [
                -1.0000000331813535e32,
                -1.0000000331813535e32,
                27.0,
            ],
        },
    ),
    Case(
        "arithmetic_then_learned",
        {"x": float32(6.0, 1.0, 4.0), "y": float32(2.0, 0.0, 2.0)},
        {"z": (_X / _Y).fill(1.0).standardize(), "b": (_X / _Y).buckets([2.5])},
        {"z": [1.0, 0.5], "b": [1, 0]},
        rejected={1: "NULL_NOT_ALLOWED"},
        stats=fk.Stats(
            {
                "moments((fk.numeric('x') / fk.numeric('y')).fill(1.0))": (
                    Moments(3, 1.0, 4.0)
                )
            }
        ),
    ),
    Case(
        "arithmetic_empty_batch",
        {"x": float32(), "y": float32()},
        {"y": _X / _Y, "w": fk.where(_X.less_than(_Y), _X, 1.0)},
        {"y": [], "w": []},
    ),
]

COMPARE = [
    Case(
        "compare_two_columns",
        {
            "x": float32(1.0, 2.0, 2.0, -0.0, INF, NAN, 1.0, -INF),
            "y": float32(2.0, 1.0, 2.0, 0.0, INF, 1.0, NAN, 0.0),
        },
        {
            "less_than": _KX.less_than(_KY),
            "less_equal": _KX.less_equal(_KY),
            "greater_than": _KX.greater_than(_KY),
            "greater_equal": _KX.greater_equal(_KY),
        },
        {
            "less_than": [1, 0, 0, 0, 0, 0, 0, 1],
            "less_equal": [1, 0, 1, 1, 1, 0, 0, 1],
            "greater_than": [0, 1, 0, 0, 0, 0, 0, 0],
            "greater_equal": [0, 1, 1, 1, 1, 0, 0, 0],
        },
    ),
    Case(
        "compare_with_numbers",
        {"x": float32(0.1, 0.5, None)},
        {
            # float32(0.1) is above 0.1, and compared in float64.
            "below": _X.less_equal(0.1).fill(True),
            "above": _X.greater_than(0.1).fill(False),
            "half": _X.less_than(0.5).is_missing(),
        },
        {"below": [0, 0, 1], "above": [1, 1, 0], "half": [0, 0, 1]},
    ),
    Case(
        "compare_missing_rejects",
        {"x": float32(1.0, None, 3.0), "y": float32(2.0, 1.0, NAN)},
        {"c": _X.less_than(_Y), "v": _X.less_than(_Y).one_hot()},
        {"c": [1], "v": [[0.0, 1.0]]},
        rejected={1: "NULL_NOT_ALLOWED", 2: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "compare_as_a_label",
        {"x": float32(3.0, 1.0, None), "y": float32(2.0, 2.0, 1.0)},
        fk.FeatureSpec({"a": _Y}, label=_X.greater_equal(_Y), missing_label="drop"),
        {"a": [2.0, 2.0], "label": [1, 0]},
        rejected={2: "NULL_NOT_ALLOWED"},
    ),
]

WHERE = [
    Case(
        "where_chooses",
        {"x": float32(1.0, 5.0, -0.0, NAN), "y": float32(2.0, 2.0, NAN, 1.0)},
        {
            "columns": fk.where(_KX.less_than(_KY), _KX, _KY),
            "numbers": fk.where(_KX.less_than(_KY), -0.0, 0.5),
            "first": fk.where(_KY.greater_equal(1.5), 9, _KX),
            "second": fk.where(_KY.greater_equal(1.5), _KX, 9),
        },
        {
            "columns": [1.0, 2.0, NAN, 1.0],
            "numbers": [-0.0, 0.5, 0.5, 0.5],
            "first": [9.0, 9.0, -0.0, NAN],
            "second": [1.0, 5.0, 9.0, 9.0],
        },
    ),
    Case(
        "where_is_missing_where_the_chosen_one_is",
        {
            "b": int64(1, 0, 1, 0, None, 1),
            "x": float32(1.0, None, None, 4.0, 5.0, NAN),
            "y": float32(None, 2.0, 3.0, None, 6.0, 7.0),
        },
        {
            "w": fk.where(fk.boolean("b"), _X, _Y).fill(-1.0),
            "m": fk.where(fk.boolean("b"), _X, 0).is_missing(),
            "coalesce": fk.where(_X.is_missing(), _Y, _X).fill(-2.0),
        },
        {
            "w": [1.0, 2.0, -1.0, -1.0, -1.0, -1.0],
            "m": [0, 0, 1, 0, 1, 1],
            "coalesce": [1.0, 2.0, 3.0, 4.0, 5.0, 7.0],
        },
    ),
    Case(
        "where_the_condition_is_refused",
        {"b": int64(1, 7), "x": float32(1.0, 2.0)},
        {"w": fk.where(fk.boolean("b"), _X, 0.0)},
        {"w": [1.0]},
        rejected={1: "OUT_OF_RANGE"},
    ),
]

_JOINED = fk.join(_S, _U, separator="-")

JOIN = [
    Case(
        "join_of_two_texts",
        {
            "s": text("a", "", "é", None, "b", "A\0"),
            "u": large_text("b", "", "😀", "x", None, ""),
        },
        {
            "v": _JOINED.fill("?").vocabulary(["a-b", "-", "é-😀", "?", "A\0-"]),
            "m": _JOINED.is_missing(),
            "h": _JOINED.fill("A").hash_buckets(1000),
            "none": fk.join(_S, _U, separator="").fill("x").vocabulary(["ab", "x"]),
        },
        {
            "v": [0, 1, 2, 3, 3, 4],
            "m": [0, 0, 0, 1, 1, 0],
            # to_hash_bucket_fast of "a-b", "-", "é-😀", "A\0-" mod 1000.
            "h": [71, 771, 101, 564, 564, 531],
            "none": [0, 2, 2, 1, 1, 2],
        },
    ),
    Case(
        "join_missing_rejects",
        {"s": text("a", None, "a"), "u": text("b", "b", None)},
        {"v": _JOINED.vocabulary(["a-b"], num_oov=0)},
        {"v": [0]},
        rejected={1: "NULL_NOT_ALLOWED", 2: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "join_of_filled_texts_and_of_joined_ones",
        {
            "s": dictionary([0, None, 1, 2], ["a", None, "c"]),
            "u": dictionary([0, 1, None, 0], ["x", "y"]),
        },
        {
            "v": fk.join(_S.fill("n"), _U.fill("")).vocabulary(["a_x", "n_y", "n_"]),
            "w": fk.join(
                fk.join(_S, _U).fill("q"), _S.fill("r"), separator="::"
            ).vocabulary(["a_x::a", "q::r", "c_x::c"]),
            "c": fk.cross(fk.join(_S, _U).fill("q"), _U.fill("")).hash_buckets(1),
        },
        {"v": [0, 1, 2, 3], "w": [0, 1, 1, 2], "c": [0, 0, 0, 0]},
    ),
    Case(
        "join_then_learned",
        {"s": text("a", "b"), "u": text("b", "a")},
        {"v": fk.join(_S, _U).vocabulary()},
        {"v": [1, 0]},
        stats=fk.Stats(
            {
                "vocabulary(fk.join(fk.string('s'), fk.string('u'), separator='_'), "
                "max_size=None, min_count=1)": (
                    VocabularyCounts((b"b_a", b"a_b"), (3, 3), 6, 2)
                )
            }
        ),
    ),
    Case(
        "join_empty_batch",
        {"s": text(), "u": text()},
        {"v": _JOINED.vocabulary(["a-b"])},
        {"v": []},
    ),
]

CASES = [*ARITHMETIC, *COMPARE, *WHERE, *JOIN]
