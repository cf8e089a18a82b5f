"""Sequences beside pandas, and what their errors say."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conformance.cases_lists import numbers, texts
from conformance.compare import assert_same
from conformance.test_lists import column_of

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.backends.reference import ReferenceBackend
from featurekit.errors import RowError
from featurekit.kernels.arrow_lists import list_array

ROWS, WIDTH = 2_000, 9


def drawn(seed: int) -> list[list[float]]:
    """Lists of float32 numbers whose sums of three are exact in float64."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, WIDTH + 1, ROWS)
    return [(rng.integers(-999, 999, size) / 8).tolist() for size in lengths]


def padded(series: list[pd.Series]) -> list[list[float]]:
    """What pandas made of each row, in float32, in one length; -9999 where nothing."""
    return [
        [
            *one.fillna(-9999.0).astype(np.float32).tolist(),
            *[-9999.0] * (WIDTH - len(one)),
        ]
        for one in series
    ]


def _features() -> dict[str, tuple]:
    x = fk.numerics("x")
    found: dict[str, tuple] = {}
    for n in (1, -1, 3, -4):
        found[f"shift {n}"] = x.shift(n), lambda s, n=n: s.shift(n)
    for n in (1, 2, 20):
        found[f"difference {n}"] = x.difference(n), lambda s, n=n: s.diff(n)
    for size in (1, 2, 3, 20):
        for name in ("sum", "mean", "min", "max"):
            found[f"rolling {size} {name}"] = (
                getattr(x.rolling(size), name)(),
                lambda s, size=size, name=name: s.rolling(size).apply(
                    lambda window: getattr(window, name)()
                ),
            )
    return found


FEATURES = _features()


@pytest.mark.parametrize("name", FEATURES)
def test_oracle_pandas(name: str) -> None:
    column, peer = FEATURES[name]
    lists = drawn(len(name))
    if "rolling" in name:
        lists = lists[:200]  # pandas calls a Python function for each window
    found = column_of(column.fill(-9999.0).pad(WIDTH, value=-9999.0), x=numbers(*lists))
    wanted = padded([peer(pd.Series(one, dtype="float64")) for one in lists])
    assert found.tolist() == wanted


@pytest.mark.proves(54, 55)
def test_oracle_keras_pad_sequences() -> None:
    sequence = pytest.importorskip("keras.utils")
    lists = drawn(0)
    for side, keras_side in (("left", "pre"), ("right", "post")):
        for cut, keras_cut in (("left", "pre"), ("right", "post")):
            wanted = sequence.pad_sequences(
                lists, 5, "float32", padding=keras_side, truncating=keras_cut, value=0.5
            )
            column = fk.numerics("x").pad(5, side=side, truncate=cut, value=0.5)
            assert column_of(column, x=numbers(*lists)).tolist() == wanted.tolist()


@pytest.mark.proves(10)
def test_an_error_has_the_lengths_of_all_lists() -> None:
    group = fk.sequence({"t": fk.strings("t").hash_buckets(3), "x": fk.numerics("x")})
    spec = fk.FeatureSpec(group.missing_as_empty().pad(2))
    batch = pa.record_batch(
        {"t": texts(["a"], ["a", "b"], ["a"]), "x": numbers([1], [1], None)}
    )
    for backend in (HostBackend, ReferenceBackend):
        done = backend(fk.compile(spec)).run(batch)
        first, second = done.error(0), done.error(1)
        assert (first.row, first.code, first.got) == (
            1,
            "LENGTH_MISMATCH",
            {"t": 2, "x": 1},
        )
        assert (second.row, second.got) == (2, {"t": 1, "x": None})


def test_windows_across_blocks_of_the_interpreter() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=30_000).astype(np.float32)
    x = pa.array([values[:9], values[9:]], pa.large_list(pa.float32()))
    column = fk.numerics("x").rolling(3).sum()
    spec = fk.FeatureSpec(
        {
            "s": column.drop_missing().standardize(mean=1.0, std=3.0).sum(),
            "d": fk.numerics("x").difference().drop_missing().clip(0, 1).sum(),
        }
    )
    batch = pa.record_batch({"x": x})
    plan = fk.compile(spec)
    assert_same(HostBackend(plan).run(batch), ReferenceBackend(plan).run(batch))


def test_the_served_row_path_aligns_too() -> None:
    group = fk.sequence({"t": fk.strings("t").hash_buckets(3), "x": fk.numerics("x")})
    serve = fk.Preprocessor(fk.FeatureSpec(group.drop_missing().pad(2, mask="m")))
    found = serve.transform([{"t": ["a", None, "b"], "x": [1.0, 2.0, 3.0]}])
    assert found["x"].tolist() == [[1.0, 3.0]] and found["m"].tolist() == [[1.0, 1.0]]
    with pytest.raises(RowError, match="'t': 1, 'x': 0"):
        serve.transform([{"t": ["a"], "x": []}])


@pytest.mark.proves(59)
def test_oracle_scikit_learn_binarizer_between_thresholds() -> None:
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    values = np.random.default_rng(4).normal(size=(10_000, 1)).astype(np.float32)
    values = values[values[:, 0] != 0.25]
    wanted = preprocessing.Binarizer(threshold=0.25).fit_transform(values)[:, 0]
    column = fk.numeric("v").binarize(0.25)
    assert column_of(column, v=pa.array(values[:, 0])).tolist() == wanted.tolist()


@pytest.mark.proves(8)
def test_oracle_scipy_sparse_pairs_of_index_and_value() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    rng = np.random.default_rng(5)
    rows, size = 10_000, 12
    offsets = np.cumsum([0, *rng.integers(0, 6, rows)])
    indices = rng.integers(0, size, offsets[-1])
    values = (rng.integers(-99, 99, offsets[-1]) / 4).astype(np.float32)
    wanted = sparse.csr_array((values, indices, offsets), (rows, size)).toarray()
    pair = fk.sequence(
        {"index": fk.integers("i").identity(size), "value": fk.numerics("x")}
    )
    found = column_of(
        pair["index"].weighted(pair["value"]),
        i=list_array(offsets, pa.array(indices)),
        x=list_array(offsets, pa.array(values)),
    )
    assert found.tolist() == wanted.tolist()
