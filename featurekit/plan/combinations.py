"""The combinations that a cross has learned."""

from collections.abc import Sequence

from featurekit.errors import StatisticsError
from featurekit.spec.netstrings import split_combination


def read_combination(
    token: bytes, are_texts: Sequence[bool]
) -> tuple[bytes | int, ...]:
    """The values of a combination, as statistics hold it.

    Raises:
        StatisticsError: These are not the values of such a combination.
    """
    try:
        return split_combination(token, are_texts)
    except ValueError:
        raise StatisticsError(
            "a combination of a cross is damaged",
            code="STATISTIC_STATE",
            got=token,
            expected="a netstring for each value",
            hint="run analyze again",
        ) from None
