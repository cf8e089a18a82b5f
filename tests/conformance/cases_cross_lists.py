"""Crosses of lists: all combinations of a row, the last input running fastest.

Hashes are those of `tf.sparse.cross_hashed`; padded, ids are one more.
"""

from conformance.case import Case, float32, int64, text
from conformance.cases_lists import integers, numbers, texts

import featurekit as fk

_S = fk.strings("s")
_T = fk.strings("t")
_I = fk.integers("i")
_EXACT = fk.cross(_S, fk.integer("i"), _T)
_GIVEN = [("a", 1, "k"), ("b", 1, "l"), ("b", -7, "k")]

EXACT = [
    Case(
        "cross_lists_exact",
        {
            "s": texts(["a", "b"], ["b", "b"], ["a"], ["é"]),
            "i": int64(1, -7, 2**62, 1),
            "t": texts(["k", "l"], ["k"], ["k"], ["k", "k"]),
        },
        {
            "after": _EXACT.vocabulary(_GIVEN).pad(4),
            "before": _EXACT.vocabulary(_GIVEN, oov="before").pad(4),
            "dropped": _EXACT.vocabulary(_GIVEN, num_oov=0, default="missing")
            .drop_missing()
            .pad(4),
            "default": _EXACT.vocabulary(_GIVEN, num_oov=0, default=2).counts(),
        },
        {
            # Of "b" 1 "k" and of "a" 1 "l" every value is known, and every pair.
            "after": [[1, 4, 4, 2], [3, 3, 0, 0], [4, 0, 0, 0], [4, 4, 0, 0]],
            "before": [[2, 1, 1, 3], [4, 4, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0]],
            "dropped": [[1, 2, 0, 0], [3, 3, 0, 0], [0] * 4, [0] * 4],
            "default": [[1, 1, 2], [0, 0, 2], [0, 0, 1], [0, 0, 2]],
        },
    ),
    Case(
        "cross_lists_exact_in_the_order_of_the_hash",
        {
            "s": texts(["a", "b"], ["b"], []),
            "t": texts(["k", "l", "m"], ["m", "k"], ["k"]),
        },
        {
            "c": fk.cross(_S, _T)
            .vocabulary([(s, t) for s in "ab" for t in "klm"])
            .pad(6),
            "t first": fk.cross(_T, _S)
            .vocabulary([(t, s) for t in "klm" for s in "ab"])
            .pad(6),
        },
        {
            "c": [[1, 2, 3, 4, 5, 6], [6, 4, 0, 0, 0, 0], [0] * 6],
            "t first": [[1, 2, 3, 4, 5, 6], [6, 2, 0, 0, 0, 0], [0] * 6],
        },
    ),
    Case(
        "cross_lists_exact_missing",
        {
            "s": texts(["a", None], ["a"], None, ["a"], ["b"], []),
            "i": int64(1, None, 1, 1, 1, 1),
            "t": texts(["k"], ["k"], ["k"], None, [None, "l"], ["k"]),
        },
        {
            "c": fk.cross(_S.drop_missing(), fk.integer("i"), _T.drop_missing())
            .vocabulary(_GIVEN)
            .pad(2),
        },
        {"c": [[1, 0], [0, 0], [0, 0], [0, 0], [2, 0], [0, 0]]},
    ),
    Case(
        "cross_lists_exact_refuse",
        {
            "s": texts(["a"], ["a", None], ["b"], None, []),
            "i": int64(1, 1, 1, 1, 5),
            "t": texts(["k"], ["k"], ["k", "l"], ["k"], ["z"]),
        },
        {"c": _EXACT.vocabulary(_GIVEN, num_oov=0).pad(1)},
        {"c": [[1], [0], [0]]},
        rejected={1: "NULL_NOT_ALLOWED", 2: "OUT_OF_VOCABULARY"},
    ),
    Case(
        "cross_lists_exact_of_single_values_first",
        {
            "x": float32(-1.0, 1.0, None),
            "i": int64(7, 8, 7),
            "s": texts(["a", "a"], ["b"], ["a"]),
        },
        {
            "c": fk.cross(fk.numeric("x").buckets([0.0]), fk.integer("i"), _S)
            .vocabulary([(0, 7, "a"), (1, 8, "b")])
            .counts(),
        },
        {"c": [[2, 0, 0], [0, 1, 0], [0, 0, 0]]},
    ),
    Case(
        "cross_lists_exact_of_ids",
        {"s": texts(["a", "q"], ["z"]), "i": integers([3, 4], [3])},
        {
            "c": fk.cross(
                _S.vocabulary(["a", "q"]), fk.cross(_I, _I).vocabulary([(3, 4)])
            )
            .vocabulary([(0, 0), (1, 1), (2, 1)])
            .pad(8),
        },
        {"c": [[4, 1, 4, 4, 2, 4, 2, 2], [3, 0, 0, 0, 0, 0, 0, 0]]},
    ),
    Case(
        "cross_lists_exact_of_text_that_joins_alike",
        {"s": texts(["a", "ab", "1:a,"]), "t": texts(["bc", "c", ""])},
        {
            "c": fk.cross(_S, _T)
            .vocabulary([("ab", "c"), ("a", "bc"), ("1:a,", "")])
            .pad(9)
        },
        {"c": [[2, 4, 4, 4, 1, 4, 4, 4, 3]]},
    ),
    Case(
        "cross_lists_exact_empty_batch",
        {"s": texts(), "t": texts(), "i": int64()},
        {"c": _EXACT.vocabulary(_GIVEN).pad(1)},
        {"c": []},
    ),
]

CASES = [
    *EXACT,
    Case(
        "cross_lists_in_the_order_of_tensorflow",
        {
            "s": texts(["a", "b"], ["a"], [], ["b"]),
            "t": texts(["k", "l"], ["l"], ["k"], []),
        },
        {
            "p": fk.cross(_S, _T).hash_buckets(1000).pad(4),
            "l": fk.cross(_S, _T).hash_buckets(1000).length(),
        },
        {
            "p": [[698, 49, 10, 578], [49, 0, 0, 0], [0] * 4, [0] * 4],
            "l": [4.0, 1.0, 0.0, 0.0],
        },
    ),
    Case(
        "cross_lists_with_single_values",
        {
            "s": texts(["A", "B"], ["A"], ["A"], []),
            "i": int64(101, 101, None, 101),
            "t": text("A", "A", "A", None),
            "j": integers([101], [101, 101], [], [5]),
        },
        {
            "list first": fk.cross(_S, fk.integer("i")).hash_buckets(1000).pad(2),
            "value first": fk.cross(fk.string("t"), fk.integers("j"))
            .hash_buckets(1000)
            .pad(2),
        },
        {
            "list first": [[892, 755], [892, 0], [0, 0], [0, 0]],
            "value first": [[892, 0], [892, 892], [0, 0], [0, 0]],
        },
    ),
    Case(
        "cross_lists_takes_ids",
        {
            "s": texts(["A"], ["A", "A"], ["A"]),
            "t": texts(["p", "q", "unknown"], ["p"], []),
            "x": float32(-1.0, 0.0, 2.0),
        },
        {
            "words": fk.cross(_S, _T.vocabulary(["p", "q"])).hash_buckets(1000).pad(3),
            "buckets": fk.cross(_S, fk.numeric("x").buckets([0, 1, 2]))
            .hash_buckets(1000)
            .pad(2),
        },
        {
            "words": [[676, 116, 624], [676, 676, 0], [0, 0, 0]],
            "buckets": [[676, 0], [116, 116], [487, 0]],
        },
    ),
    Case(
        "cross_lists_of_three_and_of_crosses",
        {"s": texts(["A"]), "t": texts(["B"]), "u": text("C")},
        {
            "three": fk.cross(_S, _T, fk.string("u")).hash_buckets(1000).pad(1),
            "inner": fk.cross(_S, fk.cross(_T, _T).hash_buckets(1))
            .hash_buckets(10)
            .pad(1),
            "length": fk.cross(_S, fk.cross(_T, _T).hash_buckets(1).length(maximum=4))
            .hash_buckets(1000)
            .pad(1),
        },
        {"three": [[196]], "inner": [[6]], "length": [[116]]},
    ),
    Case(
        "cross_lists_hash_key",
        {"s": texts(["A", "B"]), "t": texts(["A"])},
        {
            "one": fk.cross(_S, _T).hash_buckets(1, hash_key=5).pad(2),
            "key": fk.cross(_S, fk.strings("t"))
            .hash_buckets(1000, hash_key=12345)
            .pad(2),
        },
        {"one": [[1, 1]], "key": [[817, 22]]},
    ),
    Case(
        "cross_lists_missing",
        {
            "s": texts(["a", None], ["a"], None, ["a"], ["b", None]),
            "t": texts(["k"], ["k", None], ["k"], None, ["l"]),
            "i": int64(1, 1, 1, 1, 1),
        },
        {
            "d": fk.cross(_S.drop_missing(), _T.drop_missing())
            .hash_buckets(1000)
            .pad(1),
        },
        {"d": [[698], [698], [0], [0], [578]]},
    ),
    Case(
        "cross_lists_missing_element_refuses",
        {"s": texts(["a", None], ["a"], None, [None]), "t": texts(*[["k"]] * 4)},
        {
            "c": fk.cross(_S, _T).hash_buckets(1000).pad(1),
        },
        {"c": [[698], [0]]},
        rejected={0: "NULL_NOT_ALLOWED", 3: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "cross_lists_refuse_what_their_inputs_refuse",
        {"s": texts(["a"], ["q"], []), "i": int64(0, 0, 3)},
        {
            "words": fk.cross(
                _S.vocabulary(["a"], num_oov=0), fk.integer("i").identity(3)
            )
            .hash_buckets(1)
            .pad(1),
        },
        {"words": [[1]]},
        rejected={1: "OUT_OF_VOCABULARY", 2: "OUT_OF_RANGE"},
    ),
    Case(
        "cross_lists_ended",
        {"s": texts(["a", "a"], ["b"], []), "i": integers([0, 1], [0], [1])},
        {
            "counts": fk.cross(_S, _I).hash_buckets(1).counts(),
            "hot": fk.cross(_S, _I).hash_buckets(1).multi_hot(),
            "length": fk.cross(_S, _I).hash_buckets(1).length(maximum=3),
        },
        {
            "counts": [[4.0], [1.0], [0.0]],
            "hot": [[1.0], [1.0], [0.0]],
            "length": [3, 1, 0],
        },
    ),
    Case(
        "cross_lists_weighted",
        {
            "s": texts(["a", "b"], ["a"]),
            "t": texts(["k"], ["k"]),
            "x": numbers([0.5, 2.0], [1.0, 1.0]),
        },
        {"w": fk.cross(_S, _T).hash_buckets(1).weighted(fk.numerics("x"))},
        {"w": [[2.5]]},
        rejected={1: "WEIGHT_MISMATCH"},
    ),
    Case(
        "cross_lists_empty_batch",
        {"s": texts(), "t": texts(), "i": int64()},
        {"c": fk.cross(_S, _T, fk.integer("i")).hash_buckets(1000).pad(1)},
        {"c": []},
    ),
]
