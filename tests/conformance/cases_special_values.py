"""Values that stand for something else: for a missing value, or for an unknown one."""

import math

from conformance.case import Case, dictionary, float32, int64, text
from conformance.cases_lists import integers, numbers, texts

import featurekit as fk
from featurekit.plan.statistics import VocabularyCounts

INF = math.inf
NAN = math.nan
LARGEST = 2**63 - 1
_S = fk.string("s")
_I = fk.integer("i")
_X = fk.numeric("x")
_ABC = ["a", "b", "c"]

MISSING = [
    Case(
        "missing_values_of_text",
        {"s": text("a", "", "NA", None, "b", "na", "é")},
        {
            "f": _S.missing_values(["", "NA", "é"]).fill("c").vocabulary(_ABC),
            "m": _S.missing_values(["", "NA"]).is_missing(),
            "h": _S.missing_values(["a", "é"]).fill("A").hash_buckets(1000),
            "i": _S.missing_values([""]).vocabulary(_ABC, missing_id=True),
        },
        {
            "f": [0, 2, 2, 2, 1, 3, 2],
            "m": [0, 1, 1, 1, 0, 0, 0],
            "h": [564, 263, 856, 564, 822, 394, 564],
            "i": [1, 0, 4, 0, 2, 4, 4],
        },
    ),
    Case(
        "missing_values_of_dictionaries_and_of_filled_text",
        {"s": dictionary([0, 1, 2, None], ["a", "", None])},
        {
            "d": _S.missing_values([""]).is_missing(),
            "f": _S.fill("").missing_values([""]).fill("b").vocabulary(_ABC),
            "t": _S.missing_values([""]).missing_values(["a"]).is_missing(),
        },
        {"d": [0, 1, 1, 1], "f": [0, 1, 1, 1], "t": [1, 1, 1, 1]},
    ),
    Case(
        "missing_values_are_refused_like_missing_ones",
        {"s": text("a", "", None), "i": int64(1, 1, 1)},
        {
            "one": _S.missing_values([""]).vocabulary(_ABC),
            "cross": fk.cross(_S.missing_values([""]), _I).hash_buckets(1),
        },
        {"one": [0], "cross": [0]},
        rejected={1: "NULL_NOT_ALLOWED", 2: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "missing_values_of_joined_text",
        {"s": text("a", "", "b"), "t": text("", "", "x")},
        {
            "j": fk.join(_S, fk.string("t"), separator="")
            .missing_values(["", "bx"])
            .is_missing()
        },
        {"j": [0, 1, 1]},
    ),
    Case(
        "missing_values_of_integers",
        {"i": int64(-1, 2, None, LARGEST, 2**53 + 1, 2**53)},
        {
            "m": _I.missing_values([-1, LARGEST, 2**53 + 1]).is_missing(),
            "f": _I.missing_values([-1]).fill(2).vocabulary([2, LARGEST]),
        },
        {"m": [1, 0, 1, 1, 1, 0], "f": [0, 0, 0, 1, 2, 2]},
    ),
    Case(
        "missing_values_of_numbers",
        {"x": float32(-999.0, 0.1, -0.0, 0.0, NAN, INF, None, 5e-324, 1.0)},
        {
            "m": _X.missing_values([-999, 0.1]).is_missing(),
            "z": _X.missing_values([0.0]).is_missing(),
            "n": _X.missing_values([-0.0, INF]).fill(7.0),
            "k": fk.numeric("x", nan="keep").missing_values([1]).fill(3.0),
        },
        {
            "m": [1, 1, 0, 0, 1, 0, 1, 0, 0],
            "z": [0, 0, 1, 1, 1, 0, 1, 1, 0],
            "n": [-999.0, 0.10000000149011612, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 1.0],
            "k": [-999.0, 0.10000000149011612, -0.0, 0.0, NAN, INF, 3.0, 0.0, 3.0],
        },
    ),
    Case(
        "missing_values_in_lists",
        {
            "t": texts(["a", "", "b"], [""], [], ["", None]),
            "j": integers([-1, 5], [-1], [], [None, 7]),
            "x": numbers([0.0, 2.0], [-0.0], [], [None]),
        },
        {
            "t": fk.strings("t")
            .missing_values([""])
            .drop_missing()
            .vocabulary(_ABC)
            .pad(3),
            "f": fk.strings("t").missing_values([""]).fill("c").vocabulary(_ABC).pad(3),
            "j": fk.integers("j")
            .drop_missing()
            .missing_values([-1])
            .hash_buckets(1)
            .counts(),
            "x": fk.numerics("x").missing_values([0.0]).drop_missing().length(),
        },
        {
            "t": [[1, 2, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]],
            "f": [[1, 3, 2], [3, 0, 0], [0, 0, 0], [3, 3, 0]],
            "j": [[1.0], [0.0], [0.0], [1.0]],
            "x": [1.0, 0.0, 0.0, 0.0],
        },
    ),
    Case(
        "missing_values_of_a_learned_vocabulary",
        {"s": text("b", "", "q")},
        {"v": _S.missing_values([""]).vocabulary(missing_id=True)},
        {"v": [1, 0, 2]},
        stats=fk.Stats(
            {
                "vocabulary(fk.string('s').missing_values(['']), max_size=None, "
                "min_count=1)": VocabularyCounts((b"b",), (2,), 2, 1)
            }
        ),
    ),
]

DEFAULTS = [
    Case(
        "identity_default",
        {"i": int64(0, 2, 3, -1, LARGEST, -LARGEST, None)},
        {
            "d": _I.fill(1).identity(3, default=2),
            "m": _I.identity(3, default="missing").one_hot(),
        },
        {"d": [0, 2], "m": [[1, 0, 0], [0, 0, 1]]},
        rejected=dict.fromkeys([2, 3, 4, 5, 6], "NULL_NOT_ALLOWED"),
    ),
    Case(
        "identity_default_of_every_integer",
        {"i": int64(0, 2, 3, -1, LARGEST, -LARGEST, None)},
        {
            "d": _I.fill(1).identity(3, default=2),
            "z": _I.fill(5).identity(1, default=0),
        },
        {"d": [0, 2, 2, 2, 2, 2, 1], "z": [0] * 7},
    ),
    Case(
        "identity_default_in_lists",
        {"j": integers([0, 9, -1], [9], [], [2])},
        {
            "d": fk.integers("j").identity(3, default=1).pad(3),
            "m": fk.integers("j").drop_missing().identity(3, default="missing").pad(3),
            "c": fk.integers("j")
            .identity(3, default="missing")
            .drop_missing()
            .counts(),
        },
        {
            "d": [[1, 2, 2], [2, 0, 0], [0, 0, 0], [3, 0, 0]],
            "m": [[1, 0, 0], [0, 0, 0], [0, 0, 0], [3, 0, 0]],
            "c": [[1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1]],
        },
    ),
    Case(
        "vocabulary_default",
        {"s": text("a", "q", "c", ""), "i": int64(7, 8, 7, -1)},
        {
            "d": _S.vocabulary(_ABC, num_oov=0, default=1),
            "i": _I.vocabulary([7], num_oov=0, default=0),
            "r": _S.vocabulary(["a"], num_oov=0, default=0, reserved=["[PAD]"]),
            "m": _S.vocabulary(_ABC, num_oov=0, default="missing", missing_id=True),
        },
        {"d": [0, 1, 2, 1], "i": [0, 0, 0, 0], "r": [1, 0, 0, 0], "m": [1, 0, 3, 0]},
    ),
    Case(
        "vocabulary_default_of_missing_text",
        {"s": text("a", "q", None)},
        {"d": _S.vocabulary(_ABC, num_oov=0, default=1)},
        {"d": [0, 1]},
        rejected={2: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "vocabulary_default_is_missing",
        {"s": text("a", "q", None), "t": texts(["a", "q", "b"], ["q"], [])},
        {
            "l": fk.strings("t")
            .vocabulary(_ABC, num_oov=0, default="missing")
            .drop_missing()
            .multi_hot(),
            "n": fk.strings("t")
            .drop_missing()
            .vocabulary(_ABC, num_oov=0, default="missing")
            .length(),
            "c": fk.cross(
                fk.strings("t")
                .drop_missing()
                .vocabulary(_ABC, num_oov=0, default="missing"),
                fk.string("s"),
            )
            .hash_buckets(1)
            .pad(3),
        },
        {
            "l": [[1, 1, 0], [0, 0, 0], [0, 0, 0]],
            "n": [2.0, 0.0, 0.0],
            "c": [[1, 1, 0], [0, 0, 0], [0, 0, 0]],
        },
    ),
    Case(
        "vocabulary_default_of_learned_tokens",
        {"s": text("b", "q", "a")},
        {"v": _S.vocabulary(num_oov=0, default=1)},
        {"v": [0, 1, 1]},
        stats=fk.Stats(
            {
                "vocabulary(fk.string('s'), max_size=None, min_count=1)": (
                    VocabularyCounts((b"b", b"a"), (2, 1), 3, 2)
                )
            }
        ),
    ),
]

CASES = [*MISSING, *DEFAULTS]
