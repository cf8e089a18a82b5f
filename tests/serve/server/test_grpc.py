"""The gRPC services of TensorFlow Serving, asked by its published stubs."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
import numpy as np
import pytest
from serve.server.running import get

tf = pytest.importorskip("tensorflow")
pytest.importorskip("tensorflow_serving")
from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: E402
from tensorflow_serving.apis import (  # noqa: E402
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from featurekit.serve.server.model_server import ModelServer  # noqa: E402

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def channel(server: ModelServer) -> Iterator[Any]:
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as found:
        yield found


def request(signature: str = "", **inputs: Any) -> Any:
    found = predict_pb2.PredictRequest()
    found.model_spec.name = "m"
    found.model_spec.signature_name = signature
    for name, value in inputs.items():
        found.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return found


def columns(**changed: Any) -> dict[str, Any]:
    found = {
        "x": np.array([2.0, -1.0], np.float32),
        "word": ["a", "b"],
        "at": np.array([0, 1], np.int64),
    }
    return {**found, **changed}


def example(x: float, at: int = 0) -> Any:
    features = {
        "x": tf.train.Feature(float_list=tf.train.FloatList(value=[x])),
        "at": tf.train.Feature(int64_list=tf.train.Int64List(value=[at])),
    }
    return tf.train.Example(features=tf.train.Features(feature=features))


def predict(channel: Any, request: Any) -> Any:
    return prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request)


def test_tensors(channel: Any) -> None:
    answer = predict(channel, request(**columns()))
    np.testing.assert_array_equal(tf.make_ndarray(answer.outputs["y"]), [[2.0], [-1.0]])
    spec = answer.model_spec
    assert (spec.name, spec.version.value) == ("m", 1)
    assert spec.signature_name == "serving_default"


def test_examples(channel: Any) -> None:
    texts = [example(x).SerializeToString() for x in (1.0, 7.0)]
    answer = predict(channel, request("serving_examples", examples=texts))
    np.testing.assert_array_equal(tf.make_ndarray(answer.outputs["y"]), [[1.0], [7.0]])


def test_version_label_and_filter(channel: Any) -> None:
    asked = request(**columns())
    asked.model_spec.version_label = "current"
    asked.output_filter.append("y")
    assert set(predict(channel, asked).outputs) == {"y"}


def test_regress(channel: Any) -> None:
    asked = regression_pb2.RegressionRequest()
    asked.model_spec.name = "m"
    asked.input.example_list.examples.extend([example(3.0), example(4.0)])
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    answer = stub.Regress(asked)
    assert [one.value for one in answer.result.regressions] == [3.0, 4.0]
    assert answer.model_spec.version.value == 1


def test_context_is_part_of_every_example(channel: Any) -> None:
    asked = regression_pb2.RegressionRequest()
    asked.model_spec.name = "m"
    alone = tf.train.Example()
    alone.features.feature["x"].float_list.value.append(5.0)
    context = tf.train.Example()
    context.features.feature["at"].int64_list.value.append(0)
    asked.input.example_list_with_context.examples.append(alone)
    asked.input.example_list_with_context.context.CopyFrom(context)
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    assert stub.Regress(asked).result.regressions[0].value == 5.0


def test_metadata(channel: Any) -> None:
    asked = get_model_metadata_pb2.GetModelMetadataRequest()
    asked.model_spec.name = "m"
    asked.metadata_field.append("signature_def")
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    answer = stub.GetModelMetadata(asked)
    found = get_model_metadata_pb2.SignatureDefMap()
    assert answer.metadata["signature_def"].Unpack(found)
    assert "serving_examples" in found.signature_def


def test_status_and_health(channel: Any) -> None:
    asked = get_model_status_pb2.GetModelStatusRequest()
    asked.model_spec.name = "m"
    stub = model_service_pb2_grpc.ModelServiceStub(channel)
    (status,) = stub.GetModelStatus(asked).model_version_status
    available = get_model_status_pb2.ModelVersionStatus.AVAILABLE
    assert (status.version, status.state) == (1, available)
    health = health_pb2_grpc.HealthStub(channel)
    for name in ("", "tensorflow.serving.PredictionService"):
        answer = health.Check(health_pb2.HealthCheckRequest(service=name))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


FAULTS: dict[str, tuple[Any, str, str]] = {
    "an input is missing": (
        {"x": np.zeros(2, np.float32)},
        "INVALID_ARGUMENT",
        "MISSING_COLUMN",
    ),
    "an unknown input": (columns(y=[1.0]), "INVALID_ARGUMENT", "UNKNOWN_COLUMN"),
    "another dtype": (
        columns(x=np.zeros(2, np.int64)),
        "INVALID_ARGUMENT",
        "DTYPE_MISMATCH",
    ),
    "another rank": (
        columns(x=np.zeros((2, 1), np.float32)),
        "INVALID_ARGUMENT",
        "DTYPE_MISMATCH",
    ),
    "another number of rows": (
        columns(x=np.zeros(3, np.float32)),
        "INVALID_ARGUMENT",
        "LENGTH_MISMATCH",
    ),
    "no UTF-8": (columns(word=[b"a", b"\xff"]), "INVALID_ARGUMENT", "BAD_UTF8"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults(channel: Any, name: str) -> None:
    inputs, status, code = FAULTS[name]
    with pytest.raises(grpc.RpcError) as caught:
        predict(channel, request(**inputs))
    assert caught.value.code().name == status
    assert f"[{code}]" in caught.value.details()
    metadata = dict(caught.value.trailing_metadata())
    assert json.loads(metadata["featurekit-error"])["code"] == code


def test_a_content_that_does_not_fit_its_shape(channel: Any) -> None:
    asked = request(**columns())
    asked.inputs["x"].tensor_content = b"123"
    with pytest.raises(grpc.RpcError) as caught:
        predict(channel, asked)
    assert "[BAD_TENSOR]" in caught.value.details()


def test_not_found(channel: Any) -> None:
    asked = request(**columns())
    asked.model_spec.name = "else"
    with pytest.raises(grpc.RpcError) as caught:
        predict(channel, asked)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    asked = request(**columns())
    asked.model_spec.version.value = 9
    with pytest.raises(grpc.RpcError) as caught:
        predict(channel, asked)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_requests_are_counted(server: ModelServer, channel: Any) -> None:
    predict(channel, request(**columns()))
    text = get(server, "/monitoring/prometheus/metrics").text
    assert 'code="OK",method="predict",protocol="grpc"' in text
