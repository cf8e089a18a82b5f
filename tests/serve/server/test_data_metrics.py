"""What the metrics say of the data: counts of the rows that were sent, to the row."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from serve.server.running import OPTIONS, get, post, running, url
from serve.server.test_versions import publish, version, wait_for

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")
grpc = pytest.importorskip("grpc")
pytest.importorskip("tensorflow_serving")
pytest.importorskip("datasketches")
from prometheus_client.parser import text_string_to_metric_families  # noqa: E402
from tensorflow_serving.apis import (  # noqa: E402
    predict_pb2,
    prediction_service_pb2_grpc,
)

import featurekit as fk  # noqa: E402
from featurekit.backends.missing import END_TEXT, NO_LIST_TEXT  # noqa: E402
from featurekit.io.example_row import ExampleRowEncoder  # noqa: E402
from featurekit.plan.stats import Stats  # noqa: E402
from featurekit.serve.drift import Monitor  # noqa: E402
from featurekit.serve.server.model_server import ModelServer  # noqa: E402
from featurekit.spec.inputs import MISSING_TEXT  # noqa: E402

STATS = Stats({})
SPEC = fk.FeatureSpec(
    {
        "size": fk.numeric("size").fill(0.0),
        "place": fk.string("city").fill("Ulm").vocabulary(["Ulm", "Bonn"]),
        "tags": fk.strings("tags").missing_as_empty().vocabulary(["red"]).pad(2),
        "needed": fk.integer("needed").identity(10),
    }
)
DTYPES = {
    "size": "float32",
    "city": "string",
    "tags": "list<string>",
    "needed": "int64",
}
ROW = {"size": 1.0, "city": "Ulm", "tags": ["red"], "needed": 1}
SECRET = "s3cr3t-payload"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Version 1 without sketches of training rows, version 2 with them."""
    folder = tmp_path_factory.mktemp("exported")
    fk.export(None, SPEC, STATS, folder / "1")
    training = {name: [value] * 2000 for name, value in ROW.items()}
    fk.export(None, SPEC, STATS, folder / "2", training=training)
    return folder


@pytest.fixture
def server(exported: Path, tmp_path: Path) -> Iterator[ModelServer]:
    publish(exported, 1, tmp_path)
    with running(tmp_path, OPTIONS, make_observer=Monitor) as found:
        wait_for(lambda: bool(metrics(found, "observed_rows")))
        yield found


def metrics(server: ModelServer, name: str, **labels: str) -> dict[Any, float]:
    """The samples of a metric, by its labels but those that are given."""
    text = get(server, "/monitoring/prometheus/metrics").text
    assert SECRET not in text
    found = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            if family.name != f"featurekit_{name}":
                continue
            if labels.items() <= one.labels.items():
                rest = [v for k, v in one.labels.items() if k not in labels]
                found[tuple(rest) if len(rest) > 1 else rest[0]] = one.value
    return found


def wait_for_rows(server: ModelServer, rows: int, version: str = "1") -> None:
    """Rows are watched after they were answered."""

    def watched() -> bool:
        found = metrics(server, "observed_rows", version=version)
        return sum(found.values()) >= rows

    wait_for(watched)


def ask(server: ModelServer, signature: str, **inputs: Any) -> None:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    request.model_spec.signature_name = signature
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request)


def by_rest(server: ModelServer, rows: list[dict[str, Any]]) -> None:
    body = json.dumps({"instances": rows})  # NaN as Python writes it
    answer = httpx.post(url(server, ":predict"), content=body, timeout=60)
    assert answer.status_code == 200, answer.text


def by_grpc_examples(server: ModelServer, rows: list[dict[str, Any]]) -> None:
    ask(server, "serving_examples", examples=[example(row) for row in rows])


def by_grpc_columns(server: ModelServer, rows: list[dict[str, Any]]) -> None:
    missing = np.array([0x7FC007A2], np.uint32).view(np.float32)[0]
    tags = []
    for row in rows:
        found = [one.encode() for one in row["tags"] or []]
        found = [NO_LIST_TEXT] if row["tags"] is None else found
        tags.append((found + [END_TEXT] * 3)[:3])
    ask(
        server,
        "serving_default",
        size=np.array(
            [missing if r["size"] is None else r["size"] for r in rows], "f4"
        ),
        city=[MISSING_TEXT if r["city"] is None else r["city"].encode() for r in rows],
        tags=tags,
        needed=np.array([r["needed"] for r in rows], np.int64),
    )


def example(row: dict[str, Any]) -> bytes:
    encoded = {
        "city": row["city"] and row["city"].encode(),
        "tags": row["tags"] and tuple(one.encode() for one in row["tags"]),
    }
    return ExampleRowEncoder(DTYPES)({**row, **encoded})


SENT = [
    *[ROW] * 5,
    {**ROW, "size": None, "tags": None},
    {**ROW, "size": float("nan"), "city": SECRET},
    {**ROW, "city": None, "tags": ["red", SECRET, ""]},
    {**ROW, "city": "Rom", "tags": []},
]


@pytest.mark.parametrize("send", [by_rest, by_grpc_examples, by_grpc_columns])
def test_missing_and_unknown_values_are_counted(server: ModelServer, send: Any) -> None:
    send(server, SENT)
    wait_for_rows(server, len(SENT))
    everything = dict.fromkeys(DTYPES, len(SENT))
    assert metrics(server, "column_rows", version="1") == everything
    assert metrics(server, "column_missing", version="1") == {
        "size": 2,
        "city": 1,
        "tags": 1,
        "needed": 0,
    }
    features = {"size": 2, "place": 1, "tags": 1, "needed": 0}
    assert metrics(server, "feature_missing", version="1") == features
    assert metrics(server, "feature_values", version="1") == {
        "size": 0,
        "place": 9,
        "tags": 5 + 1 + 3,
        "needed": 0,
    }
    assert metrics(server, "feature_unknown", version="1") == {
        "size": 0,
        "place": 2,
        "tags": 2,
        "needed": 0,
    }
    assert set(metrics(server, "unobserved_rows").values()) == {0}
    assert not metrics(server, "drift_detected")


def test_before_any_row_all_counters_are_there(server: ModelServer) -> None:
    nothing = dict.fromkeys(DTYPES, 0)
    assert metrics(server, "column_missing", version="1") == nothing
    nothing = {"size": 0, "place": 0, "tags": 0, "needed": 0}
    assert metrics(server, "feature_unknown", version="1") == nothing


def test_refused_and_undecodable_rows_are_counted(server: ModelServer) -> None:
    by_rest(server, [ROW])
    refused = [ROW, {**ROW, "needed": None}, {**ROW, "needed": 77}]
    answer = post(server, ":predict", {"instances": refused})
    assert answer.json()["code"] == "NULL_NOT_ALLOWED"
    body = {"signature_name": "serving_examples", "instances": [SECRET]}
    assert post(server, ":predict", body).json()["code"] == "EXAMPLE_DECODE"
    with pytest.raises(grpc.RpcError, match=r"EXAMPLE_DECODE.* row=1"):
        broken = [example(ROW), b"\xff"]
        ask(server, "serving_examples", examples=broken)
    with pytest.raises(grpc.RpcError):
        ask(
            server,
            "serving_default",
            size=np.zeros(3, np.float32),
            city=[b"Ulm", b"\xff", b"Ulm"],
            tags=[[END_TEXT]] * 3,
            needed=np.zeros(3, np.int64),
        )
    wait_for_rows(server, 1 + 3 + 1 + 2 + 3)
    assert metrics(server, "observed_rows", version="1") == {
        "accepted": 1 + 1 + 1 + 2,
        "refused": 2,
        "undecodable": 1 + 1 + 1,
    }
    assert metrics(server, "column_missing", version="1")["needed"] == 1


def test_rows_of_other_signatures_are_said_to_be_unobserved(
    server: ModelServer,
) -> None:
    body = {"signature_name": "serving_json", "instances": [ROW, ROW]}
    assert post(server, ":predict", body).status_code == 200
    assert metrics(server, "unobserved_rows") == {
        "busy": 0,
        "signature": 2,
        "failed": 0,
    }


def test_counts_are_exact_over_many_windows(exported: Path, tmp_path: Path) -> None:
    def observer(path: Path) -> Monitor:
        return Monitor(path, window=50)

    publish(exported, 1, tmp_path)
    with running(tmp_path, OPTIONS, make_observer=observer) as server:
        for _ in range(20):
            by_rest(server, SENT)
            # Counted now, and not in one block: the window moves on.
            metrics(server, "observed_rows")
        wait_for_rows(server, 20 * len(SENT))
        assert metrics(server, "feature_unknown", version="1")["place"] == 40
        assert metrics(server, "column_missing", version="1")["size"] == 40


def test_drift_is_that_of_the_version_that_answers(
    exported: Path, tmp_path: Path
) -> None:
    publish(exported, 1, tmp_path)
    with running(tmp_path, OPTIONS, make_observer=Monitor) as server:
        by_rest(server, [ROW])
        publish(exported, 2, tmp_path)
        wait_for(lambda: version(server) == 2)
        by_rest(server, [{**ROW, "city": SECRET}] * 60)
        wait_for_rows(server, 60, "2")
        wait_for(lambda: bool(metrics(server, "drift_detected", version="2")))
        detected = metrics(server, "drift_detected", version="2")
        assert detected["city", "value"] == detected["place", "unknown"] == 1.0
        assert detected["size", "value"] == 0.0
        for name in ("drift_score", "drift_threshold", "drift_adjusted_p_value"):
            assert metrics(server, name, version="2").keys() == detected.keys()
        score = metrics(server, "drift_score", version="2")
        threshold = metrics(server, "drift_threshold", version="2")
        assert score["place", "unknown"] > threshold["place", "unknown"]
        assert not metrics(server, "drift_detected", version="1")
        # Both are in memory, and each has its own counts.
        assert metrics(server, "column_rows", version="1")["city"] == 1
        assert metrics(server, "column_rows", version="2")["city"] == 60


def test_the_counts_of_a_version_end_with_it(exported: Path, tmp_path: Path) -> None:
    publish(exported, 1, tmp_path)
    with running(tmp_path, OPTIONS, make_observer=Monitor) as server:
        for number in (3, 4):
            (tmp_path / "link").symlink_to(exported / "1")
            (tmp_path / "link").rename(tmp_path / str(number))
            wait_for(lambda number=number: version(server) == number)
        wait_for(lambda: server.versions.loaded_numbers == (4, 3))

        def versions() -> set[str]:
            return set(metrics(server, "observed_rows", result="accepted"))

        wait_for(lambda: versions() == {"4", "3"})


def test_a_version_that_cannot_be_watched_answers(
    exported: Path, tmp_path: Path
) -> None:
    def observer(path: Path) -> Monitor:
        raise OSError("no more memory")

    publish(exported, 1, tmp_path)
    with running(tmp_path, OPTIONS, make_observer=observer) as server:
        by_rest(server, [ROW, ROW])
        wait_for(lambda: metrics(server, "unobserved_rows")["failed"] == 2)
        assert not metrics(server, "observed_rows")
