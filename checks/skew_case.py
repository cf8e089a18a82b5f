"""What the skew matrix computes for one op."""

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pyarrow as pa

from checks.skew_values import MakeColumn
from featurekit.jobs.analyze import analyze
from featurekit.plan.graph import Plan
from featurekit.plan.lower import compile_spec
from featurekit.spec.columns import Column
from featurekit.spec.feature_spec import FeatureSpec

LEARNED_ROWS = 2000


@dataclass(frozen=True)
class SkewCase:
    """Features whose plan has the op, and the columns that they read.

    Args:
        columns: How each source column is made.
        features: The features; a row that one of them refuses counts for none.
        xla: Whether XLA computes it as well: it has no text, tables or hashes, turns
            divisions by constants into products, and takes NaN for the least number
            in a search. Layers therefore tell Keras not to use it.
        learns: Whether the features learn something.
    """

    columns: Mapping[str, MakeColumn]
    features: Mapping[str, Column]
    xla: bool = True
    learns: bool = False

    @property
    def plan(self) -> Plan:
        """The plan of the features; what they learn is learned from some rows."""
        spec = FeatureSpec(self.features)
        if not self.learns:
            return compile_spec(spec)
        rows = pa.Table.from_batches([self.batch(LEARNED_ROWS, 0)])
        return compile_spec(spec, analyze(spec, rows, on_bad_row="dead_letter"))

    @property
    def has_text(self) -> bool:
        """Whether a column is text, of which there are fewer values."""
        return any("string" in read.dtype for read in self.plan.columns.values())

    def batch(self, rows: int, seed: int) -> pa.RecordBatch:
        """Its columns; the same for the same seed."""
        made = {
            name: make(np.random.default_rng([seed, crc32(name.encode())]), rows)
            for name, make in self.columns.items()
        }
        return pa.record_batch(made)
