"""Rows written one at a time are the bytes that whole columns give."""

from itertools import pairwise
from typing import Any

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import given

from featurekit.errors import RowError
from featurekit.io.example import encode_payloads
from featurekit.io.example_row import ExampleRowEncoder

TYPES = {
    "float32": pa.float32(),
    "int64": pa.int64(),
    "timestamp": pa.int64(),
    "string": pa.string(),
    "bytes": pa.binary(),
    "list<float32>": pa.list_(pa.float32()),
    "list<int64>": pa.list_(pa.int64()),
    "list<string>": pa.list_(pa.string()),
}
FLOATS = st.floats(width=32, allow_nan=False)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(max_size=200).map(str.encode)
VALUES = {
    "float32": FLOATS,
    "int64": INTEGERS,
    "timestamp": INTEGERS,
    "string": TEXTS,
    "bytes": st.binary(max_size=200),
    "list<float32>": st.lists(FLOATS, max_size=50).map(tuple),
    "list<int64>": st.lists(INTEGERS, max_size=50).map(tuple),
    "list<string>": st.lists(TEXTS, max_size=5).map(tuple),
}
NAMES = st.text("abé ", min_size=1, max_size=3) | st.just("k" * 200)


@given(st.data(), st.dictionaries(NAMES, st.sampled_from(sorted(TYPES)), max_size=9))
def test_the_bytes_are_those_of_whole_columns(
    data: st.DataObject, dtypes: dict[str, str]
) -> None:
    row = {name: data.draw(st.none() | VALUES[dtype]) for name, dtype in dtypes.items()}
    if not dtypes:
        assert ExampleRowEncoder(dtypes)(row) == b"\n\x00"
        return
    batch = pa.record_batch(
        {name: pa.array([row[name]], TYPES[dtype]) for name, dtype in dtypes.items()}
    )
    buffer, offsets = encode_payloads(batch)
    ((start, stop),) = pairwise(offsets.tolist())
    assert ExampleRowEncoder(dtypes)(row) == buffer.tobytes()[start:stop]


@pytest.mark.parametrize("value", [(1.0, None), (None,)])
def test_a_missing_element_is_refused(value: Any) -> None:
    with pytest.raises(RowError, match="missing element") as caught:
        ExampleRowEncoder({"x": "list<float32>"})({"x": value})
    assert (caught.value.code, caught.value.column) == ("NULL_ELEMENT", "x")
