"""FeatureSpec to and from protobuf, JSON and text proto."""

from collections.abc import Collection
from dataclasses import fields
from typing import Any, Literal

from google.protobuf import json_format, text_format
from google.protobuf.message import DecodeError, Message

from featurekit.errors import SpecError, VersionTooNewError
from featurekit.proto import spec_pb2 as pb
from featurekit.spec import steps as s
from featurekit.spec.columns import (
    Aligned,
    Boxes,
    Column,
    Cross,
    Expression,
    Grouped,
    Masked,
    Source,
    TargetEncoding,
    WeightedBag,
)
from featurekit.spec.columns.hidden import Hidden
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.inputs import Input
from featurekit.spec.packing import Packing
from featurekit.spec.rebuild import rebuild
from featurekit.spec.splits import KeySplit, Split, TimeSplit
from featurekit.spec.windows import Windows

VERSION = 1
MAX_TEXT_BYTES = 64 * 2**20
_STEP_FIELDS = {step.method: step for step in s.STEPS}


def check_version(found: int, supported: int, what: str) -> None:
    """Raises unless the message's format version can be read by this library."""
    if found > supported:
        raise VersionTooNewError(
            f"this {what} was written by a newer featurekit",
            got=f"format {found}",
            expected=f"format {supported} or older",
            hint="upgrade featurekit",
        )
    if found < 1:
        raise SpecError(
            f"this is not a {what}: it has no format version", code="SPEC_SYNTAX"
        )


def reject_unknown_fields(message: Message, what: str) -> None:
    """Raises SpecError if any part of the message has fields that this code lacks."""
    # A round trip drops nothing if and only if everything was understood.
    from google.protobuf.unknown_fields import UnknownFieldSet

    pending: list[Message] = [message]
    while pending:
        current = pending.pop()
        unknown: list[Any] = [*UnknownFieldSet(current)]  # type: ignore[misc]
        if unknown:
            raise SpecError(
                f"the {what} has a field that this featurekit does not know",
                code="SPEC_UNKNOWN_FIELD",
                got=f"field {unknown[0].field_number} of {current.DESCRIPTOR.name}",
                hint="upgrade featurekit",
            )
        for descriptor, value in current.ListFields():
            if descriptor.message_type is None:
                continue
            if descriptor.message_type.GetOptions().map_entry:
                continue
            pending.extend([value] if isinstance(value, Message) else value)


def tokens_to_message(tokens: tuple[Any, ...]) -> pb.Tokens:
    """Vocabulary tokens, all bytes or all integers."""
    if tokens and isinstance(tokens[0], bytes):
        return pb.Tokens(text=tokens)
    return pb.Tokens(integers=tokens)


def tokens_from_message(message: pb.Tokens) -> tuple[Any, ...]:
    """The tokens, as bytes or as integers."""
    return tuple(message.text) or tuple(message.integers)


def scalar_to_message(value: object) -> pb.Scalar:
    """A float, an int, or a text."""
    if isinstance(value, float):
        return pb.Scalar(number=value)
    if isinstance(value, int):
        return pb.Scalar(integer=int(value))
    assert isinstance(value, str)
    return pb.Scalar(text=value.encode())


def scalar_from_message(message: pb.Scalar) -> float | int | str:
    """The value; the message's kind decides its type."""
    kind = message.WhichOneof("kind")
    if kind is None:
        raise SpecError("a value is not set", code="SPEC_SYNTAX")
    value = getattr(message, kind)
    return value.decode() if isinstance(value, bytes) else value


def set_fields(value: Any, message: Message, *, skip: Collection[str] = ()) -> None:
    """Copies a dataclass into the message whose fields have the same names."""
    for field in fields(value):
        if field.name in skip:
            continue
        entry = getattr(value, field.name)
        target = getattr(message, field.name)
        if entry is None:
            continue
        if isinstance(target, pb.Scalar):
            target.CopyFrom(scalar_to_message(entry))
        elif isinstance(target, pb.Tokens):
            target.CopyFrom(tokens_to_message(entry))
        elif isinstance(entry, tuple):
            descriptor = message.DESCRIPTOR.fields_by_name[field.name]
            is_scalar = descriptor.message_type is pb.Scalar.DESCRIPTOR
            target.extend(map(scalar_to_message, entry) if is_scalar else entry)
        else:
            setattr(message, field.name, entry)


def get_fields(message: Message) -> dict[str, Any]:
    """The fields of a message as arguments of the dataclass of the same shape."""
    found: dict[str, Any] = {}
    for descriptor in message.DESCRIPTOR.fields:
        name = descriptor.name
        value = getattr(message, name)
        if descriptor.has_presence and not message.HasField(name):
            found[name] = None
        elif isinstance(value, pb.Scalar):
            found[name] = scalar_from_message(value)
        elif isinstance(value, pb.Tokens):
            found[name] = tokens_from_message(value)
        elif descriptor.is_repeated:
            is_scalar = descriptor.message_type is pb.Scalar.DESCRIPTOR
            found[name] = tuple(map(scalar_from_message, value) if is_scalar else value)
        else:
            found[name] = value
    return found


def _column_to_message(column: Column) -> pb.Column:
    message = pb.Column()
    if isinstance(column.source, Input):
        set_fields(column.source, message.input)
    elif isinstance(column.source, WeightedBag):
        bag = message.weighted_bag
        bag.ids.CopyFrom(_column_to_message(column.source.ids))
        bag.weights.CopyFrom(_column_to_message(column.source.weights))
    elif isinstance(column.source, Aligned):
        message.aligned.CopyFrom(_aligned_to_message(column.source))
    elif isinstance(column.source, Masked):
        masked = message.masked
        set_fields(column.source, masked, skip=("ids", "keys"))
        masked.ids.CopyFrom(_column_to_message(column.source.ids))
        masked.keys.extend(map(_column_to_message, column.source.keys))
    elif isinstance(column.source, Hidden):
        hidden = message.hidden
        set_fields(column.source, hidden, skip=("ids", "keys"))
        hidden.keys.extend(map(_column_to_message, column.source.keys))
        if column.source.ids is not None:
            hidden.ids.CopyFrom(_column_to_message(column.source.ids))
    elif isinstance(column.source, Boxes):
        message.boxes.CopyFrom(_boxes_to_message(column.source))
    elif isinstance(column.source, Cross):
        message.cross.columns.extend(map(_column_to_message, column.source.columns))
    elif isinstance(column.source, Grouped):
        message.grouped.CopyFrom(_grouped_to_message(column.source))
    elif isinstance(column.source, TargetEncoding):
        target = message.target_encoding
        set_fields(column.source, target, skip=("category", "target"))
        target.category.CopyFrom(_column_to_message(column.source.category))
        target.target.CopyFrom(_column_to_message(column.source.target))
    else:
        message.expression.CopyFrom(_expression_to_message(column.source))
    for step in column.steps:
        _step_to_message(step, message.steps.add())
    return message


def _step_to_message(step: s.Step, message: pb.Step) -> None:
    target = getattr(message, step.method)
    target.SetInParent()
    set_fields(step, target)


def _step_from_message(message: pb.Step) -> s.Step:
    name = message.WhichOneof("step")
    if name is None:
        raise SpecError("a step is not set", code="SPEC_UNKNOWN_OP")
    return _STEP_FIELDS[name](**get_fields(getattr(message, name)))


def _grouped_to_message(grouped: Grouped) -> pb.Grouped:
    message = pb.Grouped(unseen=grouped.unseen, max_keys=grouped.max_keys)
    message.value.CopyFrom(_column_to_message(grouped.value))
    message.key.CopyFrom(_column_to_message(grouped.key))
    _step_to_message(grouped.step, message.step)
    return message


def _grouped_from_message(message: pb.Grouped) -> Grouped:
    value, key = map(_column_from_message, (message.value, message.key))
    step: Any = _step_from_message(message.step)
    unseen: Any = message.unseen
    return Grouped(value, key, step, unseen, message.max_keys)


def _column_from_message(message: pb.Column) -> Column:
    kind = message.WhichOneof("source")
    if kind is None:
        raise SpecError("a column has no source", code="SPEC_SYNTAX")
    source: Source
    if kind == "input":
        source = Input(**get_fields(message.input))
    elif kind == "weighted_bag":
        bag = message.weighted_bag
        ids, weights = map(_column_from_message, (bag.ids, bag.weights))
        source = WeightedBag(ids, weights)
    elif kind == "aligned":
        source = _aligned_from_message(message.aligned)
    elif kind == "masked":
        found = get_fields(message.masked)
        found["ids"] = _column_from_message(message.masked.ids)
        found["keys"] = tuple(map(_column_from_message, message.masked.keys))
        source = Masked(**found)
    elif kind == "hidden":
        found = get_fields(message.hidden)
        if found["ids"] is not None:
            found["ids"] = _column_from_message(message.hidden.ids)
        found["keys"] = tuple(map(_column_from_message, message.hidden.keys))
        source = Hidden(**found)
    elif kind == "boxes":
        source = _boxes_from_message(message.boxes)
    elif kind == "cross":
        source = Cross(tuple(map(_column_from_message, message.cross.columns)))
    elif kind == "grouped":
        source = _grouped_from_message(message.grouped)
    elif kind == "target_encoding":
        given = get_fields(message.target_encoding)
        parts = {n: _column_from_message(given[n]) for n in ("category", "target")}
        source = TargetEncoding(**{**given, **parts})
    else:
        source = _expression_from_message(message.expression)
    # Steps first: where one of them is wrong, it is named, whatever the source is.
    return rebuild(source, [_step_from_message(entry) for entry in message.steps])


def _aligned_to_message(source: Aligned) -> pb.Aligned:
    message = pb.Aligned(member=source.member, dropped=source.dropped)
    for name, column in zip(source.names, source.columns, strict=True):
        message.columns.add(name=name, column=_column_to_message(column))
    return message


def _aligned_from_message(message: pb.Aligned) -> Aligned:
    names = tuple(entry.name for entry in message.columns)
    columns = tuple(_column_from_message(entry.column) for entry in message.columns)
    return Aligned(names, columns, message.member, message.dropped)


def _boxes_to_message(boxes: Boxes) -> pb.Boxes:
    message = pb.Boxes(format=boxes.format)
    message.coordinates.CopyFrom(_column_to_message(boxes.coordinates))
    message.size.extend(map(_column_to_message, boxes.size))
    if boxes.labels is not None:
        message.labels.CopyFrom(_column_to_message(boxes.labels))
    return message


def _boxes_from_message(message: pb.Boxes) -> Boxes:
    labelled = message.HasField("labels")
    labels = _column_from_message(message.labels) if labelled else None
    coordinates = _column_from_message(message.coordinates)
    box_format: Any = message.format
    size = tuple(map(_column_from_message, message.size))
    return Boxes(coordinates, box_format, size, labels)


def _expression_to_message(expression: Expression) -> pb.Expression:
    message = pb.Expression(
        operator=expression.operator, separator=expression.separator
    )
    for operand in expression.operands:
        if isinstance(operand, float):
            message.operands.add(constant=operand)
        else:
            message.operands.add(column=_column_to_message(operand))
    return message


def _expression_from_message(message: pb.Expression) -> Expression:
    operands: list[Column | float] = []
    for entry in message.operands:
        kind = entry.WhichOneof("operand")
        if kind is None:
            raise SpecError("an operand is not set", code="SPEC_SYNTAX")
        is_column = kind == "column"
        operands.append(
            _column_from_message(entry.column) if is_column else entry.constant
        )
    separator = message.separator if message.HasField("separator") else None
    operator: Any = message.operator
    return Expression(operator, tuple(operands), separator)


def _role_from_message(message: pb.FeatureSpec, role: str) -> Column | None:
    if not message.HasField(role):
        return None
    return _column_from_message(getattr(message, role))


def _split_to_message(split: Split) -> pb.Split:
    message = pb.Split()
    if isinstance(split, KeySplit):
        set_fields(split, message.key_split)
    else:
        set_fields(split.column, message.time_split.column)
        message.time_split.names.extend(split.names)
        message.time_split.starts.extend(split.starts)
    return message


def _split_from_message(message: pb.Split) -> Split:
    if message.WhichOneof("split") == "key_split":
        return KeySplit(**get_fields(message.key_split))
    found = message.time_split
    return TimeSplit(
        Input(**get_fields(found.column)), tuple(found.names), tuple(found.starts)
    )


def _rows_from_message(message: pb.FeatureSpec) -> Windows | Packing | None:
    if message.HasField("packing"):
        return Packing(**get_fields(message.packing))
    if not message.HasField("rows"):
        return None
    found = get_fields(message.rows)
    found["future"] = tuple((one.column, one.list) for one in message.rows.future)
    return Windows(**found)


def _to_message(spec: FeatureSpec) -> pb.FeatureSpec:
    message = pb.FeatureSpec(version=VERSION, missing_label=spec.missing_label)
    for name, column in spec.features.items():
        message.features.add(name=name, column=_column_to_message(column))
    if spec.label is not None:
        message.label.CopyFrom(_column_to_message(spec.label))
    if spec.weight is not None:
        message.weight.CopyFrom(_column_to_message(spec.weight))
    for item in spec.key:
        set_fields(item, message.key.add())
    if spec.split is not None:
        message.split.CopyFrom(_split_to_message(spec.split))
    if isinstance(spec.rows, Packing):
        set_fields(spec.rows, message.packing)
    elif spec.rows is not None:
        set_fields(spec.rows, message.rows, skip=("future",))
        for made, source in spec.rows.future:
            message.rows.future.add(column=made, list=source)
    message.renamed_from.update(spec.renamed_from)
    for name, value in spec.defaults.items():
        message.defaults[name].CopyFrom(scalar_to_message(value))
    return message


def _from_message(message: pb.FeatureSpec) -> FeatureSpec:
    check_version(message.version, VERSION, "spec")
    reject_unknown_fields(message, "spec")
    features: dict[str, Column] = {}
    for entry in message.features:
        if entry.name in features:
            raise SpecError(
                "two features have the same name",
                code="SPEC_DUPLICATE_NAME",
                feature=entry.name,
            )
        features[entry.name] = _column_from_message(entry.column)
    policy: Any = message.missing_label or "error"
    given = message.defaults.items()
    defaults: Any = {name: scalar_from_message(value) for name, value in given}
    return FeatureSpec(
        features,
        label=_role_from_message(message, "label"),
        weight=_role_from_message(message, "weight"),
        key=[Input(**get_fields(item)) for item in message.key],  # type: ignore[misc]
        split=_split_from_message(message.split) if message.HasField("split") else None,
        missing_label=policy,
        rows=_rows_from_message(message),
        renamed_from=dict(message.renamed_from),
        defaults=defaults,
    )


def spec_to_proto(spec: FeatureSpec) -> bytes:
    """The spec as a serialized `featurekit.proto.FeatureSpec`."""
    return _to_message(spec).SerializeToString(deterministic=True)


def spec_from_proto(data: bytes) -> FeatureSpec:
    """Reads what `spec_to_proto` wrote.

    Raises:
        SpecError: The bytes are not a spec, or the spec is wrong.
        VersionTooNewError: A newer featurekit wrote it.
    """
    message = pb.FeatureSpec()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise SpecError(f"not a spec: {error}", code="SPEC_SYNTAX") from None
    return _from_message(message)


def spec_to_text(spec: FeatureSpec, *, form: Literal["json", "textproto"]) -> str:
    """The spec as JSON or as text proto."""
    message = _to_message(spec)
    if form == "json":
        text: str = json_format.MessageToJson(
            message, preserving_proto_field_name=True, ensure_ascii=False
        )
        return text + "\n"
    return str(text_format.MessageToString(message, as_utf8=True))


def spec_from_text(text: str, *, form: Literal["json", "textproto"]) -> FeatureSpec:
    """Reads what `spec_to_text` wrote; unknown and repeated fields are errors."""
    if len(text) > MAX_TEXT_BYTES:
        raise SpecError(
            "the spec is too large",
            code="SPEC_LIMIT",
            got=f"{len(text)} characters",
            expected=f"at most {MAX_TEXT_BYTES}",
        )
    message = pb.FeatureSpec()
    try:
        if form == "json":
            json_format.Parse(text, message, max_recursion_depth=100)
        else:
            text_format.Parse(text, message)
    except (json_format.ParseError, text_format.ParseError, RecursionError) as error:
        unknown = "no field named" in str(error)
        code = "SPEC_UNKNOWN_FIELD" if unknown else "SPEC_SYNTAX"
        raise SpecError(f"not a spec: {error}", code=code) from None
    return _from_message(message)
