"""Lowering of target encoding: a table of means by category, and by fold."""

from featurekit.errors import StatisticsError
from featurekit.plan import ops
from featurekit.plan.by_key import key_ids
from featurekit.plan.graph import PlanBuilder
from featurekit.plan.statistics import TargetByKey
from featurekit.spec.columns import TargetEncoding

ROW = "featurekit/row"
"""The column of the rows' own hashes, which jobs add; no source column is called so."""


def add_fold(builder: PlanBuilder, folds: int) -> int:
    """The fold of a row; missing for rows that train nothing."""
    row = builder.add(ops.ReadColumn(ROW, "int64"))
    return builder.add(ops.HashBucket(folds), row)


def add_target(
    builder: PlanBuilder,
    source: TargetEncoding,
    found: TargetByKey,
    category: int,
    *,
    training: bool,
) -> int:
    """The encoding of a category.

    Args:
        builder: Receives the nodes.
        source: What is declared.
        found: The moments of the target.
        category: The node of the categories.
        training: Whether rows have folds; else all have the mean of all folds.
    """
    size = source.folds + 1
    ids = key_ids(builder, found.tokens, category)
    table = [_encode(source, found, at) for at in range(len(found.counts))]
    if not training:
        return builder.add(ops.LookupNumber(tuple(table[source.folds :: size])), ids)
    if not all(found.counts[-size:]):
        raise StatisticsError(
            "all training rows with a target are in one fold",
            code="STATS_EMPTY",
            column=", ".join(item.name for item in source.category.inputs),
            expected="rows in two folds or more",
            hint="the key columns decide the fold: they have to differ between rows",
        )
    folds = ops.VocabularyTable(tuple(range(source.folds)))
    known = builder.add(ops.LookupVocabulary(folds, 1), add_fold(builder, source.folds))
    fold = builder.add(ops.FillMissing(source.folds), known)
    pair = builder.add(ops.CombineIds(size), ids, fold)
    return builder.add(ops.LookupNumber(tuple(table)), pair)


def _encode(source: TargetEncoding, found: TargetByKey, at: int) -> float:
    """The mean of a category, drawn to that of all rows.

    Source: Micci-Barreca, "A preprocessing scheme for high-cardinality categorical
    attributes", SIGKDD Explorations 3 (2001): with a number the m-estimate, without one
    the weight of empirical Bayes.
    """
    size = source.folds + 1
    every = len(found.counts) - size + at % size
    count, mean, prior = found.counts[at], found.means[at], found.means[every]
    if not count or at == every:
        return prior
    if source.smoothing is not None:
        total = count * mean + source.smoothing * prior
        return total / (count + source.smoothing)
    spread = found.variances[every] * count
    weight = spread / ((spread + found.variances[at]) or 1.0)
    return weight * mean + (1 - weight) * prior
