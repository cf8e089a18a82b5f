"""Bags: ids and weights padded together; what a model combines.

Hashes modulo n are those of `tf.strings.to_hash_bucket_fast`.
"""

from conformance.case import Case
from conformance.cases_lists import INF, LARGEST, NAN, integers, numbers, texts

import featurekit as fk

_T, _X, _I = fk.strings("t"), fk.numerics("x"), fk.integers("i")
_AB = _T.vocabulary(["a", "b"])
_KEPT = fk.numerics("x", nan="keep")

CASES = [
    Case(
        "bag_ids_and_weights_in_the_same_places",
        {
            "t": texts(["a", "b", "q"], ["b"], [], ["a", "a", "日本"]),
            "x": numbers([1.0, -2.0, 0.5], [0.0], [], [3.0, 4.0, 5.0]),
        },
        {
            "r": _AB.weighted(_X).pad(2),
            "l": _AB.weighted(_X).pad(4, side="left", truncate="left"),
            "c": _AB.weighted(_X).pad(2, truncate="left").embedding(8),
        },
        {
            "r": [[1, 2], [2, 0], [0, 0], [1, 1]],
            "r_weights": [[1, -2], [0, 0], [0, 0], [3, 4]],
            "l": [[0, 1, 2, 3], [0, 0, 0, 2], [0, 0, 0, 0], [0, 1, 1, 3]],
            "l_weights": [[0, 1, -2, 0.5], [0, 0, 0, 0], [0, 0, 0, 0], [0, 3, 4, 5]],
            "c": [[2, 3], [2, 0], [0, 0], [1, 3]],
            "c_weights": [[-2, 0.5], [0, 0], [0, 0], [4, 5]],
        },
    ),
    Case(
        "bag_weights_that_do_not_fit",
        {
            "t": texts(["a", "b"], ["a"], None, [], ["a", "a"], ["a", None], ["b"]),
            "x": numbers([1.0], [1.0, 2.0], [], None, [1.0, None], [1.0, 2.0], [3.0]),
        },
        {"w": _AB.weighted(_X).pad(3)},
        {"w": [[2, 0, 0]], "w_weights": [[3, 0, 0]]},
        rejected={
            0: "WEIGHT_MISMATCH",
            1: "WEIGHT_MISMATCH",
            2: "NULL_NOT_ALLOWED",
            3: "NULL_NOT_ALLOWED",
            4: "NULL_NOT_ALLOWED",
            5: "NULL_NOT_ALLOWED",
        },
    ),
    Case(
        "bag_ids_and_weights_dropped_in_pairs",
        {
            "t": texts(["a", None, "b", "b"], ["a", "b"], [None], ["a"]),
            "x": numbers([1.0, 2.0, 3.0, 4.0], [None, 4.0], [1.0], [1.0, 2.0]),
        },
        {
            "w": _T.drop_missing()
            .vocabulary(["a", "b"])
            .weighted(_X.drop_missing().clip(0, 3))
            .pad(2)
        },
        {"w": [[1, 2], [2, 0], [0, 0]], "w_weights": [[1, 3], [3, 0], [0, 0]]},
        rejected={3: "WEIGHT_MISMATCH"},
    ),
    Case(
        "bag_missing_as_empty",
        {"t": texts(None, ["a"], None), "x": numbers([], [2.0], [1.0])},
        {"w": _T.missing_as_empty().vocabulary(["a"]).weighted(_X).pad(1)},
        {"w": [[0], [1]], "w_weights": [[0], [2]]},
        rejected={2: "WEIGHT_MISMATCH"},
    ),
    Case(
        "bag_weights_at_their_boundaries",
        {
            "i": integers([-1, 2**40, 0], [10, -5, LARGEST]),
            "x": numbers([INF, -INF, NAN], [-0.0, 2.0**-126, 2.0**-149]),
        },
        {"w": _I.hash_buckets(1000).weighted(_KEPT).pad(2)},
        {"w": [[431, 379], [863, 817]], "w_weights": [[INF, -INF], [-0.0, 2.0**-126]]},
    ),
    Case(
        "bag_weights_rounded_once_and_refused_beyond_float32",
        {"i": integers([0, 1], [1]), "x": numbers([1.0, 2.0], [3.0e38])},
        {"w": _I.identity(2).weighted(_X.standardize(mean=0.0, std=0.1)).pad(2)},
        {"w": [[1, 2]], "w_weights": [[10, 20]]},
        rejected={1: "OUT_OF_RANGE"},
    ),
]
