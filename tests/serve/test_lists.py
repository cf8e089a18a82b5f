"""Lists in what is served: tensors, tf.Examples, JSON rows, and dicts."""

import json
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from conformance.list_strategies import list_batches
from conformance.strategies import float32s, texts
from hypothesis import given, settings

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

import featurekit as fk  # noqa: E402
from featurekit.backends.keras.lists import read_lists  # noqa: E402
from featurekit.backends.keras.values import mark  # noqa: E402
from featurekit.backends.missing import to_tensors  # noqa: E402
from featurekit.errors import FeatureKitError, RowError  # noqa: E402
from featurekit.io.casting import cast_batch  # noqa: E402
from featurekit.io.example import encode_payloads  # noqa: E402
from featurekit.kernels.arrow_lists import list_parts, rows_of  # noqa: E402
from featurekit.serve.example_rows import parse_examples  # noqa: E402
from featurekit.serve.json_notation import to_json_rows  # noqa: E402
from featurekit.serve.json_rows import JsonRows  # noqa: E402
from featurekit.serve.preprocessor import Preprocessor  # noqa: E402
from featurekit.spec.inputs import Input  # noqa: E402

INPUTS = [
    Input("t", "list<string>"),
    Input("i", "list<int64>"),
    Input("x", "list<float32>"),
    Input("v", "float32"),
]
DTYPES = {one.name: one.dtype for one in INPUTS}


def contents(tensors: dict[str, Any]) -> dict[str, object]:
    """What tensors hold, whatever the number of their columns; floats as bits."""
    found: dict[str, object] = {}
    for name in DTYPES:
        tensor = tf.convert_to_tensor(tensors[name])
        if tensor.shape.rank == 1:
            found[name] = bits(tensor)
            continue
        elements, _, lengths, valid = read_lists(tensor)
        found[name] = (
            bits(mark(elements)),
            lengths.numpy().tolist(),
            valid.numpy().tolist(),
        )
    return found


def bits(tensor: tf.Tensor) -> list[object]:
    array = tensor.numpy()
    if array.dtype != np.float32:
        return array.tolist()
    # TensorFlow flushes subnormals; every executor takes them for zero.
    zeros = np.where(np.signbit(array), np.float32(-0.0), np.float32(0.0))
    return np.where(np.abs(array) < 2.0**-126, zeros, array).view(np.uint32).tolist()


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def parse(examples: tf.Tensor) -> dict[str, tf.Tensor]:
    return parse_examples(examples, INPUTS)


def without_missing_elements(batch: pa.RecordBatch) -> pa.RecordBatch:
    kept = np.ones(batch.num_rows, np.bool_)
    for name in ("t", "i", "x"):
        offsets, _, elements = list_parts(batch.column(name))
        kept[rows_of(offsets)[np.asarray(elements.is_null())]] = False
    return batch.take(pa.array(np.flatnonzero(kept)))


@settings(max_examples=60)
@given(list_batches())
def test_examples_keep_missing_and_empty_lists_apart(batch: pa.RecordBatch) -> None:
    batch = without_missing_elements(cast_batch(batch, DTYPES, {}))
    buffer, offsets = encode_payloads(batch)
    data = buffer.tobytes()
    examples = [data[offsets[row] : offsets[row + 1]] for row in range(batch.num_rows)]
    found = parse(tf.constant(examples, tf.string, shape=[len(examples)]))
    assert contents(found) == contents(to_tensors(batch))


def test_examples_as_protobuf_writes_them() -> None:
    feature = tf.train.Feature
    written = [
        {"i": feature(int64_list=tf.train.Int64List(value=[1, 2]))},
        {"i": feature(int64_list=tf.train.Int64List())},
        {"i": feature()},
        {},
        {"other": feature(int64_list=tf.train.Int64List(value=[3]))},
    ]
    examples = [
        tf.train.Example(features=tf.train.Features(feature=one)).SerializeToString()
        for one in written
    ]
    lists = read_lists(parse(tf.constant([*examples, b""]))["i"])
    assert lists.lengths.numpy().tolist() == [2, 0, 0, 0, 0, 0]
    assert lists.valid.numpy().tolist() == [True, True, False, False, False, False]
    wrong = feature(float_list=tf.train.FloatList(value=[1.0]))
    example = tf.train.Example(features=tf.train.Features(feature={"i": wrong}))
    with pytest.raises(tf.errors.InvalidArgumentError, match="Data types don't match"):
        parse(tf.constant([example.SerializeToString()]))


READER = JsonRows(INPUTS, ["label"])


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def parse_json(rows: tf.Tensor) -> dict[str, tf.Tensor]:
    return READER.parse(rows)


def read_json(*rows: str) -> dict[str, tf.Tensor]:
    return parse_json(tf.constant(rows, tf.string, shape=[len(rows)]))


@settings(max_examples=60)
@given(list_batches(), st.booleans(), st.sampled_from([None, 1]), st.randoms())
def test_json_rows_give_the_tensors_of_the_batch(
    batch, ascii_only, indent, random
) -> None:
    batch = cast_batch(batch, DTYPES, {})
    rows = []
    for row in map(json.loads, to_json_rows(batch, INPUTS)):
        if random.random() < 0.3:
            row = {key: value for key, value in row.items() if value is not None}
        entries = [*row.items(), ("label", random.choice([[1, "]"], [], "[1]"]))]
        random.shuffle(entries)
        rows.append(json.dumps(dict(entries), ensure_ascii=ascii_only, indent=indent))
    assert contents(read_json(*rows)) == contents(to_tensors(batch))


@given(st.lists(st.text() | st.sampled_from(['"', "]", "[", ",", "\\", '","', "\x1f"])))
def test_any_texts_survive_in_a_list(words: list[str]) -> None:
    for ascii_only in (False, True):
        found = read_json(json.dumps({"t": words, "i": [1]}, ensure_ascii=ascii_only))
        elements = read_lists(found["t"]).elements.tensor.numpy().tolist()
        assert elements == [word.encode() for word in words]


def test_spaces_and_words_in_lists() -> None:
    found = read_json(' { "x" : [ 1 ,\n2.5e0, true , null ] , "i":[ ], "t":null } ')
    x = read_lists(found["x"])
    assert x.elements.tensor.numpy()[:3].tolist() == [1.0, 2.5, 1.0]
    assert x.elements.valid.numpy().tolist() == [True, True, True, False]
    i, t = read_lists(found["i"]), read_lists(found["t"])
    assert (i.lengths.numpy()[0], bool(i.valid[0])) == (0, True)
    assert (t.lengths.numpy()[0], bool(t.valid[0])) == (0, False)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ('{"t": "a"}', "PARSE"),
        ('{"t": [1]}', "PARSE"),
        ('{"t": ["a", 1]}', "PARSE"),
        ('{"i": [1, 2.0]}', "PARSE"),
        ('{"i": ["1"]}', "PARSE"),
        ('{"x": ["1"]}', "PARSE"),
        ('{"v": [1]}', "PARSE"),
        ('{"x": [1, 1e39]}', "OUT_OF_RANGE"),
        ('{"i": [9223372036854775808]}', "INT_OVERFLOW"),
        ('{"i": [1, -9223372036854775806]}', "RESERVED_VALUE"),
        ('{"t": [["a"]]}', "JSON_SYNTAX"),
        ('{"t": ["a",]}', "JSON_SYNTAX"),
        ('{"t": [,]}', "JSON_SYNTAX"),
        ('{"t": ["a"}', "JSON_SYNTAX"),
        ('{"t": ["a" "b"]}', "JSON_SYNTAX"),
        ('{"t": {"a": 1}}', "JSON_SYNTAX"),
    ],
)
def test_json_that_is_refused(row: str, code: str) -> None:
    good = '{"t": ["a"], "i": [1], "x": [1], "v": 1}'
    with pytest.raises(tf.errors.InvalidArgumentError) as found:
        read_json(good, row)
    assert f"[{code}]" in str(found.value) and "row=1 " in str(found.value)


def test_a_spec_without_lists_refuses_them() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="JSON_SYNTAX"):
        JsonRows([Input("v", "float32")]).parse(tf.constant(['{"v": [1]}']))


SPEC = fk.FeatureSpec(
    {
        "tags": fk.strings("tags").drop_missing().vocabulary(max_size=9).multi_hot(),
        "bag": fk.strings("tags").fill("?").hash_buckets(50).pad(3).embedding(4),
        "items": fk.integers("items").missing_as_empty().hash_buckets(9).pad(2),
        "mean": fk.numerics("prices").drop_missing().standardize().mean().fill(0.0),
        "length": fk.strings("tags").drop_missing().length(maximum=4).one_hot(),
        "weighted": fk.integers("items")
        .missing_as_empty()
        .hash_buckets(9)
        .weighted(fk.numerics("prices").fill(1.0)),
        "apart": fk.integers("items")
        .missing_as_empty()
        .hash_buckets(9)
        .weighted(fk.numerics("prices").fill(1.0))
        .pad(2)
        .embedding(4, combiner="sqrtn"),
        "x": fk.numeric("x").fill(0.0),
    },
    label=fk.numeric("y").greater_equal(0.5),
)
ROWS: list[dict[str, Any]] = [
    {"tags": ["a", "b"], "items": [1, 2], "prices": [1.0, 2.5], "x": 1.0, "y": 0.0},
    {"tags": ["a"], "items": None, "prices": [], "x": None, "y": 1.0},
    {"tags": [], "items": [], "prices": [], "x": 2.0, "y": 1.0},
    {"tags": ["c", None], "items": [2**40], "prices": [None], "x": 4.0, "y": 0.0},
]
STATS = fk.analyze(SPEC, ROWS)


def model() -> fk.models.TabularTransformer:
    return fk.models.TabularTransformer(
        fk.model_inputs(SPEC, STATS), dim=8, depth=1, num_heads=2
    )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("served") / "1"
    report = fk.export(model(), SPEC, STATS, path, rows=ROWS)
    assert report.golden_rows > 3
    return path


def test_an_export_takes_lists_in_every_notation(served: Path) -> None:
    loaded = fk.serve.load_model(served)
    keys = ("tags", "items", "prices", "x")
    by_json = loaded.predict_json(
        [json.dumps({key: row[key] for key in keys}) for row in ROWS]
    )
    by_columns = loaded.predict(ROWS)
    features = Preprocessor.load(served).transform(ROWS)
    again = model()
    assert features["tags"].shape == (4, 4) and features["bag"].dtype == np.int64
    for name, found in by_json.items():
        np.testing.assert_array_equal(found, by_columns[name])
    assert by_columns["output"].shape == np.asarray(again(features)).shape


def test_an_export_refuses_what_conversion_refuses(served: Path) -> None:
    loaded = fk.serve.load_model(served)
    missing = json.dumps({"items": [], "prices": []})
    with pytest.raises(RowError, match=r"NULL_NOT_ALLOWED.*column=tags"):
        loaded.predict_json([missing])
    uneven = json.dumps({"tags": [], "items": [1], "prices": []})
    with pytest.raises(RowError, match="WEIGHT_MISMATCH"):
        loaded.predict_json([uneven])
    raw = tf.saved_model.load(str(served)).signatures["serving_default"]
    columns = {
        "tags": tf.constant([[b"\xff"]]),
        "items": tf.constant([[1]], tf.int64),
        "prices": tf.constant([[1.0]]),
        "x": tf.constant([1.0]),
    }
    with pytest.raises(tf.errors.InvalidArgumentError, match="BAD_UTF8"):
        raw(**columns)


PREPROCESSOR = Preprocessor(SPEC, STATS)
WORDS = st.lists(texts | st.sampled_from([3, b"a", "\ud800"]), max_size=3)
FLOATS = st.lists(float32s | st.sampled_from([1e39, "1", 2, 2**60, True]), max_size=3)
NUMBERS = st.lists(
    st.integers(-(2**63), 2**63) | st.sampled_from([1.5, None]), max_size=3
)


def outcome(run: Any, rows: Any) -> Any:
    try:
        found = run(rows)
    except FeatureKitError as error:
        return error.code, error.column, getattr(error, "row", None)
    return {name: (a.dtype, a.shape, a.tobytes()) for name, a in found.items()}


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "tags": WORDS | st.lists(st.sampled_from("abc")) | st.none(),
                "items": NUMBERS | st.just([1]) | st.sampled_from([None, "ab", 3]),
                "prices": FLOATS | st.just([0.5]),
                "x": st.just(1.0),
            }
        ),
        min_size=1,
        max_size=3,
    )
)
def test_few_rows_are_treated_like_many(rows: list[dict[str, Any]]) -> None:
    assert outcome(PREPROCESSOR.transform, rows) == outcome(PREPROCESSOR._many, rows)


def test_usual_rows_take_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Preprocessor, "_many", None)
    assert PREPROCESSOR.transform(ROWS)["items"].shape == (4, 2)
