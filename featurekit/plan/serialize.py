"""Plan to and from protobuf."""

from google.protobuf.message import DecodeError

from featurekit.errors import SpecError
from featurekit.plan.graph import Plan, PlanBuilder
from featurekit.plan.ops import (
    OPS,
    CutWordpieces,
    LookupVocabulary,
    Op,
    VocabularyTable,
)
from featurekit.proto import plan_pb2 as pb
from featurekit.spec.serialize import (
    check_version,
    get_fields,
    reject_unknown_fields,
    set_fields,
    tokens_from_message,
    tokens_to_message,
)

VERSION = 1
_OPS = {op.name: op for op in OPS}


def plan_to_proto(plan: Plan) -> bytes:
    """The plan as a serialized `featurekit.proto.Plan`; vocabularies once each."""
    message = pb.Plan(version=VERSION)
    tables: dict[str, VocabularyTable] = {}
    for node in plan.nodes:
        entry = message.nodes.add(inputs=node.inputs)
        target = getattr(entry, node.op.name)
        target.SetInParent()
        if isinstance(node.op, LookupVocabulary | CutWordpieces):
            target.digest = node.op.vocabulary.digest
            tables[target.digest] = node.op.vocabulary
        set_fields(node.op, target, skip=("vocabulary",))
    for name, index in plan.outputs:
        message.outputs.add(name=name, node=index)
    for digest, table in sorted(tables.items()):
        added = message.vocabularies.add(digest=digest)
        added.tokens.CopyFrom(tokens_to_message(table.tokens))
    return message.SerializeToString(deterministic=True)


def plan_from_proto(data: bytes) -> Plan:
    """Reads what `plan_to_proto` wrote; types are inferred anew.

    Raises:
        SpecError: The bytes are not a plan, or the plan is wrong.
        VersionTooNewError: A newer featurekit wrote it.
    """
    message = pb.Plan()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise SpecError(f"not a plan: {error}", code="PLAN_SYNTAX") from None
    check_version(message.version, VERSION, "plan")
    reject_unknown_fields(message, "plan")
    tables = {}
    for entry in message.vocabularies:
        table = VocabularyTable(tokens_from_message(entry.tokens))
        if table.digest != entry.digest:
            raise SpecError(
                "a vocabulary does not have its digest",
                code="PLAN_DIGEST",
                got=table.digest,
                expected=entry.digest,
                hint="the file is damaged; write it again",
            )
        tables[entry.digest] = table
    builder = PlanBuilder()
    for node in message.nodes:
        builder.add(_op_from_message(node, tables), *node.inputs)
    for output in message.outputs:
        if output.node >= len(builder.nodes):
            raise SpecError("an output has no node", code="PLAN_ORDER", got=output.name)
    return builder.build((output.name, output.node) for output in message.outputs)


def _op_from_message(node: pb.Node, tables: dict[str, VocabularyTable]) -> Op:
    name = node.WhichOneof("op")
    if name is None:
        raise SpecError("a node has no op", code="PLAN_SYNTAX")
    arguments = get_fields(getattr(node, name))
    if name in (LookupVocabulary.name, CutWordpieces.name):
        digest = arguments.pop("digest")
        if digest not in tables:
            raise SpecError("a vocabulary is missing", code="PLAN_DIGEST", got=digest)
        arguments["vocabulary"] = tables[digest]
    found: Op = _OPS[name](**arguments)
    return found
