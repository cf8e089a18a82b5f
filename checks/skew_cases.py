"""What the skew matrix computes for each op: one entry, added with the op."""

import numpy as np

from checks.skew_case import SkewCase
from checks.skew_cases_by_key import BY_KEY_CASES
from checks.skew_cases_images import IMAGE_CASES
from checks.skew_cases_lists import LIST_CASES
from checks.skew_cases_tensors import TENSOR_CASES
from checks.skew_cases_text import TEXT_CASES
from checks.skew_values import floats, instants, integers, lists, texts
from featurekit.plan import ops
from featurekit.spec.columns import (
    cross,
    integer,
    join,
    maximum,
    minimum,
    numeric,
    string,
    strings,
    timestamp,
    where,
)
from featurekit.spec.columns import integers as integer_lists

_X = numeric("x")
_KEPT = numeric("x", nan="keep").fill(0.0)
_Y = numeric("y").fill(0.25)
_I = integer("i")
_S = string("s")
_WORDS = ["a", "b", "", "é", "日本", "x" * 64, "word"]
_NUMBERS = [0, 1, 5, -1, 2**53 + 1, 2**62]
_ZONES = ("America/New_York", "Australia/Lord_Howe", "Europe/Dublin", "UTC")
_TENTH = 0.10000000149011612  # float32(0.1)

CASES: dict[type[ops.Op], SkewCase] = {
    ops.ReadColumn: SkewCase(
        {"x": floats(), "i": integers(), "s": texts()},
        {
            "number": _KEPT,
            "integer": _I.fill(0).hash_buckets(2**31 - 1),
            "text": _S.fill("").hash_buckets(2**31 - 1),
        },
        xla=False,
    ),
    ops.ToFloat64: SkewCase(
        {"x": floats(2.0**-126)},
        {
            "kept": _KEPT.standardize(mean=0.0, std=1.0),
            "missing": _X.fill(-0.5),
        },
    ),
    ops.FillMissing: SkewCase(
        {"x": floats(), "i": integers(), "s": texts(*_WORDS)},
        {
            "number": _X.fill(1e-40),
            "integer": _I.fill(-1).hash_buckets(1000),
            "text": _S.fill("é").hash_buckets(1000),
            "word": _S.fill("a").vocabulary(_WORDS),
        },
        xla=False,
    ),
    ops.ClipValue: SkewCase(
        {"x": floats(-60.0, _TENTH, 600.0)},
        {
            "both": _KEPT.clip(-60.0, 600.0),
            "one": _KEPT.clip(0.1, np.inf),
            "none": _KEPT.clip(-np.inf, np.inf),
            "point": _KEPT.clip(-0.0, 0.0),
        },
    ),
    ops.Log1pValue: SkewCase(
        {"x": floats(-1.0, 1e-8)},
        {
            "log": _KEPT.log1p(),
            "twice": _KEPT.clip(0.0, np.inf).log1p().log1p(),
            "ids": _X.fill(0.0).clip(0.0, 1e9).log1p().buckets([0.1, 1.0, 2.0, 5.0]),
        },
    ),
    ops.StandardizeValue: SkewCase(
        {"x": floats(3.7, 1e-3)},
        {
            "usual": _KEPT.standardize(mean=3.7, std=1.3),
            "third": _KEPT.standardize(mean=0.0, std=3.0),
            "narrow": _KEPT.clip(-1e6, 1e6).standardize(mean=1e-3, std=1e-7),
            "wide": _KEPT.standardize(mean=0.0, std=2.0**128),
            "ids": _KEPT.standardize(mean=0.0, std=3.0).buckets([-1.0, 0.1, 1 / 3]),
        },
        xla=False,
    ),
    ops.MinMaxScale: SkewCase(
        {"x": floats(-7.3, 11.1)},
        {
            "usual": _KEPT.min_max(minimum=-7.3, maximum=11.1),
            "third": _KEPT.min_max(minimum=0.0, maximum=3.0),
            "narrow": _KEPT.clip(-1e6, 1e6).min_max(minimum=0.1, maximum=0.1000001),
        },
        xla=False,
    ),
    ops.Bucketize: SkewCase(
        {"x": floats(0.1, 0.3, 1.0, 1e30)},
        {
            "few": _KEPT.buckets([0.0]),
            "close": _KEPT.buckets([-1.0, -0.0, 0.1, 0.1 + 1e-12, 1 / 3, 1.0, 1e30]),
            "many": _KEPT.buckets([float(at) / 7 for at in range(-300, 300)]),
            "scaled": _KEPT.standardize(mean=0.1, std=3.0).buckets([-1.0, 0.0, 1 / 3]),
        },
        xla=False,
    ),
    ops.IsGreaterEqual: SkewCase(
        {"x": floats(15.0, 0.1)},
        {
            "fifteen": _KEPT.greater_equal(15.0),
            "tenth": _KEPT.greater_equal(0.1),
            "zero": _KEPT.greater_equal(-0.0),
            "scaled": _KEPT.standardize(mean=0.1, std=2.0).greater_equal(1 / 3),
        },
    ),
    ops.LookupVocabulary: SkewCase(
        {"s": texts(*_WORDS), "i": integers(*_NUMBERS)},
        {
            "one": _S.fill("a").vocabulary(_WORDS),
            "some": _S.fill("no word").vocabulary(_WORDS, num_oov=7),
            "numbers": _I.fill(5).vocabulary(_NUMBERS, num_oov=5),
        },
        xla=False,
    ),
    ops.HashBucket: SkewCase(
        {"s": texts(), "i": integers()},
        {
            "text": _S.fill("").hash_buckets(2**31 - 1),
            "few": _S.fill("").hash_buckets(7),
            "integer": _I.fill(0).hash_buckets(2**31 - 1),
        },
        xla=False,
    ),
    ops.CrossHash: SkewCase(
        {
            "s": texts(),
            "u": texts(*_WORDS),
            "i": integers(),
            "x": floats(1.0),
            "v": lists(texts(*_WORDS)),
            "j": lists(integers(5)),
        },
        {
            "texts": cross(_S.fill(""), string("u").fill("")).hash_buckets(4000),
            "mixed": cross(_S.fill(""), _I.fill(0)).hash_buckets(2**31 - 1),
            "lists": cross(
                strings("v").fill(""), _I.fill(0), integer_lists("j").fill(1)
            )
            .hash_buckets(2**31 - 1)
            .pad(9),
            "nested": cross(
                _KEPT.buckets([-1.0, 0.0, 1.0]),
                cross(_I.fill(0), string("u").fill("")).hash_buckets(97),
                _S.fill("").vocabulary(_WORDS),
            ).hash_buckets(2**31 - 1),
        },
        xla=False,
    ),
    ops.CheckRange: SkewCase(
        {"i": integers(10)}, {"id": _I.fill(0).identity(10)}
    ),
    ops.ExtractTimePart: SkewCase(
        {f"t{at}": instants(zone) for at, zone in enumerate(_ZONES)},
        {
            f"{part} {at}": getattr(timestamp(f"t{at}", tz=zone), part)()
            for at, zone in enumerate(_ZONES)
            for part in ("minute", "hour", "day_of_week", "day_of_month",
                         "day_of_year", "month")
        } | {
            f"year {at}": timestamp(f"t{at}", tz=zone).year().hash_buckets(2**30)
            for at, zone in enumerate(_ZONES)
        },
        xla=False,
    ),
    ops.RequirePresent: SkewCase(
        {"x": floats(), "t": instants("UTC")},
        {"number": _X, "hour": timestamp("t").hour()},
    ),
    ops.OneHotEncode: SkewCase(
        {"x": floats(0.0, 1.0), "t": instants("UTC")},
        {
            "buckets": _X.fill(0.5).buckets([0.0, 1.0, 2.0]).one_hot(),
            "flag": _KEPT.greater_equal(0.0).one_hot(),
            "day": timestamp("t").day_of_week().one_hot(),
        },
    ),
    ops.ToFloat32: SkewCase(
        {"x": floats()},
        {
            "same": _KEPT,
            "smaller": _KEPT.standardize(mean=0.0, std=2.0**127),
            "larger": _KEPT.standardize(mean=0.0, std=0.5),
        },
    ),
    ops.IsMissing: SkewCase(
        {"x": floats(), "i": integers(), "s": texts(), "t": instants("UTC")},
        {
            "number": _X.is_missing(),
            "kept": numeric("x", nan="keep").is_missing(),
            "integer": _I.is_missing(),
            "text": _S.is_missing(),
            "time": timestamp("t").is_missing(),
            "quotient": (_X / _X).is_missing(),
        },
        xla=False,
    ),
    ops.Arithmetic: SkewCase(
        {"x": floats(0.0, 1.0), "y": floats(0.0, 1.0)},
        {
            "sum": (_KEPT + _Y).fill(0.0),
            "difference": (_KEPT - _Y).fill(0.0),
            "product": (_KEPT.clip(-1e18, 1e18) * _Y.clip(-1e18, 1e18)).fill(0.0),
            "quotient": (_KEPT / _Y).fill(0.0).clip(-1e30, 1e30),
            "least": minimum(_KEPT, _Y).fill(0.0),
            "greatest": maximum(_KEPT, _Y).fill(0.0),
            "nested": (1 - _KEPT.clip(-9.0, 9.0) * (_Y.clip(-9.0, 9.0) + 0.1)).fill(0),
            "ids": (_KEPT / 3 + _Y).fill(0.0).buckets([-1.0, 0.1, 1 / 3]),
        },
        xla=False,
    ),
    ops.CompareNumbers: SkewCase(
        {"x": floats(0.1), "y": floats(0.1)},
        {
            "less": _KEPT.less_than(_Y),
            "at most": _KEPT.less_equal(_Y),
            "more": _KEPT.greater_than(_Y),
            "at least": _KEPT.greater_equal(_Y),
            "constant": _KEPT.less_than(0.1),
        },
        xla=False,
    ),
    ops.ChooseNumber: SkewCase(
        {"x": floats(), "y": floats()},
        {
            "columns": where(_X.is_missing(), _Y, _X.fill(0.0)),
            "constants": where(_KEPT.less_than(_Y), 0.1, -0.0),
            "mixed": where(_Y.greater_than(0.0), _KEPT, 7.5),
        },
        xla=False,
    ),
    ops.JoinText: SkewCase(
        {"s": texts(*_WORDS), "u": texts(*_WORDS)},
        {
            "hashed": join(_S.fill(""), string("u").fill("?")).hash_buckets(2**31 - 1),
            "plain": join(_S, _S, separator="").fill("none").hash_buckets(1000),
            "word": join(_S.fill("a"), string("u").fill("b")).vocabulary(["a_b", "a_"]),
        },
        xla=False,
    ),
    ops.LookupVector: SkewCase(
        {"t": instants("UTC"), "x": floats(0.0, 1.0)},
        {
            "hour": timestamp("t").hour().cyclic(),
            "bucket": _X.fill(0.5).buckets([0.0, 1.0]).cyclic(),
        },
        xla=False,
    ),
    ops.CombineIds: SkewCase(
        {
            "s": texts(*_WORDS),
            "i": integers(*_NUMBERS),
            "v": lists(texts(*_WORDS)),
            "j": lists(integers(5)),
        },
        {
            "lists": cross(
                strings("v").fill(""), _I.fill(0), integer_lists("j").fill(1)
            )
            .vocabulary(max_size=99)
            .pad(9),
            "pair": cross(_S.fill("a"), _I.fill(0)).vocabulary(),
            "three": cross(_S.fill(""), _I.fill(5), _S).vocabulary(missing_id=True),
        },
        xla=False,
        learns=True,
    ),
    ops.MarkMissing: SkewCase(
        {"s": texts(*_WORDS), "i": integers(*_NUMBERS), "x": floats(0.1)},
        {
            "text": _S.missing_values(["", "é"]).fill("日本").vocabulary(_WORDS),
            "integer": _I.missing_values([-1, 2**62]).fill(5).hash_buckets(99),
            "number": _X.missing_values([0.0, 0.1, np.inf]).fill(-1.0),
        },
        xla=False,
    ),
    ops.DefaultId: SkewCase(
        {"s": texts(*_WORDS), "i": integers(10), "v": lists(texts(*_WORDS))},
        {
            "id": _I.fill(0).identity(10, default=3),
            "token": _S.fill("").vocabulary(_WORDS, num_oov=0, default=2),
            "missing": strings("v")
            .missing_as_empty()
            .drop_missing()
            .vocabulary(_WORDS, num_oov=0, default="missing")
            .counts(),
        },
        xla=False,
    ),
}  # fmt: skip
CASES |= LIST_CASES
CASES |= TEXT_CASES
CASES |= BY_KEY_CASES
CASES |= TENSOR_CASES
CASES |= IMAGE_CASES
