"""HostBackend: runs a plan on whole columns, as a program of a compiled interpreter."""

import ctypes
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.backends.base import Transformed
from featurekit.backends.host.interpreter import (
    BLOCK,
    DAMAGED,
    find_memos,
    keep_accepted,
    run_block,
)
from featurekit.backends.host.joined_text import Refusals, add_refusals, with_made
from featurekit.backends.host.list_executor import ListExecutor
from featurekit.backends.host.outputs import OutputBuilder
from featurekit.backends.host.program import assemble
from featurekit.backends.inputs import check_columns
from featurekit.kernels.arrow_buffers import read_only
from featurekit.kernels.arrow_columns import (
    ENTRIES_OF_LINE,
    column_kind,
    describe_columns,
)
from featurekit.plan.graph import Plan
from featurekit.plan.levels import has_levels

ByteArray: TypeAlias = npt.NDArray[np.uint8]
IntArray: TypeAlias = npt.NDArray[np.int64]

_NO_ROWS = read_only(np.empty(0, np.int64))

_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype = ctypes.c_void_p
_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


class _Layout(NamedTuple):
    """Where the columns of the plan are in batches of a schema, and how they lie."""

    schema: pa.Schema
    chosen: IntArray
    kinds: IntArray
    code_bytes: IntArray


class HostBackend:
    """Runs a plan on whole columns. Safe to share between threads.

    Results do not depend on how rows are cut into batches, nor on how the columns lie
    in memory.

    Args:
        plan: The plan.

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec({"a": fk.numeric("x").buckets([0.0])})
        >>> backend = HostBackend(fk.compile(spec))
        >>> batch = pa.record_batch({"x": pa.array([1.0, None], pa.float32())})
        >>> done = backend.run(batch)
        >>> done.outputs.to_pylist(), done.rejected_rows.tolist()
        ([{'a': 1}], [1])
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._lists = ListExecutor(plan, HostBackend) if has_levels(plan) else None
        if self._lists is not None:
            return
        self._program = assemble(plan)
        self._builder = OutputBuilder(self._program.outputs)
        self._last_layout: _Layout | None = None

    def __reduce__(self) -> tuple[type["HostBackend"], tuple[Plan]]:
        return HostBackend, (self.plan,)

    def run(self, batch: pa.RecordBatch) -> Transformed:
        """Computes all outputs for all rows that no op refuses.

        Text outputs are large_binary, or a dictionary of it where the source has one.

        Raises:
            MissingColumnError: The batch lacks a column.
            DTypeMismatchError: A column is not of the type that the plan reads.
            IndexError: A dictionary's code points behind its entries.
        """
        if self._lists is not None:
            check_columns(self.plan, batch)
            return self._lists.run(batch)
        made, memory, refused_by, refused = self._run(batch)
        rejected, kept = _NO_ROWS, None
        if refused:
            keep_accepted(memory, self._program.moved, refused_by)
            kept = refused_by < 0
            rejected = np.flatnonzero(~kept)
        outputs = self._builder.build(made, memory, kept)
        return Transformed(self.plan, batch, outputs, rejected, refused_by[rejected])

    def run_all(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, IntArray]:
        """The outputs of all rows of a plan without lists, and what refuses each.

        Args:
            batch: As for `run`.

        Returns:
            outputs: Anything where the node, or one before it, refused the row.
            refused_by: int64, the first node that refuses a row; -1 for none.
        """
        made, memory, refused_by, _ = self._run(batch)
        return self._builder.build(made, memory, None), refused_by

    def _run(
        self, batch: pa.RecordBatch
    ) -> tuple[pa.RecordBatch, ByteArray, IntArray, int]:
        """The batch with made text, the outputs of all rows, and what refuses them."""
        program, rows = self._program, batch.num_rows
        refusals: Refusals = []
        if program.made:
            check_columns(self.plan, batch)
            batch, refusals = with_made(batch, program.made)
        memory = np.empty(rows * program.output_bytes, np.uint8)
        refused_by = np.empty(rows, np.int64)
        refused = self._compute(batch, memory, refused_by)
        if refusals:
            refused = add_refusals(refusals, refused_by)
        return batch, memory, refused_by, refused

    def _compute(
        self, batch: pa.RecordBatch, memory: ByteArray, refused_by: IntArray
    ) -> int:
        """Fills the memory of all rows' outputs; returns how many rows are refused."""
        code, places = self._program.code, self._program.places
        rows, refused = batch.num_rows, 0
        # The capsule holds the batch for as long as its addresses are read.
        _, exported = batch.__arrow_c_array__()
        sources = self._describe(batch, exported)
        starts = find_memos(code, sources, rows)
        memos = np.empty(starts[-1], np.int64)
        scratch = np.empty(min(rows, BLOCK) * self._program.scratch_bytes, np.uint8)
        for start in range(0, rows, BLOCK):
            found = run_block(
                *(code, places, sources, starts, memos, memory, scratch, refused_by),
                start,
            )
            if found == DAMAGED:
                raise IndexError("a code of a dictionary points behind its entries")
            refused += found
        return refused

    def _describe(self, batch: pa.RecordBatch, exported: object) -> IntArray:
        layout = self._last_layout
        if layout is None or layout.schema != batch.schema:
            layout = self._last_layout = self._layout(batch)
        sources = np.empty((len(layout.chosen), ENTRIES_OF_LINE), np.int64)
        address = _pointer(exported, b"arrow_array")
        describe_columns(
            address, layout.chosen, layout.kinds, layout.code_bytes, sources
        )
        return sources

    def _layout(self, batch: pa.RecordBatch) -> _Layout:
        check_columns(self.plan, batch)
        schema = batch.schema
        made = (one.name for one in self._program.made)
        names = [*self.plan.columns, *made]
        chosen = [schema.get_field_index(name) for name in names]
        lies = [column_kind(schema.field(index).type) for index in chosen]
        kinds, code_bytes = np.array(lies, np.int64).reshape(-1, 2).T
        return _Layout(
            schema,
            read_only(np.array(chosen, np.int64)),
            read_only(kinds),
            read_only(code_bytes),
        )
