"""What the skew matrix computes for numbers that are looked up by key."""

from checks.skew_case import SkewCase
from checks.skew_values import floats, integers, texts
from featurekit.plan import ops
from featurekit.spec.columns import integer, numeric, string

_X = numeric("x").clip(-1e9, 1e9)
_KEPT = numeric("x", nan="keep").fill(0.0)
_WORDS = ("a", "b", "", "é", "日本")
_NUMBERS = (0, 1, -1, 2**53 + 1, 2**62)

BY_KEY_CASES: dict[type[ops.Op], SkewCase] = {
    ops.LookupNumber: SkewCase(
        {"x": floats(), "s": texts(*_WORDS), "i": integers(*_NUMBERS)},
        {
            "standardized": _X.standardize(by=string("s")).fill(0.0),
            "scaled": _X.min_max(by=integer("i"), unseen="missing").fill(0.0),
            "counted": string("s").count_encoding().fill(-1.0),
            "share": integer("i").count_encoding(frequency=True).fill(0.5),
        },
        xla=False,
        learns=True,
    ),
    ops.BucketizeByKey: SkewCase(
        {"x": floats(0.0, 1.0), "s": texts(*_WORDS), "i": integers(*_NUMBERS)},
        {
            "few": _KEPT.quantile_buckets(3, by=string("s")),
            "many": _KEPT.quantile_buckets(20, by=integer("i")),
        },
        xla=False,
        learns=True,
    ),
}
