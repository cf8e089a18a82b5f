"""Hidden ids, where nothing is left to chance; see `test_masking.py` for the rest."""

from conformance.case import Case, float32, int64, text
from conformance.cases_lists import INF, NAN, numbers, texts

import featurekit as fk

_KEY = fk.string("k")
_IDS = fk.strings("t").vocabulary(["a", "b"], reserved=["[MASK]", "[SEP]"])
_PADDED = _IDS.pad(3)  # [MASK] is 1, [SEP] is 2, a is 3, b is 4, unknown is 5
_BATCH = {
    "t": texts(["a", "[SEP]", "b"], ["q"], [], ["[MASK]"]),
    "k": text("x", "y", "", "x"),
}

_CITY = fk.string("c").vocabulary(["a", "b"], reserved=["[SEP]", "[MASK]"])
_ROWS = {
    "c": text("a", "?", "[MASK]", "é", "b"),
    "x": float32(1.5, INF, -0.0, 2.0, -INF),
}
_ROWS |= {"n": int64(-(2**63), 0, 2**63 - 1, 7, None)}
_N = fk.integer("n").fill(3)
_TABLE = {"c": _CITY, "v": _CITY.embedding(4), "x": fk.numeric("x").clip(-9.0, 9.0)}

CASES = [
    Case(
        "hidden_features_in_every_row",
        _ROWS,
        fk.mask_features(_TABLE, key=_N, rate=1.0, fill=0.5),
        {
            "c": [1, 1, 1, 1, 1],
            "c_mask": [1, 1, 1, 1, 1],
            "c_target": [2, 4, 1, 4, 3],
            "v": [1, 1, 1, 1, 1],
            "v_mask": [1, 1, 1, 1, 1],
            "v_target": [2, 4, 1, 4, 3],
            "x": [0.5, 0.5, 0.5, 0.5, 0.5],
            "x_mask": [1, 1, 1, 1, 1],
            "x_target": [1.5, 9.0, -0.0, 2.0, -9.0],
        },
    ),
    Case(
        "hidden_features_in_no_row",
        _ROWS,
        {
            "id": _CITY.hide("[MASK]", "c", key=[_N, fk.string("c")], rate=0.0),
            "flag": fk.chance("c", key=fk.string("c"), rate=0.0),
        },
        {"id": [2, 4, 1, 4, 3], "flag": [0, 0, 0, 0, 0]},
    ),
    Case(
        "masked_ids_all_of_them",
        _BATCH,
        _PADDED.mask_tokens(
            "[MASK]", key=_KEY, rate=1.0, masked=1.0, randomized=0.0
        )._asdict(),
        {
            "inputs": [[1, 2, 1], [1, 0, 0], [0, 0, 0], [1, 0, 0]],
            "targets": [[3, 0, 4], [5, 0, 0], [0, 0, 0], [0, 0, 0]],
        },
    ),
    Case(
        "masked_ids_none_of_them",
        _BATCH,
        _PADDED.mask_tokens("[MASK]", key=_KEY, rate=0.0)._asdict(),
        {
            "inputs": [[3, 2, 4], [5, 0, 0], [0, 0, 0], [1, 0, 0]],
            "targets": [[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]],
        },
    ),
    Case(
        "masked_ids_chosen_and_left_as_they_are",
        _BATCH,
        _PADDED.mask_tokens(
            "[MASK]", key=_KEY, rate=1.0, masked=0.0, randomized=0.0
        )._asdict(),
        {
            "inputs": [[3, 2, 4], [5, 0, 0], [0, 0, 0], [1, 0, 0]],
            "targets": [[3, 0, 4], [5, 0, 0], [0, 0, 0], [0, 0, 0]],
        },
    ),
    Case(
        "masked_ids_random_where_there_is_one_choice",
        {"t": texts(["a"], ["q", "s"]), "k": text("x", "y")},
        fk.strings("t")
        .vocabulary(["a"], reserved=["s"], num_oov=0)
        .pad(2, side="left")
        .mask_tokens("s", key=_KEY, rate=1.0, masked=0.0, randomized=1.0)
        ._asdict(),
        {"inputs": [[0, 2]], "targets": [[0, 2]]},
        rejected={1: "OUT_OF_VOCABULARY"},
    ),
    Case(
        "masked_ids_without_a_key",
        {
            "t": texts(["a"], ["a"], ["a"], None),
            "k": text("x", None, "x", "x"),
            "n": int64(1, 1, None, 1),
        },
        {
            "m": _PADDED.mask_tokens(
                "[SEP]", key=[_KEY, fk.integer("n")], rate=1.0, masked=1.0, randomized=0
            ).inputs
        },
        {"m": [[2, 0, 0]]},
        rejected={1: "NULL_NOT_ALLOWED", 2: "NULL_NOT_ALLOWED", 3: "NULL_NOT_ALLOWED"},
    ),
    Case(
        "masked_ids_of_a_sequence",
        {
            "i": texts(["a", "b"], ["b"]),
            "t": texts(["q", None], ["a"]),
            "k": text("x", "y"),
        },
        {
            "m": fk.sequence(
                {
                    "i": fk.strings("i").vocabulary(["a", "b"], reserved=["[MASK]"]),
                    "t": fk.strings("t").hash_buckets(3),
                }
            )
            .drop_missing()["i"]
            .pad(2)
            .mask_tokens("[MASK]", key=_KEY, rate=1.0, masked=1.0, randomized=0.0)
            .targets
        },
        {"m": [[2, 0], [3, 0]]},
    ),
    Case(
        "binarize_numbers_and_lists",
        {
            "v": float32(0.5, 0.25, None, NAN, INF, -INF, -0.0),
            "x": numbers([0.5, 0.4], [], [NAN, None], [INF], [-INF], [0.0], [2.0]),
        },
        {
            "v": fk.numeric("v").binarize(0.5).fill(-1.0),
            "zero": fk.numeric("v").binarize(0).fill(-1.0),
            "kept": fk.numeric("v", nan="keep").binarize(0.5).fill(-1.0),
            "x": fk.numerics("x").binarize(0.5).fill(-1.0).pad(2),
            "k": fk.numerics("x", nan="keep").drop_missing().binarize(0.5).sum(),
        },
        {
            "v": [1, 0, -1, -1, 1, 0, 0],
            "zero": [1, 1, -1, -1, 1, 0, 1],
            "kept": [1, 0, -1, 0, 1, 0, 0],
            "x": [[1, 0], [0, 0], [-1, -1], [1, 0], [0, 0], [0, 0], [1, 0]],
            "k": [1, 0, 0, 1, 0, 0, 1],
        },
    ),
]
