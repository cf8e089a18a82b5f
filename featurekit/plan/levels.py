"""Plans with lists as plans without: one for the elements of each list, one for rows.

The elements of all lists of a column are a column of values, on which the ops of
single values run as on any other. What begins lists (reads them, or makes them of a
text, of single values or of other lists) and what ends them stands between the levels;
the plan of the rows reads the results as columns.
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
        elements: By node that begins lists, what happens to their elements.
        ends: Nodes that make one value per row of lists, and those whose values have a
            shape.
        singles: By node that begins or ends lists, how the single values among its
            inputs are made: it needs them before the rows are computed.
        rows: What happens to single values, among them those that `ends` make.
    """

    elements: dict[int, Level]
    ends: tuple[int, ...]
    singles: dict[int, Level]
    rows: Level

    @property
    def order(self) -> list[int]:
        """The nodes that begin or end lists, each after those that it needs."""
        return sorted([*self.elements, *self.ends])


def output_name(node: int) -> str:
    """What a part calls the value of a node of the whole plan."""
    return f"node/{node}"  # no column of a source is called so


def has_levels(plan: Plan) -> bool:
    """Whether a plan has lists, or values that have a shape."""
    return any(
        node.type.is_list or isinstance(node.op, ops.BaseTensorOp)
        for node in plan.nodes
    )


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
    owners = _owners(plan)
    begins = sorted(set(owners.values()))
    ends = [at for at, node in enumerate(plan.nodes) if _ends_lists(node)]
    between = [*begins, *ends]
    outputs = {index for _, index in plan.outputs}
    wanted = outputs.union(*(plan.nodes[node].inputs for node in between))
    elements = {
        begin: _level(
            plan,
            [index for index, owner in owners.items() if owner == begin],
            [index for index in wanted if owners.get(index) == begin],
        )
        for begin in begins
    }
    needs = {node: _single_inputs(plan, node, owners) for node in between}
    singles = {
        node: _level(plan, _made_of(plan, inputs), inputs)
        for node, inputs in needs.items()
        if inputs
    }
    last = {index for index in outputs if index not in owners and index not in ends}
    last |= {index for index in outputs & set(ends) if not plan.nodes[index].type.width}
    return Levels(
        elements, tuple(ends), singles, _level(plan, _made_of(plan, last), last)
    )


def _begins_lists(node: Node) -> bool:
    makes = isinstance(node.op, ops.ReadList | ops.BaseListMaker | ops.BaseCross)
    return node.type.is_list and makes


def _ends_lists(node: Node) -> bool:
    return isinstance(node.op, ops.BaseListEnd | ops.BaseTensorOp)


def _owners(plan: Plan) -> dict[int, int]:
    """For each node that holds lists the node that begins them."""
    found: dict[int, int] = {}
    for index, node in enumerate(plan.nodes):
        if node.type.is_list:
            found[index] = index if _begins_lists(node) else found[node.inputs[0]]
    return found


def _single_inputs(plan: Plan, index: int, owners: dict[int, int]) -> set[int]:
    """The inputs that are neither lists nor made by what ends lists."""
    inputs = plan.nodes[index].inputs
    return {
        entry
        for entry in inputs
        if entry not in owners and not _ends_lists(plan.nodes[entry])
    }


def _made_of(plan: Plan, nodes: Iterable[int]) -> list[int]:
    """The nodes and all that they are made of, back to what ends lists."""
    found = set(nodes)
    for index in reversed(range(len(plan.nodes))):
        if index in found and not _ends_lists(plan.nodes[index]):
            found.update(plan.nodes[index].inputs)
    return sorted(found)


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
    if _ends_lists(node) or _begins_lists(node):
        return Node(ops.ReadColumn(output_name(index), kind.dtype), (), kind)
    return Node(node.op, tuple(places[entry] for entry in node.inputs), kind)
