"""Counts of categories, when there are more than fit."""

from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from featurekit.serve.drift import Sketches, compare
from featurekit.serve.drift.distributions import CAPACITY, STORED, Categories
from featurekit.serve.drift.sketches import ColumnSketch

ROWS = 60_000


def stream(seed: int) -> npt.NDArray[np.int64]:
    """Tokens with a long tail, of far more kinds than are counted."""
    return np.random.default_rng(seed).zipf(1.3, ROWS) % 1_000_000


def count(tokens: npt.NDArray[np.int64], parts: int) -> Categories:
    """Counts of the tokens, merged from sketches of so many parts."""
    found = Categories()
    for part in np.array_split(tokens, parts):
        one = Categories()
        for block in np.array_split(part, 7):
            one.update(pa.array(block.astype(str).tolist(), pa.large_string()))
        found.merge(one)
    return found


def sketches(one: Categories) -> Sketches:
    column = ColumnSketch(one.count, 0, {"value": one})
    return Sketches(one.count, 0, {"c": column})


@pytest.mark.parametrize("parts", [1, 5])
def test_counts_beyond_the_capacity_are_off_by_at_most_the_error(parts: int) -> None:
    tokens = stream(1)
    true = Counter(b"%d" % token for token in tokens.tolist())
    assert len(true) > 2 * CAPACITY
    found = count(tokens, parts)
    assert found.count == ROWS
    assert len(found.counts) <= CAPACITY
    assert 0 < found.error <= 5 * ROWS / CAPACITY
    for token, seen in true.items():
        most = found.missed.get(token, 0) if token in found.counts else found.error
        assert 0 <= seen - found.counts.get(token, 0) <= most
    for token, _ in true.most_common(20):
        assert found.counts[token] == true[token]
    distinct = found.distinct.get_estimate()
    assert distinct == pytest.approx(len(true), rel=0.25)


def test_what_is_stored_keeps_the_frequent_ones_and_their_bound() -> None:
    tokens = stream(2)
    true = Counter(b"%d" % token for token in tokens.tolist())
    whole = sketches(count(tokens, 3))
    data = whole.to_proto()
    found = Sketches.from_proto(data).columns["c"].parts["value"]
    assert isinstance(found, Categories)
    assert len(found.counts) == STORED and len(data) < 4000
    for token, seen in true.items():
        assert found.counts.get(token, seen) == seen
        assert token in found.counts or seen <= found.error
    assert {token for token, _ in true.most_common(20)} <= found.counts.keys()


def test_counts_of_the_frequent_raise_no_alarm_and_show_a_change() -> None:
    training = Sketches.from_proto(sketches(count(stream(3), 1)).to_proto())
    alarms = 0
    for seed in range(10, 30):
        for rows in (ROWS, 3000):
            live = sketches(count(stream(seed)[:rows], 2))
            alarms += bool(compare(training, live).drifted)
    # More than four of forty have a chance below 1 in 10,000 at the level of 0.01.
    assert alarms <= 4
    tokens = stream(4)
    assert compare(training, sketches(count(tokens + 1, 2))).drifted == ["c"]
    # One new token in a hundred.
    few = tokens[:2000].copy()
    few[:20] = 7_777_777
    assert compare(training, sketches(count(few, 1))).drifted == ["c"]


def test_what_may_have_been_forgotten_is_not_compared() -> None:
    training = Categories(10_000, 0, {b"a": 5000, b"b": 300, b"c": 4700})
    live = Categories(10_000, 400, {b"a": 5000, b"c": 4700})
    assert compare(sketches(training), sketches(live)).drifted == []
    live.error = 0
    assert compare(sketches(training), sketches(live)).drifted == ["c"]


def test_long_texts_take_little_room_and_stay_apart() -> None:
    found = Categories()
    texts = ["x" * 100_000 + mark for mark in "aab"] + ["y" * 64, "y" * 65]
    found.update(pa.array(texts, pa.large_string()))
    assert sorted(found.counts.values()) == [1, 1, 1, 2]
    assert max(map(len, found.counts)) == 64
    assert len(sketches(found).to_proto()) < 1000
