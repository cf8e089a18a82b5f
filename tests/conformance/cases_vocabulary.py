"""Layouts of ids, shared and crossed vocabularies, and keyed hashes.

Hashes modulo n are those of `tf.strings.to_hash_bucket_fast`, `to_hash_bucket_strong`
and `tf.sparse.cross_hashed`.
"""

from conformance.case import Case, dictionary, float32, int64, large_text, text

import featurekit as fk
from featurekit.plan.requirements import requirements
from featurekit.plan.statistics import VocabularyCounts
from featurekit.plan.stats import Stats
from featurekit.spec.columns import Column

LARGEST = 2**63 - 1
SMALLEST = -(2**63) + 1

_S = fk.string("s")
_T = fk.string("t")
_I = fk.integer("i")
_KEY = (1, 2)
_LARGE_KEY = (LARGEST, 0)


def learned(features: dict[str, Column], *tokens: bytes | int) -> Stats:
    """Statistics in which every vocabulary has these tokens."""
    counts = VocabularyCounts(tokens, (1,) * len(tokens), len(tokens), len(tokens))
    asked = requirements(fk.FeatureSpec(features))
    return Stats({r.key: counts for r in asked if r.kind == "vocabulary"})


_LAYOUTS = {
    "after": _S.vocabulary(["b", "a"]),
    "before": _S.vocabulary(["b", "a"], oov="before"),
    "reserved": _S.vocabulary(["b", "a"], reserved=["[PAD]", "[UNK]"]),
    "both": _S.vocabulary(["b", "a"], reserved=["[PAD]", "x"], oov="before"),
    "two": _S.vocabulary(["b", "a"], reserved=["[PAD]"], oov="before", num_oov=2),
    "none": _S.vocabulary(["b", "a", "A", "hello", "日本"], num_oov=0, oov="before"),
}

LAYOUTS = [
    Case(
        "layout_of_text",
        {"s": text("b", "a", "A", "hello", "日本", "[PAD]", "x")},
        {name: column for name, column in _LAYOUTS.items() if name != "none"},
        {
            "after": [0, 1, 2, 2, 2, 2, 2],
            "before": [1, 2, 0, 0, 0, 0, 0],
            "reserved": [2, 3, 4, 4, 4, 0, 4],
            "both": [3, 4, 2, 2, 2, 0, 1],
            # to_hash_bucket_fast mod 2 of "A", "hello", "日本", "x": 0 0 1 0
            "two": [3, 4, 1, 1, 2, 0, 1],
        },
    ),
    Case(
        "layout_without_ids_for_unknown",
        {"s": text("b", "x", "日本", None)},
        {"none": _LAYOUTS["none"]},
        {"none": [0, 4]},
        rejected={1: "OUT_OF_VOCABULARY", 3: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "layout_with_an_id_for_missing_text",
        {"s": text("b", None, "", "x", None, "[PAD]")},
        {
            "after": _S.vocabulary(["b", ""], missing_id=True),
            "before": _S.vocabulary(["b", ""], missing_id=True, oov="before"),
            "all": _S.vocabulary(
                ["b", ""], reserved=["[PAD]"], missing_id=True, oov="before"
            ),
            "one_hot": _S.vocabulary(["b"], missing_id=True).one_hot(),
        },
        {
            "after": [1, 0, 2, 3, 0, 3],
            "before": [2, 0, 3, 1, 0, 1],
            "all": [3, 1, 4, 2, 1, 0],
            "one_hot": [
                [0.0, 1.0, 0.0],
                [1.0, 0.0, 0.0],
                *[[0.0, 0.0, 1.0]] * 2,
                [1.0, 0.0, 0.0],
                [0.0, 0.0, 1.0],
            ],
        },
    ),
    Case(
        "layout_with_an_id_for_missing_text_refuses_unknown_text_alone",
        {"s": dictionary([0, None, 1, 2], ["a", "x", None])},
        {"v": _S.vocabulary(["a"], missing_id=True, num_oov=0)},
        {"v": [1, 0, 0]},
        rejected={2: "OUT_OF_VOCABULARY"},
    ),
    Case(
        "layout_of_integers",
        {"i": int64(5, None, -7, LARGEST, SMALLEST, 0)},
        {
            "v": _I.vocabulary(
                [LARGEST, 5], reserved=[0], missing_id=True, oov="before", num_oov=2
            ),
            "w": _I.vocabulary([5, -7], missing_id=True),
        },
        # to_hash_bucket_fast mod 2 of "-7" and "-9223372036854775807": 0 1
        {"v": [5, 1, 2, 4, 3, 0], "w": [1, 0, 2, 3, 3, 3]},
    ),
    Case(
        "layout_of_integers_refuses_unknown_ones_alone",
        {"i": int64(5, None, 6)},
        {"v": _I.vocabulary([5], missing_id=True, num_oov=0)},
        {"v": [1, 0]},
        rejected={2: "OUT_OF_VOCABULARY"},
    ),
    Case(
        "layout_of_filled_text",
        {"s": large_text(None, "b")},
        {
            "token": _S.fill("a").vocabulary(["b", "a"], oov="before"),
            "reserved": _S.fill("[PAD]").vocabulary(["b"], reserved=["[PAD]"]),
            "unknown": _S.fill("A").vocabulary(["b"], oov="before", num_oov=2),
        },
        {"token": [2, 1], "reserved": [0, 1], "unknown": [0, 2]},
    ),
]

_RESERVED = {"v": _S.vocabulary(reserved=["[PAD]", "b"], oov="before")}
_SHARED = {
    "s": _S.vocabulary(shared="words", reserved=["r"], missing_id=True),
    "t": _T.vocabulary(shared="words", reserved=["r"], missing_id=True).embedding(2),
}

LEARNED = [
    Case(
        "learned_tokens_follow_the_reserved_ones_once",
        {"s": text("a", "b", "c", "[PAD]", "z")},
        _RESERVED,
        {"v": [3, 1, 4, 0, 2]},
        stats=learned(_RESERVED, b"b", b"a", b"[PAD]", b"c"),
    ),
    Case(
        "shared_vocabulary",
        {"s": text("a", "b", None, "r"), "t": text("b", "z", "a", "a")},
        _SHARED,
        {"s": [2, 3, 1, 0], "t": [3, 4, 2, 2]},
        stats=learned(_SHARED, b"a", b"b"),
    ),
]

KEYED = [
    Case(
        "keyed_hash_of_text",
        {"s": text("A", "", "hello", "日本", "a" * 7, "b" * 8, "x" * 70)},
        {
            "k": _S.hash_buckets(1000, key=_KEY),
            "l": _S.hash_buckets(1000, key=_LARGE_KEY),
            "one": _S.hash_buckets(1, key=_KEY),
            "plain": _S.hash_buckets(1000),
        },
        {
            "k": [800, 435, 622, 27, 63, 945, 729],
            "l": [275, 558, 600, 589, 965, 310, 522],
            "one": [0] * 7,
            "plain": [564, 263, 296, 883, 206, 755, 745],
        },
    ),
    Case(
        "keyed_hash_of_missing_text",
        {"s": dictionary([0, None, 1], ["A", None])},
        {
            "k": _S.fill("missing").hash_buckets(1000, key=_KEY),
            "l": _S.fill("missing").hash_buckets(1000, key=_LARGE_KEY),
        },
        {"k": [800, 386, 386], "l": [275, 735, 735]},
    ),
    Case(
        "keyed_hash_refuses_missing_text",
        {"s": text("A", None)},
        {"k": _S.hash_buckets(1000, key=_KEY)},
        {"k": [800]},
        rejected={1: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "keyed_hash_of_integers",
        {"i": int64(0, -1, LARGEST, SMALLEST, 101, None)},
        {"k": _I.fill(101).hash_buckets(1000, key=_KEY)},
        {"k": [823, 660, 826, 807, 41, 41]},
    ),
    Case(
        "cross_with_a_hash_key",
        {"s": text("A", "B", "", None), "i": int64(101, 101, -1, 1)},
        {
            "k": fk.cross(_S, _I).hash_buckets(1000, hash_key=12345),
            "l": fk.cross(_S, _I).hash_buckets(1000, hash_key=1),
            "plain": fk.cross(_S, _I).hash_buckets(1000),
        },
        {"k": [277, 638, 106], "l": [430, 96, 747], "plain": [891, 754, 969]},
        rejected={3: "NULL_NOT_ALLOWED"},
    ),
]

_EXACT = {
    "c": fk.cross(_S, _I).vocabulary(),
    "first": fk.cross(_S, _I).vocabulary(oov="before", missing_id=True),
}
_REFUSING = {"c": fk.cross(_S, _I).vocabulary(num_oov=0)}
_TEXTS = {"c": fk.cross(_S, _T).vocabulary()}
_THREE = {
    "c": fk.cross(
        _S.fill("?"), fk.numeric("x").buckets([0.0]), _T.vocabulary(["k"])
    ).vocabulary()
}
_NESTED = {"c": fk.cross(_I, fk.cross(_S, _I).hash_buckets(1)).vocabulary()}

EXACT = [
    Case(
        "exact_cross",
        {
            "s": text("A", "B", "A", "B", "C", "", "A"),
            "i": int64(1, 2, 2, 1, 1, LARGEST, 3),
        },
        _EXACT,
        # A1 and B2 are known, and so are the parts of A2 and B1, which are not.
        {"c": [1, 0, 3, 3, 3, 2, 3], "first": [3, 2, 1, 1, 1, 4, 1]},
        stats=learned(_EXACT, b"1:B,1:2,", b"1:A,1:1,", b"0:,19:%d," % LARGEST),
    ),
    Case(
        "exact_cross_missing",
        {"s": text("A", None, "A", None), "i": int64(1, 1, None, None)},
        {"first": _EXACT["first"]},
        {"first": [2, 0, 0, 0]},
        stats=learned({"first": _EXACT["first"]}, b"1:A,1:1,"),
    ),
    Case(
        "exact_cross_refuses",
        {"s": text("A", "A", None, "B"), "i": int64(1, 2, 1, 1)},
        _REFUSING,
        {"c": [0]},
        rejected={
            1: "OUT_OF_VOCABULARY",
            2: "NULL_NOT_ALLOWED",
            3: "OUT_OF_VOCABULARY",
        },
        stats=learned(_REFUSING, b"1:A,1:1,"),
    ),
    Case(
        "exact_cross_of_text_that_joins_alike",
        {"s": text("a", "ab", "", "a,1:", "1"), "t": text("bc", "c", "abc", "b", "")},
        _TEXTS,
        {"c": [0, 1, 2, 4, 3]},
        stats=learned(_TEXTS, b"1:a,2:bc,", b"2:ab,1:c,", b"0:,3:abc,", b"1:1,0:,"),
    ),
    Case(
        "exact_cross_of_three",
        {
            "s": text("A", None, "A", "A", "B"),
            "x": float32(-1.0, 1.0, 1.0, -1.0, -1.0),
            "t": text("k", "z", "z", "z", "k"),
        },
        _THREE,
        {"c": [1, 0, 3, 2, 3]},
        stats=learned(_THREE, b"1:?,1:1,1:1,", b"1:A,1:0,1:0,", b"1:A,1:0,1:1,"),
    ),
    Case(
        "exact_cross_of_a_cross",
        {"s": text("A", "B"), "i": int64(-5, 2**40)},
        _NESTED,
        {"c": [0, 1]},
        stats=learned(_NESTED, b"2:-5,1:0,", b"13:1099511627776,1:0,"),
    ),
    Case(
        "exact_cross_of_dictionaries",
        {
            "s": dictionary([0, 1, 0, None], ["A", "B"]),
            "t": dictionary([0, 0, 1, 0], ["k", None]),
        },
        _TEXTS,
        {"c": [0, 1]},
        rejected={2: "NULL_NOT_ALLOWED", 3: "NULL_NOT_ALLOWED"},
        stats=learned(_TEXTS, b"1:A,1:k,"),
    ),
    Case(
        "exact_cross_empty_batch",
        {"s": text(), "i": int64()},
        _EXACT,
        {"c": [], "first": []},
        stats=learned(_EXACT, b"1:A,1:1,"),
    ),
]

CASES = [*LAYOUTS, *LEARNED, *KEYED, *EXACT]
