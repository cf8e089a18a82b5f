"""What every backend offers: run a plan on a batch."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.errors import RowError
from featurekit.plan.graph import Plan
from featurekit.plan.rejects import row_error


@dataclass(frozen=True)
class Transformed:
    """What a plan made of one batch.

    Args:
        plan: The plan.
        source: The batch it was run on, all rows.
        outputs: The accepted rows, in order; one column per output of the plan:
            float32, float64, int64, binary, or fixed_size_list of float32 or int64;
            large_list where the value is a list. With nulls only where the output's
            type is nullable, or a list may be missing.
        rejected_rows: Rows of `source` that an op refused, int64, increasing.
        rejecting_nodes: For each of them the first node that refused it, int64.
    """

    plan: Plan
    source: pa.RecordBatch
    outputs: pa.RecordBatch
    rejected_rows: npt.NDArray[np.int64]
    rejecting_nodes: npt.NDArray[np.int64]

    @cached_property
    def accepted_rows(self) -> npt.NDArray[np.int64]:
        """Rows of `source` in `outputs`, int64, increasing."""
        kept = np.ones(self.source.num_rows, np.bool_)
        kept[self.rejected_rows] = False
        return np.flatnonzero(kept)

    def error(
        self,
        index: int,
        *,
        rows: npt.NDArray[np.int64] | None = None,
        file: str | None = None,
    ) -> RowError:
        """The error of the rejected row at `index`, located in its file.

        Args:
            index: Position in `rejected_rows`.
            rows: For each row of `source` its row in the file. Defaults to its
                position in the batch.
            file: The source file, if known.
        """
        row, node = int(self.rejected_rows[index]), int(self.rejecting_nodes[index])
        names = self.plan.columns_of[node]
        values = [self.source.column(name)[row].as_py() for name in names]
        got = values[0] if len(values) == 1 else tuple(values)
        located = row if rows is None else int(rows[row])
        return row_error(self.plan, node, row=located, got=got, file=file)


class Backend(Protocol):
    """An executor of one plan."""

    plan: Plan

    def run(self, batch: pa.RecordBatch) -> Transformed:
        """Computes all outputs for all rows that no op refuses.

        Args:
            batch: The columns that the plan reads, as `ReadColumn` types them:
                float32, int64, string or binary (also dictionary-encoded), or int64
                microseconds for timestamps; lists of the first three; nulls by
                validity.
        """
