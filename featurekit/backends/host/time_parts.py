"""Parts of local time on the host.

Source of the calendar arithmetic: Howard Hinnant, "chrono-Compatible Low-Level Date
Algorithms", `civil_from_days`: years begin in March, so that the leap day is the last.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.jit import kernel

IntArray: TypeAlias = npt.NDArray[np.int64]

MICROSECONDS = 1_000_000
DAY = 86_400
MARCH_0000 = 719_468  # days from 0000-03-01 to 1970-01-01
CYCLE = 146_097  # days in 400 years

PART_CODES = {
    "minute": 0,
    "hour": 1,
    "day_of_week": 2,
    "day_of_month": 3,
    "day_of_year": 4,
    "month": 5,
    "year": 6,
}


@kernel
def _calendar_part(days: int, part: int) -> int:
    """Day of the month, day of the year, month, or year of a day since 1970."""
    day = (days + MARCH_0000) % CYCLE
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    of_year = day - (365 * year + year // 4 - year // 100)  # from March 1
    month = (5 * of_year + 2) // 153  # from March
    if part == 3:
        return of_year - (153 * month + 2) // 5
    if part == 5:
        return (month + 2) % 12
    if part == 6:
        return (days + MARCH_0000) // CYCLE * 400 + year + int(month >= 10)
    if of_year >= 306:  # January and February
        return of_year - 306
    leap = year % 4 == 0 and (year % 100 != 0 or year == 0)
    return of_year + 59 + int(leap)


@kernel
def local_parts(
    times: IntArray,
    transitions: IntArray,
    offsets: IntArray,
    part: int,
    found: IntArray,
) -> None:
    """Looks up the offset of each instant and takes the part, in one pass.

    Args:
        times: Microseconds since 1970.
        transitions: Seconds at which the offset changes.
        offsets: Seconds east of UTC before the first transition and after each.
        part: One of `PART_CODES`.
        found: Receives the parts.
    """
    passed = 0
    for i in range(len(times)):
        seconds = times[i] // MICROSECONDS
        # Times of neighbouring rows mostly lie between the same two transitions.
        below = passed > 0 and seconds < transitions[passed - 1]
        above = passed < len(transitions) and seconds >= transitions[passed]
        if below or above:
            passed = np.searchsorted(transitions, seconds, side="right")
        local = seconds + offsets[passed]
        days = local // DAY
        if part == 0:
            found[i] = local // 60 % 60
        elif part == 1:
            found[i] = local // 3600 % 24
        elif part == 2:
            found[i] = (days + 3) % 7  # 1970-01-01 was a Thursday
        else:
            found[i] = _calendar_part(days, part)
