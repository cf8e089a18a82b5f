"""Rows of several regimes: which of them holds is told by a category alone.

Each of 64 segments belongs to one of 16 hidden regimes. A regime is a random network of
two layers of its own, which turns 16 numbers into the log-odds of the outcome. So the
best answer to a row is known, and a network for all regimes has to hold 16 functions.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

SEGMENTS = 64
REGIMES = 16
NUMBERS = 16
TEACHER_DIM = 16
# Deviation of the log-odds. The rest is chance: the best answer has a log-loss of 0.158
# and an area of 0.985 under the ROC curve.
SHARPNESS = 7.5

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, and what no model sees.

    Args:
        rows: Columns `row`, `segment`, `x0` to `x15` and `outcome`, 0 or 1.
        log_odds: Of the outcome of each row, as it was drawn.
        regime: The regime of each segment.
    """

    rows: pa.Table
    log_odds: Floats
    regime: npt.NDArray[np.int64]


def draw(rows: int, seed: int) -> Table:
    """Draws the regimes, and rows of them.

    Args:
        rows: How many.
        seed: Another one draws other regimes and other rows.
    """
    chance = np.random.default_rng(seed)
    regime = chance.permutation(SEGMENTS) % REGIMES
    enter = chance.normal(size=(REGIMES, NUMBERS, TEACHER_DIM)) / NUMBERS**0.5
    leave = chance.normal(size=(REGIMES, TEACHER_DIM))
    segment = chance.integers(0, SEGMENTS, rows)
    numbers = chance.normal(size=(rows, NUMBERS))
    probe = chance.normal(size=(10_000, NUMBERS))
    log_odds = np.empty(rows)
    for index in range(REGIMES):
        mine = regime[segment] == index
        # Networks of random sizes would make some regimes harder than others.
        size = _teach(probe, enter[index], leave[index]).std()
        found = _teach(numbers[mine], enter[index], leave[index])
        log_odds[mine] = SHARPNESS * found / size
    outcome = chance.random(rows) < 1.0 / (1.0 + np.exp(-log_odds))
    columns = {f"x{index}": numbers[:, index] for index in range(NUMBERS)}
    names = np.array([f"s{index:02}" for index in range(SEGMENTS)])
    table = pa.table(
        {
            "row": np.arange(rows),
            "segment": pa.DictionaryArray.from_arrays(segment, names),
            **columns,
            "outcome": outcome.astype(np.int64),
        }
    )
    return Table(table, log_odds, regime)


def _teach(numbers: Floats, enter: Floats, leave: Floats) -> Floats:
    found: Floats = np.tanh(2.0 * numbers @ enter) @ leave
    return found
