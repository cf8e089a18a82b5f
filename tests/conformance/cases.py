"""All cases of the definition."""

from conformance import (
    cases_categorical,
    cases_cross,
    cases_expressions,
    cases_lists,
    cases_numeric,
    cases_presence,
    cases_timestamp,
    cases_vocabulary,
)
from conformance.case import Case

ALL_CASES: list[Case] = [
    *cases_numeric.CASES,
    *cases_categorical.CASES,
    *cases_cross.CASES,
    *cases_vocabulary.CASES,
    *cases_timestamp.CASES,
    *cases_lists.CASES,
    *cases_presence.CASES,
    *cases_expressions.CASES,
]
