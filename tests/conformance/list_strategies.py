"""Random specs of lists, and batches of lists in every layout of Arrow."""

import math

import hypothesis.strategies as st
import pyarrow as pa
from conformance.strategies import finite, float32s, texts

import featurekit as fk
from featurekit.spec import columns as fk_columns
from featurekit.spec.columns import Column, IdsColumn, ListCrossColumn, NumericsColumn

_LARGEST = 2**63 - 1
_WORDS = ["a", "b", "", "é", "x" * 20]

integers = st.one_of(
    st.integers(-3, 8), st.sampled_from([_LARGEST, -_LARGEST + 2, 2**53 + 1]), st.none()
)
weights = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 3e38, math.nan, math.inf]), finite, st.none()
)


@st.composite
def list_batches(draw: st.DrawFn, max_rows: int = 8) -> pa.RecordBatch:
    """A batch of lists; `t`, `i` and `x` are often of one length. Often a slice."""
    rows = draw(st.integers(0, max_rows))
    lengths = draw(st.lists(st.integers(0, 4), min_size=rows, max_size=rows))

    def column(values: st.SearchStrategy[object], kind: pa.DataType) -> pa.Array:
        drawn: list[object] = []
        for length in lengths:
            size = draw(st.just(length) | st.integers(0, 4))
            missing = draw(st.integers(0, 6)) == 0
            drawn.append(None if missing else draw(_exactly(size, values)))
        return pa.array(drawn, pa.list_(kind), from_pandas=False)

    columns = {
        "t": relaid(draw, column(texts, pa.string())),
        "i": relaid(draw, column(integers, pa.int64())),
        "x": relaid(draw, column(weights | float32s, pa.float32())),
        "v": pa.array(
            draw(st.lists(float32s, min_size=rows, max_size=rows)), pa.float32()
        ),
    }
    keys = draw(st.lists(texts, min_size=rows, max_size=rows))
    columns["k"] = pa.array(keys, pa.string())
    return pa.record_batch(columns).slice(draw(st.integers(0, rows)))


def _exactly(
    size: int, values: st.SearchStrategy[object]
) -> st.SearchStrategy[list[object]]:
    return st.lists(values, min_size=size, max_size=size)


def relaid(draw: st.DrawFn, array: pa.Array) -> pa.Array:
    """The same lists in another layout: large, or of dictionaries."""
    match draw(st.sampled_from(["list", "large", "dictionary"])):
        case "large":
            return array.cast(pa.large_list(array.type.value_type))
        case "dictionary" if pa.types.is_string(array.type.value_type):
            return pa.ListArray.from_arrays(
                _offsets(array), array.flatten().dictionary_encode()
            )
    return array


def _offsets(array: pa.Array) -> pa.Array:
    """Where lists begin; null where one is missing, as `from_arrays` takes it."""
    found, start = [], 0
    for entry in array:
        found.append(start if entry.is_valid else None)
        start += len(entry) if entry.is_valid else 0
    return pa.array([*found, start], pa.int32())


@st.composite
def numerics(draw: st.DrawFn) -> NumericsColumn:
    policy = draw(st.sampled_from(["missing", "error", "keep"]))
    column = fk.numerics("x", nan=policy)
    for name in draw(
        st.lists(
            st.sampled_from(
                ["fill", "clip", "log1p", "scale", "binarize", *_SEQUENCE_STEPS]
            ),
            max_size=2,
        )
    ):
        match name:
            case "fill":
                column = column.fill(draw(finite))
            case "clip":
                column = column.clip(*sorted([draw(finite), draw(finite)]))
            case "binarize":
                column = column.binarize(draw(finite))
            case "log1p":
                column = column.log1p()
            case "scale":
                std = draw(st.sampled_from([1.0, 3.0, 0.1]))
                column = column.standardize(mean=draw(finite), std=std)
            case _:
                column = draw(_moved(column, name))
    return draw(_policies(column))


_SEQUENCE_STEPS = ("shift", "difference", "rolling")


@st.composite
def _moved(draw: st.DrawFn, column: NumericsColumn, name: str) -> NumericsColumn:
    match name:
        case "shift":
            return column.shift(draw(st.sampled_from([1, -1, 2, -3])))
        case "difference":
            return column.difference(draw(st.integers(1, 3)))
    kind = draw(st.sampled_from(["sum", "mean", "min", "max"]))
    return getattr(column.rolling(draw(st.integers(1, 3))), kind)()


@st.composite
def sequence_features(draw: st.DrawFn) -> Column:
    """A list of several that belong together, ended in one way or another."""
    text = fk.strings("t")
    text = text.shift(draw(st.sampled_from([1, -1]))) if draw(st.booleans()) else text
    number = fk.numerics("x", nan=draw(st.sampled_from(["missing", "keep"])))
    name = draw(st.sampled_from([*_SEQUENCE_STEPS, "none"]))
    lists = {
        "t": text.hash_buckets(9),
        "x": number if name == "none" else draw(_moved(number, name)),
        "i": fk.integers("i").hash_buckets(5),
    }
    chosen = draw(st.lists(st.sampled_from([*lists]), min_size=1, unique=True))
    group = fk.sequence({one: lists[one] for one in chosen})
    group = group.missing_as_empty() if draw(st.booleans()) else group
    group = group.drop_missing() if draw(st.booleans()) else group
    match draw(st.sampled_from(["pad", "length", "counts", "mask"])):
        case "pad":
            return group.pad(draw(st.integers(1, 4)))[chosen[0]]
        case "length":
            return group.length()
        case "counts" if chosen[0] != "x":
            return group[chosen[0]].counts()
    return group.mask(3, side=draw(st.sampled_from(["left", "right"])))


def _policies(column):  # type: ignore[no-untyped-def]
    """The column, and what it does about missing lists and elements."""
    empty, dropped = column.missing_as_empty(), column.drop_missing()
    return st.sampled_from([column, empty, dropped, empty.drop_missing()])


@st.composite
def ids(draw: st.DrawFn) -> IdsColumn:
    kinds = ["words", "numbers", "hash", "identity", "buckets", "cross"]
    match draw(st.sampled_from(kinds)):
        case "cross":
            if draw(st.booleans()):
                return draw(exact_crosses())
            buckets = draw(st.sampled_from([1, 3, 50]))
            key = draw(st.none() | st.just(7))
            return draw(crosses()).hash_buckets(buckets, hash_key=key)
        case "words":
            column = fk.strings("t")
            column = column.fill("b") if draw(st.booleans()) else column
            if draw(st.booleans()):
                column = column.missing_values([draw(st.sampled_from(_WORDS))])
                default = draw(st.sampled_from(["missing", 0, 2]))
                found = draw(_policies(column)).vocabulary(
                    _WORDS[:3], num_oov=0, default=default
                )
                return draw(_policies(found))
            oov = draw(st.sampled_from([0, 1, 3]))
            return draw(_policies(column)).vocabulary(_WORDS[:3], num_oov=oov)
        case "numbers":
            oov = draw(st.sampled_from([0, 2]))
            return draw(_policies(fk.integers("i"))).vocabulary([0, 5, -1], num_oov=oov)
        case "hash":
            column = draw(_policies(fk.strings("t")) | _policies(fk.integers("i")))
            return column.hash_buckets(draw(st.sampled_from([1, 3, 50])))
        case "identity":
            filled = fk.integers("i").fill(1)
            default = draw(st.sampled_from([None, 8, "missing"]))
            column = draw(_policies(fk.integers("i")) | st.just(filled))
            return column.identity(9, default=default)
    boundaries = draw(st.sets(finite, min_size=1, max_size=4))
    return draw(numerics()).buckets(sorted(boundaries))


@st.composite
def crosses(draw: st.DrawFn) -> ListCrossColumn:
    """Two or three columns, of which the first is a list."""
    single = [
        fk.numeric("v").buckets([0.0]),
        fk.integers("i").missing_as_empty().length(maximum=2),
        fk.integers("i").length(maximum=2),
        fk.cross(
            fk.numeric("v").buckets([1.0]), fk.numeric("v").fill(0.0).buckets([1.0])
        ).hash_buckets(9),
    ]
    lists = draw(_policies(fk.strings("t")) | _policies(fk.integers("i")) | ids())
    others = draw(st.lists(st.sampled_from(single) | ids(), min_size=1, max_size=2))
    return fk.cross(*draw(st.permutations([lists, *others])))


@st.composite
def exact_crosses(draw: st.DrawFn) -> IdsColumn:
    """A cross with given combinations, some of which occur; unknown ones are ids."""
    crossed = draw(crosses())
    values = [
        st.sampled_from(_WORDS)
        if isinstance(column, fk_columns.StringsColumn)
        else st.integers(0, 3)
        for column in crossed.source.columns
    ]
    tokens = draw(st.lists(st.tuples(*values), min_size=1, max_size=9, unique=True))
    if draw(st.booleans()):
        return crossed.vocabulary(
            tokens, oov=draw(st.sampled_from(["before", "after"]))
        )
    default = draw(st.sampled_from([None, 0, "missing"]))
    found = crossed.vocabulary(tokens, num_oov=0, default=default)
    return draw(_policies(found))


@st.composite
def list_features(draw: st.DrawFn) -> Column:
    ends = ["pad", "multi_hot", "counts", "weighted", "length", "values", "aggregate"]
    sides = {
        "side": draw(st.sampled_from(["left", "right"])),
        "truncate": draw(st.sampled_from(["left", "right"])),
    }
    match draw(st.sampled_from([*ends, "single", "sequence", "mask", "hidden"])):
        case "pad":
            return draw(ids()).pad(draw(st.integers(1, 5)), **sides)
        case "multi_hot":
            return draw(ids()).multi_hot()
        case "counts":
            return draw(ids()).counts()
        case "weighted":
            found = draw(ids()).weighted(draw(numerics()))
            apart = draw(st.booleans())
            return found.pad(draw(st.integers(1, 5)), **sides) if apart else found
        case "length":
            maximum = draw(st.none() | st.integers(1, 3))
            column = draw(ids() | numerics())
            return (
                column.length() if maximum is None else column.length(maximum=maximum)
            )
        case "values":
            return draw(numerics()).pad(draw(st.integers(1, 5)), value=2.5, **sides)
        case "aggregate":
            name = draw(st.sampled_from(["sum", "mean", "min", "max"]))
            found = getattr(draw(numerics()), name)()
            return found.fill(-1.0).log1p() if draw(st.booleans()) else found
        case "sequence":
            return draw(sequence_features())
        case "hidden":
            text = draw(_policies(fk.strings("t")))
            tokens = text.vocabulary(["b"], reserved=["a"]).pad(draw(st.integers(1, 4)))
            key = fk.string("k").fill("none") if draw(st.booleans()) else fk.string("k")
            rate = draw(st.sampled_from([0.0, 0.5, 1.0]))
            return draw(
                st.sampled_from(tokens.mask_tokens("a", key=key, seed=3, rate=rate))
            )
        case "mask":
            return draw(ids() | numerics()).mask(draw(st.integers(1, 3)))
    return fk.numeric("v").fill(draw(finite))


@st.composite
def list_specs(draw: st.DrawFn) -> fk.FeatureSpec:
    drawn = draw(st.lists(list_features(), min_size=1, max_size=4))
    return fk.FeatureSpec({f"f{index}": column for index, column in enumerate(drawn)})
