"""The model that the benchmark of the server serves, and one row in every form.

A transformer over the columns of the flights demo, untrained: what an answer costs does
not depend on the weights.
"""

import base64
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import pyarrow.parquet as pq

import featurekit as fk
from examples.flights.data import write_flights
from featurekit.io.example_row import ExampleRowEncoder
from featurekit.serve.row_values import RowReader
from featurekit.serve.served_model import ServedModel
from featurekit.spec.load import load_spec

SPEC = Path(__file__).parents[1] / "examples" / "flights" / "spec.py"
EVERY = 20
"""So many flights are left out for one that is analyzed."""


def export_two(folder: Path) -> list[Path]:
    """Exports two models that differ in their weights alone."""
    flights = folder / "flights.parquet"
    write_flights(flights, every=EVERY)
    spec = load_spec(SPEC)
    stats = fk.analyze(spec, flights)
    found = []
    for seed in (0, 1):
        keras.utils.set_random_seed(seed)
        model = fk.models.TabularTransformer.from_spec(spec, stats, dim=32, depth=1)
        found.append(folder / f"exported-{seed}")
        fk.export(
            model,
            spec,
            stats,
            found[-1],
            rows=flights,
            training=flights,
            probability="sigmoid",
        )
    return found


def publish(exported: Path, folder: Path, number: int) -> Path:
    """Makes a copy a version; it appears whole."""
    hidden = folder / f".{number}"
    shutil.copytree(exported, hidden)
    return hidden.rename(folder / str(number))


@dataclass(frozen=True)
class OneRow:
    """A flight as clients send it.

    Args:
        values: By column what JSON holds.
        example: The serialized tf.Example.
    """

    values: dict[str, Any]
    example: bytes

    @property
    def json_body(self) -> bytes:
        """The REST request with the row as an object."""
        return json.dumps({"instances": [self.values]}).encode()

    @property
    def example_body(self) -> bytes:
        """The REST request with the tf.Example in base64."""
        row = {"b64": base64.b64encode(self.example).decode()}
        body = {"signature_name": "serving_examples", "instances": [row]}
        return json.dumps(body).encode()

    def grpc_request(self, model: str) -> bytes:
        """The Predict request with the tf.Example."""
        import tensorflow as tf
        from tensorflow_serving.apis.predict_pb2 import PredictRequest

        request = PredictRequest()
        request.model_spec.name = model
        request.model_spec.signature_name = "serving_examples"
        tensor = tf.make_tensor_proto([self.example])
        request.inputs["examples"].CopyFrom(tensor)
        return bytes(request.SerializeToString())


def first_row(flights: Path, model: ServedModel) -> OneRow:
    """The first flight."""
    names = [one.name for one in model.spec.serving_inputs]
    (row,) = pq.read_table(flights, columns=names).slice(0, 1).to_pylist()
    row["time_hour"] = row["time_hour"].isoformat()
    read = RowReader(model.spec, model.plan)
    return OneRow(row, ExampleRowEncoder(read.dtypes)(read(row)))
