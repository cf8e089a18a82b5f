"""All cases of the definition."""

import pytest
from conformance import (
    cases_bags,
    cases_by_key,
    cases_categorical,
    cases_cross,
    cases_cross_lists,
    cases_expressions,
    cases_images,
    cases_lists,
    cases_masking,
    cases_numeric,
    cases_presence,
    cases_sequences,
    cases_special_values,
    cases_tensors,
    cases_text,
    cases_timestamp,
    cases_vectors,
    cases_vocabulary,
)
from conformance.case import Case

ALL_CASES: list[Case] = [
    *cases_numeric.CASES,
    *cases_categorical.CASES,
    *cases_cross.CASES,
    *cases_cross_lists.CASES,
    *cases_vocabulary.CASES,
    *cases_timestamp.CASES,
    *cases_lists.CASES,
    *cases_bags.CASES,
    *cases_presence.CASES,
    *cases_expressions.CASES,
    *cases_special_values.CASES,
    *cases_vectors.CASES,
    *cases_text.CASES,
    *cases_sequences.CASES,
    *cases_masking.CASES,
    *cases_by_key.CASES,
    *cases_tensors.CASES,
    *cases_images.CASES,
]
PROVES: dict[str, tuple[int, ...]] = {
    "identity": (3,),
    "vocabulary": (4,),
    "vocabulary_three_ids": (34,),
    "vocabulary_learned": (28,),
    "hash_buckets": (36,),
    "standardize": (18,),
    "learned_standardize": (18,),
    "min_max": (19,),
    "learned_min_max": (19,),
    "log1p": (22,),
    "clip": (22,),
    "buckets": (23,),
    "learned_quantiles": (24,),
    "cross_of": (45,),
    "cross_takes": (47,),
    "cross_of_a_cross": (47,),
    "cross_lists": (46,),
    "cross_lists_exact": (48,),
    "vector": (1,),
    "fill": (67,),
    "fill_mean_and_fill_median": (68,),
    "fill_mode": (68,),
    "robust": (21, 22),
    "is_missing": (69,),
    "boolean": (5,),
    "time": (11,),
    "cyclic": (11,),
    "layout": (32, 35),
    "learned_tokens_follow": (32,),
    "shared_vocabulary": (33,),
    "keyed_hash": (37,),
    "cross_with_a_hash_key": (37,),
    "exact_cross": (48,),
    "arithmetic": (13,),
    "compare": (13,),
    "where": (13,),
    "join": (13,),
    "by_key": (20,),
    "count_encoding": (40,),
    "list_missing_empty": (70,),
    "list_hash": (6,),
    "list_weights": (7,),
    "list_pad": (9,),
    "list_numbers_padded": (9,),
    "list_multi_hot": (41,),
    "text_split": (49,),
    "text_ngrams": (50,),
    "text_tf_idf": (50,),
    "text_wordpieces": (51,),
    "text_normal_forms": (52,),
    "text_casefold": (52,),
    "sequence_pads": (54, 55),
    "sequence_mask": (54,),
    "sequence_aligned": (10,),
    "sequence_shift": (59,),
    "masked_ids": (59,),
    "binarize": (59,),
    "tensor": (15,),
    "boxes": (63,),
}
"""What a case proves (see `checks/capabilities.py`), by the start of its name."""


def _marks(case: Case) -> list[pytest.MarkDecorator]:
    return [
        pytest.mark.proves(*numbers)
        for start, numbers in PROVES.items()
        if case.name.startswith(start)
    ]


CASE_PARAMS = [
    pytest.param(case, marks=_marks(case), id=case.name) for case in ALL_CASES
]
"""The cases as arguments of a test that proves what they do."""
