"""The client's notation of values, and the errors that it makes of answers."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime

import numpy as np
import pytest

from featurekit import errors
from featurekit.client.errors_from_json import error_of
from featurekit.client.row_json import from_json, to_json
from featurekit.errors import FeatureKitError, RequestError, RowError


def test_rows() -> None:
    row = {
        "text": "é",
        "none": None,
        "raw": b"\xff",
        "real": np.float32(0.1),
        "number": np.int64(-(2**62)),
        "yes": np.True_,
        "list": [1, None],
        "array": np.array([0.5, 2.0]),
        "time": datetime(2024, 5, 1, 7, tzinfo=UTC),
        "day": date(2024, 5, 1),
        "instant": np.datetime64("2024-05-01T07:00:00", "ns"),
    }
    (found,) = json.loads(to_json([row]))
    assert found == {
        "text": "é",
        "none": None,
        "raw": {"b64": "/w=="},
        "real": float(np.float32(0.1)),
        "number": -(2**62),
        "yes": True,
        "list": [1, None],
        "array": [0.5, 2.0],
        "time": "2024-05-01T07:00:00+00:00",
        "day": "2024-05-01",
        "instant": "2024-05-01T07:00:00.000000",
    }


@pytest.mark.parametrize(("rows", "row"), [([{}, 5], 1), ([{"x": object()}], 0)])
def test_what_cannot_be_sent_is_an_error_of_its_row(rows: list, row: int) -> None:
    with pytest.raises(RowError) as caught:
        to_json(rows)
    assert caught.value.row == row


def test_every_float32_comes_back_to_the_bit() -> None:
    bits = np.random.default_rng(0).integers(0, 2**32, 10_000, np.uint32)
    values = bits.view(np.float32)
    values = values[~np.isnan(values)]
    found = from_json(json.loads(json.dumps(values.tolist())))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found.view(np.uint32), values.view(np.uint32))


def test_other_outputs() -> None:
    assert from_json([[1, 2]]).dtype == np.int64
    assert from_json([0.1]).dtype == np.float64  # no float32 has these digits
    assert from_json([float("nan"), 1.0]).dtype == np.float32
    texts = from_json([["a", {"b64": "/w=="}]])
    assert texts.dtype == object and texts.tolist() == [["a", b"\xff"]]


@pytest.mark.parametrize(
    "kind",
    [
        one
        for one in vars(errors).values()
        if isinstance(one, type)
        and issubclass(one, FeatureKitError)
        and one is not errors.MissingDependencyError
    ],
)
def test_errors_are_those_of_the_server(kind: type[FeatureKitError]) -> None:
    from featurekit.serve.server.failures import error_body

    error = kind("it is wrong", code="X", row=3, column="c", got="it", hint="look")
    found = error_of(json.loads(json.dumps(error_body(error))), 400)
    assert type(found) is kind and str(found) == str(error)
    assert (found.row, found.column, found.hint) == (3, "c", "look")


@pytest.mark.parametrize("body", [None, [], {"error": 5}, {"error": "a text"}])
def test_answers_of_other_servers(body: object) -> None:
    found = error_of(body, 502)
    assert type(found) is RequestError and found.code == "HTTP_STATUS"


def test_it_loads_numpy_alone_and_at_once() -> None:
    code = (
        "import sys, time; started = time.perf_counter(); import featurekit.client;"
        "print(time.perf_counter() - started,"
        "*{'tensorflow', 'pyarrow', 'numba', 'google'} & sys.modules.keys())"
    )
    seconds = min(
        float(
            subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True
            ).stdout  # fails here if a module is named
        )
        for _ in range(3)
    )
    assert seconds < 0.3
