"""What the skew matrix computes for the ops on lists."""

from checks.skew_case import SkewCase
from checks.skew_values import floats, integers, lists, texts
from featurekit.plan import ops
from featurekit.spec.columns import (
    chance,
    integer,
    numerics,
    sequence,
    string,
    strings,
    vector,
)
from featurekit.spec.columns import integers as integer_lists

_X = numerics("x", nan="keep").missing_as_empty().fill(0.5)
_I = integer_lists("i").missing_as_empty().fill(3)
_S = strings("s").missing_as_empty().fill("a")
_WORDS = ["a", "b", "", "é", "日本", "x" * 64]
_FEW = _S.vocabulary(_WORDS, num_oov=3)
_NUMBERS = _X.clip(-1e30, 1e30)
_PAIRS = sequence(
    {
        "s": strings("s").missing_as_empty().vocabulary(_WORDS),
        "x": numerics("x", nan="keep").missing_as_empty(),
    }
).drop_missing()
_TOKENS = _S.vocabulary(_WORDS[:3], reserved=["[MASK]", "é"])
_K = string("k").fill("none")
_HIDDEN = _TOKENS.pad(4).mask_tokens(
    "[MASK]", key=[_K, integer("n").fill(0)], seed=2**63 - 1, rate=0.5, masked=0.3
)
_COLUMNS = {
    "x": lists(floats(0.0, 1.0)),
    "i": lists(integers(3)),
    "s": lists(texts(*_WORDS)),
}

LIST_CASES: dict[type[ops.Op], SkewCase] = {
    ops.ReadList: SkewCase(
        _COLUMNS,
        {
            "all": _S.length(),
            "dropped": strings("s").missing_as_empty().drop_missing().length(),
            "missing": strings("s").fill("").length().fill(-1.0),
        },
        xla=False,
    ),
    ops.PadIds: SkewCase(
        _COLUMNS,
        {
            "right": _FEW.pad(3),
            "left": _I.hash_buckets(2**30).pad(3, side="left", truncate="left"),
            "dropped": integer_lists("i")
            .missing_as_empty()
            .drop_missing()
            .hash_buckets(99)
            .pad(2),
        },
        xla=False,
    ),
    ops.PadNumbers: SkewCase(
        _COLUMNS,
        {
            "right": _X.pad(3),
            "left": _NUMBERS.standardize(mean=0.1, std=3.0).pad(
                2, side="left", truncate="left", value=-1.5
            ),
        },
        xla=False,
    ),
    ops.MultiHotEncode: SkewCase(
        _COLUMNS,
        {"words": _FEW.multi_hot(), "buckets": _X.buckets([0.0, 1.0]).multi_hot()},
        xla=False,
    ),
    ops.CountEncode: SkewCase(
        _COLUMNS,
        {"words": _FEW.counts(), "hashed": _I.hash_buckets(7).counts()},
        xla=False,
    ),
    ops.WeightEncode: SkewCase(
        {"x": lists(floats(0.0, 1.0), sizes=7), "s": lists(texts(*_WORDS), sizes=7)},
        {"weighted": _FEW.weighted(_NUMBERS)},
        xla=False,
    ),
    ops.PackVector: SkewCase(
        {"v": lists(floats(0.0, 1.0), longest=3, shortest=2)},
        {
            "vector": vector("v", 3, nan="keep").fill(0.5),
            "scaled": vector("v", 3)
            .fill(0.0)
            .clip(-1e30, 1e30)
            .standardize(mean=0.1, std=3.0),
        },
        xla=False,
    ),
    ops.PadWeighted: SkewCase(
        {"x": lists(floats(0.0, 1.0), sizes=7), "s": lists(texts(*_WORDS), sizes=7)},
        {
            "right": _FEW.weighted(_NUMBERS).pad(3),
            "left": _FEW.weighted(_NUMBERS).pad(4, side="left", truncate="left"),
        },
        xla=False,
    ),
    ops.AggregateList: SkewCase(
        _COLUMNS,
        {
            "sum": _NUMBERS.sum(),
            "mean": _NUMBERS.mean().fill(0.0),
            "least": _X.min().fill(0.0),
            "greatest": _X.max().fill(0.0),
        },
        xla=False,
    ),
    ops.CountElements: SkewCase(
        _COLUMNS,
        {"number": _X.length(), "id": _S.length(maximum=2).one_hot()},
        xla=False,
    ),
    ops.AlignLists: SkewCase(
        {"x": lists(floats(0.0, 1.0), sizes=7), "s": lists(texts(*_WORDS), sizes=7)},
        {"words": _PAIRS["s"].pad(3), "numbers": _PAIRS["x"].pad(3)},
        xla=False,
    ),
    ops.ShiftList: SkewCase(
        _COLUMNS,
        {
            "number": _X.shift(1).fill(0.5).pad(4),
            "integer": _I.shift(-1).fill(-1).hash_buckets(2**30).pad(4),
            "word": _S.shift(2).fill("é").vocabulary(_WORDS).pad(4),
        },
        xla=False,
    ),
    ops.DifferenceList: SkewCase(
        _COLUMNS,
        {
            "one": _NUMBERS.difference().fill(0.5).pad(4),
            "two": _NUMBERS.standardize(mean=0.1, std=3.0)
            .difference(2)
            .drop_missing()
            .pad(2),
        },
        xla=False,
    ),
    ops.RollList: SkewCase(
        _COLUMNS,
        {
            kind: getattr(_NUMBERS.rolling(size), kind)().fill(0.5).pad(4)
            for kind, size in (("sum", 3), ("mean", 2), ("min", 2), ("max", 1))
        },
        xla=False,
    ),
    ops.MaskIds: SkewCase(
        _COLUMNS | {"k": texts(*_WORDS), "n": integers(3)},
        {
            **dict(zip(("inputs", "targets"), _HIDDEN, strict=True)),
            "one": _TOKENS.pad(2, side="left")
            .mask_tokens("é", key=_K, rate=1.0)
            .inputs,
        },
        xla=False,
    ),
    ops.HideId: SkewCase(
        {"k": texts(*_WORDS), "n": integers(3)},
        {
            "flag": chance("a", key=_K, rate=0.5),
            "ids": string("k")
            .fill("b")
            .vocabulary(["a"], reserved=["[MASK]"])
            .hide(
                "[MASK]", "b", key=(_K, integer("n").fill(0)), rate=0.5, seed=2**63 - 1
            )
            .one_hot(),
        },
        xla=False,
    ),
    ops.MaskElements: SkewCase(
        _COLUMNS,
        {
            "binary": _X.binarize(0.0).pad(4),
            "right": _X.mask(3),
            "left": _S.mask(2, side="left"),
        },
        xla=False,
    ),
}
