"""Filling a text and looking it up, as one operation on the marked column.

Comparing, choosing and copying text costs more than finding it in a table. A table
that knows the marker of a missing value needs none of that: what fills the column is
known when the graph is built, and so is its id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from featurekit.backends.missing import MISSING_TEXT
from featurekit.backends.token_ids import id_of_token
from featurekit.plan import ops
from featurekit.plan.graph import Plan


@dataclass(frozen=True, slots=True)
class FilledLookup(ops.LookupVocabulary):
    """A lookup whose input is a column of text as it is read, with markers."""

    fill: str = ""

    @property
    def missing_id(self) -> int:
        """The id of what fills the column; -1 where that is refused."""
        return id_of_token(self, self.fill.encode())


def token_ids(op: ops.LookupVocabulary) -> dict[bytes | int, int]:
    """Ids by token, for a table; that of the marker where the op fills."""
    tokens: Sequence[bytes | int] = op.vocabulary.tokens
    found = dict(zip(tokens, op.token_ids, strict=True))
    if isinstance(op, FilledLookup) and op.missing_id >= 0:
        found[MISSING_TEXT] = op.missing_id
    return found


def with_filled_lookups(plan: Plan) -> Plan:
    """The plan with read, fill, lookup of text as read, lookup; nodes stay in place.

    Nodes that nothing reads any more are left: they have no features.
    """
    nodes = list(plan.nodes)
    for index, node in enumerate(plan.nodes):
        if not isinstance(node.op, ops.LookupVocabulary) or not node.inputs:
            continue
        before = plan.nodes[node.inputs[0]]
        if not isinstance(before.op, ops.FillMissing) or before.type.dtype != "string":
            continue
        (source,) = before.inputs
        if isinstance(plan.nodes[source].op, ops.ReadColumn):
            lookup = {
                entry.name: getattr(node.op, entry.name) for entry in fields(node.op)
            }
            op = FilledLookup(**lookup, fill=str(before.op.value))
            nodes[index] = replace(node, op=op, inputs=(source,))
    return Plan(tuple(nodes), plan.outputs)
