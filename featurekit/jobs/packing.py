"""Rows of short lists become packed rows, before the plan sees them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.backends.base import Transformed
from featurekit.errors import RowError
from featurekit.kernels.arrow_buffers import arrow_array, read_only
from featurekit.kernels.arrow_lists import Lists, list_array, list_parts
from featurekit.kernels.first_fit import first_fit
from featurekit.spec.packing import Packing

BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Packs:
    """Which rows are packed together.

    Args:
        members: Rows of the batch, those of one pack one behind the other.
        offsets: Pack p holds the members from offsets[p] to offsets[p + 1].
    """

    members: IntArray
    offsets: IntArray

    @property
    def first(self) -> IntArray:
        """The first row of each pack."""
        return self.members[self.offsets[:-1]]

    @property
    def pack_of_members(self) -> IntArray:
        """For each member the pack that it is in."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


class Packer:
    """Packs rows of one batch.

    Args:
        spec: How rows are packed.
        batch: Rows as the source has them, cast.

    Attributes:
        lengths: Elements that each row brings into a pack.
        misfits: Rows whose lists differ in length, or of which one is missing.
        too_long: Rows that are longer than a pack, where these are not cut.
        usable: All other rows, but for those without elements.
        unused: How many rows have no elements.
    """

    def __init__(self, spec: Packing, batch: pa.RecordBatch) -> None:
        self._spec = spec
        self._batch = batch
        self._parts = {name: list_parts(batch.column(name)) for name in spec.lists}
        lengths = [np.diff(part.offsets) for part in self._parts.values()]
        misfit = np.zeros(batch.num_rows, np.bool_)
        for part, length in zip(self._parts.values(), lengths, strict=True):
            misfit |= length != lengths[0]
            if len(part.valid):
                misfit |= ~part.valid
        excess = ~misfit & (lengths[0] > spec.length) & (spec.too_long == "error")
        empty = ~misfit & (lengths[0] == 0)
        self.lengths = np.minimum(lengths[0], spec.length)
        self.misfits = np.flatnonzero(misfit)
        self.too_long = np.flatnonzero(excess)
        self.usable = np.flatnonzero(~(misfit | excess | empty))
        self.unused = int(empty.sum())

    def choose(self, rows: IntArray, parts: IntArray) -> Packs:
        """First fit of some usable rows, apart for each part of the data.

        Args:
            rows: The rows, in order.
            parts: The part of every row of the batch.
        """
        first = np.empty(len(rows), np.int64)
        for part in np.unique(parts[rows]).tolist():
            of_part = np.flatnonzero(parts[rows] == part)
            bins = first_fit(self.lengths[rows[of_part]], self._spec.length)
            # Bins are numbered as they are opened, so their first rows are in order.
            opened = np.unique(bins, return_index=True)[1]
            first[of_part] = of_part[opened][bins]
        order = np.argsort(first, kind="stable")
        counts = np.bincount(first, minlength=len(rows))
        sizes = counts[counts > 0]
        return Packs(rows[order], np.concatenate([[0], np.cumsum(sizes)]))

    def pack(self, packs: Packs) -> pa.RecordBatch:
        """The packed rows: all columns of the batch, with segments and positions."""
        lengths = self.lengths[packs.members]
        ends = np.concatenate([[0], np.cumsum(lengths)])
        positions = np.arange(ends[-1]) - np.repeat(ends[:-1], lengths)
        offsets = read_only(ends[packs.offsets])
        numbers = np.arange(len(packs.members))
        numbers -= packs.offsets[:-1][packs.pack_of_members]
        columns = {}
        for name in self._batch.schema.names:
            if name in self._parts:
                elements = _taken(self._parts[name], packs.members, lengths, positions)
                columns[name] = list_array(offsets, elements)
            else:
                found = self._batch.column(name)
                columns[name] = found.take(arrow_array(packs.first))
        segments = arrow_array(np.repeat(numbers, lengths))
        columns[self._spec.segments] = list_array(offsets, segments)
        columns[self._spec.positions] = list_array(offsets, arrow_array(positions))
        return pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


def _taken(
    lists: Lists, rows: IntArray, lengths: IntArray, positions: IntArray
) -> pa.Array:
    """The first `lengths` elements of each row, one row behind the other."""
    places = np.repeat(lists.offsets[rows], lengths) + positions
    return lists.elements.take(arrow_array(places))


@dataclass(frozen=True, slots=True)
class PackedRun:
    """What the plan made of the packs of a batch.

    Args:
        done: The packs that are left, none of them refused.
        packs: Their rows.
        refused: The errors of refused rows, by row of the batch.
    """

    done: Transformed
    packs: Packs
    refused: dict[int, RowError]


def run_packed(
    packer: Packer,
    parts: IntArray,
    run: Callable[[pa.RecordBatch], Transformed],
    *,
    located: IntArray,
    file: str | None,
) -> PackedRun:
    """Packs all usable rows and runs the plan, until it refuses no pack.

    A refused pack is taken apart: its rows that are refused alone too are left out, and
    the others packed anew, so that no row is lost for a value of another one.

    Args:
        packer: The rows.
        parts: The part of each of them.
        run: The plan.
        located: The row in the source of each of them.
        file: The source, for messages.
    """
    rows = packer.usable
    refused: dict[int, RowError] = {}
    while True:
        packs = packer.choose(rows, parts)
        done = run(packer.pack(packs))
        if not len(done.rejected_rows):
            return PackedRun(done, packs, refused)
        found = _judge(packer, packs, done, run, located, file)
        rows = np.setdiff1d(rows, list(found))
        refused |= found


def _judge(
    packer: Packer,
    packs: Packs,
    done: Transformed,
    run: Callable[[pa.RecordBatch], Transformed],
    located: IntArray,
    file: str | None,
) -> dict[int, RowError]:
    """The rows of refused packs that are to blame; all rows of one that has none."""
    suspect = np.isin(packs.pack_of_members, done.rejected_rows)
    members = packs.members[suspect]
    judged = run(packer.pack(Packs(members, np.arange(len(members) + 1))))
    blamed = {
        int(members[row]): judged.error(index, rows=located[members], file=file)
        for index, row in enumerate(judged.rejected_rows.tolist())
    }
    for index, pack in enumerate(done.rejected_rows.tolist()):
        together = packs.members[packs.offsets[pack] : packs.offsets[pack + 1]].tolist()
        if blamed.keys().isdisjoint(together):
            for row in together:
                rows = np.full(len(packs.first), located[row])
                blamed[row] = done.error(index, rows=rows, file=file)
    return blamed
