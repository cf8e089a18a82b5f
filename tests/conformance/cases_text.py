"""Text: normal forms, case, and the lists that it is cut into.

Normal forms and cases are those of `unicodedata` and `str`; lists, counts and weights
were made by hand.
"""

import math

import pyarrow as pa
from conformance.case import Case, dictionary, text
from conformance.cases_lists import texts

import featurekit as fk
from featurekit.plan.statistics import DocumentFrequencies, VocabularyCounts

_S = fk.string("s")
_WORDS = _S.split().vocabulary(["a", "b", "c"])

FORMS = [
    Case(
        "text_normal_forms",
        {"s": text("é", "e\u0301", "ﬁ²", "한", "\u1112\u1161\u11ab", "", None)},
        {
            form: _S.normalize(form)
            .fill("?")
            .vocabulary([token, "ﬁ²", "fi2", "한", "\u1112\u1161\u11ab", ""], num_oov=1)
            for form, token in [
                ("NFC", "é"),
                ("NFD", "e\u0301"),
                ("NFKC", "é"),
                ("NFKD", "e\u0301"),
            ]
        },
        {
            "NFC": [0, 0, 1, 3, 3, 5, 6],
            "NFD": [0, 0, 1, 4, 4, 5, 6],
            "NFKC": [0, 0, 2, 3, 3, 5, 6],
            "NFKD": [0, 0, 2, 4, 4, 5, 6],
        },
    ),
    Case(
        "text_marks_are_ordered_and_blocked",
        # 0327 is of class 202, 0301 and 0308 of 230: of these the first one blocks.
        {
            "s": text(
                "a\u0301\u0327", "a\u0327\u0301", "a\u0308\u0301", "\u0301a", "가\u11a8"
            )
        },
        {
            "f": _S.normalize("NFC").vocabulary(
                ["á\u0327", "ä\u0301", "\u0301a", "각"], num_oov=0
            ),
        },
        {"f": [0, 0, 1, 2, 3]},
    ),
    Case(
        "text_casefold_and_lower",
        {"s": text("STRASSE", "Straße", "ÀΣ", "àσ", "İ", None)},
        {
            "folded": _S.casefold()
            .vocabulary(["strasse", "àσ", "i̇"], num_oov=0)
            .one_hot(),
            "lowered": _S.lower().vocabulary(["strasse", "straße", "àσ", "i̇"]),
        },
        {
            "folded": [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]],
            "lowered": [0, 1, 2, 2, 3],
        },
        rejected={5: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "text_that_is_not_utf8",
        {
            "s": pa.array(
                [
                    b"a",
                    b"\xff",
                    b"\xed\xa0\x80",
                    b"\xc0\x80",
                    b"\xe2\x82",
                    b"\xef\xbf\xbd",
                ],
                pa.binary(),
            )
        },
        {"f": _S.normalize("NFC").hash_buckets(1), "g": _S.strip().hash_buckets(1)},
        {"f": [0, 0], "g": [0, 0]},
        rejected=dict.fromkeys([1, 2, 3, 4], "INVALID_UTF8"),
    ),
    Case(
        "text_refused_before_what_comes_later",
        {"s": pa.array([b"\xff", b"b", b"a"], pa.binary())},
        {"f": _S.casefold().vocabulary(["a"], num_oov=0)},
        {"f": [0]},
        rejected={0: "INVALID_UTF8", 1: "OUT_OF_VOCABULARY"},
    ),
    Case(
        "text_strip",
        {"s": text(" a b\t", "\n\v\f\r", "a", "\u00a0a", None)},
        {"f": _S.strip().fill("a").vocabulary(["a b", "", "a", "\u00a0a"], num_oov=0)},
        {"f": [0, 1, 2, 3, 2]},
    ),
    Case(
        "text_changed_after_it_was_filled_and_joined",
        {"s": dictionary([0, 1, None], ["É", None]), "u": text("X", "Y", "Z")},
        {
            "f": _S.fill("Ü").casefold().vocabulary(["é", "ü"], num_oov=0),
            "j": fk.join(_S.fill("Ü"), fk.string("u"))
            .casefold()
            .vocabulary(["é_x", "ü_y", "ü_z"], num_oov=0),
            "m": _S.casefold().is_missing(),
            "c": fk.cross(_S.fill("Ü").lower(), fk.string("u").lower()).hash_buckets(1),
        },
        {"f": [0, 1, 1], "j": [0, 1, 2], "m": [0, 1, 1], "c": [0, 0, 0]},
    ),
    Case(
        "text_changes_of_elements",
        {"t": texts(["É", None], ["e\u0301"], [], None)},
        {
            "f": fk.strings("t")
            .missing_as_empty()
            .fill(" x")
            .normalize("NFC")
            .casefold()
            .strip()
            .vocabulary(["é", "x"], num_oov=0)
            .counts(),
        },
        {"f": [[1, 1], [1, 0], [0, 0], [0, 0]]},
    ),
    Case(
        "text_of_no_rows",
        {"s": text()},
        {"f": _S.normalize("NFC").casefold().split().hash_buckets(3).pad(2)},
        {"f": []},
    ),
]

SPLITS = [
    Case(
        "text_split_at_whitespace",
        {"s": text("a b", "  b\t\n c ", "", " ", "d\u00a0a", None)},
        {"p": _WORDS.pad(3), "c": _WORDS.counts()},
        {
            "p": [[1, 2, 0], [2, 3, 0], [0, 0, 0], [0, 0, 0], [4, 0, 0]],
            "c": [[1, 1, 0, 0], [0, 1, 1, 0], [0] * 4, [0] * 4, [0, 0, 0, 1]],
        },
        rejected={5: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "text_split_at_a_separator",
        {"s": text("a,b", ",", "", "a,,b,", "abc", None)},
        {
            "p": _S.split(",").missing_as_empty().vocabulary(["a", "b", ""]).pad(4),
            "two": _S.split("bc").missing_as_empty().vocabulary(["a", ""]).pad(2),
            "n": _S.split(",").length().fill(-1.0),
        },
        {
            "p": [
                [1, 2, 0, 0],
                [3, 3, 0, 0],
                [3, 0, 0, 0],
                [1, 3, 2, 3],
                [4, 0, 0, 0],
                [0, 0, 0, 0],
            ],
            "two": [[3, 0], [3, 0], [2, 0], [3, 0], [1, 2], [0, 0]],
            "n": [2.0, 2.0, 1.0, 4.0, 1.0, -1.0],
        },
    ),
    Case(
        "text_split_after_other_steps",
        {"s": text("É\u3000e\u0301", None), "w": texts(["é"], ["é", "é"])},
        {
            "p": _S.fill("é É")
            .normalize("NFKC")
            .casefold()
            .split()
            .vocabulary(["é"], num_oov=0)
            .pad(3),
            "single": _S.normalize("NFKC").fill("x").hash_buckets(1),
        },
        {"p": [[1, 1, 0], [1, 1, 0]], "single": [0, 0]},
    ),
    Case(
        "text_ngrams",
        {"s": text("a b c", "a", "", "b a b")},
        {
            "p": _S.split()
            .ngrams(1, 2)
            .vocabulary(["a", "b", "c", "a b", "b c", "b a"], num_oov=0)
            .pad(5),
            "two": _S.split().ngrams(2, 2, separator="").length(maximum=9),
        },
        {
            "p": [[1, 2, 3, 4, 5], [1, 0, 0, 0, 0], [0] * 5, [2, 1, 2, 6, 4]],
            "two": [2, 0, 0, 2],
        },
    ),
    Case(
        "text_ngrams_of_lists",
        {"t": texts(["a", None, "b"], [], None, ["b"], ["", "a"])},
        {
            "n": fk.strings("t").drop_missing().ngrams(2, 3).length().fill(-1.0),
            "p": fk.strings("t")
            .missing_as_empty()
            .drop_missing()
            .ngrams(2, 2, separator="_")
            .vocabulary(["a_b", "_a"], num_oov=0)
            .pad(1),
        },
        {"n": [1.0, 0.0, -1.0, 0.0, 1.0], "p": [[1], [0], [0], [0], [2]]},
    ),
    Case(
        "text_ngrams_refuse_missing_elements",
        {"t": texts(["a", None], ["a", "b"])},
        {"n": fk.strings("t").ngrams(1, 2).length(maximum=9)},
        {"n": [3]},
        rejected={0: "NULL_NOT_ALLOWED"},
    ),
]

_PIECES = ["[UNK]", "un", "##aff", "##able", "a", "##b", "日", "##本", "aab"]
_WORDPIECES = _S.split().wordpiece(_PIECES).vocabulary(_PIECES, num_oov=0)

WORDPIECES = [
    Case(
        "text_wordpieces",
        {"s": text("unaffable a", "aab ab aabb", "日本 日x", "", "b")},
        {
            "p": _WORDPIECES.pad(4),
            "short": _S.split()
            .wordpiece(["a", "##b", "?"], unknown="?", max_chars=2)
            .vocabulary(["a", "##b", "?"], num_oov=0)
            .counts(),
        },
        {
            "p": [[2, 3, 4, 5], [9, 5, 6, 9], [7, 8, 1, 0], [0] * 4, [1, 0, 0, 0]],
            "short": [[1, 0, 1], [1, 1, 2], [0, 0, 2], [0, 0, 0], [0, 0, 1]],
        },
    ),
    Case(
        "text_wordpieces_of_lists",
        {"t": texts(["ab", None, ""], None, ["abb"])},
        {
            "n": fk.strings("t")
            .drop_missing()
            .wordpiece(["a", "##b"])
            .length()
            .fill(-1.0)
        },
        {"n": [2.0, -1.0, 3.0]},
    ),
]

_LEARNED = _S.split().vocabulary()


def _rounded(*values: float) -> list[float]:
    return pa.array(values, pa.float32()).to_pylist()


_RARE, _COMMON, _NEVER = math.log(5 / 2) + 1, math.log(5 / 4) + 1, math.log(5) + 1
TF_IDF = [
    Case(
        "text_tf_idf",
        {"s": text("a a b", "", "q", None)},
        {
            "learned": _LEARNED.tf_idf(),
            "given": _S.split()
            .missing_as_empty()
            .vocabulary(["a", "b"])
            .tf_idf(smooth=False),
        },
        {
            "learned": [
                _rounded(2 * _COMMON, _RARE, 0.0),
                [0.0, 0.0, 0.0],
                _rounded(0.0, 0.0, _NEVER),
            ],
            "given": [
                _rounded(2 * (math.log(8 / 4) + 1), math.log(8) + 1, 0.0),
                [0.0, 0.0, 0.0],
                _rounded(0.0, 0.0, math.log(8) + 1),
            ],
        },
        rejected={3: "NULL_NOT_ALLOWED"},
        stats=fk.Stats(
            {
                "vocabulary(fk.string('s').split(), max_size=None, min_count=1)": (
                    VocabularyCounts((b"a", b"b"), (5, 1), 6, 2)
                ),
                "document_frequencies(fk.string('s').split(), "
                "max_size=None, min_count=1)": (
                    DocumentFrequencies((b"a", b"b"), (3, 1), 4)
                ),
                "document_frequencies(fk.string('s').split().missing_as_empty()"
                ".vocabulary(['a', 'b']), max_size=None, min_count=1)": (
                    DocumentFrequencies((0, 1), (4, 1), 8)
                ),
            }
        ),
    ),
]

CASES = [*FORMS, *SPLITS, *WORDPIECES, *TF_IDF]
