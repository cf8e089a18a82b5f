"""Lists as sequences: aligned groups, shifts, differences, rolling windows, masks.

Expected values were derived by hand; those of pandas are compared in
`test_sequences.py`.
"""

import math

from conformance.case import Case
from conformance.cases_lists import integers, numbers, texts

import featurekit as fk
from featurekit.plan.statistics import Moments, VocabularyCounts

INF = math.inf
NAN = math.nan

_T = fk.strings("t")
_I = fk.integers("i")
_X = fk.numerics("x")
_KEPT = fk.numerics("x", nan="keep")
_AB = _T.vocabulary(["a", "b"])
_GROUP = fk.sequence({"t": _AB, "x": _X})


def filled(column, length=3):  # type: ignore[no-untyped-def]
    """The elements of lists as a vector; -9 where there is none."""
    return column.fill(-9.0).pad(length, value=-9.0)


PADS = [
    Case(
        "sequence_pads_and_cuts_on_either_side",
        {"x": numbers([1, 2, 3], [4], [])},
        {
            f"{side[0]}{cut[0]}": _X.pad(2, side=side, truncate=cut, value=9.0)
            for side in ("left", "right")
            for cut in ("left", "right")
        },
        {
            "ll": [[2, 3], [9, 4], [9, 9]],
            "lr": [[1, 2], [9, 4], [9, 9]],
            "rl": [[2, 3], [4, 9], [9, 9]],
            "rr": [[1, 2], [4, 9], [9, 9]],
        },
    ),
    Case(
        "sequence_mask_beside_padding",
        {"t": texts(["a", "b", "a"], ["b"], [], ["a", None]), "x": numbers(*[[]] * 4)},
        {
            "right": _AB.drop_missing().mask(2),
            "left": _AB.drop_missing().mask(2, side="left"),
            "text": _T.drop_missing().mask(2),
            "none": _X.mask(1),
        },
        {
            "right": [[1, 1], [1, 0], [0, 0], [1, 0]],
            "left": [[1, 1], [0, 1], [0, 0], [0, 1]],
            "text": [[1, 1], [1, 0], [0, 0], [1, 0]],
            "none": [[0], [0], [0], [0]],
        },
    ),
    Case(
        "sequence_mask_of_what_is_missing",
        {"t": texts(["a"], ["a", None], None)},
        {"m": _T.mask(2)},
        {"m": [[1, 0]]},
        rejected={1: "NULL_NOT_ALLOWED", 2: "NULL_NOT_ALLOWED"},
    ),
]

ALIGNED = [
    Case(
        "sequence_aligned_lists_are_padded_alike",
        {
            "t": texts(["a", "b", "q"], ["b"], []),
            "x": numbers([1, 2, 3], [NAN], []),
            "i": integers([0, 1, 2], [2], []),
        },
        fk.sequence({"t": _AB, "x": _KEPT, "i": _I.identity(3)}).pad(
            2, side="left", truncate="left", mask="m"
        ),
        {
            "t": [[2, 3], [0, 2], [0, 0]],
            "x": [[2, 3], [0, NAN], [0, 0]],
            "i": [[2, 3], [0, 3], [0, 0]],
            "m": [[1, 1], [0, 1], [0, 0]],
        },
    ),
    Case(
        "sequence_aligned_lengths_differ",
        {
            "t": texts(["a"], ["a", "b"], [], ["a"], None, [], None),
            "x": numbers([1], [1], [2], [1, 2, 3], [], None, None),
        },
        _GROUP.pad(2),
        {"t": [[1, 0]], "x": [[1, 0]]},
        rejected={
            1: "LENGTH_MISMATCH",
            2: "LENGTH_MISMATCH",
            3: "LENGTH_MISMATCH",
            4: "NULL_NOT_ALLOWED",
            5: "NULL_NOT_ALLOWED",
            6: "NULL_NOT_ALLOWED",
        },
    ),
    Case(
        "sequence_aligned_steps_are_dropped_together",
        {
            "t": texts(["a", None, "b"], ["a", "b"], [None], ["b"]),
            "x": numbers([1, 2, None], [1, 2], [1], [4]),
        },
        {
            **_GROUP.drop_missing().pad(2, mask="m"),
            "n": _GROUP.drop_missing().length(),
            "id": _GROUP.drop_missing().length(maximum=1),
            "s": _GROUP.drop_missing()["x"].sum(),
        },
        {
            "t": [[1, 0], [1, 2], [0, 0], [2, 0]],
            "x": [[1, 0], [1, 2], [0, 0], [4, 0]],
            "m": [[1, 0], [1, 1], [0, 0], [1, 0]],
            "n": [1, 2, 0, 1],
            "id": [1, 1, 0, 1],
            "s": [1, 3, 0, 4],
        },
    ),
    Case(
        "sequence_aligned_missing_step_is_refused_where_it_is_used",
        {"t": texts(["a"], [None], ["b"]), "x": numbers([1], [1], [None])},
        {"t": _GROUP["t"].pad(1)},
        {"t": [[1], [2]]},
        rejected={1: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "sequence_aligned_missing_lists",
        {"t": texts(None, None, []), "x": numbers(None, [], None)},
        {"n": _GROUP.length().fill(-1.0)},
        {"n": [-1]},
        rejected={1: "LENGTH_MISMATCH", 2: "LENGTH_MISMATCH"},
    ),
    Case(
        "sequence_aligned_missing_as_empty",
        {"t": texts(None, ["a"], ["a"]), "x": numbers([], None, [2])},
        {
            **_GROUP.missing_as_empty().drop_missing().pad(1),
            "n": _GROUP.missing_as_empty().length(),
        },
        {"t": [[0], [1]], "x": [[0], [2]], "n": [0, 1]},
        rejected={1: "LENGTH_MISMATCH"},
    ),
    Case(
        "sequence_aligned_with_its_own_difference",
        {"x": numbers([1, 4, 2], [7], [])},
        fk.sequence({"x": _X, "d": _X.difference()}).drop_missing().pad(2),
        {"x": [[4, 2], [0, 0], [0, 0]], "d": [[3, -2], [0, 0], [0, 0]]},
    ),
    Case(
        "sequence_aligned_weights",
        {"t": texts(["a", None, "a"], []), "x": numbers([1, 2, 4], [])},
        {"w": _GROUP.drop_missing()["t"].weighted(_GROUP.drop_missing()["x"])},
        {"w": [[5, 0, 0], [0, 0, 0]]},
    ),
    Case(
        "sequence_aligned_lists_that_learn",
        {"t": texts(["a", "b"]), "x": numbers([3, 5])},
        fk.sequence({"t": _T.vocabulary(), "x": _X.standardize()}).pad(2),
        {"t": [[2, 1]], "x": [[0.5, 1.5]]},
        stats=fk.Stats(
            {
                "vocabulary(fk.strings('t'), max_size=None, min_count=1)": (
                    VocabularyCounts((b"b", b"a"), (2, 1), 3, 2)
                ),
                "moments(fk.numerics('x'))": Moments(4, 2.0, 4.0),
            }
        ),
    ),
]

SHIFTS = [
    Case(
        "sequence_shift_of_each_type",
        {
            "t": texts(["a", "b", ""], ["b"], []),
            "i": integers([1, 2, 3], [4], []),
            "x": numbers([1, -0.0, INF], [4], []),
        },
        {
            "t": _T.shift(1)
            .fill("<s>")
            .vocabulary(["a", "b"], reserved=["<s>"])
            .pad(3),
            "i": _I.shift(-1).fill(0).identity(9).pad(3),
            "x": filled(_X.shift(2)),
            "far": filled(_X.shift(-5)),
        },
        {
            "t": [[1, 2, 3], [1, 0, 0], [0, 0, 0]],
            "i": [[3, 4, 1], [1, 0, 0], [0, 0, 0]],
            "x": [[-9, -9, 1], [-9, -9, -9], [-9, -9, -9]],
            "far": [[-9, -9, -9], [-9, -9, -9], [-9, -9, -9]],
        },
    ),
    Case(
        "sequence_shift_keeps_rows_apart",
        {"x": numbers([1], [2], [3, 4])},
        {"back": filled(_X.shift(1), 2), "on": filled(_X.shift(-1), 2)},
        {"back": [[-9, -9], [-9, -9], [-9, 3]], "on": [[-9, -9], [-9, -9], [4, -9]]},
    ),
    Case(
        "sequence_shift_of_missing_elements",
        {"x": numbers([None, 1, 2], None, [NAN, 5])},
        {
            "moved": filled(_X.missing_as_empty().shift(1)),
            "before": filled(_X.missing_as_empty().drop_missing().shift(1)),
            "after": _X.missing_as_empty().shift(1).drop_missing().pad(3),
            "n": _X.shift(1).drop_missing().length().fill(-1.0),
        },
        {
            "moved": [[-9, -9, 1], [-9, -9, -9], [-9, -9, -9]],
            "before": [[-9, 1, -9], [-9, -9, -9], [-9, -9, -9]],
            "after": [[1, 0, 0], [0, 0, 0], [0, 0, 0]],
            "n": [1, -1, 0],
        },
    ),
    Case(
        "sequence_shift_that_is_not_filled",
        {"x": numbers([1], [], None)},
        {"p": _X.shift(1).pad(1)},
        {"p": [[0]]},
        rejected={0: "NULL_NOT_ALLOWED", 2: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "sequence_shift_twice_is_one_shift",
        {"x": numbers([1, 2, 3])},
        {"two": filled(_X.shift(1).shift(1)), "back": filled(_X.shift(1).shift(-1))},
        {"two": [[-9, -9, 1]], "back": [[1, 2, -9]]},
    ),
]

DIFFERENCES = [
    Case(
        "sequence_difference",
        {"x": numbers([1, 4, 2], [5], [], [2.0**24, 1, 2.0**24])},
        {"one": filled(_X.difference()), "two": filled(_X.difference(2))},
        {
            "one": [
                [-9, 3, -2],
                [-9, -9, -9],
                [-9, -9, -9],
                [-9, 1 - 2**24, 2**24 - 1],
            ],
            "two": [[-9, -9, 1], [-9, -9, -9], [-9, -9, -9], [-9, -9, 0]],
        },
    ),
    Case(
        "sequence_difference_of_missing_and_infinite",
        {"x": numbers([1, None, 3, 4], [INF, INF, 1, -INF], [-0.0, 0.0, -0.0])},
        {"d": filled(_X.difference(), 4)},
        {"d": [[-9, -9, -9, 1], [-9, -9, -INF, -INF], [-9, 0.0, -0.0, -9]]},
    ),
    Case(
        "sequence_difference_of_nan",
        {"x": numbers([1, NAN, 3, 4])},
        {"kept": filled(_KEPT.difference(), 4), "missing": filled(_X.difference(), 4)},
        {"kept": [[-9, NAN, NAN, 1]], "missing": [[-9, -9, -9, 1]]},
    ),
    Case(
        "sequence_difference_of_what_is_left",
        {"x": numbers([1, None, 3], [None, 2])},
        {
            "d": _X.drop_missing().difference().drop_missing().pad(2),
            "z": filled(_X.standardize(mean=1.0, std=2.0).difference(2)),
        },
        {"d": [[2, 0], [0, 0]], "z": [[-9, -9, 1], [-9, -9, -9]]},
    ),
]

ROLLING = [
    Case(
        "sequence_rolling_aggregates",
        {"x": numbers([1, 4, -2, 5], [7, 2], [3], [])},
        {
            name: filled(getattr(_X.rolling(2), name)(), 4)
            for name in ("sum", "mean", "min", "max")
        },
        {
            "sum": [[-9, 5, 2, 3], [-9, 9, -9, -9], [-9] * 4, [-9] * 4],
            "mean": [[-9, 2.5, 1, 1.5], [-9, 4.5, -9, -9], [-9] * 4, [-9] * 4],
            "min": [[-9, 1, -2, -2], [-9, 2, -9, -9], [-9] * 4, [-9] * 4],
            "max": [[-9, 4, 4, 5], [-9, 7, -9, -9], [-9] * 4, [-9] * 4],
        },
    ),
    Case(
        "sequence_rolling_sums_each_window_from_left_to_right",
        {"x": numbers([2.0**60, 1, -(2.0**60), 1])},
        {"s": filled(_X.rolling(3).sum(), 4), "one": filled(_X.rolling(1).sum(), 4)},
        {"s": [[-9, -9, 0, -(2.0**60)]], "one": [[2.0**60, 1, -(2.0**60), 1]]},
    ),
    Case(
        "sequence_rolling_over_missing_and_nan",
        {"x": numbers([1, None, 3, 4, NAN, 6, 7])},
        {
            "missing": filled(_X.rolling(2).sum(), 7),
            "kept": filled(_KEPT.rolling(2).max(), 7),
            "dropped": filled(_X.drop_missing().rolling(2).sum(), 7),
        },
        {
            "missing": [[-9, -9, -9, 7, -9, -9, 13]],
            "kept": [[-9, -9, -9, 4, NAN, NAN, 7]],
            "dropped": [[-9, 4, 7, 10, 13, -9, -9]],
        },
    ),
    Case(
        "sequence_rolling_zeros_and_infinities",
        {"x": numbers([-0.0, -0.0, INF, -INF])},
        {
            "sum": filled(_X.rolling(2).sum(), 4),
            "min": filled(_X.rolling(2).min(), 4),
            "one": filled(_X.rolling(1).max(), 4),
        },
        {
            "sum": [[-9, 0.0, INF, NAN]],
            "min": [[-9, 0.0, 0.0, -INF]],
            "one": [[0.0, 0.0, INF, -INF]],
        },
    ),
    Case(
        "sequence_rolling_wider_than_lists",
        {"x": numbers([1, 2], [], None)},
        {"s": _X.missing_as_empty().rolling(3).mean().drop_missing().pad(1)},
        {"s": [[0], [0], [0]]},
    ),
    Case(
        "sequence_rolling_then_ids",
        {"x": numbers([1, 4, -2])},
        {"c": _X.rolling(2).sum().drop_missing().buckets([3.0]).counts()},
        {"c": [[1, 1]]},
    ),
]

CASES = [*PADS, *ALIGNED, *SHIFTS, *DIFFERENCES, *ROLLING]
