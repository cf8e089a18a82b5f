"""Stages: nodes of a plan that can run as one operation on stacked columns.

At small batches the number of operations costs more than their size. A backend that
runs one operation for all columns of a kind needs to know which nodes are of one kind
and do not wait for each other; that is all that is decided here.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from featurekit.plan import ops
from featurekit.plan.graph import Plan

Kind: TypeAlias = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """Nodes whose ops differ in their numbers only.

    Args:
        nodes: Positions in the plan; none depends on another. Their inputs have one
            dtype, and all of them or none may be missing.
    """

    nodes: tuple[int, ...]


def plan_stages(plan: Plan) -> tuple[Stage, ...]:
    """The nodes of a plan in few stages; the inputs of a stage lie in earlier ones.

    A kind is run once no more nodes of it can become ready, so that columns with
    different numbers of steps still meet; among several, the one that comes first.

    Example:
        >>> import featurekit as fk
        >>> x, y = fk.numeric("x").fill(0.0), fk.numeric("y").fill(0.0)
        >>> spec = fk.FeatureSpec({"a": x, "b": y.log1p()})
        >>> for stage in plan_stages(fk.compile(spec)):
        ...     print(stage.nodes)
        (0, 4)
        (1, 5)
        (2, 6)
        (7,)
        (3, 8)
    """
    # A node without features is read by nothing.
    waiting = {
        index: stage_kind(plan, index)
        for index, features in enumerate(plan.features_of)
        if features
    }
    done: set[int] = set()
    found: list[Stage] = []
    while waiting:
        ready: dict[Kind, list[int]] = {}
        late: set[Kind] = set()
        for index, kind in waiting.items():
            if done.issuperset(plan.nodes[index].inputs):
                ready.setdefault(kind, []).append(index)
            else:
                late.add(kind)
        # Where kinds wait for each other, the one with the first node goes first.
        whole = [kind for kind in ready if kind not in late] or list(ready)
        chosen = ready[whole[0]]
        found.append(Stage(tuple(_in_order(plan, chosen, found))))
        done.update(chosen)
        for index in chosen:
            del waiting[index]
    return tuple(found)


def stage_kind(plan: Plan, index: int) -> Kind:
    """What has to be equal for two nodes to run as one."""
    node = plan.nodes[index]
    op = node.op
    types = [plan.nodes[entry].type for entry in node.inputs]
    same: Kind = (op.name, *((kind.dtype, kind.nullable) for kind in types))
    match op:
        case ops.ReadColumn(dtype=dtype):
            return (*same, dtype)
        case ops.ToFloat64(nan=policy):
            return (*same, policy)
        case ops.LookupVocabulary(num_oov=num_oov):
            return (*same, type(op), num_oov > 0)
        case ops.OneHotEncode(depth=depth):
            return (*same, depth)
        case ops.ExtractTimePart():
            return (*same, op.part, op.transitions, op.offsets)
        case ops.MapText(change=change):
            return (*same, change)
        case ops.HashBucket(key=key):
            return (*same, key)
        case ops.CrossHash() | ops.CombineIds() | ops.JoinText():
            return (*same, index)
        case ops.Arithmetic(left=left, right=right):
            return (*same, op.operator, left is None, right is None)
        case ops.CompareNumbers(left=left, right=right):
            return (*same, op.operator, left is None, right is None)
        case ops.ChooseNumber(then=then, otherwise=otherwise):
            return (*same, then is None, otherwise is None)
        case ops.HideId(seed=seed, shown=shown):
            return (*same, seed, shown is None)
        case ops.LookupVector() | ops.MarkMissing():
            return (*same, op)
        case ops.DefaultId(default=default):
            return (*same, default is None)
        case ops.LookupVector() | ops.BucketizeByKey():
            return (*same, op)
        case ops.LookupNumber():
            return (*same, op.num_missing > 0)
    return same


def _in_order(plan: Plan, nodes: list[int], earlier: list[Stage]) -> Iterator[int]:
    """The nodes as their inputs lie in earlier stages, so that these need no moving."""
    places = {
        node: (at, row)
        for at, stage in enumerate(earlier)
        for row, node in enumerate(stage.nodes)
    }
    yield from sorted(
        nodes, key=lambda node: [places[entry] for entry in plan.nodes[node].inputs]
    )
