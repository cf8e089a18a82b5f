"""The monitor takes any bytes, from any thread, of any kind of column."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from serve.drift.artifacts import examples, write_model

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.errors import ArtifactError
from featurekit.plan.lower import compile_spec
from featurekit.serve.drift import Monitor, Sketches, compare, sketch
from featurekit.serve.drift.distributions import Categories, Numbers

SPEC = fk.FeatureSpec(
    {
        "number": fk.numeric("number", nan="error").fill(0.0),
        "city": fk.string("city").fill("").vocabulary(["Ulm", "Bonn"]),
        "kind": fk.integer("kind").identity(3),
        "hour": fk.timestamp("seen", tz="Europe/Berlin").hour(),
        "sum": fk.numerics("amounts").sum(),
        "tags": fk.strings("tags").vocabulary(["red", "blue"]).pad(4),
        "pixels": fk.tensor("pixels", (2,), "uint8"),
    }
)
NOTHING = fk.Stats({})
TYPES = {
    "number": pa.float32(),
    "city": pa.large_string(),
    "kind": pa.int64(),
    "seen": pa.int64(),
    "amounts": pa.large_list(pa.float32()),
    "tags": pa.large_list(pa.large_string()),
    "pixels": pa.large_binary(),
}
HOUR = 3600 * 1_000_000


def draw(n: int, seed: int, **changed: Any) -> dict[str, Any]:
    """Rows of every kind of column; what is changed is the same in all rows."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 5, n).tolist()
    rows = {
        "number": rng.normal(size=n).astype("f4"),
        "city": rng.choice(["Ulm", "Bonn"], n).tolist(),
        "kind": rng.integers(0, 3, n),
        # In winter, so that Berlin is one hour ahead.
        "seen": rng.integers(8 * HOUR, 18 * HOUR, n),
        "amounts": [rng.normal(size=size).astype("f4") for size in sizes],
        "tags": [rng.choice(["red", "blue"], size).tolist() for size in sizes],
        "pixels": [b"ab"] * n,
    }
    rows |= {name: [value] * n for name, value in changed.items()}
    return {name: pa.array(rows[name], kind) for name, kind in TYPES.items()}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("monitor") / "1"
    return write_model(folder, SPEC, NOTHING, arrow(draw(2000, 1)))


def arrow(rows: dict[str, Any]) -> dict[str, Any]:
    """The rows as a table has them: with times, not numbers."""
    return {**rows, "seen": rows["seen"].cast(pa.timestamp("us", "UTC"))}


def test_every_kind_of_column_is_sketched(model: Path) -> None:
    rows = draw(1000, 2)
    monitor = Monitor(model)
    monitor.observe_examples(examples(rows))
    found = monitor.window()
    parts = {name: sorted(one.parts) for name, one in found.columns.items()}
    assert parts == {
        "number": ["value"],
        "city": ["value"],
        "kind": ["value"],
        "seen": ["hour"],
        "amounts": ["element", "length"],
        "tags": ["element", "length"],
        "pixels": ["length"],
    }
    lengths = np.diff(rows["tags"].offsets.to_numpy())
    sizes = found.columns["tags"].parts["length"]
    assert isinstance(sizes, Numbers)
    assert (sizes.count, sizes.minimum, sizes.maximum) == (1000, 1.0, 4.0)
    tags, hours, kinds = (
        found.columns[name].parts[part]
        for name, part in (("tags", "element"), ("seen", "hour"), ("kind", "value"))
    )
    assert isinstance(tags, Categories) and tags.count == lengths.sum()
    wanted = rows["tags"].flatten().to_pylist().count("red")
    assert tags.counts[b"red"] == wanted
    assert isinstance(hours, Categories) and isinstance(kinds, Categories)
    berlin = rows["seen"].to_numpy() // HOUR + 1
    assert hours.counts == {
        b"%d" % hour: int((berlin == hour).sum()) for hour in range(9, 19)
    }
    assert kinds.counts == {
        b"%d" % kind: int((rows["kind"].to_numpy() == kind).sum()) for kind in range(3)
    }
    assert monitor.report().drifted == []


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"kind": 1}, {("kind", "value")}),
        ({"seen": 9 * HOUR}, {("seen", "hour")}),
        ({"amounts": [9.0, 9.0]}, {("amounts", "element"), ("amounts", "length")}),
        ({"tags": ["red"] * 9}, {("tags", "element"), ("tags", "length")}),
        ({"tags": None}, {("tags", "missing")}),
        ({"pixels": b"abc"}, {("pixels", "length")}),
        ({"city": "Rom"}, {("city", "value"), ("city", "unknown")}),
    ],
)
def test_a_change_is_named(
    model: Path, changed: dict[str, Any], wanted: set[tuple[str, str]]
) -> None:
    live = arrow(draw(300, 3, **changed))
    found = fk.drift(model, live).tests
    assert {(one.name, one.what) for one in found if one.drifted} == wanted


def test_elements_of_one_list_need_not_be_independent() -> None:
    spec = fk.FeatureSpec(
        {
            "tags": fk.strings("tags").vocabulary(["red", "blue"]).pad(40),
            "sum": fk.numerics("amounts").sum(),
        }
    )

    def lists(n: int, seed: int) -> dict[str, Any]:
        rng = np.random.default_rng(seed)
        return {
            "tags": [[tag] * 40 for tag in rng.choice(["red", "blue", "new"], n)],
            "amounts": [[number] * 40 for number in rng.normal(size=n)],
        }

    training = sketch(spec, NOTHING, lists(500, 0))
    alarms = sum(
        bool(compare(training, sketch(spec, NOTHING, lists(50, seed))).drifted)
        for seed in range(1, 41)
    )
    # More than four of forty have a chance below 1 in 10,000 at the level of 0.01.
    assert alarms <= 4


def test_totals_are_exact_under_threads(model: Path) -> None:
    rows = draw(6000, 4)
    rows["number"] = pa.array(np.where(np.arange(6000) % 5, 1.0, np.nan), pa.float32())
    whole = examples(rows)
    monitor = Monitor(model, window=1_000_000)
    start = threading.Barrier(9)
    raised: list[BaseException] = []

    def send(worker: int) -> None:
        mine = [*whole[worker::8], *[b"\xff"] * 100]
        size = (1, 7, 100, 3000)[worker % 4]
        start.wait()
        for first in range(0, len(mine), size):
            monitor.observe_examples(mine[first : first + size])

    def read() -> None:
        start.wait()
        seen = 0
        try:
            for _ in range(20):
                now = monitor.report().rows
                assert now >= seen
                seen = now
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=send, args=(worker,)) for worker in range(8)]
    threads.append(threading.Thread(target=read))
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not raised
    assert (monitor.undecodable, monitor.refused) == (800, 1200)
    alone = Monitor(model, window=1_000_000)
    alone.observe_examples(whole)
    found, wanted = monitor.window(), alone.window()
    assert (found.rows, found.features) == (6000, wanted.features)
    for name, column in wanted.columns.items():
        assert found.columns[name].missing == column.missing
        for part, one in column.parts.items():
            other = found.columns[name].parts[part]
            assert other.count == one.count
            if isinstance(one, Categories) and isinstance(other, Categories):
                assert other.counts == one.counts


def test_any_bytes_are_counted(model: Path) -> None:
    rng = np.random.default_rng(5)
    whole = examples(draw(400, 5))
    damaged = []
    for one in whole:
        changed = bytearray(one)
        for at in rng.integers(0, len(one), 2):
            changed[at] = rng.integers(0, 256)
        damaged.append(bytes(changed[: rng.integers(1, len(one) + 1)]))
    odd: list[Any] = [b"", b"\xff" * 1000, None, "text", 7, bytearray(whole[0])]
    extreme = {
        "number": [np.inf, -np.inf, np.nan, 3e38],
        "kind": [2**63 - 1, -(2**63), -1, 3],
        "seen": [2**63 - 1, -(2**63), 253_402_300_800_000_000, -1],
        "amounts": [[np.inf, -np.inf], [np.nan], [], None],
        "city": ["\0", "x" * 100_000, "", "\U0001f600"],
    }
    far = {name: pa.array(extreme[name], TYPES[name]) for name in extreme}
    sent = [*damaged, *odd, *examples({**draw(4, 6), **far}), *whole]
    monitor = Monitor(model)
    for first in range(0, len(sent), 150):
        monitor.observe_examples(sent[first : first + 150])
    assert monitor.window().rows + monitor.undecodable == len(sent)
    assert monitor.undecodable > 100
    assert monitor.window().rows >= 400 + 5
    monitor.report()
    monitor.rates()


def test_nan_and_null_are_missing(model: Path) -> None:
    rows = draw(40, 10)
    numbers = [np.nan, None, 1.0, 2.0] * 10
    rows["number"] = pa.array(numbers, pa.float32(), from_pandas=False)
    rows["amounts"] = pa.array([[np.nan, 3.0], None, [], [4.0]] * 10, TYPES["amounts"])
    monitor = Monitor(model)
    monitor.observe_examples(examples(rows))
    found = monitor.window().columns
    number, amounts = found["number"], found["amounts"]
    assert (number.missing, amounts.missing) == (20, 10)
    assert (number.parts["value"].count, amounts.parts["element"].count) == (20, 20)
    lengths = amounts.parts["length"]
    assert isinstance(lengths, Numbers)
    assert (lengths.count, lengths.minimum, lengths.maximum) == (30, 0.0, 2.0)


def test_refused_rows_are_those_that_the_plan_refuses(model: Path) -> None:
    wrong = {
        "number": float("nan"),
        "kind": 3,
        "amounts": [float("nan")],
        "pixels": b"abc",
    }
    backend = HostBackend(compile_spec(SPEC, NOTHING, serving=True))
    for name, value in wrong.items():
        rows = draw(3, 7, **{name: value})
        columns = pa.record_batch({one: rows[one] for one in backend.plan.columns})
        assert len(backend.run(columns).rejected_rows) == 3, name
        monitor = Monitor(model)
        monitor.observe_examples(examples(rows))
        assert (monitor.refused, monitor.undecodable) == (3, 0), name


def test_a_model_without_sketches_has_rates_and_an_empty_report(
    tmp_path: Path,
) -> None:
    root = write_model(tmp_path / "1", SPEC, NOTHING)
    monitor = Monitor(root)
    monitor.observe_examples(examples(draw(10, 8, city="Rom", number=None)))
    rates = monitor.rates()
    assert (rates["city"].unknown_rate, rates["number"].missing_rate) == (1.0, 1.0)
    report = monitor.report()
    assert (report.rows, report.training_rows, report.tests) == (10, 0, ())
    with pytest.raises(ArtifactError) as caught:
        fk.drift(root, arrow(draw(10, 8)))
    assert caught.value.code == "NO_TRAINING_SKETCHES"


def test_a_file_of_sketches_that_is_damaged_is_refused(model: Path) -> None:
    data = sketch(SPEC, NOTHING, arrow(draw(2000, 1))).to_proto()
    rng = np.random.default_rng(9)
    read = 0
    for cut in rng.integers(1, len(data), 200):
        try:
            Sketches.from_proto(data[:cut])
        except ArtifactError as error:
            assert error.code == "ARTIFACT_DAMAGED"
        else:
            # Cut between two fields: a shorter file, which the digest catches.
            read += 1
    assert read < 20
