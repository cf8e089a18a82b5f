"""Casts are exact, or located errors."""

import datetime as dt
import decimal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurekit.errors import (
    CorruptSourceError,
    DTypeMismatchError,
    FeatureKitError,
    RowError,
    SourceError,
    SpecError,
)
from featurekit.io.casting import cast_accepted, cast_column

NEW_YORK = "America/New_York"
ZONES = [NEW_YORK, "Europe/Dublin", "Asia/Kolkata", "UTC", "Africa/Casablanca"]


def cast(values, dtype, kind=None, **options):
    array = values if isinstance(values, pa.Array) else pa.array(values, kind)
    found = cast_column(array, dtype, column="x", file="f", **options)
    found.validate(full=True)
    return found


def code_of(values, dtype, kind=None, **options) -> tuple[str, int | None]:
    with pytest.raises(FeatureKitError) as caught:
        cast(values, dtype, kind, **options)
    assert caught.value.column == "x"
    return caught.value.code, caught.value.row


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
@pytest.mark.parametrize("sign", ["int", "uint"])
def test_integers_widen_exactly_at_their_limits(bits, sign):
    kind = getattr(pa, f"{sign}{bits}")()
    limits = np.iinfo(f"{sign}{bits}")
    high = min(limits.max, 2**63 - 1)
    low = max(limits.min, -(2**63) + 1)
    found = cast([low, None, high], "int64", kind)
    assert found.type == pa.int64()
    assert found.to_pylist() == [low, None, high]


def test_uint64_over_int64_is_an_overflow_with_its_row():
    values = [1, None, 2**63, 2**64 - 1]
    assert code_of(values, "int64", pa.uint64(), first_row=100) == ("INT_OVERFLOW", 102)
    with pytest.raises(RowError, match="2 values of 4 do not fit int64"):
        cast(values, "int64", pa.uint64())


@pytest.mark.parametrize("kind", [pa.int64(), pa.timestamp("us", "UTC")])
def test_the_missing_marker_is_refused(kind):
    values = pa.array([5, -(2**63)], pa.int64()).cast(kind)
    dtype = "int64" if kind == pa.int64() else "timestamp"
    assert code_of(values, dtype) == ("RESERVED_VALUE", 1)
    assert cast(values.slice(0, 1), dtype).to_pylist() == [5]


def test_the_missing_marker_below_a_null_is_no_value():
    garbage = pa.array(np.array([-(2**63), 1]), mask=np.array([True, False]))
    assert cast(garbage, "int64").to_pylist() == [None, 1]


def test_bool_becomes_zero_and_one():
    assert cast([True, None, False], "int64").to_pylist() == [1, None, 0]
    found = cast([True, None, False], "float32")
    assert found.type == pa.float32()
    assert found.to_pylist() == [1.0, None, 0.0]


def test_date32_as_int64_counts_days():
    assert cast([dt.date(1970, 1, 3), None], "int64").to_pylist() == [2, None]


def test_integral_decimals_become_int64():
    kind = pa.decimal128(38, 0)
    values = [decimal.Decimal(2**53 + 1), None]
    assert cast(values, "int64", kind).to_pylist() == [2**53 + 1, None]
    assert code_of([decimal.Decimal(2**63)], "int64", kind) == ("INT_OVERFLOW", 0)


def test_decimals_do_not_become_floats():
    with pytest.raises(DTypeMismatchError, match="cast the column to double"):
        cast([decimal.Decimal("1.5")], "float32")


def test_float64_rounds_to_nearest_and_keeps_nan_inf_and_null_apart():
    found = cast([0.1, float("nan"), float("inf"), None, 1e-60], "float32")
    assert found.is_null().to_pylist() == [False, False, False, True, False]
    numbers = found.fill_null(0).to_numpy()
    expected = np.array([0.1, np.nan, np.inf, 0, 0], np.float32)
    np.testing.assert_array_equal(numbers, expected)


def test_float64_overflow_is_out_of_range():
    assert code_of([1.0, -1e40, 1e39], "float32") == ("OUT_OF_RANGE", 1)
    assert cast([3.4028235e38], "float32").to_pylist() == [
        float(np.float32(3.4028235e38))
    ]


def test_garbage_below_nulls_is_never_judged():
    mask = np.array([True, False])
    assert cast(pa.array(np.array([1e300, 1.0]), mask=mask), "float32").null_count == 1
    ints = pa.array(np.array([16777217, 1]), mask=mask)
    assert cast(ints, "float32").to_pylist() == [None, 1.0]


@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1), min_size=1, max_size=8))
def test_integers_become_float32_only_when_exact(values):
    inexact = [i for i, v in enumerate(values) if int(np.float32(v)) != v]
    if inexact:
        assert code_of(values, "float32", pa.int64()) == ("LOSSY_CAST", inexact[0])
    else:
        assert cast(values, "float32", pa.int64()).to_pylist() == values


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (2**24, pa.int32()),
        (2**62, pa.int64()),
        (2**63, pa.uint64()),
        (-(2**63), pa.int64()),
    ],
)
def test_large_powers_of_two_are_exact_float32(value, kind):
    assert cast([value], "float32", kind).to_pylist() == [float(value)]


@pytest.mark.parametrize(
    ("value", "kind"),
    [(2**63 - 1, pa.int64()), (2**64 - 1, pa.uint64()), (2**24 + 1, pa.uint32())],
)
def test_integers_that_round_are_lossy(value, kind):
    assert code_of([0, value], "float32", kind) == ("LOSSY_CAST", 1)


def test_float_column_for_int64_is_refused_unless_it_is_all_null():
    with pytest.raises(DTypeMismatchError, match="Int64"):
        cast([1.0, None], "int64")
    assert cast([None, None], "int64", pa.float64()).to_pylist() == [None, None]


@pytest.mark.parametrize("dtype", ["float32", "int64", "string", "timestamp"])
def test_a_null_column_is_all_missing(dtype):
    found = cast(pa.nulls(3), dtype)
    assert found.null_count == 3
    assert found.type != pa.null()


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (["1"], "float32"),
        (["1"], "int64"),
        ([b"1"], "timestamp"),
        ([1], "string"),
        ([True], "string"),
        ([1.5], "string"),
        ([1], "timestamp"),
        ([1.5], "timestamp"),
        ([[1]], "int64"),
        ([{"a": 1}], "int64"),
        ([dt.time(1)], "timestamp"),
        ([dt.timedelta(1)], "int64"),
        ([dt.datetime(2020, 1, 1)], "int64"),
        ([dt.datetime(2020, 1, 1)], "string"),
    ],
)
def test_other_types_are_refused_with_the_supported_ones(values, dtype):
    with pytest.raises(DTypeMismatchError, match=r"expected .* Hint: "):
        cast(values, dtype)


def test_unknown_dtype_is_a_spec_error():
    with pytest.raises(SpecError, match="float32, int64, string, timestamp"):
        cast([1], "flaot32")


TEXT = ["a", None, "", "é\n", "a"]
TEXT_KINDS = [
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.binary(),
    pa.large_binary(),
    pa.binary_view(),
]


@pytest.mark.parametrize("kind", TEXT_KINDS, ids=str)
@pytest.mark.parametrize("index", [None, pa.int8(), pa.uint32(), pa.int64()], ids=str)
def test_text_in_every_layout(kind, index):
    values = pa.array(TEXT).cast(kind)
    if index is not None:
        entries = pa.array(["unused", "a", None, "", "é\n"]).cast(kind)
        codes = pa.array([1, 2, 3, 4, 1], index)
        values = pa.DictionaryArray.from_arrays(codes, entries, ordered=True)
    for array, expected in [(values, TEXT), (values.slice(1, 3), TEXT[1:4])]:
        found = cast(array, "string")
        assert found.to_pylist() == expected
        assert found.null_count == expected.count(None)
        if index is None:
            assert found.type == pa.large_string()
        else:
            assert found.type == pa.dictionary(pa.int32(), pa.large_string())


def bad_text(kind):
    raw = pa.array([b"ok", b"\xff\xfe", b"fine", b"\x80"])
    raw = raw.cast({pa.large_string(): pa.large_binary()}.get(kind, pa.binary()))
    return pa.Array.from_buffers(kind, 4, raw.buffers())


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary()], ids=str)
def test_invalid_utf8_names_its_row(kind):
    assert code_of(bad_text(kind), "string", first_row=10) == ("BAD_UTF8", 11)
    with pytest.raises(RowError, match="2 values of 4"):
        cast(bad_text(kind), "string")


def test_invalid_utf8_in_a_dictionary_counts_only_where_it_is_used():
    entries = bad_text(pa.string())
    used = pa.DictionaryArray.from_arrays(pa.array([0, 2, 3, 0]), entries)
    assert code_of(used, "string") == ("BAD_UTF8", 2)
    unused = pa.DictionaryArray.from_arrays(pa.array([0, 2, None]), entries)
    assert cast(unused, "string").to_pylist() == ["ok", "fine", None]


def test_broken_memory_is_refused_before_it_is_read():
    offsets = pa.py_buffer(np.array([0, 5, 2], np.int32))
    broken = pa.Array.from_buffers(
        pa.string(), 2, [None, offsets, pa.py_buffer(b"abcdef")]
    )
    with pytest.raises(CorruptSourceError, match="Offset invariant"):
        cast(broken, "string")
    codes = pa.array([0, 7], pa.int32())
    outside = pa.DictionaryArray.from_arrays(codes, pa.array(["a"]), safe=False)
    with pytest.raises(CorruptSourceError, match=r"0\.\.7 outside of 0\.\.0"):
        cast(outside, "string")


def test_dictionaries_of_numbers_are_decoded():
    values = pa.array([3, None, 3, 4]).dictionary_encode()
    assert cast(values, "int64").to_pylist() == [3, None, 3, 4]
    assert cast(values, "float32").to_pylist() == [3.0, None, 3.0, 4.0]


INSTANT = dt.datetime(2013, 7, 1, 12, 30, tzinfo=dt.UTC)
MICROS = 1372681800_000000


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", NEW_YORK, "+05:30"])
def test_zoned_timestamps_are_instants(unit, zone):
    values = pa.array([INSTANT, None], pa.timestamp(unit, zone))
    # The declared zone is for naive values only.
    assert cast(values, "timestamp", timezone="Asia/Tokyo").to_pylist() == [
        MICROS,
        None,
    ]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_naive_timestamps_need_a_zone(unit):
    values = pa.array([dt.datetime(2013, 7, 1, 8, 30), None], pa.timestamp(unit))
    with pytest.raises(SourceError, match="TZ_REQUIRED"):
        cast(values, "timestamp")
    assert cast(values, "timestamp", timezone=NEW_YORK).to_pylist() == [MICROS, None]
    with pytest.raises(SourceError, match="TZ_UNKNOWN"):
        cast(values, "timestamp", timezone="No/Where")


@pytest.mark.parametrize(
    "local",
    [
        (2013, 11, 3, 1, 30),
        (2013, 3, 10, 2, 30),
        (2050, 11, 6, 1, 30),
        (2050, 3, 13, 2, 0),
    ],
)
def test_local_times_shown_twice_or_never_are_refused(local):
    fine = dt.datetime(2013, 7, 1)
    values = [None, fine, dt.datetime(*local), dt.datetime(*local)]
    found = code_of(values, "timestamp", timezone=NEW_YORK, first_row=5)
    assert found == ("TZ_AMBIGUOUS", 7)


def test_timestamp_units_are_exact_or_refused():
    ns = pa.timestamp("ns", "UTC")
    assert cast(
        pa.array([-1000, 2**62 // 1000 * 1000]).cast(ns), "timestamp"
    ).to_pylist() == [
        -1,
        2**62 // 1000,
    ]
    assert code_of(pa.array([1000, 1001]).cast(ns), "timestamp") == ("LOSSY_CAST", 1)
    seconds = pa.array([2**63 // 10**6, 2**63 // 10**6 + 1]).cast(
        pa.timestamp("s", "UTC")
    )
    assert code_of(seconds, "timestamp") == ("OUT_OF_RANGE", 1)
    far = pa.array([2**63 - 1]).cast(pa.timestamp("us"))
    assert code_of(far, "timestamp", timezone=NEW_YORK) == ("OUT_OF_RANGE", 0)


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()])
def test_dates_are_midnight_in_their_zone(kind):
    values = pa.array([dt.date(1969, 12, 31), None], kind)
    assert cast(values, "timestamp").to_pylist() == [-86_400_000_000, None]
    found = cast(values, "timestamp", timezone=NEW_YORK).to_pylist()
    assert found == [-86_400_000_000 + 5 * 3600 * 10**6, None]


@given(
    st.one_of(
        st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2040, 1, 1)),
        st.datetimes(dt.datetime(2036, 6, 1), dt.datetime(9990, 1, 1)),
    ),
    st.sampled_from(ZONES),
)
def test_zones_agree_with_zoneinfo(local, zone):
    early, late = (local.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    micros = (early.astimezone(dt.UTC) - epoch) // dt.timedelta(microseconds=1)
    values = pa.array([local], pa.timestamp("us"))
    if early.utcoffset() != late.utcoffset():
        assert code_of(values, "timestamp", timezone=zone)[0] == "TZ_AMBIGUOUS"
    else:
        assert cast(values, "timestamp", timezone=zone).to_pylist() == [micros]


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize(
    "written",
    [
        "2013-07-01T12:30:00Z",
        "2013-07-01 12:30Z",
        "2013-07-01 12:30:00+00:00",
        "2013-07-01T08:30:00.000-0400",
        "2013-07-01T14:30:00.000000000+02",
        "2013-07-01T08:30:00",
        "2013-07-01 08:30:00.0",
    ],
)
def test_iso_8601_text(written, text):
    values = pa.array([None, written], pa.binary() if text else pa.string())
    found = cast(values, "timestamp", timezone=NEW_YORK, text=text)
    assert found.to_pylist() == [None, MICROS]
    if not text:
        encoded = values.dictionary_encode()
        found = cast(encoded, "timestamp", timezone=NEW_YORK)
        assert found.to_pylist() == [None, MICROS]


def test_zoned_and_local_text_mix():
    values = ["2013-07-01T12:30:00Z", None, "2013-07-01T08:30:00"]
    assert cast(values, "timestamp", timezone=NEW_YORK).to_pylist() == [
        MICROS,
        None,
        MICROS,
    ]
    assert code_of(values, "timestamp") == ("TZ_REQUIRED", 2)


def test_text_dates_are_midnight_utc_without_a_zone():
    assert cast(["1970-01-02"], "timestamp").to_pylist() == [86_400_000_000]


@pytest.mark.parametrize(
    "written",
    ["yesterday", "2013-02-30", "20130101", "", "1372681800", "2013-01-01T24:00:00"],
)
def test_other_text_is_no_timestamp(written):
    values = ["2013-01-01T00:00:00Z", written]
    assert code_of(values, "timestamp", timezone="UTC") == ("PARSE", 1)


def test_text_below_a_microsecond_is_lossy():
    values = ["2013-01-01T00:00:00Z", "2013-01-01T00:00:00.1234567Z"]
    assert code_of(values, "timestamp") == ("LOSSY_CAST", 1)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1", 1.0),
        (" -1.5\t", -1.5),
        ("+2", 2.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1e-400", 0.0),
        ("inf", np.inf),
        ("-Infinity", -np.inf),
        ("0.1", float(np.float32(0.1))),
    ],
)
def test_csv_reals(written, value):
    found = cast([written.encode(), None, b"nan"], "float32", text=True)
    assert found.type == pa.float32()
    assert found.to_pylist()[:2] == [value, None]
    assert np.isnan(found[2].as_py())


@pytest.mark.parametrize(
    "written", ["", "NA", "0x10", "1,5", "1_000", "1 000", "nan(1)", "--1", "1e", "١"]
)
def test_csv_text_that_is_no_real(written):
    values = [b"1", b"nan", written.encode(), written.encode()]
    assert code_of(values, "float32", text=True, first_row=7) == ("PARSE", 9)


@pytest.mark.parametrize("written", ["1e400", "-1e39"])
def test_csv_reals_out_of_range(written):
    assert code_of([b"inf", written.encode()], "float32", text=True) == (
        "OUT_OF_RANGE",
        1,
    )


def test_csv_integers_follow_the_grammar():
    values = [b"007", b"-0", b"+12", None, b" 9007199254740993"]
    found = cast(values, "int64", text=True)
    assert found.to_pylist() == [7, 0, 12, None, 9007199254740993]
    for written in [b"0x10", b"1.0", b"1e3", b"", b"+-1", b"NA", b"1_0"]:
        assert code_of([b"1", written], "int64", text=True) == ("PARSE", 1)
    assert code_of([b"1", b"9223372036854775808"], "int64", text=True) == (
        "INT_OVERFLOW",
        1,
    )
    assert code_of([b"-9223372036854775808"], "int64", text=True) == (
        "RESERVED_VALUE",
        0,
    )


@given(st.floats(width=64))
def test_csv_reals_equal_the_float64_column(value):
    written = pa.array([repr(value).encode()])
    try:
        expected = cast([value], "float32").to_numpy()
    except RowError as error:
        assert code_of(written, "float32", text=True) == (error.code, 0)
    else:
        found = cast(written, "float32", text=True).to_numpy()
        np.testing.assert_array_equal(found, expected)


def test_keys_are_text_or_integers_as_text() -> None:
    def cast(array: pa.Array) -> list[object]:
        return cast_column(array, "key", column="k").to_pylist()

    assert cast(pa.array([7, None, -(2**63) + 1])) == ["7", None, str(-(2**63) + 1)]
    assert cast(pa.array([2**63 - 1], pa.uint64())) == [str(2**63 - 1)]
    assert cast(pa.array(["a", None, ""])) == ["a", None, ""]
    assert cast(pa.array([3, 3]).dictionary_encode()) == ["3", "3"]
    with pytest.raises(DTypeMismatchError):
        cast(pa.array([1.5]))


def test_bad_values_are_left_out_one_by_one() -> None:
    batch = pa.RecordBatch.from_pydict(
        {
            "x": pa.array([1.0, 1e300, None, -1e300, 2.0]),
            "s": pa.array([b"a", b"\xff", b"b", None, b"\xfe"]),
            "i": pa.array([b"1", b"x", b"9" * 30, b"", b"-4"]),
        }
    )
    dtypes = {"x": "float32", "s": "string"}
    found, errors = cast_accepted(batch, dtypes, {}, file="f", first_row=100)
    assert found.to_pydict() == {
        "x": [1.0, None, None, None, 2.0],
        "s": ["a", None, "b", None, None],
    }
    assert [(e.column, e.row, e.code, e.got) for e in errors] == [
        ("x", 101, "OUT_OF_RANGE", 1e300),
        ("x", 103, "OUT_OF_RANGE", -1e300),
        ("s", 101, "BAD_UTF8", b"\xff"),
        ("s", 104, "BAD_UTF8", b"\xfe"),
    ]
    found, errors = cast_accepted(batch, {"i": "int64"}, {}, text=True)
    assert found["i"].to_pylist()[0] == 1
    assert {e.row for e in errors} >= {1, 2}


def test_what_is_accepted_alone_is_what_is_accepted_together() -> None:
    values = pa.array([1, 2**24 + 1, None, 2**24, -(2**53) - 1])
    batch = pa.RecordBatch.from_arrays([values], names=["x"])
    found, errors = cast_accepted(batch, {"x": "float32"}, {})
    bad = {error.row for error in errors}
    for row in range(len(values)):
        try:
            alone = cast_column(values.slice(row, 1), "float32", column="x")
        except RowError:
            assert row in bad
        else:
            assert row not in bad
            assert found["x"][row] == alone[0]
