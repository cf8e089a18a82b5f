"""What the skew matrix computes for the ops on lists."""

from checks.skew_case import SkewCase
from checks.skew_values import floats, integers, lists, texts
from featurekit.plan import ops
from featurekit.spec.columns import integers as integer_lists
from featurekit.spec.columns import numerics, strings, vector

_X = numerics("x", nan="keep").missing_as_empty().fill(0.5)
_I = integer_lists("i").missing_as_empty().fill(3)
_S = strings("s").missing_as_empty().fill("a")
_WORDS = ["a", "b", "", "é", "日本", "x" * 64]
_FEW = _S.vocabulary(_WORDS, num_oov=3)
_NUMBERS = _X.clip(-1e30, 1e30)
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
}
