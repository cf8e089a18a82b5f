"""Plans with lists as plans without: one for the elements of each list, one for rows.

The elements of all lists of a column are a column of values, on which the ops of
single values run as on any other. What ends a list stands between the two levels; the
plan of the rows reads its result as a column. What makes lists of another length, of a
text or of a list, stands between two levels as well: it begins a column of elements.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from featurekit.plan import ops
from featurekit.plan.graph import Node, Plan
from featurekit.plan.ops.base import BaseOp


@dataclass(frozen=True, slots=True)
class Level:
    """A part of a plan that is a plan of single values.

    Args:
        plan: Its outputs are named by the nodes of the whole plan, as `output_name`.
        nodes: For each of its nodes the node of the whole plan.
    """

    plan: Plan
    nodes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Levels:
    """A plan in parts.

    Args:
        texts: What happens to single texts before they are cut into lists.
        elements: By node that reads or makes lists, in order, what happens to their
            elements.
        ends: Nodes that make one value per row of lists, in order.
        rows: What happens to single values, among them those that `ends` make.
    """

    texts: Level
    elements: dict[int, Level]
    ends: tuple[int, ...]
    rows: Level


def output_name(node: int) -> str:
    """What a part calls the value of a node of the whole plan."""
    return f"node/{node}"  # no column of a source is called so


def has_lists(plan: Plan) -> bool:
    """Whether a plan reads lists, or makes them."""
    return any(node.type.is_list for node in plan.nodes)


def split_levels(plan: Plan) -> Levels:
    """The parts of a plan.

    >>> import featurekit as fk
    >>> ids = fk.strings("tags").hash_buckets(8)
    >>> levels = split_levels(fk.compile(fk.FeatureSpec({"n": ids.length()})))
    >>> print(levels.elements[0].plan)
    %0 = read_column(column='tags', dtype='string')  # string?
    %1 = hash_bucket(%0, num_buckets=8)  # int64 < 8?
    %2 = require_present(%1)  # int64 < 8
    node/2 = %2
    >>> print(levels.rows.plan)
    %0 = read_column(column='node/3', dtype='float64')  # float64?
    %1 = require_present(%0)  # float64
    %2 = to_float32(%1)  # float32
    node/5 = %2
    """
    readers = _readers(plan)
    ends = _of_kind(plan, ops.BaseListEnd)
    between = [*ends, *_of_kind(plan, ops.BaseListMaker)]
    wanted = {entry for node in between for entry in plan.nodes[node].inputs}
    texts = wanted - set(readers)
    wanted |= {index for _, index in plan.outputs}
    elements = {
        reader: _level(
            plan,
            [index for index, found in readers.items() if found == reader],
            [index for index in wanted if readers.get(index) == reader],
        )
        for reader in dict.fromkeys(readers.values())
    }
    outputs = {index for _, index in plan.outputs} - set(readers)
    outputs -= {end for end in ends if plan.nodes[end].type.width is not None}
    return Levels(
        _level(plan, _before(plan, texts), texts),
        elements,
        tuple(ends),
        _level(plan, _before(plan, outputs), outputs),
    )


def _of_kind(plan: Plan, kind: type[BaseOp]) -> list[int]:
    return [at for at, node in enumerate(plan.nodes) if isinstance(node.op, kind)]


def _before(plan: Plan, nodes: set[int]) -> list[int]:
    """The nodes, and those that they are made of, back to what ends lists."""
    found = set(nodes)
    for index in reversed(range(len(plan.nodes))):
        node = plan.nodes[index]
        if index in found and not isinstance(node.op, ops.BaseListEnd):
            found.update(node.inputs)
    return sorted(found)


def _readers(plan: Plan) -> dict[int, int]:
    """For each node that holds lists the node that reads or makes them."""
    found: dict[int, int] = {}
    for index, node in enumerate(plan.nodes):
        if node.type.is_list:
            begins = isinstance(node.op, ops.ReadList | ops.BaseListMaker)
            found[index] = index if begins else found[node.inputs[0]]
    return found


def _level(plan: Plan, nodes: list[int], outputs: Iterable[int]) -> Level:
    places = {node: place for place, node in enumerate(nodes)}
    found = [_single(plan.nodes[node], node, places) for node in nodes]
    named = [(output_name(node), places[node]) for node in sorted(set(outputs))]
    return Level(Plan(tuple(found), tuple(named)), tuple(nodes))


def _single(node: Node, index: int, places: dict[int, int]) -> Node:
    """The node as one of single values; what was made of lists is read."""
    kind = replace(node.type, is_list=False)
    if isinstance(node.op, ops.ReadList):
        return Node(ops.ReadColumn(node.op.column, node.op.elements), (), kind)
    if isinstance(node.op, ops.BaseListEnd | ops.BaseListMaker):
        return Node(ops.ReadColumn(output_name(index), kind.dtype), (), kind)
    return Node(node.op, tuple(places[entry] for entry in node.inputs), kind)
