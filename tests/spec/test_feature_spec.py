"""FeatureSpec: one value in five notations, compared and diffed."""

import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import featurekit as fk
from featurekit.errors import FeatureKitError, SpecError, VersionTooNewError
from featurekit.proto import spec_pb2
from featurekit.spec.columns import Column
from featurekit.spec.inputs import Input
from featurekit.spec.serialize import (
    spec_from_proto,
    spec_from_text,
    spec_to_proto,
    spec_to_text,
)
from featurekit.spec.splits import TimeSplit

names = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\n\r/"),
    min_size=1,
    max_size=12,
)
numbers = st.floats(-1e6, 1e6)


@st.composite
def numeric_columns(draw: st.DrawFn) -> Column:
    column = fk.numeric(draw(names), nan=draw(st.sampled_from(["missing", "keep"])))
    if draw(st.booleans()):
        column = column.fill(draw(numbers))
    if draw(st.booleans()):
        low = draw(numbers)
        column = column.clip(low, low + draw(st.floats(0, 100)))
    match draw(st.sampled_from(["log", "std", "given", "buckets", "quantiles"])):
        case "log":
            return column.log1p()
        case "std":
            return column.standardize()
        case "given":
            return column.standardize(mean=draw(numbers), std=0.5)
        case "buckets":
            found = draw(st.sets(numbers, min_size=1, max_size=5))
            return column.buckets(sorted(found)).one_hot()
    return column.quantile_buckets(draw(st.integers(2, 99))).embedding(3)


@st.composite
def id_columns(draw: st.DrawFn) -> Column:
    kind = draw(st.sampled_from(["tokens", "integers", "hash", "time", "cross"]))
    name = draw(names)
    if kind == "tokens":
        tokens = draw(
            st.lists(st.text(max_size=5), min_size=1, max_size=4, unique=True)
        )
        tokens = [t for t in tokens if not any("\ud800" <= c <= "\udfff" for c in t)]
        column = fk.string(name).vocabulary(
            tokens or ["a"],
            num_oov=draw(st.integers(0, 2)),
            reserved=draw(st.sampled_from([[], ["reserved"], ["a word", "another"]])),
            oov=draw(st.sampled_from(["before", "after"])),
            missing_id=draw(st.booleans()),
        )
        return column.embedding(2) if draw(st.booleans()) else column
    if kind == "integers":
        found = draw(st.sets(st.integers(-(2**63) + 1, 2**63 - 1), min_size=1))
        return fk.integer(name).vocabulary(found)
    if kind == "hash":
        key = draw(st.sampled_from([(), (0, 2**63 - 1)]))
        return fk.integer(name).fill(2**62).hash_buckets(7, key=key)
    if kind == "time":
        return fk.timestamp(name, tz="Asia/Kolkata").month().one_hot()
    cross = fk.cross(fk.string(name), fk.string(name))
    if draw(st.booleans()):
        return cross.vocabulary(missing_id=draw(st.booleans()), max_size=3)
    return cross.hash_buckets(11, hash_key=draw(st.none() | st.integers(1, 2**63 - 1)))


@st.composite
def specs(draw: st.DrawFn) -> fk.FeatureSpec:
    features = draw(
        st.dictionaries(names, numeric_columns() | id_columns(), min_size=1, max_size=5)
    )
    try:
        return fk.FeatureSpec(
            features,
            label=draw(st.none() | numeric_columns()),
            key=draw(st.sampled_from([[], ["k1"], ["k1", "k2"]])),
            missing_label=draw(st.sampled_from(["error", "drop"])),
        )
    except SpecError:  # two features read one name in two ways
        return fk.FeatureSpec({"a": fk.numeric("a")})


@pytest.mark.proves(110)
@given(specs())
def test_every_notation_gives_the_same_spec(spec: fk.FeatureSpec) -> None:
    assert spec_from_proto(spec_to_proto(spec)) == spec
    for form in ("json", "textproto"):
        assert spec_from_text(spec_to_text(spec, form=form), form=form) == spec
    assert pickle.loads(pickle.dumps(spec)) == spec
    # Statistics are found by the text of what they were measured on.
    assert repr(spec_from_proto(spec_to_proto(spec))) == repr(spec)
    assert eval(repr(spec), {"fk": fk, "inf": float("inf")}) == spec


@given(specs())
def test_fingerprints_tell_specs_apart(spec: fk.FeatureSpec) -> None:
    again = spec_from_proto(spec_to_proto(spec))
    assert again.fingerprint() == spec.fingerprint()
    assert not spec.diff(again)
    more = fk.FeatureSpec(
        {**spec.features, "another one": fk.numeric("another one")},
        label=spec.label,
        key=spec.key,
        missing_label=spec.missing_label,
    )
    assert more.fingerprint() != spec.fingerprint()
    assert "+ features.another one" in str(spec.diff(more))


def test_the_order_of_features_does_not_change_the_fingerprint() -> None:
    one, two = fk.numeric("a"), fk.numeric("b")
    first = fk.FeatureSpec({"a": one, "b": two})
    second = fk.FeatureSpec({"b": two, "a": one})
    assert first.fingerprint() == second.fingerprint()


@pytest.mark.parametrize("change", ["label", "key", "split", "missing_label", "weight"])
def test_every_part_changes_the_fingerprint(change: str) -> None:
    base = {"features": {"a": fk.numeric("a")}, "key": ["k"]}
    changed = {
        "label": fk.numeric("y"),
        "weight": fk.numeric("w"),
        "key": ["k", "l"],
        "split": fk.key_split(train=0.5, test=0.5),
        "missing_label": "drop",
    }
    first = fk.FeatureSpec(**base)
    second = fk.FeatureSpec(**{**base, change: changed[change]})
    assert first.fingerprint() != second.fingerprint()
    assert first != second
    assert change in str(first.diff(second))


@pytest.mark.proves(16)
def test_inputs_are_read_once_and_serving_needs_no_label() -> None:
    spec = fk.FeatureSpec(
        {"a": fk.numeric("x").fill(0.0), "b": fk.numeric("x").log1p()},
        label=fk.numeric("y"),
        weight=fk.numeric("w"),
        key=["k", "x2"],
        split=fk.time_split("t", test="2020-01-01"),
    )
    assert [item.name for item in spec.inputs] == ["x", "y", "w", "t", "k", "x2"]
    assert [item.name for item in spec.serving_inputs] == ["x"]
    assert list(spec.outputs) == ["a", "b", "label", "weight"]
    assert spec.split_names == ("train", "test")


def test_time_split_reads_local_dates() -> None:
    split = fk.time_split("t", tz="America/New_York", test="2013-11-01")
    expected = datetime(2013, 11, 1, 4, tzinfo=UTC).timestamp()
    assert split.starts == (int(expected) * 1_000_000,)


BAD = [
    (lambda: fk.FeatureSpec({}), "SPEC_BAD_VALUE"),
    (lambda: fk.FeatureSpec({"a": fk.string("a")}), "SPEC_BAD_VALUE"),
    (lambda: fk.FeatureSpec({"a": fk.timestamp("a")}), "SPEC_BAD_VALUE"),
    (lambda: fk.FeatureSpec({"a": 3}), "SPEC_BAD_VALUE"),
    (lambda: fk.FeatureSpec({"": fk.numeric("a")}), "SPEC_BAD_NAME"),
    (
        lambda: fk.FeatureSpec({"é": fk.numeric("a"), "e\u0301": fk.numeric("b")}),
        "SPEC_NAME_COLLISION",
    ),
    (
        lambda: fk.FeatureSpec({"label": fk.numeric("a")}, label=fk.numeric("y")),
        "SPEC_KEY_CONFLICT",
    ),
    (
        lambda: fk.FeatureSpec(
            {"a": fk.numeric("a"), "b": fk.string("a").hash_buckets(2)}
        ),
        "SPEC_KEY_CONFLICT",
    ),
    (lambda: fk.FeatureSpec({"a": fk.numeric("a")}, key=["a"]), "SPEC_KEY_CONFLICT"),
    (lambda: fk.FeatureSpec({"a": fk.numeric("a")}, key="ab"), "SPEC_BAD_VALUE"),
    (
        lambda: fk.FeatureSpec({"a": fk.numeric("a")}, key=["k", "k"]),
        "SPEC_DUPLICATE_NAME",
    ),
    (
        lambda: fk.FeatureSpec(
            {"a": fk.numeric("a")}, split=fk.key_split(train=0.5, test=0.5)
        ),
        "SPEC_UNKNOWN_REFERENCE",
    ),
    (lambda: fk.key_split(train=0.5, test=0.6), "SPEC_BAD_VALUE"),
    (lambda: fk.key_split(train=1.0), "SPEC_BAD_VALUE"),
    (lambda: fk.time_split("t"), "SPEC_BAD_VALUE"),
    (lambda: fk.time_split("t", a="2013-02-01", b="2013-01-01"), "SPEC_BAD_VALUE"),
    (lambda: fk.time_split("t", a="yesterday"), "SPEC_BAD_VALUE"),
    (lambda: fk.time_split("t", **{"a/b": "2013-01-01"}), "SPEC_BAD_NAME"),
]


@pytest.mark.parametrize(("build", "code"), BAD)
def test_bad_specs_are_refused(build, code) -> None:
    with pytest.raises(SpecError) as found:
        build()
    assert found.value.code == code


def test_a_spec_cannot_be_changed() -> None:
    spec = fk.FeatureSpec({"a": fk.numeric("a")})
    with pytest.raises(AttributeError):
        spec.label = fk.numeric("b")
    with pytest.raises(TypeError):
        spec.features["b"] = fk.numeric("b")  # type: ignore[index]


def _message(spec: fk.FeatureSpec) -> spec_pb2.FeatureSpec:
    return spec_pb2.FeatureSpec.FromString(spec_to_proto(spec))


def test_a_newer_format_is_refused() -> None:
    message = _message(fk.FeatureSpec({"a": fk.numeric("a")}))
    message.version = 99
    with pytest.raises(VersionTooNewError, match="upgrade featurekit"):
        spec_from_proto(message.SerializeToString())


def test_an_unknown_field_is_refused() -> None:
    data = spec_to_proto(fk.FeatureSpec({"a": fk.numeric("a")}))
    with pytest.raises(SpecError) as found:
        spec_from_proto(data + b"\xfa\x01\x01x")  # field 31, bytes
    assert found.value.code == "SPEC_UNKNOWN_FIELD"


@pytest.mark.parametrize("data", [b"", b"\xff", b"hello world, this is no spec"])
def test_bytes_that_are_no_spec_are_refused(data: bytes) -> None:
    with pytest.raises(SpecError):
        spec_from_proto(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"version": 1, "unknown": 3}',
        '{"version": 1, "version": 1}',
        '{"version": 1}',
        "{" * 1000,
    ],
)
def test_text_that_is_no_spec_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        spec_from_text(text, form="json")


def test_a_file_may_not_say_what_python_cannot() -> None:
    column = fk.string("a").hash_buckets(3)
    followed = _message(fk.FeatureSpec({"a": column}))
    followed.features[0].column.steps.add().log1p.SetInParent()
    started = _message(fk.FeatureSpec({"a": column}))
    started.features[0].column.steps[0].hash_buckets.hash_key = 5
    crossed = fk.cross(fk.string("a"), fk.string("b"))
    keyed = _message(fk.FeatureSpec({"a": crossed.hash_buckets(3)}))
    keyed.features[0].column.steps[0].hash_buckets.key.extend([1, 2])
    given = _message(fk.FeatureSpec({"a": crossed.vocabulary()}))
    given.features[0].column.steps[0].vocabulary.shared = "w"
    for message in (followed, started, keyed, given):
        with pytest.raises(SpecError) as found:
            spec_from_proto(message.SerializeToString())
        assert found.value.code == "SPEC_UNKNOWN_OP"


def test_combinations_of_a_file_are_checked() -> None:
    crossed = fk.cross(fk.string("a"), fk.integers("b"))
    message = _message(fk.FeatureSpec({"a": crossed.vocabulary().counts()}))
    tokens = message.features[0].column.steps[0].vocabulary.tokens.text
    tokens.append(b"1:a,1:7,")
    found = spec_from_proto(message.SerializeToString())
    assert found.features["a"] == crossed.vocabulary([("a", 7)]).counts()
    tokens.append(b"1:a,1:b,")
    with pytest.raises(SpecError) as raised:
        spec_from_proto(message.SerializeToString())
    assert raised.value.code == "SPEC_BAD_VALUE"


def test_a_shared_vocabulary_is_declared_alike() -> None:
    first = fk.string("a").vocabulary(shared="w", max_size=3)
    for other in (
        fk.string("b").vocabulary(shared="w"),
        fk.integer("b").vocabulary(shared="w", max_size=3),
        fk.cross(
            fk.string("b").vocabulary(["a"], shared="w"), fk.string("c")
        ).hash_buckets(3),
    ):
        with pytest.raises(SpecError) as found:
            fk.FeatureSpec({"a": first, "b": other})
        assert found.value.code == "SPEC_SHARED_VOCABULARY"
        assert found.value.column == "b"
    alike = fk.string("b").fill("").vocabulary(shared="w", max_size=3)
    assert fk.FeatureSpec({"a": first, "b": alike.embedding(4)})


@pytest.mark.parametrize(
    "split",
    [
        fk.time_split("t", dev="2013-10-01", test="2013-11-01T06:30:00.5"),
        fk.time_split("t", tz="America/New_York", test="2013-11-03T01:30:00"),
        fk.time_split(
            "t", first="old", **{"in-between": "0001-02-01", "new": "2099-01-01"}
        ),
        fk.key_split(train=0.5, test=0.5),
        fk.key_split(salt="s", train=0.9, **{"te.st": 0.1}),
    ],
)
def test_a_split_prints_as_what_makes_it(split: object) -> None:
    assert eval(repr(split), {"fk": fk}) == split


def test_a_split_starts_within_the_calendar() -> None:
    start = fk.time_split("t", test="2013-11-01").starts[0]
    for moment in (start * 10_000, -start * 10_000):
        with pytest.raises(SpecError, match="years 1 to 9999"):
            TimeSplit(Input("t", "timestamp", time_zone="UTC"), ("a", "b"), (moment,))


def test_the_order_of_features_does_not_decide_what_a_local_time_means() -> None:
    paris = fk.timestamp("t", tz="Europe/Paris").hour()
    utc = fk.timestamp("t").hour()
    for features in ({"a": paris, "b": utc}, {"b": utc, "a": paris}):
        spec = fk.FeatureSpec(features)
        for local in ("2024-07-01T12:00:00", datetime(2024, 7, 1, 12)):
            with pytest.raises(FeatureKitError, match="zone"):
                fk.Preprocessor(spec).transform([{"t": local}])
        found = fk.Preprocessor(spec).transform([{"t": "2024-07-01T12:00:00Z"}])
        assert (found["a"].item(), found["b"].item()) == (14, 12)
