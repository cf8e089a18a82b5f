"""Ids: vocabulary, hash_buckets, identity, one_hot; of text and of integers.

Hashes modulo n are those of `tf.strings.to_hash_bucket_fast`.
"""

from conformance.case import Case, dictionary, int64, large_text, text

import featurekit as fk
from featurekit.plan.statistics import VocabularyCounts

LARGEST = 2**63 - 1
SMALLEST = -(2**63) + 1  # -2**63 is reserved for a missing integer

_S = fk.string("s")
_I = fk.integer("i")
_ABC = _S.vocabulary(["a", "b", "c"])

E_ONE = "\u00e9"  # NFC
E_TWO = "e\u0301"  # NFD: looks the same, is another text

VOCABULARY = [
    Case(
        "vocabulary_known_and_unknown",
        {"s": text("c", "a", "b", "d", "", "A")},
        {"i": _ABC},
        {"i": [2, 0, 1, 3, 3, 3]},
    ),
    Case(
        "vocabulary_missing",
        {"s": text("c", None, "")},
        {"i": _ABC, "f": _S.fill("b").vocabulary(["a", "b"])},
        {"i": [2, 3], "f": [2, 2]},
        rejected={1: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "vocabulary_filled_with_known_unknown_and_empty_text",
        {"s": text(None, "a")},
        {
            "known": _S.fill("b").vocabulary(["a", "b"]),
            "unknown": _S.fill("zz").vocabulary(["a", "b"]),
            "empty": _S.fill("").vocabulary(["a", ""]),
        },
        {"known": [1, 0], "unknown": [2, 0], "empty": [1, 0]},
    ),
    Case(
        "vocabulary_without_ids_for_unknown",
        {"s": text("a", "x", None, "", "b")},
        {"i": _S.vocabulary(["a", "b"], num_oov=0)},
        {"i": [0, 1]},
        rejected={
            1: "OUT_OF_VOCABULARY",
            2: "NULL_NOT_ALLOWED",
            3: "OUT_OF_VOCABULARY",
        },
    ),
    Case(
        "vocabulary_three_ids_for_unknown",
        {"s": text("A", "B", "C", "", "hello", "日本", "😀", "a", "q")},
        {"i": _S.vocabulary(["q", "r"], num_oov=3)},
        # to_hash_bucket_fast mod 3: 1 0 1 2 1 2 2 0
        {"i": [3, 2, 3, 4, 3, 4, 4, 2, 0]},
    ),
    Case(
        "vocabulary_of_bytes_as_they_are",
        {"s": text(E_ONE, E_TWO, "😀", "\n", "a ", "a", "A\0", "A", "")},
        {"i": _S.vocabulary([E_TWO, "😀", "\n", "a", "", "A"])},
        {"i": [6, 0, 1, 2, 6, 3, 6, 5, 4]},
    ),
    Case(
        "vocabulary_of_tokens_with_one_prefix",
        {
            "s": text(
                "x" * 8, "x" * 9, "x" * 7, "x" * 64, "x" * 65, "x" * 300, "y" * 300
            )
        },
        {"i": _S.vocabulary(["x" * 7, "x" * 8, "x" * 64, "x" * 300])},
        {"i": [1, 4, 0, 2, 4, 3, 4]},
    ),
    Case(
        "vocabulary_of_a_dictionary",
        {"s": dictionary([0, 1, None, 2, 0, 4, 3], ["b", "zz", None, "a", "b", "z"])},
        {"i": _S.vocabulary(["a", "b"])},
        {"i": [1, 2, 1, 1, 0]},
        rejected={2: "NULL_NOT_ALLOWED", 3: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "vocabulary_of_a_dictionary_with_a_bad_entry_nobody_uses",
        {"s": dictionary([1, 1], ["unknown", "a"])},
        {"i": _S.vocabulary(["a"], num_oov=0)},
        {"i": [0, 0]},
    ),
    Case(
        "vocabulary_of_a_dictionary_that_is_filled",
        {"s": dictionary([None, 1, 0], [None, "a"])},
        {"i": _S.fill("b").vocabulary(["a", "b"], num_oov=0)},
        {"i": [1, 0, 1]},
    ),
    Case(
        "vocabulary_of_an_empty_dictionary",
        {"s": dictionary([None, None], [])},
        {"i": _S.fill("a").vocabulary(["a"]), "h": _S.fill("A").hash_buckets(1000)},
        {"i": [0, 0], "h": [564, 564]},
    ),
    Case(
        "vocabulary_of_large_text",
        {"s": large_text("b", None, "", "a")},
        {"i": _S.fill("a").vocabulary(["a", "b"])},
        {"i": [1, 0, 2, 0]},
    ),
    Case(
        "vocabulary_of_integers",
        {"i": int64(10, -5, LARGEST, SMALLEST, 0, 7)},
        {"v": _I.vocabulary([LARGEST, 10, -5, 0, SMALLEST])},
        {"v": [1, 2, 0, 4, 3, 5]},
    ),
    Case(
        "vocabulary_of_integers_three_ids_for_unknown",
        {"i": int64(0, 1, -1, 10, 2**40, -5, LARGEST, SMALLEST, 101, 7, 9, 3)},
        {"v": _I.vocabulary([3, 4], num_oov=3)},
        # to_hash_bucket_fast of the decimal text mod 3: 1 0 0 2 2 0 2 2 1 1 2
        {"v": [3, 2, 2, 4, 4, 2, 4, 4, 3, 3, 4, 0]},
    ),
    Case(
        "vocabulary_of_integers_without_ids_for_unknown",
        {"i": int64(1, 2, None, -1)},
        {"v": _I.vocabulary([1], num_oov=0)},
        {"v": [0]},
        rejected={
            1: "OUT_OF_VOCABULARY",
            2: "NULL_NOT_ALLOWED",
            3: "OUT_OF_VOCABULARY",
        },
    ),
    Case(
        "vocabulary_of_integers_beyond_float64",
        {"i": int64(2**53, 2**53 + 1, -(2**53) - 1, None)},
        {"v": _I.fill(2**53 + 1).vocabulary([2**53 + 1])},
        {"v": [1, 0, 1, 0]},
    ),
    Case(
        "vocabulary_one_hot",
        {"s": text("b", "x", None, "a")},
        {"v": _S.fill("a").vocabulary(["a", "b"]).one_hot()},
        {
            "v": [
                [0.0, 1.0, 0.0],
                [0.0, 0.0, 1.0],
                [1.0, 0.0, 0.0],
                [1.0, 0.0, 0.0],
            ]
        },
    ),
    Case(
        "vocabulary_one_hot_refuses",
        {"s": text("b", "x", None, "a")},
        {"v": _S.vocabulary(["a", "b"], num_oov=0).one_hot()},
        {"v": [[0.0, 1.0], [1.0, 0.0]]},
        rejected={1: "OUT_OF_VOCABULARY", 2: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "vocabulary_embedding_keeps_the_id",
        {"s": text("b", "x")},
        {"i": _S.vocabulary(["a", "b"]).embedding(4)},
        {"i": [1, 2]},
    ),
    Case(
        "vocabulary_empty_batch",
        {"s": text(), "i": int64()},
        {"s": _ABC, "v": _ABC.one_hot(), "i": _I.vocabulary([1])},
        {"s": [], "v": [], "i": []},
    ),
    Case(
        "vocabulary_all_rejected",
        {"s": text("x", None)},
        {"s": _S.vocabulary(["a"], num_oov=0), "h": _S.hash_buckets(10)},
        {"s": [], "h": []},
        rejected={0: "OUT_OF_VOCABULARY", 1: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "vocabulary_learned",
        {"s": text("b", "a", "zz"), "i": int64(7, -1, 3)},
        {"s": _S.vocabulary(max_size=2, min_count=2), "i": _I.vocabulary()},
        {"s": [0, 1, 2], "i": [1, 0, 2]},
        stats=fk.Stats(
            {
                "vocabulary(fk.string('s'), max_size=2, min_count=2)": (
                    VocabularyCounts((b"b", b"a"), (3, 3), 9, 4)
                ),
                "vocabulary(fk.integer('i'), max_size=None, min_count=1)": (
                    VocabularyCounts((-1, 7), (4, 2), 6, 2)
                ),
            }
        ),
    ),
]

HASH = [
    Case(
        "hash_buckets_of_text",
        {
            "s": text(
                *[
                    "A",
                    "B",
                    "C",
                    "D",
                    "E",
                    "",
                    "hello",
                    "日本",
                    E_ONE,
                    E_TWO,
                    "😀",
                    "\n",
                ],
                *[" A", "a", "A\0", "x" * 17, "x" * 33, "x" * 65, "x" * 200],
            )
        },
        {"h": _S.hash_buckets(1000)},
        {
            "h": [
                *[564, 528, 7, 295, 12, 263, 296, 883, 25, 332, 395, 645],
                *[984, 939, 263, 581, 935, 929, 527],
            ]
        },
    ),
    Case(
        "hash_buckets_few_and_many",
        {"s": text("A", "B", "", E_ONE)},
        {
            "one": _S.hash_buckets(1),
            "two": _S.hash_buckets(2),
            "most": _S.hash_buckets(2**31 - 1),
        },
        {
            "one": [0, 0, 0, 0],
            "two": [0, 0, 1, 1],
            "most": [565860541, 1708350409, 1699943623, 2146984076],
        },
    ),
    Case(
        "hash_buckets_of_integers",
        {"i": int64(0, 1, -1, 10, 2**40, -5, LARGEST, SMALLEST)},
        {"h": _I.hash_buckets(1000), "most": _I.hash_buckets(2**31 - 1)},
        {
            "h": [735, 849, 430, 862, 378, 816, 319, 769],
            "most": [
                *[1633463888, 342560855, 1833158626, 1761066310],
                *[344781132, 572817989, 1686013924, 187612203],
            ],
        },
    ),
    Case(
        "hash_buckets_missing",
        {"s": text(None, "A", ""), "i": int64(1, None, 0)},
        {"s": _S.fill("").hash_buckets(1000), "i": _I.fill(-1).hash_buckets(1000)},
        {"s": [263, 564, 263], "i": [849, 430, 735]},
    ),
    Case(
        "hash_buckets_missing_rejects",
        {"s": text(None, "A", "B"), "i": int64(1, None, 0)},
        {"s": _S.hash_buckets(1000), "i": _I.hash_buckets(1000)},
        {"s": [528], "i": [735]},
        rejected={0: "NULL_NOT_ALLOWED", 1: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "hash_buckets_of_a_dictionary_one_hot",
        {"s": dictionary([1, 0, 1, None], ["B", "A"])},
        {"v": _S.hash_buckets(3).one_hot()},
        {"v": [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]},
        rejected={3: "NULL_NOT_ALLOWED"},
    ),
]

IDENTITY = [
    Case(
        "identity_in_its_range",
        {"i": int64(0, 4, 5, -1, None, LARGEST, SMALLEST, 2**32, 1)},
        {"i": _I.identity(5)},
        {"i": [0, 4, 1]},
        rejected={
            **dict.fromkeys([2, 3, 5, 6, 7], "OUT_OF_RANGE"),
            4: "NULL_NOT_ALLOWED",
        },
    ),
    Case(
        "identity_filled",
        {"i": int64(None, 2)},
        {"i": _I.fill(1).identity(3), "v": _I.fill(1).identity(3).one_hot()},
        {"i": [1, 2], "v": [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]},
    ),
    Case(
        "identity_filled_out_of_range",
        {"i": int64(None, 2)},
        {"i": _I.fill(-1).identity(3)},
        {"i": [2]},
        rejected={0: "OUT_OF_RANGE"},
    ),
    Case(
        "identity_as_label",
        {"i": int64(None, 2, 9), "s": text("A", "B", None)},
        fk.FeatureSpec(
            {"h": _S.hash_buckets(1000)},
            label=_I.identity(3),
            missing_label="drop",
        ),
        {"h": [528], "label": [2]},
        rejected={0: "NULL_NOT_ALLOWED", 2: "OUT_OF_RANGE"},
    ),
]

CASES = [*VOCABULARY, *HASH, *IDENTITY]
