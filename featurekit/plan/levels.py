"""Plans with lists as plans without: one for the elements of each list, one for rows.

The elements of all lists of a column are a column of values, on which the ops of
single values run as on any other. What ends a list stands between the two levels; the
plan of the rows reads its result as a column.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from featurekit.plan import ops
from featurekit.plan.graph import Node, Plan


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
        elements: By node that reads lists, what happens to their elements.
        ends: Nodes that make one value per row of lists, in order.
        rows: What happens to single values, among them those that `ends` make.
        tensors: Nodes whose values have a shape, in order; made of all the others.
    """

    elements: dict[int, Level]
    ends: tuple[int, ...]
    rows: Level
    tensors: tuple[int, ...] = ()


def output_name(node: int | str) -> str:
    """What a part calls the value of a node of the whole plan."""
    return f"node/{node}"  # no column of a source is called so


def has_levels(plan: Plan) -> bool:
    """Whether a plan reads lists, or makes values that have a shape."""
    apart = ops.ReadList | ops.BaseTensorOp
    return any(isinstance(node.op, apart) for node in plan.nodes)


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
    ends = [
        index
        for index, node in enumerate(plan.nodes)
        if isinstance(node.op, ops.BaseListEnd)
    ]
    tensors = [
        index
        for index, node in enumerate(plan.nodes)
        if isinstance(node.op, ops.BaseTensorOp)
    ]
    wanted = {entry for end in ends + tensors for entry in plan.nodes[end].inputs}
    wanted |= {index for _, index in plan.outputs}
    elements = {
        reader: _level(
            plan,
            [index for index, found in readers.items() if found == reader],
            [index for index in wanted if readers.get(index) == reader],
        )
        for reader in dict.fromkeys(readers.values())
    }
    single = [
        index
        for index, node in enumerate(plan.nodes)
        if (index not in readers and node.type.width is None) or _makes_vector(node)
    ]
    rows = _level(plan, single, wanted & set(single))
    return Levels(elements, tuple(ends), rows, tuple(tensors))


def tensor_inputs(plan: Plan) -> dict[int, Level]:
    """For each value that a tensor is made of, the part that computes it alone.

    A level gives nothing for what any of its nodes refuses. Which op refuses a row
    first can only be told from values that no later node took away.
    """
    readers = _readers(plan)
    found: dict[int, Level] = {}
    for node in plan.nodes:
        for entry in node.inputs if isinstance(node.op, ops.BaseTensorOp) else ():
            if not isinstance(plan.nodes[entry].op, ops.BaseTensorOp):
                nodes = sorted(_ancestors(plan, entry, readers.get(entry)))
                found[entry] = _level(plan, nodes, [entry])
    return found


def _ancestors(plan: Plan, node: int, reader: int | None) -> set[int]:
    """The node and what it is made of, up to lists if it is none."""
    if reader is None and isinstance(plan.nodes[node].op, ops.BaseListEnd):
        return {node}
    inputs = (_ancestors(plan, one, reader) for one in plan.nodes[node].inputs)
    return {node}.union(*inputs)


def _readers(plan: Plan) -> dict[int, int]:
    """For each node that holds lists the node that reads them."""
    found: dict[int, int] = {}
    for index, node in enumerate(plan.nodes):
        if node.type.is_list:
            found[index] = found[node.inputs[0]] if node.inputs else index
    return found


def _makes_vector(node: Node) -> bool:
    """Whether a vector is made of a single value."""
    apart = ops.BaseListEnd | ops.BaseTensorOp
    return node.type.width is not None and not isinstance(node.op, apart)


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
    if isinstance(node.op, ops.BaseListEnd):
        return Node(ops.ReadColumn(output_name(index), kind.dtype), (), kind)
    return Node(node.op, tuple(places[entry] for entry in node.inputs), kind)
