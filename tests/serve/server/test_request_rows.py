"""Rows of JSON: what they may say, and that few and many are read alike."""

from collections.abc import Iterator
from typing import Any

import pytest
from serve.server.running import post, predict, running

import featurekit as fk
from featurekit.errors import FeatureKitError, RowError
from featurekit.io.example_row import ExampleRowEncoder
from featurekit.plan.stats import Stats
from featurekit.serve.server.model_server import ModelServer
from featurekit.serve.server.request_rows import FEW_ROWS, RequestRows

pytestmark = pytest.mark.tensorflow
STATS = Stats({})
SPEC = fk.FeatureSpec(
    {
        "size": fk.numeric("size").fill(0.0),
        "seen": fk.integers("seen").missing_as_empty().fill(7).hash_buckets(64).pad(3),
        "words": fk.strings("words")
        .missing_as_empty()
        .fill("?")
        .hash_buckets(64)
        .pad(2),
        "untimed": fk.timestamp("at", tz="UTC").is_missing(),
    }
)
DTYPES = {
    "size": "float32",
    "seen": "list<int64>",
    "words": "list<string>",
    "at": "timestamp",
}
NOTHING: dict[str, Any] = dict.fromkeys(DTYPES)
# A row as JSON says it, and the values that its tf.Example has to hold.
ROWS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"size": 3}, {"size": 3.0}),
    ({"size": float("nan")}, {"size": float("nan")}),
    ({"size": 16777217.0}, {"size": 16777216.0}),
    ({"seen": []}, {"seen": ()}),
    ({"seen": [-1, 2**62]}, {"seen": (-1, 2**62)}),
    ({"words": ["ä", ""]}, {"words": ("ä".encode(), b"")}),
    ({"words": [{"b64": "w6Q="}]}, {"words": ("ä".encode(),)}),
    ({"at": 1_000_001}, {"at": 1_000_001}),
    ({"at": "1970-01-01T01:00:01+01:00"}, {"at": 1_000_000}),
    ({"at": -62_135_596_800_000_000}, {"at": -62_135_596_800_000_000}),
]


@pytest.fixture(scope="module")
def rows() -> RequestRows:
    return RequestRows(SPEC, STATS)


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    """A server of the features themselves."""
    folder = tmp_path_factory.mktemp("lists")
    fk.export(None, SPEC, STATS, folder / "1")
    with running(folder) as server:
        yield server


@pytest.mark.parametrize("copies", [1, FEW_ROWS])
def test_every_notation_has_its_example(rows: RequestRows, copies: int) -> None:
    encode = ExampleRowEncoder(DTYPES)
    expected = [encode({**NOTHING, **values}) for _, values in ROWS]
    # Beyond so many rows, they are read by columns.
    found = rows.to_examples([row for row, _ in ROWS] * copies)
    assert found == expected * copies


def test_a_wrong_value_is_named_by_its_row(rows: RequestRows) -> None:
    for row, column in (({"size": "x"}, "size"), ({"seen": [1.5]}, "seen")):
        with pytest.raises(FeatureKitError) as caught:
            rows.to_examples([{}, row])
        assert (caught.value.row, caught.value.column) == (1, column)


def test_a_missing_element_is_named_where_an_example_is_asked(
    rows: RequestRows,
) -> None:
    with pytest.raises(RowError) as caught:
        rows.to_examples([{}, {"words": ["a", None]}])
    found = caught.value
    assert (found.code, found.row, found.column) == ("NULL_ELEMENT", 1, "words")


def test_missing_elements_are_answered_as_batch_conversion_does(
    lists: ModelServer,
) -> None:
    sent = [
        {"words": ["a", None], "seen": [None, 3]},
        {"seen": None, "at": "2024-05-01T07:00:00Z"},
    ]
    answer = predict(lists, *sent).json()["predictions"]
    expected = fk.Preprocessor(SPEC).transform([{**NOTHING, **row} for row in sent])
    for name, array in expected.items():
        assert [row[name] for row in answer] == array.tolist()
    asked = {"signature_name": "transform", "instances": sent}
    assert post(lists, ":predict", asked).json()["predictions"] == answer
    asked = {"signature_name": "serving_examples", "instances": sent}
    assert post(lists, ":predict", asked).json()["code"] == "NULL_ELEMENT"
