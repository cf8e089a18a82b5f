"""Vectors: lists of numbers that all have one length."""

import math

from conformance.case import Case
from conformance.cases_lists import numbers

import featurekit as fk
from featurekit.plan.statistics import Moments

INF = math.inf
NAN = math.nan
_V = fk.vector("v", 2)

CASES = [
    Case(
        "vector",
        {"v": numbers([1.5, -0.0], [INF, -INF], [2.0**-130, -(2.0**-130)])},
        {"v": _V, "c": _V.clip(-1, 1)},
        {
            "v": [[1.5, -0.0], [INF, -INF], [0.0, -0.0]],
            "c": [[1.0, -0.0], [1.0, -1.0], [0.0, -0.0]],
        },
    ),
    Case(
        "vector_of_another_size",
        {"v": numbers([1.0, 2.0], [1.0], [], [1.0, 2.0, 3.0], None, [3.0, 4.0])},
        {"v": _V},
        {"v": [[1.0, 2.0], [3.0, 4.0]]},
        rejected={
            1: "LENGTH_MISMATCH",
            2: "LENGTH_MISMATCH",
            3: "LENGTH_MISMATCH",
            4: "NULL_NOT_ALLOWED",
        },
    ),
    Case(
        "vector_missing_numbers",
        {"v": numbers([1.0, None], [NAN, 2.0], [3.0, 4.0])},
        {"v": _V},
        {"v": [[3.0, 4.0]]},
        rejected={0: "NULL_NOT_ALLOWED", 1: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "vector_missing_numbers_filled_and_kept",
        {"v": numbers([1.0, None], [NAN, 2.0], [-9.0, 4.0])},
        {
            "f": _V.fill(7.0),
            "k": fk.vector("v", 2, nan="keep").fill(7.0),
            "m": _V.missing_values([-9]).fill(0.5),
        },
        {
            "f": [[1.0, 7.0], [7.0, 2.0], [-9.0, 4.0]],
            "k": [[1.0, 7.0], [NAN, 2.0], [-9.0, 4.0]],
            "m": [[1.0, 0.5], [0.5, 2.0], [0.5, 4.0]],
        },
    ),
    Case(
        "vector_steps",
        {"v": numbers([3.0, 0.0])},
        {
            "s": _V.standardize(mean=1.0, std=2.0),
            "m": _V.min_max(minimum=0.0, maximum=4.0),
            "l": _V.clip(0.0, 0.0).log1p(),
            "z": _V.standardize(),
        },
        {
            "s": [[1.0, -0.5]],
            "m": [[0.75, 0.0]],
            "l": [[0.0, 0.0]],
            "z": [[0.5, -1.0]],
        },
        stats=fk.Stats({"moments(fk.vector('v', 2))": Moments(4, 2.0, 4.0)}),
    ),
    Case(
        "vector_beyond_float32",
        {"v": numbers([3e38, 0.0], [0.0, 0.0])},
        {"v": _V.standardize(mean=0.0, std=0.1)},
        {"v": [[0.0, 0.0]]},
        rejected={0: "OUT_OF_RANGE"},
    ),
    Case(
        "vector_as_label",
        {"v": numbers([1.0, 2.0], None, [1.0]), "w": numbers([1.0], [2.0], [3.0])},
        fk.FeatureSpec({"w": fk.vector("w", 1)}, label=_V),
        {"w": [[1.0]], "label": [[1.0, 2.0]]},
        rejected={1: "NULL_NOT_ALLOWED", 2: "LENGTH_MISMATCH"},
    ),
    Case(
        "vector_empty_batch",
        {"v": numbers()},
        {"v": _V},
        {"v": []},
    ),
]
