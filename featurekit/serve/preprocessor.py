"""Raw rows to features without TensorFlow."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from featurekit.backends.reference import ReferenceBackend
from featurekit.backends.values_reference import Value
from featurekit.io.adapter import read_columns
from featurekit.io.layout import shaped, stored_arrays
from featurekit.io.manifest import output_columns
from featurekit.plan.lower import compile_spec
from featurekit.plan.rejects import row_error
from featurekit.plan.stats import Stats
from featurekit.serve import golden
from featurekit.serve.artifact import EXTRA, open_whole
from featurekit.serve.row_values import RowReader, Unusual
from featurekit.spec.feature_spec import FeatureSpec

if TYPE_CHECKING:
    from featurekit.backends.host.executor import HostBackend
    from featurekit.jobs.explain import Step

FEW_ROWS = 64
"""So many rows are computed one by one: whole columns cost more to set up."""


class Preprocessor:
    """The features of a spec, for a service that runs its model elsewhere.

    Gives to the bit what batch conversion, `FeatureLayer` and the exported model give.
    Loads no TensorFlow. Safe to share between threads.

    Args:
        spec: The declaration.
        stats: What it learned. Defaults to None, where there is nothing to learn.

    Raises:
        StatisticsError: Statistics are missing, or of another declaration.

    Semantics:
        - Up to 64 dicts are computed row by row, larger requests by whole columns; the
          results are the same.
        - A key that a row lacks is a missing value there, if another row has it.

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec({"size": fk.numeric("x").fill(0.0).buckets([1.0])})
        >>> preprocessor = fk.Preprocessor(spec)
        >>> preprocessor.transform([{"x": 2.5}, {"x": None}])
        {'size': array([1, 0])}
    """

    def __init__(self, spec: FeatureSpec, stats: Stats | None = None) -> None:
        self.spec = spec
        self.stats = stats
        self.plan = compile_spec(spec, stats, serving=True)
        self._rows = ReferenceBackend(self.plan)
        self._read = RowReader(spec, self.plan)
        self._columns_out = output_columns(self.plan)
        self._outputs = [
            (name, node, np.float32 if kind.dtype == "float32" else np.int64)
            for (name, node), kind in zip(
                self.plan.outputs, self.plan.output_types.values(), strict=True
            )
        ]

    @classmethod
    def load(cls, path: str | PathLike[str]) -> "Preprocessor":
        """The preprocessing of an exported model; proves that it is the same.

        Every file is compared with its digest, and the golden features are computed
        again: they have to agree in every bit.

        Args:
            path: The folder that `featurekit.export` wrote.

        Raises:
            ArtifactError: The folder is damaged, or does not reproduce itself.
            VersionTooNewError: A newer featurekit wrote it.
        """
        root = Path(path)
        _, spec, stats = open_whole(root)
        loaded, extra = cls(spec, stats), root / EXTRA
        rows = golden.open_rows(extra / "golden_inputs.arrow")
        expected = golden.open_rows(extra / "golden_features.arrow")
        golden.compare_features(expected, loaded._replayed(rows))
        return loaded

    def _replayed(self, rows: pa.RecordBatch) -> dict[str, npt.NDArray[Any]]:
        """The features of stored rows, without Arrow's view of Python values."""
        computed = []
        for index, row in enumerate(self._rows.read(rows)):
            values, rejected_by = self._rows.compute(row)
            if rejected_by >= 0:
                raise row_error(self.plan, rejected_by, row=index, got=None)
            computed.append(values)
        return self._arrays(computed)

    def transform(self, rows: Any) -> dict[str, npt.NDArray[Any]]:
        """The features of raw rows, as a model receives them.

        Args:
            rows: A list of dicts, a dict of columns, a frame, a path; see
                `featurekit.io.adapter`. Columns that no feature reads are ignored.

        Returns:
            By feature an int64 or float32 array of shape (rows,) or (rows, width), or
            in the shape that the column says.

        Raises:
            SourceError: A column is missing, or has the wrong type.
            RowError: A row holds a value that the spec does not accept.
        """
        if isinstance(rows, Sequence) and 0 < len(rows) <= FEW_ROWS:
            try:
                return self._few(rows)
            except Unusual:
                pass  # whatever is wrong or unusual, the general cast knows it
        return self._many(rows)

    def _few(self, rows: Sequence[Any]) -> dict[str, npt.NDArray[Any]]:
        # All are read before any is computed: a wrong value comes before a refused one.
        taken = self._read.all(rows)
        computed: list[list[Value]] = []
        for index, read in enumerate(taken):
            values, rejected_by = self._rows.compute(read)
            if rejected_by >= 0:
                columns = self.plan.columns_of[rejected_by]
                got = [rows[index][name] for name in columns]
                shown = got[0] if len(got) == 1 else tuple(got)
                raise row_error(self.plan, rejected_by, row=index, got=shown)
            computed.append(values)
        return shaped(self._arrays(computed), self._columns_out)

    def _arrays(self, computed: list[list[Value]]) -> dict[str, npt.NDArray[Any]]:
        return {
            name: np.array([values[node] for values in computed], dtype)
            for name, node, dtype in self._outputs
        }

    def explain(self, row: Mapping[str, Any]) -> "tuple[Step, ...]":
        """What becomes of a row, step by step.

        Args:
            row: By column a value; None is missing.

        Returns:
            The steps in their order, up to the one that refuses the row.

        Raises:
            SourceError: A column is missing, or has the wrong type.
            RowError: A value cannot be read as its column's type.

        Example:
            >>> import featurekit as fk
            >>> spec = fk.FeatureSpec({"age": fk.numeric("age").clip(0, 99)})
            >>> for step in fk.Preprocessor(spec).explain({"age": 130}):
            ...     print(step.op, "->", step.value)
            read_column(column='age', dtype='float32') -> 130.0
            to_float64(%0, nan='missing') -> 130.0
            clip_value(%1, low=0.0, high=99.0) -> 99.0
            require_present(%2) -> 99.0
            to_float32(%3) -> 99.0
        """
        # Imported here: a service that explains nothing starts sooner.
        from featurekit.jobs.explain import trace_row

        (cast,) = read_columns(self.spec, [row], list(self.plan.columns))
        return trace_row(self.plan, cast)

    @cached_property
    def _columns(self) -> "HostBackend":
        # Imported here: whoever sends few rows at a time needs no compiler.
        from featurekit.backends.host.executor import HostBackend

        return HostBackend(self.plan)

    def _many(self, rows: Any) -> dict[str, npt.NDArray[Any]]:
        parts = [
            self._run_batch(batch)
            for batch in read_columns(self.spec, rows, list(self.plan.columns))
        ]
        return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}

    def _run_batch(self, batch: pa.RecordBatch) -> dict[str, npt.NDArray[Any]]:
        done = self._columns.run(batch)
        if len(done.rejected_rows):
            raise done.error(0)
        return shaped(stored_arrays(done.outputs), self._columns_out)
