"""Columns: legal steps, located errors, and a repr that is the code."""

import math
import pickle

import pytest

import featurekit as fk
from featurekit.errors import SpecError
from featurekit.spec.columns import (
    CategoricalColumn,
    Column,
    DenseColumn,
    EmbeddingColumn,
    NumericColumn,
)
from featurekit.spec.serialize import spec_from_text, spec_to_text

COLUMNS: list[Column] = [
    fk.numeric("a"),
    fk.numeric("a", nan="keep").fill(0.0).clip(-60, 600).log1p(),
    fk.numeric("a").fill(-1.5).clip(-math.inf, 4).standardize(),
    fk.numeric("a").standardize(mean=1.0, std=2.0).min_max(minimum=0.0, maximum=3.0),
    fk.numeric("a").min_max(),
    fk.numeric("a").buckets([0.0, 1.0, 2.5]).one_hot(),
    fk.numeric("a").quantile_buckets(16).embedding(8),
    fk.numeric("a").greater_equal(15),
    fk.string("s").fill("").vocabulary(max_size=64, num_oov=2).embedding(4),
    fk.string("s").vocabulary(["b", "a", "\n", "é"], num_oov=0),
    fk.string("s").vocabulary(
        ["b"], reserved=["[PAD]", ""], oov="before", missing_id=True, num_oov=3
    ),
    fk.string("s").vocabulary(max_size=3, min_count=2, shared="words").embedding(2),
    fk.integer("i").vocabulary([4], reserved=[0, -1], shared="ids"),
    fk.string("s").hash_buckets(10),
    fk.string("s").hash_buckets(10, key=[1, 2**63 - 1]),
    fk.integer("i").hash_buckets(10, key=[0, 0]),
    fk.integer("i").fill(-3).identity(7),
    fk.integer("i").missing_values([-1]).identity(7, default=0),
    fk.integer("i").identity(7, default="missing"),
    fk.integer("i").vocabulary([7], num_oov=0, default=0),
    fk.string("s").missing_values(["", "é"]).vocabulary(num_oov=0, default="missing"),
    fk.numeric("a").missing_values([-999, 0.1]).fill(0.0),
    fk.integer("i").vocabulary([3, -1]).one_hot(),
    fk.integer("i").vocabulary(min_count=2),
    fk.integer("i").hash_buckets(5),
    fk.timestamp("t", tz="Europe/Paris").day_of_week().one_hot(),
    fk.timestamp("t").minute(),
    fk.cross(fk.string("s"), fk.integer("i")).hash_buckets(100).embedding(3),
    fk.cross(
        fk.string("s"), fk.numeric("a").buckets([1]), fk.timestamp("t").hour()
    ).hash_buckets(9),
    fk.numeric("a").is_missing(),
    fk.string("s").is_missing().one_hot(),
    fk.integer("i").is_missing(),
    fk.timestamp("t").is_missing(),
    fk.timestamp("t").year().fill_mode().vocabulary(),
    fk.boolean("f").fill(True).embedding(2),
    fk.boolean("f").is_missing(),
    fk.numeric("a").less_than(3).fill(False),
    fk.numeric("a").fill_mean().fill_median().robust(),
    fk.numeric("a").winsorize(),
    fk.numeric("a").fill(0.0).standardize(by=fk.string("s")).fill(1.0).clip(0, 1),
    fk.numeric("a").min_max(by=fk.integer("i"), unseen="missing", max_keys=7),
    (fk.numeric("a") + 1).standardize(by=fk.timestamp("t").hour()) * 2,
    fk.numeric("a").quantile_buckets(4, by=fk.string("s")).one_hot(),
    fk.string("s").fill("").count_encoding(max_size=9).log1p(),
    fk.integer("i").count_encoding(frequency=True),
    fk.string("s").fill("").target_encoding(target=fk.numeric("a"), folds=3),
    fk.integer("i").target_encoding(
        target=fk.numeric("a").less_than(1), smoothing=2, max_keys=9
    )
    / 2,
    fk.numeric("a").winsorize(lower=0.1, upper=1),
    fk.string("s").fill_mode().vocabulary(),
    fk.integer("i").fill_mode().hash_buckets(3),
    fk.timestamp("t").month().cyclic(),
    (fk.numeric("a") / fk.numeric("b")).fill(0.0).standardize(),
    1 - fk.numeric("a") * (fk.numeric("b") + 2),
    3 / -fk.numeric("a"),
    fk.numeric("a").less_equal(fk.numeric("b")),
    fk.numeric("a").greater_equal(fk.numeric("b", nan="keep")),
    fk.numeric("a").greater_than(-1.5),
    fk.where(fk.numeric("a").is_missing(), 0, fk.minimum(fk.numeric("a"), 5)),
    fk.maximum(-1, fk.numeric("a").log1p()).buckets([0]),
    fk.join(fk.string("s"), fk.string("u").fill("")).fill("").vocabulary(),
    fk.join(fk.string("s"), fk.string("u"), separator="").hash_buckets(7),
    fk.cross(fk.join(fk.string("s"), fk.string("u")), fk.boolean("f")).hash_buckets(8),
    fk.cross(fk.string("s"), fk.integer("i")).hash_buckets(9, hash_key=12345),
    fk.cross(fk.string("s"), fk.integer("i")).vocabulary(),
    fk.cross(fk.string("s"), fk.string("s").vocabulary(["a"])).vocabulary(
        max_size=9, min_count=2, num_oov=0, oov="before", missing_id=True
    ),
]


@pytest.mark.parametrize("column", COLUMNS, ids=repr)
def test_repr_is_the_code(column: Column) -> None:
    scope = {"fk": fk, "inf": math.inf}
    assert eval(repr(column), scope) == column


@pytest.mark.parametrize("column", COLUMNS, ids=repr)
@pytest.mark.parametrize("form", ["json", "textproto"])
def test_columns_are_read_as_they_were_written(column: Column, form) -> None:
    spec = fk.FeatureSpec({"f": column})
    again = spec_from_text(spec_to_text(spec, form=form), form=form)
    assert again == spec and repr(again) == repr(spec)
    assert type(again.features["f"]) is type(column)


@pytest.mark.parametrize("column", COLUMNS, ids=repr)
def test_columns_are_values(column: Column) -> None:
    assert hash(column) == hash(eval(repr(column), {"fk": fk, "inf": math.inf}))
    with pytest.raises(AttributeError):
        column.steps = ()  # type: ignore[misc]


def test_each_kind_offers_only_what_may_follow() -> None:
    assert not hasattr(fk.numeric("a"), "embedding")
    assert not hasattr(fk.string("a"), "log1p")
    assert not hasattr(fk.string("a").hash_buckets(2), "fill")
    assert isinstance(fk.numeric("a").log1p(), NumericColumn)
    assert isinstance(fk.numeric("a").buckets([1]), CategoricalColumn)
    assert isinstance(fk.string("a").hash_buckets(2).one_hot(), DenseColumn)
    assert isinstance(fk.string("a").hash_buckets(2).embedding(1), EmbeddingColumn)


def _sum_of(count: int) -> NumericColumn:
    return sum((fk.numeric(f"c{index}") for index in range(count)), fk.numeric("a"))


CROSS = fk.cross(fk.string("s"), fk.integer("i"))
BAD = [
    (lambda: fk.numeric(""), "SPEC_BAD_NAME"),
    (lambda: fk.numeric("a/b"), "SPEC_BAD_NAME"),
    (lambda: fk.numeric("a\0"), "SPEC_BAD_NAME"),
    (lambda: fk.numeric("\ud800"), "SPEC_BAD_NAME"),
    (lambda: fk.numeric(3), "SPEC_BAD_NAME"),
    (lambda: fk.numeric("a", nan="drop"), "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a").fill(math.nan), "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a").fill("0"), "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a").clip(3, 2), "SPEC_BAD_SCALE"),
    (lambda: fk.numeric("a").clip(math.nan, 2), "SPEC_BAD_SCALE"),
    (lambda: fk.numeric("a").standardize(mean=1.0), "SPEC_BAD_SCALE"),
    (lambda: fk.numeric("a").standardize(mean=1.0, std=0.0), "SPEC_BAD_SCALE"),
    (lambda: fk.numeric("a").min_max(minimum=1.0, maximum=1.0), "SPEC_BAD_SCALE"),
    (lambda: fk.numeric("a").buckets([]), "SPEC_BAD_BOUNDARIES"),
    (lambda: fk.numeric("a").buckets([1, 1]), "SPEC_BAD_BOUNDARIES"),
    (lambda: fk.numeric("a").buckets([2, 1]), "SPEC_BAD_BOUNDARIES"),
    (lambda: fk.numeric("a").buckets([1, math.nan]), "SPEC_BAD_BOUNDARIES"),
    (lambda: fk.numeric("a").buckets([True]), "SPEC_BAD_BOUNDARIES"),
    (lambda: fk.numeric("a").quantile_buckets(1), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").hash_buckets(0), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").hash_buckets(2**31), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").hash_buckets(True), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").fill(3), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").vocabulary("abc"), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").vocabulary([]), "SPEC_EMPTY_VOCAB"),
    (lambda: fk.string("s").vocabulary(["a", "a"]), "SPEC_DUPLICATE_TOKEN"),
    (lambda: fk.string("s").vocabulary(["a"], max_size=3), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").vocabulary(num_oov=-1), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").vocabulary(oov="first"), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").vocabulary(missing_id=1), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").fill("").vocabulary(missing_id=True), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").vocabulary(reserved="[PAD]"), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").vocabulary(reserved=[1]), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").vocabulary(reserved=["a", "a"]), "SPEC_DUPLICATE_TOKEN"),
    (lambda: fk.string("s").vocabulary(["a"], reserved=["a"]), "SPEC_DUPLICATE_TOKEN"),
    (lambda: fk.string("s").vocabulary(shared=""), "SPEC_BAD_NAME"),
    (lambda: fk.string("s").hash_buckets(9, key=[1]), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").hash_buckets(9, key=[1, 2, 3]), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").hash_buckets(9, key=[-1, 2]), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").hash_buckets(9, key=[1, 2**63]), "SPEC_BAD_VALUE"),
    (lambda: fk.integer("i").hash_buckets(9, key=[1, True]), "SPEC_BAD_VALUE"),
    (lambda: CROSS.hash_buckets(9, hash_key=0), "SPEC_BAD_VALUE"),
    (lambda: CROSS.hash_buckets(9, hash_key=2**63), "SPEC_BAD_VALUE"),
    (lambda: CROSS.vocabulary(num_oov=2), "SPEC_BAD_VALUE"),
    (lambda: CROSS.vocabulary(oov="last"), "SPEC_BAD_VALUE"),
    (lambda: fk.integer("i").vocabulary([True]), "SPEC_BAD_VALUE"),
    (lambda: fk.integer("i").vocabulary([2**63]), "SPEC_BAD_VALUE"),
    (lambda: fk.integer("i").fill(1.0), "SPEC_BAD_VALUE"),
    (lambda: fk.integer("i").fill(-(2**63)), "SPEC_BAD_VALUE"),
    (lambda: fk.integer("i").identity(0), "SPEC_BAD_VALUE"),
    (lambda: fk.integer("i").identity(3, default=3), "SPEC_BAD_VALUE"),
    (lambda: fk.integer("i").identity(3, default=-1), "SPEC_BAD_VALUE"),
    (lambda: fk.integer("i").identity(3, default="none"), "SPEC_BAD_VALUE"),
    (lambda: fk.integer("i").identity(3, default=True), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").vocabulary(["a"], default=0), "SPEC_BAD_VALUE"),
    (
        lambda: fk.string("s").vocabulary(["a"], num_oov=0, default=1),
        "SPEC_BAD_VALUE",
    ),
    (lambda: fk.string("s").missing_values([]), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").missing_values("NA"), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").missing_values([b"a"]), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").missing_values(["\ud800"]), "SPEC_BAD_VALUE"),
    (lambda: fk.integer("i").missing_values([1.0]), "SPEC_BAD_VALUE"),
    (lambda: fk.integer("i").missing_values([True]), "SPEC_BAD_VALUE"),
    (lambda: fk.integer("i").missing_values([2**63]), "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a").missing_values([math.nan]), "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a").missing_values([1e-40]), "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a").missing_values(["a"]), "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a").fill(0.0).missing_values([1.0]), "SPEC_BAD_VALUE"),
    (lambda: (-fk.numeric("a")).missing_values([1.0]), "SPEC_BAD_VALUE"),
    (lambda: fk.timestamp("t", tz="Mars/Olympus"), "SPEC_BAD_VALUE"),
    (lambda: fk.timestamp("t", tz="../../etc/passwd"), "SPEC_BAD_VALUE"),
    (lambda: fk.cross(fk.string("s")), "SPEC_BAD_VALUE"),
    (lambda: fk.boolean("f").fill(2), "SPEC_BAD_VALUE"),
    (lambda: fk.boolean("f").fill("yes"), "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a").winsorize(lower=0.9, upper=0.1), "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a").winsorize(upper=1.5), "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a").winsorize(lower=math.nan), "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a").standardize(by=fk.numeric("b")), "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a").standardize(by="b"), "SPEC_BAD_VALUE"),
    (
        lambda: fk.numeric("a").standardize(mean=0, std=1, by=fk.string("s")),
        "SPEC_BAD_VALUE",
    ),
    (
        lambda: fk.numeric("a").min_max(by=fk.string("s"), unseen="raw"),
        "SPEC_BAD_VALUE",
    ),
    (
        lambda: fk.numeric("a").min_max(by=fk.string("s"), max_keys=0),
        "SPEC_BAD_VALUE",
    ),
    (lambda: fk.string("s").count_encoding(max_size=0), "SPEC_BAD_VALUE"),
    (lambda: fk.string("s").count_encoding(frequency=1), "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a") + fk.string("s"), "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a") + "1", "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a") * math.inf, "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a") - True, "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a") / 0, "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a").less_than(fk.integer("i")), "SPEC_BAD_VALUE"),
    (lambda: fk.numeric("a").greater_equal(fk.integer("i")), "SPEC_BAD_VALUE"),
    (lambda: fk.minimum(1, 2), "SPEC_BAD_VALUE"),
    (lambda: fk.where(fk.numeric("a"), 1, 2), "SPEC_BAD_VALUE"),
    (lambda: fk.where(fk.integer("i").identity(2), 1, 2), "SPEC_BAD_VALUE"),
    (lambda: fk.where(fk.boolean("f"), "a", 2), "SPEC_BAD_VALUE"),
    (lambda: fk.join(fk.string("a")), "SPEC_BAD_VALUE"),
    (lambda: fk.join(fk.string("a"), fk.integer("i")), "SPEC_BAD_VALUE"),
    (lambda: fk.join(fk.string("a"), fk.string("b"), separator=1), "SPEC_BAD_VALUE"),
    (lambda: _sum_of(30), "SPEC_LIMIT"),
    (
        lambda: fk.FeatureSpec({"a": fk.numeric("a")}, key=[-fk.numeric("a")]),
        "SPEC_BAD_VALUE",
    ),
    (lambda: fk.cross(fk.string("s"), fk.numeric("a")), "SPEC_BAD_VALUE"),
]


@pytest.mark.parametrize(("build", "code"), BAD)
def test_bad_declarations_are_refused_at_once(build, code) -> None:
    with pytest.raises(SpecError) as found:
        build()
    assert found.value.code == code


def test_errors_say_where() -> None:
    with pytest.raises(SpecError, match="column=delay") as found:
        fk.numeric("delay").fill(0.0).buckets([2, 1])
    assert "boundary 1 is not above boundary 0" in str(found.value)
    assert found.value.got == (2.0, 1.0)


def test_a_deep_expression_survives_every_form() -> None:
    spec = fk.FeatureSpec({"f": _sum_of(24).buckets([0])})
    for form in ("json", "textproto"):
        assert spec_from_text(spec_to_text(spec, form=form), form=form) == spec
    assert pickle.loads(pickle.dumps(spec)) == spec


def test_expressions_that_no_user_can_write_are_refused() -> None:
    text = spec_to_text(fk.FeatureSpec({"f": fk.numeric("a") + 1}), form="json")
    for wrong in ('"power"', '"where"', '"join"', '"divide"'):
        damaged = text.replace('"add"', wrong).replace("1.0", "0.0")
        with pytest.raises(SpecError):
            spec_from_text(damaged, form="json")


def test_inputs_of_an_expression_are_named_once() -> None:
    a, b = fk.numeric("a"), fk.numeric("b")
    column = fk.where(fk.boolean("f"), a / b, a)
    assert [item.name for item in column.inputs] == ["f", "a", "b"]
