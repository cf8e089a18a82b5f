"""Errors that leave a step of Beam as they were raised."""

from collections.abc import Iterator
from contextlib import contextmanager

from featurekit.errors import FeatureKitError


@contextmanager
def whole_errors() -> Iterator[None]:
    """Keeps the code and the location of an error that a step raises.

    Example:
        >>> from featurekit.errors import RowError
        >>> with whole_errors():
        ...     raise RowError("not a number", row=3)
        Traceback (most recent call last):
        featurekit.errors.RowError: [ROW] not a number — row=3
    """
    try:
        yield
    except FeatureKitError as error:
        # Beam makes a new error, of the text alone, of those that lack this mark.
        error._tagged_with_step = True  # type: ignore[attr-defined]
        raise
