"""Stats: stored and read without loss, or refused."""

import math
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurekit.errors import SpecError, StatisticsError, VersionTooNewError
from featurekit.plan.statistics import (
    Moments,
    Presence,
    Quantiles,
    Range,
    VocabularyCounts,
)
from featurekit.plan.stats import Stats
from featurekit.proto import stats_pb2

counts = st.integers(0, 2**62)
reals = st.floats(allow_nan=False)
statistics = st.one_of(
    st.builds(Presence, counts, counts, counts, counts),
    st.builds(Moments, counts, reals, reals),
    st.builds(Range, counts, reals, reals),
    st.builds(Quantiles, counts, counts, st.lists(reals).map(tuple), reals),
    st.builds(
        VocabularyCounts,
        st.lists(st.binary(max_size=6)).map(tuple),
        st.lists(counts).map(tuple),
        counts,
        counts,
    ),
    st.builds(
        VocabularyCounts,
        st.lists(st.integers(-(2**63), 2**63 - 1)).map(tuple),
        st.lists(counts).map(tuple),
        counts,
        counts,
    ),
)
all_stats = st.dictionaries(st.text(st.characters(codec="utf-8")), statistics).map(
    Stats
)


@given(all_stats)
def test_every_notation_gives_the_same_statistics(stats: Stats) -> None:
    for again in (
        Stats.from_proto(stats.to_proto()),
        Stats.from_json(stats.to_json()),
        pickle.loads(pickle.dumps(stats)),
    ):
        assert again == stats
        assert dict(again) == dict(stats)
        assert again.fingerprint() == stats.fingerprint()


def test_order_does_not_matter() -> None:
    one, two = Moments(1, 2.0, 0.0), Range(1, 2.0, 2.0)
    assert Stats({"a": one, "b": two}) == Stats({"b": two, "a": one})


@pytest.mark.parametrize("name", ["stats.json", "stats.pb"])
def test_files(name: str, tmp_path: Path) -> None:
    stats = Stats({"a": Moments(3, math.pi, 1e-300)})
    stats.save(tmp_path / name)
    assert Stats.open(tmp_path / name) == stats


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StatisticsError, match=r"file=.*none\.pb"):
        Stats.open(tmp_path / "none.pb")


def test_what_is_no_statistics_is_refused() -> None:
    for data in (b"\xff\xff", b""):
        with pytest.raises((StatisticsError, SpecError)):
            Stats.from_proto(data)
    newer = stats_pb2.Stats(version=2).SerializeToString()
    with pytest.raises(VersionTooNewError):
        Stats.from_proto(newer)
    empty = stats_pb2.Stats(version=1, statistics=[stats_pb2.NamedStatistic(key="a")])
    with pytest.raises(StatisticsError):
        Stats.from_proto(empty.SerializeToString())
