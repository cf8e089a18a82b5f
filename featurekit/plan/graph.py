"""Plan: a list of operations in which every value is computed once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from featurekit.errors import SpecError
from featurekit.plan.ops import Op, ReadColumn, ReadList
from featurekit.plan.types import ValueType


@dataclass(frozen=True, slots=True)
class Node:
    """One operation on earlier values.

    Args:
        op: What is computed.
        inputs: Positions of its inputs in the plan; all before this node.
        type: Type of the result, as inferred.
    """

    op: Op
    inputs: tuple[int, ...]
    type: ValueType

    def __str__(self) -> str:
        name, _, rest = str(self.op).partition("(")
        inputs = ", ".join(f"%{entry}" for entry in self.inputs)
        gap = ", " if inputs and rest != ")" else ""
        return f"{name}({inputs}{gap}{rest}"


@dataclass(frozen=True)
class Plan:
    """What a backend runs. Nodes are in an order in which they can be computed.

    Args:
        nodes: The operations; a node's inputs come before it.
        outputs: Output names and the positions of their values.

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec({"a": fk.numeric("x").fill(0.0).buckets([1, 2])})
        >>> print(fk.compile(spec))
        %0 = read_column(column='x', dtype='float32')  # float32?
        %1 = to_float64(%0, nan='missing')  # float64?
        %2 = fill_missing(%1, value=0.0)  # float64
        %3 = bucketize(%2, boundaries=(1.0, 2.0))  # int64 < 3
        a = %3
    """

    nodes: tuple[Node, ...]
    outputs: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        lines = [
            f"%{index} = {node}  # {node.type}" for index, node in enumerate(self.nodes)
        ]
        lines += [f"{name} = %{index}" for name, index in self.outputs]
        return "\n".join(lines)

    @property
    def output_types(self) -> dict[str, ValueType]:
        """The types of the outputs by name, in order."""
        return {name: self.nodes[index].type for name, index in self.outputs}

    @cached_property
    def columns(self) -> dict[str, ReadColumn | ReadList]:
        """The source columns that the plan reads, by name, in order."""
        reads = (
            node.op for node in self.nodes if isinstance(node.op, ReadColumn | ReadList)
        )
        return {read.column: read for read in reads}

    @cached_property
    def last_uses(self) -> tuple[int, ...]:
        """For each node the last node that reads it; len(nodes) if it is an output."""
        found = list(range(len(self.nodes)))
        for index, node in enumerate(self.nodes):
            for entry in node.inputs:
                found[entry] = index
        for _, index in self.outputs:
            found[index] = len(self.nodes)
        return tuple(found)

    @cached_property
    def columns_of(self) -> tuple[tuple[str, ...], ...]:
        """For each node the source columns that it depends on."""
        found: list[tuple[str, ...]] = []
        for node in self.nodes:
            if isinstance(node.op, ReadColumn | ReadList):
                found.append((node.op.column,))
            else:
                merged = dict.fromkeys(
                    name for entry in node.inputs for name in found[entry]
                )
                found.append(tuple(merged))
        return tuple(found)

    @cached_property
    def features_of(self) -> tuple[tuple[str, ...], ...]:
        """For each node the outputs that depend on it."""
        found: list[dict[str, None]] = [{} for _ in self.nodes]
        for name, index in self.outputs:
            found[index][name] = None
        for index in reversed(range(len(self.nodes))):
            for entry in self.nodes[index].inputs:
                found[entry].update(found[index])
        return tuple(tuple(names) for names in found)

    def fingerprint(self) -> str:
        """SHA-256 of the plan: equal plans compute equal records."""
        import hashlib

        from featurekit.plan.serialize import plan_to_proto

        return hashlib.sha256(plan_to_proto(self)).hexdigest()


@dataclass(slots=True)
class PlanBuilder:
    """Collects nodes; adding what is there already gives the node that is there.

    This is common-subexpression elimination by construction (hash-consing): two
    features that share a prefix share its nodes.
    """

    nodes: list[Node] = field(default_factory=list)
    _known: dict[tuple[object, ...], int] = field(default_factory=dict)

    def add(self, op: Op, *inputs: int) -> int:
        """The position of the node; a new one only where there is none alike."""
        # 0.0 == -0.0 and 1 == 1.0: the text of the op tells them apart.
        key = (op, str(op), inputs)
        if key not in self._known:
            for entry in inputs:
                if not 0 <= entry < len(self.nodes):
                    raise SpecError("a node comes after its use", code="PLAN_ORDER")
            inferred = op.infer(tuple(self.nodes[entry].type for entry in inputs))
            self._known[key] = len(self.nodes)
            self.nodes.append(Node(op, inputs, inferred))
        return self._known[key]

    def build(self, outputs: Iterable[tuple[str, int]]) -> Plan:
        """The plan of everything added so far."""
        return Plan(tuple(self.nodes), tuple(outputs))
