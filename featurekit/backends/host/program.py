"""A plan as a program of the interpreter.

Text is never stored: looking it up, hashing it and filling it read the column where
Arrow has it, and what stands for a missing text is known when the program is made.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from featurekit.backends.farmhash_reference import fingerprint64
from featurekit.backends.host import instructions as at
from featurekit.backends.host.expressions import COMPARISON_CODES, OPERATION_CODES
from featurekit.backends.host.joined_text import JoinedText, MadeText, MarkedText
from featurekit.backends.host.places import Kind, Places
from featurekit.backends.host.text import ChangedText
from featurekit.backends.host.time_parts import PART_CODES
from featurekit.backends.token_ids import bucket_of_token, id_of_token
from featurekit.kernels.arrow_buffers import read_only
from featurekit.kernels.token_table import TokenTable
from featurekit.plan import ops
from featurekit.plan.graph import Plan
from featurekit.plan.types import ValueType

IntArray: TypeAlias = npt.NDArray[np.int64]

_NAN_CODES = {
    "missing": at.NAN_IS_MISSING,
    "error": at.NAN_IS_REFUSED,
    "keep": at.NAN_IS_KEPT,
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """Where numbers, and whether there are any, lie."""

    place: int
    valid: int


_NOTHING = Numbers(at.NOWHERE, at.NOWHERE)


@dataclass(frozen=True, slots=True)
class SourceText:
    """Text of a source column.

    Args:
        column: Which of the columns that the plan reads, or of the made ones after.
        nullable: Whether a row may have none.
        fill: What a row has instead; None where there is no such thing.
    """

    column: int
    nullable: bool = True
    fill: bytes | None = None


@dataclass(frozen=True, slots=True)
class Computed:
    """An output that the interpreter writes.

    Args:
        dtype: Of the values.
        width: Of a vector; None is one number per row.
        before: Bytes per row before the values, in the memory of the outputs.
        valid: Bytes per row before a bool per row; None where none is missing.
    """

    dtype: str
    width: int | None
    before: int
    valid: int | None


@dataclass(frozen=True, slots=True)
class Copied:
    """An output that is a source column, or its filled text."""

    column: str
    dtype: str
    fill: bytes | None


Output: TypeAlias = Computed | Copied


@dataclass(frozen=True)
class Program:
    """What the interpreter runs.

    Args:
        code: The instructions, int64.
        places: Where values lie, int64.
        moved: The places of outputs, which move when rows are refused.
        output_bytes: Per row, of all outputs.
        scratch_bytes: Per row of a block.
        outputs: By name.
        made: Columns of text that are made before the program runs.
        kept: Arrays whose addresses are in the code.
    """

    code: IntArray
    places: IntArray
    moved: IntArray
    output_bytes: int
    scratch_bytes: int
    outputs: dict[str, Output]
    made: tuple[MadeText, ...]
    kept: tuple[object, ...]


Constants: TypeAlias = list[object]
Encoder: TypeAlias = Callable[[Any, Constants], tuple[int, ...]]


def _bits(*values: float) -> tuple[int, ...]:
    """The words that hold the values."""
    return tuple(np.array(values, np.float64).view(np.int64).tolist())


def _address(values: Any, dtype: type, constants: Constants) -> int:
    """The address of an array that the program keeps."""
    array: npt.NDArray[Any] = np.array(values, dtype)
    constants.append(array)
    return array.ctypes.data


def _scale(minus: float, divisor: float) -> tuple[int, ...]:
    return at.SCALE, *_bits(minus, divisor or 1.0)


def _fill(op: ops.FillMissing, constants: Constants) -> tuple[int, ...]:
    if isinstance(op.value, float):
        return at.FILL, *_bits(op.value)
    return at.FILL, cast(int, op.value)


def _bucketize(op: ops.Bucketize, constants: Constants) -> tuple[int, ...]:
    address = _address(op.boundaries, np.float64, constants)
    return at.BUCKETIZE, address, len(op.boundaries)


def _lookup(op: ops.LookupVocabulary, constants: Constants) -> tuple[int, ...]:
    table = TokenTable.build(op.vocabulary.tokens, op.token_ids)
    constants.append(table)
    opcode = at.FIND_TEXT if op.vocabulary.is_text else at.FIND_INTEGER
    return opcode, *table.arguments, op.num_oov, op.first_oov


def _hash(op: ops.HashBucket) -> tuple[int, ...]:
    first, second = op.key or (0, 0)
    return int(bool(op.key)), first, second, op.num_buckets


def _time_part(op: ops.ExtractTimePart, constants: Constants) -> tuple[int, ...]:
    transitions = _address(op.transitions, np.int64, constants)
    offsets = _address(op.offsets, np.int64, constants)
    count = len(op.transitions)
    return at.TIME_PART, transitions, count, offsets, PART_CODES[op.part]


def _lookup_vector(op: ops.LookupVector, constants: Constants) -> tuple[int, ...]:
    vectors = _address(op.values, np.float32, constants)
    return at.LOOKUP_VECTOR, vectors, op.width, len(op.values) // op.width


def _mark_missing(op: ops.MarkMissing, constants: Constants) -> tuple[int, ...]:
    values: list[Any] = list(op.values)
    if isinstance(values[0], float):
        zeros = [0.0, -0.0] if 0.0 in values else []  # equal, with different bits
        values = list(_bits(*values, *zeros))
    address = _address(values, np.int64, constants)
    return at.MARK_MISSING, address, len(values)


def _lookup_number(op: ops.LookupNumber, constants: Constants) -> tuple[int, ...]:
    numbers = _address(op.values, np.float64, constants)
    return at.LOOKUP_NUMBER, numbers, len(op.values)


def _bucketize_by_key(op: ops.BucketizeByKey, constants: Constants) -> tuple[int, ...]:
    boundaries = _address(op.boundaries, np.float64, constants)
    starts = _address([0, *np.cumsum(op.sizes)], np.int64, constants)
    return at.BUCKETIZE_BY_KEY, boundaries, starts, len(op.sizes)


def _no_instruction(op: ops.Op, constants: Constants) -> tuple[int, ...]:
    raise AssertionError(f"{op.name} is more than one instruction")


# The opcode of an op on numbers, and what it has to know: tables are built here.
KERNELS: dict[type[ops.Op], Encoder] = {
    ops.ReadColumn: lambda op, _: (
        at.READ_FLOAT32 if op.dtype == "float32" else at.READ_INT64,
    ),
    ops.ToFloat64: lambda op, _: (at.TO_FLOAT64, _NAN_CODES[op.nan]),
    ops.FillMissing: _fill,
    ops.ClipValue: lambda op, _: (at.CLIP, *_bits(op.low, op.high)),
    ops.Log1pValue: lambda op, _: (at.LOG1P,),
    ops.StandardizeValue: lambda op, _: _scale(op.mean, op.std),
    ops.MinMaxScale: lambda op, _: _scale(op.minimum, op.maximum - op.minimum),
    ops.Bucketize: _bucketize,
    ops.IsGreaterEqual: lambda op, _: (at.IS_GREATER_EQUAL, *_bits(op.threshold)),
    ops.LookupVocabulary: _lookup,
    ops.HashBucket: lambda op, _: (at.HASH_INTEGER, *_hash(op)),
    ops.CrossHash: _no_instruction,
    ops.CombineIds: _no_instruction,
    ops.CheckRange: lambda op, _: (at.CHECK_RANGE, op.num_ids),
    ops.ExtractTimePart: _time_part,
    ops.RequirePresent: lambda op, _: (at.REQUIRE,),
    ops.OneHotEncode: lambda op, _: (at.ONE_HOT, op.depth),
    ops.ToFloat32: lambda op, _: (at.TO_FLOAT32,),
    # Between the levels of a plan; see `list_executor`.
    ops.ReadList: _no_instruction,
    ops.PadIds: _no_instruction,
    ops.PackVector: _no_instruction,
    ops.PadNumbers: _no_instruction,
    ops.MultiHotEncode: _no_instruction,
    ops.CountEncode: _no_instruction,
    ops.WeightEncode: _no_instruction,
    ops.PadWeighted: _no_instruction,
    ops.AggregateList: _no_instruction,
    ops.CountElements: _no_instruction,
    ops.DecodeTensor: _no_instruction,
    ops.DecodeImage: _no_instruction,
    ops.ShapeList: _no_instruction,
    ops.RescaleTensor: _no_instruction,
    ops.RoundTensor: _no_instruction,
    ops.PadBoxes: _no_instruction,
    ops.PadObjects: _no_instruction,
    ops.IsMissing: lambda op, _: (at.IS_MISSING,),
    ops.Arithmetic: lambda op, _: (at.COMBINE, OPERATION_CODES[op.operator]),
    ops.CompareNumbers: lambda op, _: (at.COMPARE, COMPARISON_CODES[op.operator]),
    ops.ChooseNumber: lambda op, _: (at.CHOOSE,),
    ops.JoinText: _no_instruction,
    ops.LookupVector: _lookup_vector,
    ops.MarkMissing: _mark_missing,
    ops.DefaultId: lambda op, _: (
        *(at.DEFAULT_ID, op.num_ids, op.default is not None, op.default or 0),
    ),
    # Columns are made of text before the program runs; see `text`.
    ops.MapText: _no_instruction,
    ops.StripText: _no_instruction,
    ops.CutText: _no_instruction,
    ops.JoinNgrams: _no_instruction,
    ops.CutWordpieces: _no_instruction,
    ops.WeighTerms: _no_instruction,
    ops.AlignLists: _no_instruction,
    ops.ShiftList: _no_instruction,
    ops.DifferenceList: _no_instruction,
    ops.RollList: _no_instruction,
    ops.MaskElements: _no_instruction,
    ops.MaskIds: _no_instruction,
    ops.HideId: lambda op, _: (
        *(at.HIDE_ID, op.seed, op.place, op.hidden_below, op.mask),
    ),
    ops.LookupNumber: _lookup_number,
    ops.BucketizeByKey: _bucketize_by_key,
}
assert set(KERNELS) == set(ops.OPS), "an op has no kernel on the host"


def _row_bytes(kind: ValueType) -> int:
    return 4 * (kind.width or 1) if kind.dtype == "float32" else 8


class _Assembler:
    """Adds the nodes of a plan, one after another, to a program."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.places = Places()
        self.constants: Constants = []
        self.code: list[list[int]] = []
        self.values: dict[int, Numbers | SourceText] = {}
        self.columns = {name: index for index, name in enumerate(plan.columns)}
        self.made: list[MadeText] = []
        # An output that is a column as it was read needs no place of its own.
        self.written = {
            index
            for _, index in plan.outputs
            if plan.nodes[index].type.dtype != "string"
            and not isinstance(plan.nodes[index].op, ops.ReadColumn)
        }

    def emit(
        self,
        node: int,
        words: tuple[int, ...],
        out: Numbers | None = None,
        entry: Numbers | None = None,
        column: int = 0,
        substitute: int = 0,
        more: tuple[Numbers, ...] = (),
    ) -> None:
        """Adds an instruction.

        Args:
            node: The node that it computes.
            words: The opcode, and what the op has to know.
            out: Where the result goes, if there is one.
            entry: The input, if it was computed.
            column: The column that is read, if one is.
            substitute: The result where a text is missing.
            more: The second and the third input.
        """
        line = [0] * at.WORDS
        opcode, *parameters = words
        line[at.OP], line[at.NODE], line[at.SOURCE] = opcode, node, column
        out, entry = out or _NOTHING, entry or _NOTHING
        line[at.OUT], line[at.OUT_VALID] = out.place, out.valid
        line[at.IN], line[at.IN_VALID] = entry.place, entry.valid
        line[at.FIRST : at.FIRST + len(parameters)] = parameters
        line[at.SUBSTITUTE] = substitute
        second, third = (*more, _NOTHING, _NOTHING)[:2]
        line[at.IN_2], line[at.IN_2_VALID] = second.place, second.valid
        line[at.IN_3], line[at.IN_3_VALID] = third.place, third.valid
        self.code.append(line)

    def room(self, node: int) -> Numbers:
        """Places for the result of a node."""
        kind = self.plan.nodes[node].type
        size = _row_bytes(kind)
        if node in self.written:
            home, bools = Kind.OUTPUT, Kind.OUTPUT_VALID
            home = Kind.OUTPUT_FLOATS if kind.dtype == "float32" else home
        else:
            home, bools = Kind.BLOCK, Kind.BLOCK_VALID
            size = (size + 7) // 8 * 8
        valid = self.places.take(bools, 1) if kind.nullable else at.NOWHERE
        return Numbers(self.places.take(home, size), valid)

    def add(self, index: int) -> None:
        node = self.plan.nodes[index]
        op = node.op
        if isinstance(op, ops.ToFloat64):
            # Columns are widened as they are read; what was rounded lies otherwise.
            source = self.plan.nodes[node.inputs[0]].op
            assert isinstance(source, ops.ReadColumn), "only columns are widened"
        first = self.values[node.inputs[0]] if node.inputs else None
        if isinstance(op, ops.ReadColumn):
            self.values[index] = self.read(index, op)
        elif isinstance(op, ops.CrossHash):
            self.values[index] = self.cross(index, op)
        elif isinstance(op, ops.JoinText):
            self.values[index] = self.join(index, op)
        elif isinstance(op, ops.Arithmetic | ops.CompareNumbers):
            self.values[index] = self.express(index, op, (op.left, op.right))
        elif isinstance(op, ops.BucketizeByKey):
            self.values[index] = self.express(index, op, (None, None))
        elif isinstance(op, ops.ChooseNumber):
            operands = (None, op.then, op.otherwise)
            self.values[index] = self.express(index, op, operands)
        elif isinstance(op, ops.HideId):
            self.values[index] = self.express(index, op, (None, op.shown))
        elif isinstance(op, ops.CombineIds):
            self.values[index] = self.combine(index, op)
        elif isinstance(first, SourceText):
            self.values[index] = self.of_text(index, op, first)
        else:
            words = KERNELS[type(op)](op, self.constants)
            self.values[index] = out = self.room(index)
            self.emit(index, words, out, first)

    def read(self, index: int, op: ops.ReadColumn) -> Numbers | SourceText:
        column = self.columns[op.column]
        if op.dtype == "string":
            return SourceText(column)
        out = self.room(index)
        self.emit(index, KERNELS[type(op)](op, self.constants), out, column=column)
        return out

    def of_text(self, index: int, op: ops.Op, text: SourceText) -> Numbers | SourceText:
        match op:
            case ops.MapText() | ops.StripText():
                return self.change(index, op, text)
            case ops.FillMissing(value=value):
                fill = str(value).encode() if text.nullable else text.fill
                return replace(text, nullable=False, fill=fill)
            case ops.RequirePresent():
                if text.nullable:
                    self.emit(index, (at.REQUIRE_TEXT,), column=text.column)
                return replace(text, nullable=False)
            case ops.MarkMissing():
                return self.mark_missing(index, op, text)
            case ops.LookupVocabulary():
                words = KERNELS[type(op)](op, self.constants)
                substitute = 0 if text.fill is None else id_of_token(op, text.fill)
            case ops.HashBucket():
                words = at.HASH_TEXT, *_hash(op)
                substitute = 0 if text.fill is None else bucket_of_token(op, text.fill)
            case ops.IsMissing():
                words, substitute = (at.TEXT_IS_MISSING,), 0
                if not text.nullable:
                    words = (at.CONSTANT, 0)
            case _:
                raise AssertionError(f"{op.name} does not take text")
        out = self.room(index)
        self.emit(index, words, out, column=text.column, substitute=substitute)
        return out

    def cross(self, index: int, op: ops.CrossHash) -> Numbers:
        out = self.room(index)
        entries = self.plan.nodes[index].inputs
        for position, entry in enumerate(entries):
            count = op.num_buckets if position == len(entries) - 1 else 0
            value = self.values[entry]
            marks = self.marks(index, value) if isinstance(value, SourceText) else value
            words = at.FOLD, int(position == 0), count, op.start
            self.emit(index, words, out, marks)
            if marks is not value:
                self.release(marks)
        return out

    def express(
        self, index: int, op: ops.Op, operands: tuple[float | int | None, ...]
    ) -> Numbers:
        """An op of several inputs; its numbers become columns of a block.

        Args:
            index: The node.
            op: Its op.
            operands: The op's operands; None for those that are inputs.
        """
        out = self.room(index)
        inputs = iter(self.plan.nodes[index].inputs)
        found = [
            self.values[next(inputs)] if one is None else self.constant(index, one)
            for one in operands
        ]
        first, *more = cast(list[Numbers], found)
        words = KERNELS[type(op)](op, self.constants)
        self.emit(index, words, out, first, more=tuple(more))
        for value, number in zip(found, operands, strict=True):
            if number is not None:
                self.release(value)
        return out

    def constant(self, index: int, number: float | int) -> Numbers:
        """A place that holds a number in every row."""
        out = Numbers(self.places.take(Kind.BLOCK, 8), at.NOWHERE)
        bits = (number,) if isinstance(number, int) else _bits(number)
        self.emit(index, (at.CONSTANT, *bits), out)
        return out

    def join(self, index: int, op: ops.JoinText) -> SourceText:
        """A column of joined text, which is read as one of the source."""
        names = list(self.columns)
        entries = self.plan.nodes[index].inputs
        texts = [cast(SourceText, self.values[entry]) for entry in entries]
        made = JoinedText(
            f"join/{index}",
            tuple((names[text.column], text.fill) for text in texts),
            op.separator.encode(),
        )
        self.made.append(made)
        self.columns[made.name] = len(self.columns)
        return SourceText(self.columns[made.name], self.plan.nodes[index].type.nullable)

    def mark_missing(
        self, index: int, op: ops.MarkMissing, text: SourceText
    ) -> SourceText:
        """A column without some texts, which is read as one of the source."""
        part = list(self.columns)[text.column], text.fill
        marked = tuple(str(value).encode() for value in op.values)
        self.made.append(MarkedText(f"marked/{index}", (part,), marked))
        self.columns[self.made[-1].name] = len(self.columns)
        return SourceText(len(self.columns) - 1)

    def change(
        self, index: int, op: ops.MapText | ops.StripText, text: SourceText
    ) -> SourceText:
        """A column of changed text, which is read as one of the source."""
        part = list(self.columns)[text.column], text.fill
        self.made.append(ChangedText(f"text/{index}", (part,), op, index))
        self.columns[self.made[-1].name] = len(self.columns)
        return SourceText(len(self.columns) - 1, text.nullable)

    def combine(self, index: int, op: ops.CombineIds) -> Numbers:
        out = self.room(index)
        first, second = self.plan.nodes[index].inputs
        self.emit(index, (at.PAIR, 1, 0), out, self.numbers(first))
        self.emit(index, (at.PAIR, 0, op.size), out, self.numbers(second))
        return out

    def numbers(self, index: int) -> Numbers:
        value = self.values[index]
        assert isinstance(value, Numbers)
        return value

    def marks(self, index: int, text: SourceText) -> Numbers:
        """The hashes of a text."""
        valid = self.places.take(Kind.BLOCK_VALID, 1) if text.nullable else at.NOWHERE
        out = Numbers(self.places.take(Kind.BLOCK, 8), valid)
        hashed = 0 if text.fill is None else fingerprint64(text.fill)
        signed = int(np.uint64(hashed).astype(np.int64))
        words = (at.HASH_TEXT,)
        self.emit(index, words, out, column=text.column, substitute=signed)
        return out

    def release(self, value: Numbers | SourceText) -> None:
        if isinstance(value, Numbers):
            self.places.release(value.place)
            self.places.release(value.valid)

    def output(self, index: int) -> Output:
        node, value = self.plan.nodes[index], self.values[index]
        if isinstance(value, SourceText):
            name = list(self.columns)[value.column]
            return Copied(name, "string", value.fill)
        if isinstance(node.op, ops.ReadColumn):
            return Copied(node.op.column, node.type.dtype, None)
        before = self.places.before
        valid = None if value.valid == at.NOWHERE else before(value.valid)
        return Computed(node.type.dtype, node.type.width, before(value.place), valid)


def assemble(plan: Plan) -> Program:
    """The program of a plan."""
    made = _Assembler(plan)
    released: list[list[int]] = [[] for _ in range(len(plan.nodes) + 1)]
    for entry, last in enumerate(plan.last_uses):
        released[last].append(entry)
    for index in range(len(plan.nodes)):
        made.add(index)
        for entry in released[index]:
            made.release(made.values[entry])
    outputs = {name: made.output(index) for name, index in plan.outputs}
    table = made.places.table()
    return Program(
        read_only(np.array(made.code, np.int64).reshape(-1, at.WORDS)),
        table,
        read_only(table[table[:, at.IN_OUTPUTS] == 1]),
        made.places.row_bytes(in_outputs=True),
        made.places.row_bytes(in_outputs=False),
        outputs,
        tuple(made.made),
        tuple(made.constants),
    )
