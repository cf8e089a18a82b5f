"""Lowering: what a declaration becomes, and what it must not become."""

import pytest

import featurekit as fk
from featurekit.errors import SpecError, StatisticsError, VersionTooNewError
from featurekit.plan import ops
from featurekit.plan.graph import Plan, PlanBuilder
from featurekit.plan.lower import compile_requests, compile_spec, label_check
from featurekit.plan.requirements import requirements
from featurekit.plan.serialize import plan_from_proto, plan_to_proto
from featurekit.plan.statistics import (
    Moments,
    Presence,
    Quantiles,
    QuantileValues,
    Range,
    Statistic,
    VocabularyCounts,
)
from featurekit.plan.stats import Stats
from featurekit.plan.types import ValueType
from featurekit.spec.columns import Column

SPEC = fk.FeatureSpec(
    features={
        "delay": fk.numeric("dep_delay").fill(0.0).clip(-60, 600).standardize(),
        "delay_bucket": fk.numeric("dep_delay").fill(0.0).clip(-60, 600).buckets([0]),
        "distance": fk.numeric("distance").log1p().quantile_buckets(16).embedding(8),
        "scaled": fk.numeric("distance").min_max(),
        "carrier": fk.string("carrier").vocabulary(max_size=64).embedding(4),
        "flight": fk.integer("flight").vocabulary(min_count=2),
        "route": fk.cross(
            fk.string("carrier").vocabulary(max_size=64), fk.string("dest")
        ).hash_buckets(4000),
        "hour": fk.timestamp("time_hour", tz="America/New_York").hour().one_hot(),
    },
    label=fk.numeric("arr_delay").greater_equal(15),
    weight=fk.numeric("w"),
    key=["year", "carrier"],
)
ANSWERS: dict[str, Statistic] = {
    "presence": Presence(3, 1, 0, 0),
    "moments": Moments(3, 1.5, 4.0),
    "range": Range(3, 0.0, 8.0),
    "quantiles": Quantiles(16, 3, (1.0, 2.0), 0.0),
    "quantile_values": QuantileValues((0.25, 0.5, 0.75), 3, (1.0, 2.0, 4.0), 0.0),
}


def answer(spec: fk.FeatureSpec) -> Stats:
    found = {}
    for request in requirements(spec):
        if request.kind == "vocabulary":
            text = request.value_type == "string"
            tokens = (b"UA", b"AA\n") if text else (7, -7)
            found[request.key] = VocabularyCounts(tokens, (2, 1), 3, 2)
        else:
            found[request.key] = ANSWERS[request.kind]
    return Stats(found)


STATS = answer(SPEC)


def nodes(plan: Plan, op: type) -> list[int]:
    return [i for i, node in enumerate(plan.nodes) if isinstance(node.op, op)]


def test_requirements_name_each_statistic_once() -> None:
    keys = [request.key for request in requirements(SPEC)]
    assert len(keys) == len(set(keys))
    learned = [key for key in keys if not key.startswith("presence")]
    assert learned == [
        "moments(fk.numeric('dep_delay').fill(0.0).clip(-60.0, 600.0))",
        "quantiles(fk.numeric('distance').log1p(), num_buckets=16)",
        "range(fk.numeric('distance'))",
        "vocabulary(fk.string('carrier'), max_size=64, min_count=1)",
        "vocabulary(fk.integer('flight'), max_size=None, min_count=2)",
    ]


def test_outputs_have_the_types_of_records() -> None:
    assert compile_spec(SPEC, STATS).output_types == {
        "delay": ValueType("float32"),
        "delay_bucket": ValueType("int64", num_ids=2),
        "distance": ValueType("int64", num_ids=3),
        "scaled": ValueType("float32"),
        "carrier": ValueType("int64", num_ids=3),
        "flight": ValueType("int64", num_ids=3),
        "route": ValueType("int64", num_ids=4000),
        "hour": ValueType("float32", width=24),
        "label": ValueType("int64", num_ids=2),
        "weight": ValueType("float32"),
    }


def test_common_prefixes_are_computed_once() -> None:
    plan = compile_spec(SPEC, STATS)
    assert len(nodes(plan, ops.ClipValue)) == 1
    assert len(nodes(plan, ops.LookupVocabulary)) == 2  # carrier, shared, and flight
    assert len(nodes(plan, ops.ReadColumn)) == len(plan.columns) == 8


def test_nodes_come_before_their_use_and_all_are_used() -> None:
    plan = compile_spec(SPEC, STATS)
    for index, node in enumerate(plan.nodes):
        assert all(entry < index for entry in node.inputs)
    assert all(plan.features_of)


def test_negative_zero_is_another_constant() -> None:
    spec = fk.FeatureSpec(
        {"a": fk.numeric("x").fill(0.0), "b": fk.numeric("x").fill(-0.0)}
    )
    assert len(nodes(compile_spec(spec), ops.FillMissing)) == 2


def test_serving_leaves_out_label_weight_and_their_columns() -> None:
    plan = compile_spec(SPEC, STATS, serving=True)
    assert set(plan.output_types) == set(SPEC.features)
    assert set(plan.columns) == {item.name for item in SPEC.serving_inputs}


def test_the_label_is_checked_first() -> None:
    plan = compile_spec(SPEC, STATS)
    check = label_check(plan)
    assert check == min(nodes(plan, ops.RequirePresent))
    assert plan.features_of[check] == ("label",)
    filled = fk.FeatureSpec({"a": fk.numeric("a")}, label=fk.numeric("y").fill(0.0))
    assert label_check(compile_spec(filled)) is None


def test_the_plan_of_an_analysis_refuses_rows_without_label() -> None:
    spec = fk.FeatureSpec({"a": fk.numeric("a")}, label=fk.numeric("y").standardize())
    plan = compile_requests(spec, requirements(spec))
    check = label_check(plan)
    assert check is not None and plan.columns_of[check] == ("y",)


def test_text_dump_shows_every_node() -> None:
    plan = compile_spec(SPEC, STATS)
    text = str(plan)
    assert len(text.splitlines()) == len(plan.nodes) + len(plan.outputs)
    assert "clip_value(%" in text and "# float32[24]" in text


def test_round_trip() -> None:
    plan = compile_spec(SPEC, STATS)
    again = plan_from_proto(plan_to_proto(plan))
    assert again == plan
    assert again.fingerprint() == plan.fingerprint()


def test_a_damaged_vocabulary_is_noticed() -> None:
    data = plan_to_proto(compile_spec(SPEC, STATS))
    with pytest.raises(SpecError, match="PLAN_DIGEST"):
        plan_from_proto(data.replace(b"AA\n", b"AB\n"))


def test_a_newer_plan_is_refused() -> None:
    from featurekit.proto import plan_pb2

    message = plan_pb2.Plan.FromString(plan_to_proto(compile_spec(SPEC, STATS)))
    message.version += 1
    with pytest.raises(VersionTooNewError):
        plan_from_proto(message.SerializeToString())


def test_missing_statistics_are_named() -> None:
    with pytest.raises(StatisticsError, match=r"moments\(fk.numeric\('dep_delay'\)"):
        compile_spec(SPEC)


def test_a_statistic_of_no_value_teaches_nothing() -> None:
    spec = fk.FeatureSpec({"a": fk.numeric("a").standardize()})
    (request,) = [r for r in requirements(spec) if r.kind == "moments"]
    with pytest.raises(StatisticsError, match="measured on no value"):
        compile_spec(spec, Stats({request.key: Moments(0, 0.0, 0.0)}))


def test_two_passes_are_refused() -> None:
    spec = fk.FeatureSpec({"a": fk.numeric("a").standardize().quantile_buckets(4)})
    with pytest.raises(SpecError) as found:
        requirements(spec)
    assert found.value.code == "SPEC_TWO_PASSES"
    given = fk.numeric("a").standardize(mean=0.0, std=2.0).quantile_buckets(4)
    assert len(requirements(fk.FeatureSpec({"a": given}))) == 2


def test_a_builder_refuses_what_does_not_fit() -> None:
    builder = PlanBuilder()
    text = builder.add(ops.ReadColumn("s", "string"))
    with pytest.raises(SpecError, match="PLAN_TYPE"):
        builder.add(ops.Log1pValue(), text)
    with pytest.raises(SpecError, match="PLAN_TYPE"):
        builder.add(ops.LookupVocabulary(ops.VocabularyTable((1, 2)), 1), text)
    with pytest.raises(SpecError, match="PLAN_TYPE"):
        builder.add(ops.FillMissing(1), text)
    with pytest.raises(SpecError, match="PLAN_ORDER"):
        builder.add(ops.HashBucket(3), 99)


def test_vocabularies_compare_by_their_tokens() -> None:
    assert ops.VocabularyTable((b"ab", b"c")) != ops.VocabularyTable((b"a", b"bc"))
    assert ops.VocabularyTable((b"1",)) != ops.VocabularyTable((1,))
    assert ops.VocabularyTable((b"1",)) == ops.VocabularyTable((b"1",))


def learned(column: Column) -> list[str]:
    """The keys of what a column learns."""
    found = requirements(fk.FeatureSpec({"f": column}))
    return [request.key for request in found if request.kind != "presence"]


def test_later_statistics_count_the_values_that_were_there() -> None:
    filled = fk.numeric("a").fill_median().log1p().standardize()
    assert learned(filled) == [
        "quantile_values(fk.numeric('a'), probabilities=(0.25, 0.5, 0.75))",
        "moments(fk.numeric('a').log1p())",
    ]
    parts = fk.numeric("a").fill_mean() / fk.numeric("b").fill_median()
    assert learned(parts.quantile_buckets(3)) == [
        "moments(fk.numeric('a'))",
        "quantile_values(fk.numeric('b'), probabilities=(0.25, 0.5, 0.75))",
        "quantiles((fk.numeric('a') / fk.numeric('b')), num_buckets=3)",
    ]
    # A constant is no guess: it counts.
    constant = fk.numeric("a").fill(0.0).standardize()
    assert learned(constant) == ["moments(fk.numeric('a').fill(0.0))"]


def test_the_median_and_the_quartiles_are_one_statistic() -> None:
    assert len(learned(fk.numeric("a").fill_median().robust())) == 1
    assert len(learned(fk.numeric("a").fill_mean().standardize())) == 1


def test_two_passes_through_an_expression_are_refused() -> None:
    inner = fk.numeric("a").standardize() + fk.numeric("b")
    assert len(learned(inner)) == 1
    for column in (
        inner.standardize(),
        fk.where(inner.less_than(0), 1.0, fk.numeric("c")).robust(),
        fk.numeric("a").robust().winsorize(),
        fk.numeric("a").winsorize().fill_mean(),
    ):
        with pytest.raises(SpecError) as found:
            learned(column)
        assert found.value.code == "SPEC_TWO_PASSES"
        assert found.value.column.startswith("a")
        assert "…" in found.value.hint or "clip" in found.value.hint


def test_a_label_of_learned_parts_is_refused() -> None:
    label = (fk.numeric("y").standardize() - fk.numeric("z")).greater_equal(0)
    spec = fk.FeatureSpec({"a": fk.numeric("a")}, label=label)
    with pytest.raises(SpecError, match="SPEC_TWO_PASSES"):
        compile_requests(spec, requirements(spec))


def test_a_label_that_is_filled_is_never_missing() -> None:
    spec = fk.FeatureSpec({"a": fk.numeric("a")}, label=fk.numeric("y").fill_mean())
    assert label_check(compile_requests(spec, requirements(spec))) is None
    assert label_check(compile_spec(spec, answer(spec))) is None


def test_cyclic_of_many_ids_is_refused() -> None:
    spec = fk.FeatureSpec({"a": fk.string("s").hash_buckets(65_537).cyclic()})
    with pytest.raises(SpecError, match="SPEC_LIMIT"):
        compile_spec(spec)


def test_plans_of_expressions_round_trip() -> None:
    a, b, s = fk.numeric("a"), fk.numeric("b"), fk.string("s")
    spec = fk.FeatureSpec(
        {
            "f": (a / b - 0.0).fill(-0.0) * 3,
            "g": fk.where(a.less_than(b), -0.0, 1 - a).fill_median(),
            "h": fk.join(s, s, separator="\0").fill_mode().hash_buckets(3),
            "i": fk.timestamp("t").hour().cyclic(),
            "j": s.is_missing(),
            "k": fk.boolean("k").fill(True),
        }
    )
    plan = compile_spec(spec, answer(spec))
    again = plan_from_proto(plan_to_proto(plan))
    assert again == plan and str(again) == str(plan)


@pytest.mark.parametrize(
    ("op", "inputs"),
    [
        (ops.Arithmetic("add"), ["float64"]),
        (ops.Arithmetic("add", left=1.0, right=2.0), []),
        (ops.Arithmetic("add", right=2.0), ["int64"]),
        (ops.Arithmetic("power"), ["float64", "float64"]),  # type: ignore[arg-type]
        (ops.CompareNumbers("equal", right=2.0), ["float64"]),  # type: ignore[arg-type]
        (ops.ChooseNumber(1.0, 2.0), ["int64"]),
        (ops.JoinText("_"), ["string"]),
        (ops.LookupVector(2, (0.0, 1.0)), ["int64"]),
        (ops.LookupNumber((0.0, 1.0)), ["int64"]),
        (ops.LookupNumber((), 2), ["int64"]),
        (ops.BucketizeByKey((0.0,), (1,)), ["float64", "int64"]),
        (ops.BucketizeByKey((0.0,), (1,)), ["float64"]),
    ],
    ids=str,
)
def test_ops_refuse_inputs_that_do_not_fit(op: ops.Op, inputs: list[str]) -> None:
    kinds = tuple(ValueType(dtype) for dtype in inputs)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="PLAN_TYPE"):
        op.infer(kinds)
