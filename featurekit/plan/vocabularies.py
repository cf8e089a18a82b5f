"""Lookups in vocabularies, and the chain of lookups that makes a cross exact."""

from collections.abc import Sequence
from typing import Any, cast

from featurekit.plan import ops
from featurekit.plan.combinations import read_combination
from featurekit.plan.graph import PlanBuilder
from featurekit.spec import steps as s


def add_lookup(
    builder: PlanBuilder, step: s.Vocabulary, table: ops.VocabularyTable, value: int
) -> int:
    """The ids of a vocabulary, laid out as its step says."""
    if step.default is not None:
        return _add_lookup_with_default(builder, step, table, value)
    op = ops.LookupVocabulary(
        table,
        step.num_oov,
        num_reserved=step.num_reserved,
        num_skipped=int(step.missing_id),
        oov_first=step.oov_first,
    )
    return _with_missing_id(builder, step, builder.add(op, value))


def _with_missing_id(builder: PlanBuilder, step: s.Vocabulary, ids: int) -> int:
    if not step.missing_id or not builder.nodes[ids].type.nullable:
        return ids
    return builder.add(ops.FillMissing(step.num_reserved), ids)


def _add_lookup_with_default(
    builder: PlanBuilder, step: s.Vocabulary, table: ops.VocabularyTable, value: int
) -> int:
    """Unknown tokens have the id behind all others, which becomes the default."""
    layout = step.num_reserved, int(step.missing_id)
    op = ops.LookupVocabulary(table, 1, *layout)
    ids = builder.add(default_id(op.first_oov, step.default), builder.add(op, value))
    return _with_missing_id(builder, step, ids)


def default_id(num_ids: int, default: s.DefaultId | None) -> ops.DefaultId:
    """The op that puts a default in the place of what is no id."""
    return ops.DefaultId(num_ids, default if isinstance(default, int) else None)


def lower_exact_cross(
    builder: PlanBuilder,
    parts: Sequence[int],
    tokens: s.Tokens,
    step: s.Vocabulary,
) -> int:
    """The id of a combination of values; with a list among them, of all combinations.

    Each value is looked up among the values at its place, and then each beginning of a
    combination among the beginnings that occur: pairs of ids, so that no text has to be
    joined, and no number exceeds 64 bits. What is unknown has one id at each place,
    which no known combination contains.

    Args:
        builder: Receives the nodes.
        parts: The nodes of the values.
        tokens: The combinations in the order of their ids, as netstrings.
        step: The layout of the ids.
    """
    are_texts = [builder.nodes[part].type.dtype == "string" for part in parts]
    combinations = [
        read_combination(token, are_texts)
        for token in cast("tuple[bytes, ...]", tokens)
    ]
    state, known = _lookup(builder, parts[0], [entry[:1] for entry in combinations])
    for place, part in enumerate(parts[1:], start=1):
        values = [(entry[place],) for entry in combinations]
        digit, digits = _lookup(builder, part, values)
        size = len(digits) + 1  # one for what is unknown
        pairs = dict.fromkeys(entry[: place + 1] for entry in combinations)
        codes = tuple(known[pair[:-1]] * size + digits[pair[-1:]] for pair in pairs)
        table = ops.VocabularyTable(codes)
        state = builder.add(ops.CombineIds(size), state, digit)
        if place == len(parts) - 1:
            return add_lookup(builder, step, table, state)
        state = builder.add(ops.LookupVocabulary(table, 1), state)
        known = {pair: index for index, pair in enumerate(pairs)}
    raise AssertionError("a cross of one column")


def _lookup(
    builder: PlanBuilder, value: int, keys: list[tuple[Any, ...]]
) -> tuple[int, dict[tuple[Any, ...], int]]:
    """The node of the ids of single values, and these ids."""
    distinct = {key: index for index, key in enumerate(dict.fromkeys(keys))}
    table = ops.VocabularyTable(tuple(key for (key,) in distinct))
    return builder.add(ops.LookupVocabulary(table, 1), value), distinct
