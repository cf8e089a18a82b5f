"""The ways to ask a served model: REST, gRPC, and the client of the library."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from itertools import takewhile
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import (
    classification_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from examples.flights.ways import Arrays, Rows, Way, gives
from featurekit.client import Client
from featurekit.client.row_json import from_json
from featurekit.serve.heads import CLASSIFY, REGRESS
from featurekit.serve.serving_module import (
    DEFAULT,
    EXAMPLES,
    JSON,
    TRANSFORM,
    TRANSFORM_EXAMPLES,
)

NAME = "flights"
SECONDS = 300.0


@contextmanager
def served(folder: Path) -> Iterator[dict[str, str]]:
    """`featurekit serve` in a process of its own; its addresses."""
    command = [sys.executable, "-m", "featurekit.cli.main", "serve", str(folder)]
    command += ["--name", NAME, "--port", "0", "--grpc-port", "0", "--json"]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    try:
        lines = list(takewhile(lambda line: line != "}\n", process.stdout))
        if process.poll() is not None:
            raise SystemExit("the server does not start")
        yield json.loads("".join([*lines, "}"]))
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


class Rest:
    """Sends JSON to a served model, on one connection."""

    def __init__(self, url: str) -> None:
        host, _, path = url.removeprefix("http://").partition("/")
        self._connection = HTTPConnection(host, timeout=SECONDS)
        self.close = self._connection.close
        self._path = f"/{path}"

    def _ask(self, verb: str, signature: str, **body: Any) -> Any:
        """The JSON value of the answer."""
        text = _json({"signature_name": signature, **body})
        headers = {"content-type": "application/json"}
        self._connection.request("POST", f"{self._path}:{verb}", text, headers)
        answer = self._connection.getresponse()
        found = json.loads(answer.read())
        if answer.status != 200:
            raise SystemExit(f"{verb} of {signature}: {found}")
        return found

    def instances(self, signature: str, rows: list[Any]) -> Arrays:
        """Row format."""
        found = self._ask("predict", signature, instances=rows)["predictions"]
        return {name: from_json([one[name] for one in found]) for name in found[0]}

    def rows(self, signature: str, rows: Rows) -> Arrays:
        """Row format of raw columns."""
        return self.instances(signature, rows.dicts)

    def columns(self, signature: str, rows: Rows) -> Arrays:
        """Column format."""
        found = self._ask("predict", signature, inputs=rows.columns)["outputs"]
        return {name: from_json(values) for name, values in found.items()}

    def base64(self, signature: str, rows: Rows) -> Arrays:
        """Row format of tf.Examples."""
        texts = [{"b64": b64encode(one).decode()} for one in rows.examples]
        return self.instances(signature, texts)

    def texts(self, signature: str, rows: Rows) -> Arrays:
        """Row format of rows that are JSON themselves."""
        return self.instances(signature, [_json(row) for row in rows.dicts])

    def classify(self, signature: str, rows: Rows) -> Arrays:
        """Classes and scores."""
        found = self._ask("classify", signature, examples=rows.dicts)["results"]
        return {
            "classes": _labels([[label for label, _ in row] for row in found]),
            "scores": from_json([[score for _, score in row] for row in found]),
        }

    def regress(self, signature: str, rows: Rows) -> Arrays:
        """One number per row."""
        found = self._ask("regress", signature, examples=rows.dicts)["results"]
        return {"outputs": from_json([[one] for one in found])}


def _json(value: Any) -> str:
    return json.dumps(value, default=lambda time: time.isoformat())


def _labels(rows: list[list[str]]) -> np.ndarray:
    return np.array([[text.encode() for text in row] for row in rows], object)


def rest_ways(stack: ExitStack, url: str, signatures: Collection[str]) -> Iterator[Way]:
    """Rows, columns, tf.Examples in base64, rows as JSON texts, classify, regress."""
    rest = stack.enter_context(closing(Rest(url)))
    for what, names, ask in (
        ("rows", (DEFAULT, TRANSFORM), rest.rows),
        ("columns", (DEFAULT, TRANSFORM), rest.columns),
        ("base64", (EXAMPLES, TRANSFORM_EXAMPLES), rest.base64),
        ("texts", (JSON,), rest.texts),
        ("rows", (CLASSIFY,), rest.classify),
        ("rows", (REGRESS,), rest.regress),
    ):
        for name in signatures & set(names):
            yield Way("REST", f"{name}, {what}", gives(name), partial(ask, name))


def client_ways(stack: ExitStack, url: str) -> Iterator[Way]:
    """The client that needs NumPy alone."""
    address = url.removeprefix("http://").partition("/")[0]
    client = stack.enter_context(Client(address, model=NAME, timeout=SECONDS))

    def ask(signature: str, rows: Rows) -> Arrays:
        return dict(client.predict(rows.dicts, signature=signature))

    for name in (DEFAULT, TRANSFORM):
        yield Way("client", f"{name}, dicts", name, partial(ask, name))


class Grpc:
    """Calls the services of TensorFlow Serving by its published stubs."""

    def __init__(self, address: str) -> None:
        sizes = [(f"grpc.max_{way}_message_length", -1) for way in ("send", "receive")]
        channel = grpc.insecure_channel(address, sizes)
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        self.close = channel.close

    def predict(self, signature: str, rows: Rows) -> Arrays:
        """The outputs of a signature."""
        request = _named(predict_pb2.PredictRequest(), signature)
        for name, tensor in rows.arguments(signature).items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(tensor.numpy()))
        found = self._stub.Predict(request).outputs
        return {name: tf.make_ndarray(one) for name, one in found.items()}

    def classify(self, signature: str, rows: Rows) -> Arrays:
        """Classes and scores."""
        request = _named(classification_pb2.ClassificationRequest(), signature)
        request.input.example_list.examples.extend(_messages(rows))
        found = self._stub.Classify(request).result.classifications
        scores = [[one.score for one in row.classes] for row in found]
        return {
            "classes": _labels([[one.label for one in row.classes] for row in found]),
            "scores": np.array(scores, np.float32),
        }

    def regress(self, signature: str, rows: Rows) -> Arrays:
        """One number per row."""
        request = _named(regression_pb2.RegressionRequest(), signature)
        request.input.example_list.examples.extend(_messages(rows))
        found = self._stub.Regress(request).result.regressions
        return {"outputs": np.array([[one.value] for one in found], np.float32)}


def _named(request: Any, signature: str) -> Any:
    request.model_spec.name = NAME
    request.model_spec.signature_name = signature
    return request


def _messages(rows: Rows) -> list[Any]:
    return [tf.train.Example.FromString(one) for one in rows.examples]


def grpc_ways(
    stack: ExitStack, address: str, signatures: Collection[str]
) -> Iterator[Way]:
    """Predict with tensors and with texts, Classify, Regress."""
    channel = stack.enter_context(closing(Grpc(address)))
    heads = {CLASSIFY: channel.classify, REGRESS: channel.regress}
    for name in signatures:
        method = name.capitalize() if name in heads else "Predict"
        ask = heads.get(name, channel.predict)
        yield Way("gRPC", f"{method}, {name}", gives(name), partial(ask, name))
