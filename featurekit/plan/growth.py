"""Vocabularies that grow: what a model has learned about an id stays with it."""

from featurekit.errors import StatisticsError
from featurekit.plan.statistics import Statistic, VocabularyCounts
from featurekit.plan.stats import Stats


def grow(old: Stats, new: Stats) -> Stats:
    """The statistics of new data, in which nothing that old models know moves.

    Args:
        old: The statistics that a model was trained with.
        new: Those of newer data, of the same spec.

    Semantics:
        - Vocabularies: the old tokens in their old order, whether they occur in the new
          data or not; then the new ones that are not among them, in theirs. Counts
          are those of the new data. `max_size` limits each analysis, not the sum.
        - Everything else that `old` has stays as it is: numbers and buckets mean what
          they meant. What only `new` has is added.
        - Ids for unknown values move behind the new tokens, unless the vocabulary says
          `oov="before"`; `fk.row_map` says where to.

    Raises:
        StatisticsError: One of them is no statistics.

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec({"s": fk.string("s").vocabulary()})
        >>> first = fk.analyze(spec, {"s": ["b", "b", "a"]})
        >>> second = fk.analyze(spec, {"s": ["c", "c", "a"]})
        >>> grown = fk.grow(first, second)
        >>> [str(meaning) for meaning in fk.id_meanings(spec, "s", grown)]
        ["0 token 'b'", "1 token 'a'", "2 token 'c'", '3 unknown']
    """
    for stats in (old, new):
        if not isinstance(stats, Stats):
            raise StatisticsError(
                "statistics grow by other statistics",
                code="STATS_TYPE",
                got=stats,
                expected="what fk.analyze gives",
            )
    found: dict[str, Statistic] = {**new, **old}
    for key, before in old.items():
        after = new.get(key)
        if isinstance(before, VocabularyCounts) and isinstance(after, VocabularyCounts):
            found[key] = _grow_vocabulary(before, after)
    return Stats(found)


def _grow_vocabulary(
    before: VocabularyCounts, after: VocabularyCounts
) -> VocabularyCounts:
    old: tuple[bytes | int, ...] = before.tokens
    new: tuple[bytes | int, ...] = after.tokens
    counts = dict(zip(new, after.counts, strict=True))
    tokens = tuple(dict.fromkeys((*old, *new)))
    return VocabularyCounts(
        tokens,  # type: ignore[arg-type]
        tuple(counts.get(token, 0) for token in tokens),
        after.total,
        after.distinct,
    )
