"""The REST interface of TensorFlow Serving, asked by a stock HTTP client."""

import gzip
import json

import httpx
import pytest
from serve.server.artifacts import ROW
from serve.server.running import get, post, predict, url

from featurekit.serve.server.model_server import ModelServer

pytestmark = pytest.mark.tensorflow


def test_rows(server: ModelServer) -> None:
    answer = predict(server, ROW, {**ROW, "x": -1.5})
    assert answer.status_code == 200
    assert answer.json() == {"predictions": [[2.0], [-1.5]]}
    assert answer.headers["x-model-version"] == "1"


def test_columns_give_what_rows_give(server: ModelServer) -> None:
    body = {"inputs": {"x": [2.0, 3], "at": [0, 1], "word": ["a", None]}}
    assert post(server, ":predict", body).json() == {"outputs": [[2.0], [3.0]]}


@pytest.mark.parametrize("path", ["/versions/1", "/labels/current", ""])
def test_versions_and_labels(server: ModelServer, path: str) -> None:
    answer = post(server, f"{path}:predict", {"instances": [ROW]})
    assert answer.json() == {"predictions": [[2.0]]}
    assert get(server, f"{path}").json()["model_version_status"][0] == {
        "version": "1",
        "state": "AVAILABLE",
        "status": {"error_code": "OK", "error_message": ""},
    }
    metadata = get(server, f"{path}/metadata").json()
    assert metadata["model_spec"] == {"name": "m", "signature_name": "", "version": "1"}


def test_metadata_is_that_of_the_saved_model(server: ModelServer) -> None:
    found = get(server, "/metadata").json()["metadata"]["signature_def"]
    signatures = found["signature_def"]
    assert signatures["serving_default"]["inputs"]["x"]["dtype"] == "DT_FLOAT"
    assert signatures["serving_default"]["method_name"] == "tensorflow/serving/predict"
    sizes = signatures["serving_default"]["outputs"]["y"]["tensor_shape"]["dim"]
    assert [one["size"] for one in sizes] == ["-1", "1"]


def test_other_signatures(server: ModelServer) -> None:
    def ask(name: str, *instances: object) -> object:
        body = {"signature_name": name, "instances": instances}
        return post(server, ":predict", body).json()

    assert ask("serving_json", json.dumps(ROW)) == {"predictions": [[2.0]]}
    assert ask("serving_json", {"rows": json.dumps(ROW)}) == {"predictions": [[2.0]]}
    assert ask("serving_examples", ROW) == {"predictions": [[2.0]]}
    features = ask("transform", ROW)["predictions"][0]  # type: ignore[index]
    assert features["x"] == 2.0 and features["hour"] == 7


def test_examples_in_base64(server: ModelServer) -> None:
    import base64

    import tensorflow as tf

    features = {
        "x": tf.train.Feature(float_list=tf.train.FloatList(value=[4.5])),
        "at": tf.train.Feature(int64_list=tf.train.Int64List(value=[0])),
    }
    example = tf.train.Example(features=tf.train.Features(feature=features))
    text = {"b64": base64.b64encode(example.SerializeToString()).decode()}
    for instance in (text, {"examples": text}):
        body = {"signature_name": "serving_examples", "instances": [instance]}
        assert post(server, ":predict", body).json() == {"predictions": [[4.5]]}


def test_an_empty_request_has_an_empty_answer(server: ModelServer) -> None:
    assert predict(server).json() == {"predictions": []}


def test_nan_is_written_as_python_writes_it(server: ModelServer) -> None:
    answer = httpx.post(
        url(server, ":predict"),
        content='{"instances": [{"x": NaN, "at": 0}]}',
    )
    # The spec has no fill for x: NaN is missing, and that is refused as in a file.
    assert answer.status_code == 400 and answer.json()["code"] == "NULL_NOT_ALLOWED"


def test_gzip(server: ModelServer) -> None:
    body = gzip.compress(json.dumps({"instances": [ROW]}).encode())
    answer = httpx.post(
        url(server, ":predict"), content=body, headers={"content-encoding": "gzip"}
    )
    assert answer.json() == {"predictions": [[2.0]]}


def test_health_and_metrics(server: ModelServer) -> None:
    assert get(server, "/health/live").status_code == 200
    ready = get(server, "/health/ready")
    assert ready.json() == {
        "status": "ready",
        "model": "m",
        "version": "1",
        "refused": {},
    }
    predict(server, ROW)
    text = get(server, "/monitoring/prometheus/metrics").text
    assert (
        'featurekit_requests_total{code="OK",method="predict",protocol="rest"}' in text
    )
    assert "featurekit_model_version 1.0" in text


def test_regress_and_classify(server: ModelServer) -> None:
    body = {"context": {"at": [0]}, "examples": [{"x": [1.5]}, {"x": 3, "word": "a"}]}
    assert post(server, ":regress", body).json() == {"results": [1.5, 3.0]}
    answer = post(server, ":classify", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "NO_SIGNATURE")
