from datetime import datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jobs.trips import FEATURES, START, trips

import featurekit as fk
from featurekit.backends.farmhash_reference import fingerprint64, fingerprint_cat64
from featurekit.errors import DTypeMismatchError, RowError
from featurekit.io.adapter import open_source
from featurekit.jobs.rows import RowReader, Rows
from featurekit.jobs.splits import assign_split
from featurekit.plan.lower import compile_spec

PLAIN = {"distance": fk.numeric("distance")}


def read(spec: fk.FeatureSpec, source: object, policy: str = "fail") -> list[Rows]:
    reader = RowReader(spec, compile_spec(spec), on_bad_row=policy)
    tasks = open_source(source).plan_tasks(rows_per_task=64)
    return [rows for task in tasks for rows in reader.read(task)]


def parts(spec: fk.FeatureSpec, source: object) -> list[str]:
    found = np.concatenate([rows.parts for rows in read(spec, source)])
    return [spec.split_names[part] for part in found]


def drawn(key: list[str], split: fk.FeatureSpec) -> str:
    """The part by exact arithmetic and the byte-by-byte hash."""
    value = fingerprint64(split.salt.encode())
    for text in key:
        value = fingerprint_cat64(value, fingerprint64(text.encode()))
    total = Fraction(0)
    for name, share in zip(split.names, split.fractions, strict=True):
        total += Fraction(share)
        if Fraction(value, 2**64) < total:
            return name
    return split.names[-1]


def test_time_parts_are_those_of_the_calendar() -> None:
    split = fk.time_split(
        "time", tz="Europe/Paris", dev="2024-02-01", test="2024-03-10"
    )
    zone = ZoneInfo("Europe/Paris")
    starts = [datetime(2024, 2, 1, tzinfo=zone), datetime(2024, 3, 10, tzinfo=zone)]
    table = trips()
    expected = []
    for moment in table["time"].to_pylist():
        local = moment.replace(tzinfo=zone)
        expected.append(("train", "dev", "test")[sum(local >= one for one in starts)])
    spec = fk.FeatureSpec(PLAIN, split=split)
    assert parts(spec, table) == expected
    assert set(expected) == {"train", "dev", "test"}


@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_a_part_begins_at_its_first_microsecond(shift: int) -> None:
    moment = START + np.timedelta64(shift, "us")
    table = pa.table({"distance": [1.0], "time": pa.array([moment])})
    split = fk.time_split("time", later="2024-01-01")
    spec = fk.FeatureSpec(PLAIN, split=split)
    assert parts(spec, table) == ["train" if shift < 0 else "later"]


@pytest.mark.proves(95)
def test_key_parts_are_those_of_the_definition() -> None:
    split = fk.key_split(train=0.7, dev=0.2, test=0.1, salt="a")
    spec = fk.FeatureSpec(PLAIN, key=["carrier", "flight"], split=split)
    table = trips()
    table = table.set_column(2, "carrier", table["carrier"].fill_null("none"))
    keys = zip(table["carrier"].to_pylist(), table["flight"].to_pylist(), strict=True)
    expected = [drawn([carrier, str(flight)], split) for carrier, flight in keys]
    assert parts(spec, table) == expected
    assert set(expected) == {"train", "dev", "test"}


@given(st.lists(st.text(max_size=20), min_size=1, max_size=20))
def test_any_text_is_a_key(texts: list[str]) -> None:
    split = fk.key_split(one=0.5, two=0.5)
    spec = fk.FeatureSpec({"a": fk.string("k").hash_buckets(2)}, key=["k"], split=split)
    found = assign_split(spec, pa.record_batch({"k": texts})).parts
    assert [split.names[part] for part in found] == [
        drawn([text], split) for text in texts
    ]


def test_shares_are_about_the_fractions() -> None:
    split = fk.key_split(train=0.8, test=0.2)
    spec = fk.FeatureSpec(
        {"a": fk.integer("k").hash_buckets(2)}, key=["k"], split=split
    )
    batch = pa.record_batch({"k": pa.array(range(20_000)).cast(pa.string())})
    share = (assign_split(spec, batch).parts == 1).mean()
    assert 0.19 < share < 0.21


KEY_SPLIT = fk.key_split(train=0.5, dev=0.3, test=0.2)


@pytest.mark.parametrize(
    "reading",
    [
        fk.integer("flight").hash_buckets(9),
        fk.integer("flight").identity(1000),
    ],
)
def test_a_new_feature_moves_no_row(reading: object) -> None:
    table = trips().select(["flight", "distance"])
    before = fk.FeatureSpec(PLAIN, key=["flight"], split=KEY_SPLIT)
    after = fk.FeatureSpec({**PLAIN, "new": reading}, key=["flight"], split=KEY_SPLIT)
    assert parts(before, table) == parts(after, table)


def test_the_format_of_the_source_moves_no_row(tmp_path: Path) -> None:
    table = trips().select(["flight", "distance"])
    pacsv.write_csv(table, tmp_path / "a.csv")
    for features in (PLAIN, {**PLAIN, "new": fk.integer("flight").hash_buckets(9)}):
        spec = fk.FeatureSpec(features, key=["flight"], split=KEY_SPLIT)
        assert parts(spec, tmp_path / "a.csv") == parts(spec, table)


def test_text_keys_are_text_however_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("flight,distance\n007,1\n7,2\n0007,3\n00007,4\n")
    before = fk.FeatureSpec(PLAIN, key=["flight"], split=KEY_SPLIT)
    feature = fk.integer("flight").hash_buckets(9)
    after = fk.FeatureSpec({**PLAIN, "n": feature}, key=["flight"], split=KEY_SPLIT)
    expected = [drawn([text], KEY_SPLIT) for text in ("007", "7", "0007", "00007")]
    assert parts(before, path) == parts(after, path) == expected


def test_a_dictionary_is_text() -> None:
    table = trips().select(["carrier", "distance"])
    table = table.set_column(0, "carrier", table["carrier"].fill_null("none"))
    spec = fk.FeatureSpec(PLAIN, key=["carrier"], split=KEY_SPLIT)
    encoded = table.set_column(0, "carrier", table["carrier"].dictionary_encode())
    assert parts(spec, table) == parts(spec, encoded)


def test_a_timestamp_is_a_key() -> None:
    features = {"hour": FEATURES["hour"]}
    spec = fk.FeatureSpec(features, key=["time"], split=KEY_SPLIT)
    assert set(parts(spec, trips())) == {"train", "dev", "test"}


def test_a_fraction_is_no_key() -> None:
    spec = fk.FeatureSpec(PLAIN, key=["delay"], split=KEY_SPLIT)
    with pytest.raises(DTypeMismatchError, match="delay"):
        read(spec, {"delay": [1.5], "distance": [1.0]})


@pytest.mark.parametrize(
    ("split", "column"),
    [(fk.time_split("time", test="2024-02-01"), "time"), (KEY_SPLIT, "carrier")],
)
def test_a_missing_decision_rejects_the_row(split: object, column: str) -> None:
    spec = fk.FeatureSpec(PLAIN, key=["carrier"], split=split)
    rows = {
        "distance": [1.0, 2.0, 3.0],
        "carrier": ["a", None, "c"],
        "time": pa.array([START, None, START]),
    }
    with pytest.raises(RowError, match="decides the split") as raised:
        read(spec, rows)
    assert raised.value.code == "NULL_NOT_ALLOWED"
    assert (raised.value.row, raised.value.column) == (1, column)
    (found,) = read(spec, rows, "dead_letter")
    assert found.outputs["distance"].to_pylist() == [1.0, 3.0]
    assert len(found.parts) == 2
    assert [one.error.row for one in found.rejections] == [1]


def test_without_split_all_rows_are_for_training() -> None:
    assert set(parts(fk.FeatureSpec(PLAIN), trips())) == {"train"}
