"""Crosses of text, integers and ids.

Values are those of `tf.sparse.cross_hashed`, which `crossed_column` and
`HashedCrossing` share.
"""

from conformance.case import Case, dictionary, float32, int64, text

import featurekit as fk

LARGEST = 2**63 - 1
SMALLEST = -(2**63) + 1

_S = fk.string("s")
_T = fk.string("t")
_I = fk.integer("i")
_J = fk.integer("j")

CASES = [
    Case(
        "cross_of_text_and_integers",
        {
            "s": text("A", "B", "", "x" * 70, "😀", "JFK", "A"),
            "i": int64(101, 101, -1, -1, 0, 5, -5),
        },
        {"c": fk.cross(_S, _I).hash_buckets(1000)},
        {"c": [891, 754, 969, 631, 142, 662, 404]},
    ),
    Case(
        "cross_of_text_in_order",
        {
            "s": text("A", "B", "\u00e9", "e\u0301", "", "A"),
            "t": text(*"BAxx", "", "101"),
        },
        {
            "c": fk.cross(_S, _T).hash_buckets(1000),
            "ten": fk.cross(_S, _T).hash_buckets(10),
            "one": fk.cross(_S, _T).hash_buckets(1),
        },
        {
            "c": [330, 722, 456, 95, 373, 847],
            "ten": [0, 2, 6, 5, 3, 7],
            "one": [0, 0, 0, 0, 0, 0],
        },
    ),
    Case(
        "cross_depends_on_the_order",
        {"s": text("A"), "t": text("B"), "i": int64(5)},
        {
            "st": fk.cross(_S, _T).hash_buckets(1000),
            "ts": fk.cross(_T, _S).hash_buckets(1000),
            "is": fk.cross(_I, _S).hash_buckets(1000),
        },
        {"st": [330], "ts": [722], "is": [257]},
    ),
    Case(
        "cross_of_integers",
        {"i": int64(LARGEST, 1, 2, 0, 0, 1), "j": int64(SMALLEST, 2, 1, 0, 1, 1)},
        {
            "c": fk.cross(_I, _J).hash_buckets(1000),
            "most": fk.cross(_I, _J).hash_buckets(2**31 - 1),
        },
        {
            "c": [397, 357, 716, 304, 963, 641],
            "most": [467525181, 901562088, 72503796, 572366207, 844475566, 91676780],
        },
    ),
    Case(
        "cross_of_three",
        {"s": text("A"), "t": text("B"), "u": text("C")},
        {"c": fk.cross(_S, _T, fk.string("u")).hash_buckets(1000)},
        {"c": [195]},
    ),
    Case(
        "cross_of_a_column_with_itself",
        {"i": int64(0, 1)},
        {"c": fk.cross(_I, _I).hash_buckets(1000)},
        {"c": [304, 641]},
    ),
    Case(
        "cross_missing_rejects",
        {"s": text("A", None, "B", None), "i": int64(101, 1, None, None)},
        {"c": fk.cross(_S, _I).hash_buckets(1000)},
        {"c": [891]},
        rejected=dict.fromkeys([1, 2, 3], "NULL_NOT_ALLOWED"),
    ),
    Case(
        "cross_of_filled_columns",
        {"s": text("A", None, "B", None), "i": int64(None, 101, 101, None)},
        {"c": fk.cross(_S.fill(""), _I.fill(-1)).hash_buckets(1000)},
        {"c": [16, 480, 754, 969]},
    ),
    Case(
        "cross_takes_the_ids_of_a_feature",
        {"s": text("A", "A", "A", "A", "A"), "x": float32(-1.0, 0.0, 1.0, 2.0, None)},
        {"c": fk.cross(_S, fk.numeric("x").buckets([0, 1, 2])).hash_buckets(1000)},
        {"c": [675, 115, 623, 486]},
        rejected={4: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "cross_takes_the_id_of_an_unknown_text",
        {"s": text("A", "A", "A"), "t": text("p", "q", "unknown")},
        {"c": fk.cross(_S, _T.vocabulary(["p", "q"])).hash_buckets(1000)},
        {"c": [675, 115, 623]},
    ),
    Case(
        "cross_refuses_what_its_inputs_refuse",
        {"s": text("A", "A", None), "t": text("p", "unknown", "unknown")},
        {"c": fk.cross(_S, _T.vocabulary(["p"], num_oov=0)).hash_buckets(1000)},
        {"c": [675]},
        rejected={1: "OUT_OF_VOCABULARY", 2: "OUT_OF_VOCABULARY"},
    ),
    Case(
        "cross_of_dictionaries",
        {
            "s": dictionary([0, 1, 2, None], ["A", "B", None]),
            "t": dictionary([1, 0, 0, 0], ["A", "B"]),
        },
        {"c": fk.cross(_S, _T).hash_buckets(1000)},
        {"c": [330, 722]},
        rejected={2: "NULL_NOT_ALLOWED", 3: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "cross_one_hot",
        {"s": text("A", "B"), "t": text("B", "A")},
        {"v": fk.cross(_S, _T).hash_buckets(10).one_hot()},
        {"v": [[1.0] + [0.0] * 9, [0.0, 0.0, 1.0] + [0.0] * 7]},
    ),
    Case(
        "cross_of_a_cross",
        {"s": text("A", "B"), "i": int64(0, 1)},
        # The inner cross has one bucket, so its id is 0.
        {"c": fk.cross(_S, fk.cross(_I, _I).hash_buckets(1)).hash_buckets(10)},
        {"c": [5, 3]},
    ),
    Case(
        "cross_empty_batch",
        {"s": text(), "i": int64()},
        {"c": fk.cross(_S, _I).hash_buckets(1000)},
        {"c": []},
    ),
]
