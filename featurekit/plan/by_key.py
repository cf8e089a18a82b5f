"""Lowering of what is looked up by key: counts, and statistics of each key."""

import math
from collections.abc import Iterable

from featurekit.plan import ops
from featurekit.plan.graph import PlanBuilder
from featurekit.plan.statistics import (
    MomentsByKey,
    QuantilesByKey,
    RangeByKey,
    VocabularyCounts,
)
from featurekit.spec import steps as s
from featurekit.spec.columns import Grouped


def add_counts(
    builder: PlanBuilder, step: s.CountEncoding, found: VocabularyCounts, value: int
) -> int:
    """How often a value occurs; 0 for those that are not known."""
    table = ops.VocabularyTable(found.tokens)
    ids = builder.add(ops.LookupVocabulary(table, 1), value)
    total = found.total or 1  # of a vocabulary that has grown, all may be gone
    counts = (n / total if step.frequency else float(n) for n in found.counts)
    return builder.add(ops.LookupNumber((*counts, 0.0)), ids)


def add_grouped(
    builder: PlanBuilder,
    source: Grouped,
    found: MomentsByKey | RangeByKey | QuantilesByKey,
    value: int,
    key: int,
) -> int:
    """A difference and a quotient, or a bucket, by numbers that each key has.

    Args:
        builder: Receives the nodes.
        source: What is declared.
        found: The statistics of its keys.
        value: The node of the numbers.
        key: The node of the keys.
    """
    ids = key_ids(builder, found.tokens, key)
    known = len(found.tokens) + (source.unseen == "global")
    if isinstance(found, QuantilesByKey):
        sizes = found.sizes[:known]
        boundaries = found.boundaries[: sum(sizes)]
        op = ops.BucketizeByKey(boundaries, sizes, len(found.sizes) - known)
        return builder.add(op, value, ids)
    if isinstance(found, MomentsByKey):
        minus = found.means
        spread: Iterable[float] = map(math.sqrt, found.variances)
    else:
        minus = found.minimums
        pairs = zip(found.maximums, found.minimums, strict=True)
        spread = (high - low for high, low in pairs)
    divisors = tuple(one or 1.0 for one in spread)
    first, second = (
        builder.add(ops.LookupNumber(numbers[:known], len(numbers) - known), ids)
        for numbers in (minus, divisors)
    )
    difference = builder.add(ops.Arithmetic("subtract"), value, first)
    return builder.add(ops.Arithmetic("divide"), difference, second)


def key_ids(builder: PlanBuilder, tokens: s.Tokens, key: int) -> int:
    """The places of keys among the tokens; the next for unknown and missing ones."""
    ids = builder.add(ops.LookupVocabulary(ops.VocabularyTable(tokens), 1), key)
    if not builder.nodes[ids].type.nullable:
        return ids
    return builder.add(ops.FillMissing(len(tokens)), ids)
