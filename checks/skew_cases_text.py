"""What the skew matrix computes for the ops on text."""

from checks.skew_case import SkewCase
from checks.skew_values import lists, texts
from featurekit.plan import ops
from featurekit.spec.columns import string, strings

_WORDS = [
    "Straße ΑΣ ﬁ",
    "ä́ a\u0316\u0301",
    "한국 \u1112\u1161\u11ab",
    " a  b ",
    "unaffable",
]
_S = string("s").fill(" a b ")
_TOKENS = _S.normalize("NFKC").casefold().split()
_PIECES = ["un", "##aff", "##able", "a", "##b", "日", "##本", "é"]
_COLUMNS = {"s": texts(*_WORDS)}
_LISTS = {"t": lists(texts(*_WORDS))}
_T = strings("t").missing_as_empty().fill("a")

TEXT_CASES: dict[type[ops.Op], SkewCase] = {
    ops.MapText: SkewCase(
        _COLUMNS,
        {
            **{
                form: _S.normalize(form).hash_buckets(2**31 - 1)
                for form in ("NFC", "NFD", "NFKC", "NFKD")
            },
            "folded": _S.casefold().hash_buckets(2**31 - 1),
            "lowered": _S.lower().hash_buckets(2**31 - 1),
        },
        xla=False,
    ),
    ops.StripText: SkewCase(
        _COLUMNS, {"stripped": _S.strip().hash_buckets(2**31 - 1)}, xla=False
    ),
    ops.CutText: SkewCase(
        _COLUMNS,
        {
            "words": _TOKENS.hash_buckets(2**30).pad(4),
            "parts": _S.split("a").hash_buckets(2**30).pad(4, truncate="left"),
            "missing": string("s").split().length().fill(-1.0),
        },
        xla=False,
    ),
    ops.JoinNgrams: SkewCase(
        {**_COLUMNS, **_LISTS},
        {
            "bigrams": _TOKENS.ngrams(1, 2).hash_buckets(2**30).pad(6),
            "lists": _T.ngrams(2, 3, separator="").hash_buckets(2**30).pad(6),
        },
        xla=False,
    ),
    ops.CutWordpieces: SkewCase(
        {**_COLUMNS, **_LISTS},
        {
            "words": _TOKENS.wordpiece(_PIECES).hash_buckets(2**30).pad(6),
            "short": _T.wordpiece(_PIECES, max_chars=3).hash_buckets(2**30).pad(6),
        },
        xla=False,
    ),
    ops.WeighTerms: SkewCase(
        _COLUMNS,
        {
            "words": _TOKENS.vocabulary(max_size=20, num_oov=2).tf_idf(),
            "hashed": _S.split("a").hash_buckets(9).tf_idf(smooth=False),
        },
        xla=False,
        learns=True,
    ),
}
