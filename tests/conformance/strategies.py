"""Random specs, and batches that they read, with everything that data contains."""

import math
import operator
from collections.abc import Callable

import hypothesis.strategies as st
import pyarrow as pa

import featurekit as fk
from featurekit.spec.columns import (
    BooleanColumn,
    CategoricalColumn,
    Column,
    IntegerColumn,
    NumericColumn,
    StringColumn,
)

NUMBERS = ("x", "y")
INTEGERS = ("i", "j")
TEXTS = ("s", "u")
TIMES = ("t",)

_EDGES = [
    *(0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 1.0000001192092896, -1.0000001192092896),
    *(math.nan, math.inf, -math.inf, 2.0**-126, -(2.0**-126), 2.0**-127, -(2.0**-149)),
    *(3.4028234663852886e38, -3.4028234663852886e38, 0.10000000149011612, 16777216.0),
]
_WORDS = ["a", "b", "", "\u00e9", "e\u0301", "😀", "x" * 20, "y" * 70, "\0", "a\0"]
_LARGEST = 2**63 - 1

float32s = st.one_of(st.sampled_from(_EDGES), st.floats(width=32), st.none())
int64s = st.one_of(
    st.integers(-3, 8),
    st.sampled_from([_LARGEST, -_LARGEST, 2**53 + 1, 2**32]),
    st.integers(-_LARGEST, _LARGEST),
    st.none(),
)
texts = st.one_of(st.sampled_from(_WORDS), st.text(max_size=5), st.none())
instants = st.one_of(
    st.integers(-2_300_000_000, 4_200_000_000).map(lambda second: second * 10**6 - 1),
    st.integers(-_LARGEST, _LARGEST),
    st.sampled_from([1710054000000000, 1730613600000000, -1615140000000001, 0, -1]),
    st.none(),
)


@st.composite
def text_columns(draw: st.DrawFn, rows: int) -> pa.Array:
    values = draw(st.lists(texts, min_size=rows, max_size=rows))
    layout = draw(
        st.sampled_from(["string", "large_string", "binary", "view", "dictionary"])
    )
    if layout != "dictionary":
        return pa.array(values, pa.string()).cast(
            {
                "string": pa.string(),
                "large_string": pa.large_string(),
                "binary": pa.binary(),
                "view": pa.string_view(),
            }[layout]
        )
    # Repeated, unused and null entries.
    entries = draw(st.lists(texts, max_size=6))
    codes = st.none() if not entries else st.none() | st.integers(0, len(entries) - 1)
    indices = draw(st.lists(codes, min_size=rows, max_size=rows))
    return pa.DictionaryArray.from_arrays(
        pa.array(indices, pa.int32()), pa.array(entries, pa.large_string())
    )


@st.composite
def batches(draw: st.DrawFn, max_rows: int = 12) -> pa.RecordBatch:
    """A batch of all columns; a slice of a longer one, as often as not."""
    rows = draw(st.integers(0, max_rows))

    def column(values: st.SearchStrategy[object], kind: pa.DataType) -> pa.Array:
        drawn = draw(st.lists(values, min_size=rows, max_size=rows))
        return pa.array(drawn, kind, from_pandas=False)

    columns = {name: column(float32s, pa.float32()) for name in NUMBERS}
    columns |= {name: column(int64s, pa.int64()) for name in INTEGERS}
    columns |= {name: draw(text_columns(rows)) for name in TEXTS}
    columns |= {name: column(instants, pa.int64()) for name in TIMES}
    start = draw(st.integers(0, rows))
    return pa.record_batch(columns).slice(start)


finite = st.floats(-100, 100, width=32) | st.sampled_from([0.0, -0.0, 1e39, 1e-40])
counts = st.sampled_from([1, 2, 3, 7, 1000, 2**31 - 1])


operands = st.one_of(
    finite, st.sampled_from([-0.5, 1e300, -1e-300, 5e-324, 2.0**-1022, 3.0])
)


@st.composite
def numbers(draw: st.DrawFn, depth: int = 2) -> NumericColumn:
    policy = draw(st.sampled_from(["missing", "error", "keep"]))
    column = fk.numeric(draw(st.sampled_from(NUMBERS)), nan=policy)
    if depth and draw(st.integers(0, 2)) == 0:
        column = draw(expressions(depth - 1))
    for _ in range(draw(st.integers(0, 3))):
        match draw(st.sampled_from(["fill", "clip", "log1p", "standardize", "scale"])):
            case "fill":
                column = column.fill(draw(finite))
            case "clip":
                column = column.clip(*sorted([draw(finite), draw(finite)]))
            case "log1p":
                column = column.log1p()
            case "standardize":
                std = draw(st.sampled_from([1.0, 3.0, 1e-30, 0.1, 2.0**128]))
                column = column.standardize(mean=draw(finite), std=std)
            case "scale":
                low, width = draw(finite), draw(st.sampled_from([1.0, 0.3, 1e39]))
                if low + width > low:
                    column = column.min_max(minimum=low, maximum=low + width)
    return column


OPERATIONS: dict[str, Callable[..., NumericColumn]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "minimum": fk.minimum,
    "maximum": fk.maximum,
}


@st.composite
def expressions(draw: st.DrawFn, depth: int) -> NumericColumn:
    """An operation of columns, or of a column and a number, in either order."""
    column, other = draw(numbers(depth)), draw(numbers(depth) | operands)
    name = draw(st.sampled_from([*OPERATIONS, "where"]))
    if name == "where":
        condition = draw(flags(depth))
        return fk.where(condition, *draw(st.permutations([column, other])))
    if name == "divide" and other == 0.0:
        other = column
    if name != "divide" and draw(st.booleans()):
        return OPERATIONS[name](other, column)
    return OPERATIONS[name](column, other)


@st.composite
def flags(draw: st.DrawFn, depth: int = 1) -> BooleanColumn:
    kind = draw(st.sampled_from(["compare", "number", "text", "time", "flag"]))
    match kind:
        case "compare":
            names = ["less_than", "less_equal", "greater_than", "greater_equal"]
            compare = getattr(draw(numbers(depth)), draw(st.sampled_from(names)))
            column = compare(draw(numbers(depth) | operands))
        case "number":
            column = draw(numbers(depth)).is_missing()
        case "text":
            column = draw(strings() | integers()).is_missing()
        case "time":
            column = fk.timestamp("t").is_missing()
        case _:
            column = fk.boolean(draw(st.sampled_from(INTEGERS)))
    filled = draw(st.sampled_from([None, False, True]))
    return column if filled is None else column.fill(filled)


@st.composite
def strings(draw: st.DrawFn, depth: int = 1) -> StringColumn:
    column = fk.string(draw(st.sampled_from(TEXTS)))
    if depth and draw(st.integers(0, 3)) == 0:
        joined = draw(st.lists(strings(depth - 1), min_size=2, max_size=3))
        column = fk.join(*joined, separator=draw(st.sampled_from(["", "_", "é"])))
    return column.fill(draw(st.sampled_from(_WORDS))) if draw(st.booleans()) else column


@st.composite
def integers(draw: st.DrawFn) -> IntegerColumn:
    column = fk.integer(draw(st.sampled_from(INTEGERS)))
    if draw(st.integers(0, 5)) == 0:
        column = fk.timestamp("t").year()
    filled = draw(st.sampled_from([None, 0, -1, _LARGEST]))
    return column if filled is None else column.fill(filled)


@st.composite
def vocabularies(
    draw: st.DrawFn,
    column: StringColumn | IntegerColumn,
    tokens: list[object],
    reserved: list[object],
) -> CategoricalColumn:
    """A vocabulary of the tokens in any layout."""
    found: CategoricalColumn = column.vocabulary(  # type: ignore[union-attr]
        tokens,
        num_oov=draw(st.sampled_from([0, 1, 3])),
        oov=draw(st.sampled_from(["before", "after"])),
        reserved=reserved[: draw(st.integers(0, 2))],
        missing_id=not column.steps and draw(st.booleans()),
    )
    return found


@st.composite
def ids(draw: st.DrawFn) -> CategoricalColumn:
    kind = draw(
        st.sampled_from(
            [
                "buckets",
                "greater",
                "words",
                "numbers",
                "hash",
                "identity",
                "time",
                "flag",
                "cross",
            ]
        )
    )
    match kind:
        case "buckets":
            boundaries = draw(st.sets(finite, min_size=1, max_size=6))
            return draw(numbers()).buckets(sorted(boundaries))
        case "greater":
            return draw(numbers()).greater_equal(draw(finite))
        case "words":
            tokens = draw(st.sets(st.sampled_from(_WORDS), min_size=1))
            return draw(vocabularies(draw(strings()), sorted(tokens), ["[PAD]", "x"]))
        case "numbers":
            known = draw(st.sets(st.integers(-2, 5) | st.just(_LARGEST), min_size=1))
            return draw(vocabularies(draw(integers()), sorted(known), [6, -9]))
        case "hash":
            key = draw(st.sampled_from([(), (0, 0), (7, _LARGEST)]))
            return draw(strings() | integers()).hash_buckets(draw(counts), key=key)
        case "identity":
            return draw(integers()).identity(draw(st.integers(1, 6)))
        case "flag":
            return draw(flags())
        case "time":
            zone = draw(
                st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe"])
            )
            parts = ["minute", "hour", "day_of_week", "day_of_month"]
            part = draw(st.sampled_from([*parts, "day_of_year", "month"]))
            found: CategoricalColumn = getattr(fk.timestamp("t", tz=zone), part)()
            return found
        case _:
            # Inner columns are no crosses, so that examples stay small.
            inner = draw(st.lists(strings() | integers(), min_size=2, max_size=3))
            start = draw(st.sampled_from([None, 1, _LARGEST]))
            return fk.cross(*inner).hash_buckets(draw(counts), hash_key=start)


@st.composite
def features(draw: st.DrawFn) -> Column:
    column: Column = draw(numbers() | ids())
    if isinstance(column, CategoricalColumn):
        if draw(st.integers(0, 3)) == 0:
            size = fk.compile(fk.FeatureSpec({"f": column})).output_types["f"].num_ids
            if size is not None and size <= 1000:
                return column.one_hot() if draw(st.booleans()) else column.cyclic()
        if draw(st.integers(0, 3)) == 0:
            other = draw(ids())
            return fk.cross(column, other).hash_buckets(draw(counts))
    return column


@st.composite
def specs(draw: st.DrawFn) -> fk.FeatureSpec:
    drawn = draw(st.lists(features(), min_size=1, max_size=4))
    label = draw(st.none() | numbers().map(lambda column: column.greater_equal(0.5)))
    weight = draw(st.none() | numbers())
    return fk.FeatureSpec(
        {f"f{index}": column for index, column in enumerate(drawn)},
        label=label,
        weight=weight,
    )
