"""A preview is what a job writes, with refused rows in their places."""

from pathlib import Path

import pyarrow as pa
import pytest
from jobs.trips import SPEC, trips

import featurekit as fk
from featurekit.errors import SourceError, SpecError, StatisticsError


@pytest.mark.parametrize("name", SPEC.features)
def test_equal_to_conversion(name: str, tmp_path: Path) -> None:
    column, rows = SPEC.features[name], trips(200)
    found = fk.preview(column, rows)
    spec = fk.FeatureSpec({name: column})
    stats = fk.analyze(spec, rows)
    fk.convert(spec, stats, rows, tmp_path / "data", on_bad_row="dead_letter")
    written = fk.load(tmp_path / "data").to_numpy()[name].tolist()
    assert [value for value in found if not isinstance(value, str)] == written
    assert len(found) == 200


def test_refused_rows_stay_in_their_places() -> None:
    column = fk.integer("id").identity(3)
    rows = {"id": pa.array([2, 5, None, 0])}
    assert fk.preview(column, rows) == [
        2,
        "refused: OUT_OF_RANGE",
        "refused: NULL_NOT_ALLOWED",
        0,
    ]


def test_a_value_that_cannot_be_read_is_a_refused_row() -> None:
    rows = {"x": [1.0, 1e300]}
    assert fk.preview(fk.numeric("x"), rows) == [1.0, "refused: OUT_OF_RANGE"]


def test_errors() -> None:
    with pytest.raises(SpecError):
        fk.preview(fk.string("city"), {"city": ["a"]})
    with pytest.raises(SourceError, match="x"):
        fk.preview(fk.numeric("x"), {"y": [1.0]})
    with pytest.raises(StatisticsError, match="STATS_EMPTY"):
        fk.preview(fk.numeric("x").standardize(), {"x": pa.nulls(3, pa.float32())})
