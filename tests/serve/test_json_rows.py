"""serving_json reads what casting reads: the same bits, or a refusal."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from conformance.strategies import batches, float32s, int64s
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

from featurekit.backends.missing import to_tensors  # noqa: E402
from featurekit.errors import RowError  # noqa: E402
from featurekit.io.casting import cast_column  # noqa: E402
from featurekit.serve.json_notation import to_json_rows  # noqa: E402
from featurekit.serve.json_rows import JsonRows  # noqa: E402
from featurekit.spec.inputs import Input  # noqa: E402

ZONE = "Europe/Paris"
INPUTS = [
    Input("x", "float32"),
    Input("i", "int64"),
    Input("s", "string"),
    Input("t", "timestamp", time_zone=ZONE),
    Input("u", "timestamp"),  # read in several zones
]
READER = JsonRows(INPUTS, ["label", "x"])
YEAR_1, YEAR_9999 = -62_135_596_800_000_000, 253_402_300_799_999_999


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def parse(rows: tf.Tensor) -> dict[str, tf.Tensor]:
    return READER.parse(rows)


def read(rows: list[str]) -> dict[str, np.ndarray]:
    found = parse(tf.constant(rows, tf.string, shape=[len(rows)]))
    return {name: column.numpy() for name, column in found.items()}


def bits(column: np.ndarray) -> list[object]:
    # TensorFlow flushes subnormals; every executor takes them for zero.
    if column.dtype != np.float32:
        return column.tolist()
    sign = np.where(np.signbit(column), np.float32(-0.0), np.float32(0.0))
    flushed = np.where(np.abs(column) < 2.0**-126, sign, column)
    return flushed.view(np.uint32).tolist()


def in_calendar(batch: pa.RecordBatch) -> pa.RecordBatch:
    """x, i, s and t, with times that Python can write."""
    times = [
        None if value is None else min(max(value, YEAR_1), YEAR_9999)
        for value in batch.column("t").to_pylist()
    ]
    texts = pa.array(batch.column("s").to_pylist()).cast(pa.large_string())
    columns = {"x": batch.column("x"), "i": batch.column("i"), "s": texts}
    instants = pa.array(times, pa.int64())
    return pa.record_batch({**columns, "t": instants, "u": instants})


@settings(max_examples=60)
@given(batches(), st.booleans(), st.sampled_from([None, 1]), st.randoms())
def test_rows_give_the_tensors_of_the_batch(batch, ascii_only, indent, random) -> None:
    batch = in_calendar(batch)
    rows = []
    for row in map(json.loads, to_json_rows(batch, INPUTS)):
        if random.random() < 0.3:
            row = {key: value for key, value in row.items() if value is not None}
        if random.random() < 0.3:
            row["label"] = random.choice([1, "}", '{"x": 1}', None, True])
        entries = list(row.items())
        random.shuffle(entries)
        text = json.dumps(dict(entries), ensure_ascii=ascii_only, indent=indent)
        rows.append(text)
    expected = to_tensors(batch)
    for name, found in read(rows).items():
        assert bits(found) == bits(expected[name]), name


@given(st.text(), st.text())
def test_any_text_survives_as_python_writes_it(key: str, value: str) -> None:
    reader = JsonRows([Input("s", "string"), Input("label", "string")], [key])
    for ascii_only in (False, True):
        row = json.dumps({key: 1, "s": value}, ensure_ascii=ascii_only)
        if key in ("s", "label"):
            continue
        assert reader.parse(tf.constant([row]))["s"].numpy()[0] == value.encode()


@given(st.lists(float32s | st.floats(-1e38, 1e38), min_size=1, max_size=5))
def test_numbers_are_rounded_once(values: list[float | None]) -> None:
    expected = to_tensors(
        pa.record_batch({"x": pa.array(values, pa.float64()).cast(pa.float32())})
    )["x"]
    assert bits(read([json.dumps({"x": value}) for value in values])["x"]) == bits(
        expected
    )


@given(st.lists(int64s, min_size=1, max_size=5))
def test_integers_are_exact(values: list[int | None]) -> None:
    expected = to_tensors(pa.record_batch({"i": pa.array(values, pa.int64())}))["i"]
    found = read([json.dumps({"i": value}) for value in values])["i"]
    assert found.tolist() == expected.tolist()


def test_true_and_false_are_numbers() -> None:
    found = read(['{"x": true, "i": false}', '{"x": false, "i": true}'])
    assert (found["x"].tolist(), found["i"].tolist()) == ([1.0, 0.0], [0, 1])


def test_no_rows_and_empty_objects() -> None:
    assert read([])["x"].shape == (0,)
    expected = to_tensors(in_calendar(pa.record_batch({
        "x": pa.nulls(2, pa.float32()), "i": pa.nulls(2, pa.int64()),
        "s": pa.nulls(2, pa.string()), "t": pa.nulls(2, pa.int64()),
    })))  # fmt: skip
    for name, found in read(["{}", " { } "]).items():
        assert bits(found) == bits(expected[name])


@st.composite
def moments(draw: st.DrawFn) -> str:
    """Times in every accepted notation, and some that are none."""
    low, high = datetime(1905, 1, 1), datetime(2090, 1, 1)
    # Around the hours that Paris repeats and skips, half of the time.
    switch = draw(
        st.sampled_from([datetime(2013, 3, 31, 2), datetime(2013, 10, 27, 2)])
    )
    near = st.integers(-7200, 7200).map(lambda s: switch + timedelta(seconds=s))
    moment = draw(st.datetimes(low, high) | near)
    text = moment.strftime("%Y-%m-%d") + draw(st.sampled_from("T "))
    text += moment.strftime(draw(st.sampled_from(["%H:%M", "%H:%M:%S", "%H%M", "%H"])))
    if text.count(":") == 2:
        text += draw(st.sampled_from(["", ".5", ".123456", ".1234560", ".1234567"]))
    zones = ["", "", "Z", "+02:00", "-0530", "+01"]
    if not text.endswith("1234567"):  # one fault at a time
        zones.append("+24:00")
    text += draw(st.sampled_from(zones))
    return draw(st.sampled_from([text, f" {text}", text[:10], text[:9], text + "x"]))


def cast_time(text: str, column: str) -> int | str:
    zone = ZONE if column == "t" else None
    try:
        array = pa.array([text])
        found = cast_column(array, "timestamp", column=column, timezone=zone)
    except RowError as error:
        return error.code
    return found[0].as_py()


def read_time(text: str, column: str) -> int | str:
    try:
        return int(read([json.dumps({column: text})])[column][0])
    except tf.errors.InvalidArgumentError as error:
        message = str(error)
        codes = ("PARSE", "LOSSY_CAST", "TZ_AMBIGUOUS", "TZ_REQUIRED")
        return next(code for code in codes if f"[{code}]" in message)


@settings(max_examples=300)
@given(moments(), st.sampled_from("tu"))
def test_times_are_read_as_casting_reads_them(text: str, column: str) -> None:
    assert read_time(text, column) == cast_time(text, column)


@pytest.mark.parametrize(
    "text",
    ["2013-02-29", "2012-02-29", "1900-02-29", "2000-02-29", "2013-04-31", "0001-01-01",
     "2013-00-10", "2013-10-00", "2013-01-01T24:00", "2013-01-01T10:60",
     "2013-01-01T10:00:60", "9999-12-31T23:59:59.999999Z"],
)  # fmt: skip
def test_calendar(text: str) -> None:
    assert read_time(text, "t") == cast_time(text, "t")


@pytest.mark.parametrize(
    ("row", "code", "said"),
    [
        ("", "JSON_SYNTAX", "flat JSON object"),
        ("[1]", "JSON_SYNTAX", "flat"),
        ('{"x": 1', "JSON_SYNTAX", "flat"),
        ('{"x": 1}}', "JSON_SYNTAX", "flat"),
        ('{"x": 1,}', "JSON_SYNTAX", "flat"),
        ('{"x": 01}', "JSON_SYNTAX", "flat"),
        ('{"x": {"y": 1}}', "JSON_SYNTAX", "nested"),
        ('{"x": [1]}', "JSON_SYNTAX", "nested"),
        ("{'x': 1}", "JSON_SYNTAX", "flat"),
        ('{"s": "\\ud800"}', "JSON_SYNTAX", "UTF-8"),
        ('{"s": "\\udc00\\ud800"}', "JSON_SYNTAX", "UTF-8"),
        ('{"s": "a\tb"}', "JSON_SYNTAX", "flat"),
        ('{"X": 1}', "UNKNOWN_COLUMN", "got X"),
        ('{"x": 1, "i": 2, "x": 1}', "DUPLICATE_COLUMN", "got x"),
        ('{"\\u0078": 1, "x": 1}', "DUPLICATE_COLUMN", "row=1"),
        ('{"x": "1"}', "PARSE", "column=x"),
        ('{"i": 1.0}', "PARSE", "column=i"),
        ('{"i": 1e3}', "PARSE", "expected an integer"),
        ('{"i": "7"}', "PARSE", "column=i"),
        ('{"s": 7}', "PARSE", "expected text"),
        ('{"s": true}', "PARSE", "column=s"),
        ('{"t": 7}', "PARSE", "column=t"),
        ('{"x": 1e39}', "OUT_OF_RANGE", "column=x"),
        ('{"x": 1e400}', "OUT_OF_RANGE", "column=x"),
        ('{"i": 9223372036854775808}', "INT_OVERFLOW", "column=i"),
        ('{"i": -9223372036854775808}', "INT_OVERFLOW", "column=i"),
        ('{"i": 99999999999999999999}', "INT_OVERFLOW", "9999"),
    ],
)  # fmt: skip
def test_refusals_name_row_column_and_reason(row: str, code: str, said: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        read(['{"x": 1}', row, "{}"])
    message = str(caught.value)
    assert f"[{code}]" in message and "row=1" in message and said in message


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="JSON_SYNTAX"):
        parse(tf.constant([b'{"s": "\xff"}']))


def test_a_time_is_that_of_python() -> None:
    when = datetime(2013, 7, 1, 12, 30, tzinfo=UTC)
    found = read([json.dumps({"t": when.isoformat()})])["t"][0]
    assert found == int(when.timestamp() * 1e6)
