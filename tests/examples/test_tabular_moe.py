"""The regimes are what they claim to be, and experts learn some of them."""

from pathlib import Path

import numpy as np
import pytest

from examples.scores import auc, log_loss
from examples.tabular_moe.data import REGIMES, SEGMENTS, Table, draw


@pytest.fixture(scope="module")
def table() -> Table:
    return draw(40_000, 3)


def design(table: Table, rows: np.ndarray) -> np.ndarray:
    names = [name for name in table.rows.column_names if name.startswith("x")]
    numbers = np.stack([table.rows[name].to_numpy()[rows] for name in names], axis=1)
    return np.c_[np.ones(rows.sum()), numbers]


def segments(table: Table) -> np.ndarray:
    return table.rows["segment"].combine_chunks().indices.to_numpy()


def test_the_outcome_is_drawn_from_its_log_odds(table: Table) -> None:
    outcome = table.rows["outcome"].to_numpy()
    order = np.argsort(table.log_odds)
    for rows in np.array_split(order, 20):
        likely = 1 / (1 + np.exp(-table.log_odds[rows]))
        error = np.sqrt((likely * (1 - likely)).sum())
        assert abs(outcome[rows].sum() - likely.sum()) < 5 * error + 1
    assert 0.98 < auc(outcome, table.log_odds) < 0.99
    assert 0.145 < log_loss(outcome, table.log_odds) < 0.17


def test_each_regime_has_its_segments_and_a_function_of_its_own(table: Table) -> None:
    assert np.bincount(table.regime).tolist() == [SEGMENTS // REGIMES] * REGIMES
    slopes = []
    for regime in range(REGIMES):
        rows = table.regime[segments(table)] == regime
        x, y = design(table, rows), table.log_odds[rows]
        slope, *_ = np.linalg.lstsq(x, y)
        # A line explains a part of a network, never all of it.
        assert 0.3 < 1 - np.var(y - x @ slope) / np.var(y) < 0.97
        slopes.append(slope[1:] / np.linalg.norm(slope[1:]))
    alike = np.abs(np.stack(slopes) @ np.stack(slopes).T)
    assert np.max(alike - np.eye(REGIMES)) < 0.9


def test_a_seed_decides_everything() -> None:
    first, again, other = draw(50, 1), draw(50, 1), draw(50, 2)
    assert first.rows.equals(again.rows)
    assert not first.rows.equals(other.rows)


@pytest.mark.tensorflow
def test_it_trains_and_says_what_experts_do(tmp_path: Path) -> None:
    from examples.tabular_moe.train import Preset, train

    preset = Preset(rows=12_000, batch_size=400, epochs=2, num_experts=4)
    done = train(preset, 0, tmp_path)
    found = done.metrics
    assert done.steps == 2 * -(-(done.rows // 2) // 400)
    assert 0.55 < found["auc"] < 0.986
    assert found["log_loss"] < 0.70
    assert found["dropped"] < found["dropped_no_balance"] <= 1.0
    assert 0.0 <= found["min_load"] <= 1.0
    assert found["step_time_ratio"] > 0.0
