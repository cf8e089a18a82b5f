"""Errors: located, short, and the same after a trip through another process."""

import pickle

import pytest

from featurekit import errors
from featurekit.errors import FeatureKitError, MissingDependencyError, RowError


def all_errors() -> list[type[FeatureKitError]]:
    found = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, FeatureKitError)
    ]
    assert len(found) > 20
    return found


@pytest.mark.parametrize("cls", all_errors())
def test_errors_survive_pickling(cls: type[FeatureKitError]) -> None:
    if cls is MissingDependencyError:
        error = MissingDependencyError("rich", "cli")
    else:
        error = cls("wrong", code="X", file="a.csv", row=3, got=b"\xff", hint="mend it")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is cls
    assert str(again) == str(error)
    assert again.as_dict() == error.as_dict()


def test_a_message_says_where_what_and_what_to_do() -> None:
    error = RowError(
        "values do not fit float32",
        code="OUT_OF_RANGE",
        file="a.parquet",
        row=7,
        column="x",
        got=1e300,
        expected="at most 3.4e38",
        hint="divide it",
    )
    assert str(error) == (
        "[OUT_OF_RANGE] values do not fit float32 — file=a.parquet row=7 column=x "
        "(got 1e+300, expected at most 3.4e38). Hint: divide it"
    )


def test_messages_are_bounded() -> None:
    error = RowError("m" * 1000, got="v" * 10_000)
    assert len(str(error)) <= 500
    assert len(str(error.as_dict()["got"])) <= 64


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    assert errors.__doc__ is not None
    for cls in all_errors():
        assert cls.__name__ in errors.__doc__
