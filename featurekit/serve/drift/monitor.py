"""The monitor: live sketches of the rows that a model serves."""

import threading
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import numpy as np
import pyarrow as pa

from featurekit.errors import ExampleDecodeError
from featurekit.io.example import decode_examples
from featurekit.serve.artifact import EXTRA, open_whole
from featurekit.serve.drift.report import ALPHA, DriftReport, compare
from featurekit.serve.drift.sketches import (
    FILE,
    ColumnSketch,
    FeatureRates,
    Sketches,
)
from featurekit.serve.drift.sketching import Sketcher
from featurekit.spec.inputs import Input, element_dtype

WINDOW = 10_000
_BLOCK = 1024
"""So many examples are gathered before they are decoded: columns cost to set up."""
_TYPES = {
    "float32": pa.float32(),
    "int64": pa.int64(),
    "timestamp": pa.int64(),
    "string": pa.large_string(),
    "key": pa.large_string(),
    "bytes": pa.large_binary(),
}


class Monitor:
    """Watches the rows that a model serves. Safe to share between threads.

    Keeps sketches of the last one to two windows of rows, and never the rows. Loads no
    TensorFlow.

    Args:
        path: The folder that `featurekit.export` wrote.
        window: Rows of half of the sliding window. Defaults to 10,000.
        alpha: The level of `report`. Defaults to 0.01.

    Raises:
        ArtifactError: The folder is damaged, or is no exported model.
        VersionTooNewError: A newer featurekit wrote it.

    Semantics:
        - Examples may wait until there is a block of them, or until anything is read.
        - Rows that the preprocessing refuses are in the sketches, too.

    Example:
        >>> import tempfile
        >>> import featurekit as fk
        >>> from featurekit.io.example_row import ExampleRowEncoder
        >>> spec = fk.FeatureSpec({"age": fk.numeric("age").fill(0.0)})
        >>> inputs = fk.model_inputs(spec, fk.Stats({}))
        >>> model = fk.models.TabularTransformer(inputs, dim=8, depth=1, num_heads=2)
        >>> rows = {"age": [20.0, 30.0, 40.0, 50.0] * 25}
        >>> encode = ExampleRowEncoder({"age": "float32"})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = f"{folder}/1"
        ...     _ = fk.export(model, spec, fk.Stats({}), path, training=rows)
        ...     monitor = Monitor(path)
        >>> monitor.observe_examples([encode({"age": 70.0}), encode({"age": None})])
        >>> monitor.observe_examples([encode({"age": 71.0})] * 30 + [b"no example"])
        >>> monitor.undecodable, monitor.rates()["age"].missing
        (1, 1)
        >>> monitor.report().drifted
        ['age']
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        window: int = WINDOW,
        alpha: float = ALPHA,
    ) -> None:
        root = Path(path)
        _, spec, stats = open_whole(root)
        self.training = read_training(root)
        self.alpha = alpha
        self._window = window
        self._sketcher = Sketcher(spec, stats)
        names = self._sketcher.plan.columns
        self._schema = pa.schema(
            [_field(one) for one in spec.serving_inputs if one.name in names]
        )
        self._lock = threading.Lock()
        self._pending: list[bytes] = []
        self._older, self._newer = Sketches(), Sketches()
        self._gone = Sketches(
            columns={name: ColumnSketch() for name in names},
            features={name: FeatureRates() for name, _ in self._sketcher.plan.outputs},
        )
        self._undecodable = 0

    def observe_examples(self, examples: Sequence[bytes]) -> None:
        """Adds serialized tf.Examples of raw columns. Never raises: counts bad ones."""
        with self._lock:
            self._pending.extend(examples)
            if len(self._pending) < _BLOCK:
                return
            taken, self._pending = self._pending, []
        self._add(taken)

    def observe_columns(self, batch: pa.RecordBatch) -> None:
        """Adds rows as raw columns, those that the plan reads; texts may be bytes.

        Never raises because of a text that is not UTF-8: counts its row as undecodable.
        """
        found = self._as_text(batch.select(self._schema.names))
        with self._lock:
            self._undecodable += batch.num_rows - sum(one.num_rows for one in found)
            for one in found:
                self._observe(one)

    @property
    def undecodable(self) -> int:
        """Rows since the start that are not of the columns, or are damaged."""
        self._flush()
        return self._undecodable

    @property
    def refused(self) -> int:
        """Rows since the start that the preprocessing refuses."""
        return self.totals().refused

    def rates(self) -> dict[str, FeatureRates]:
        """By feature, missing and unknown values in the window."""
        return dict(self.window().features)

    def report(self) -> DriftReport:
        """The window against the training rows; empty where the model has none."""
        live = self.window()
        if self.training is None:
            return DriftReport(self.alpha, 0, live.rows, ())
        return compare(self.training, live, alpha=self.alpha)

    def totals(self) -> Sketches:
        """Counts of all rows since the start, without distributions."""
        self._flush()
        with self._lock:
            found = self._gone.counts()
            found.merge(self._older.counts())
            found.merge(self._newer.counts())
        return found

    def window(self) -> Sketches:
        """Sketches of the rows in the window."""
        self._flush()
        found = Sketches()
        with self._lock:
            found.merge(self._older)
            found.merge(self._newer)
        return found

    def _flush(self) -> None:
        """Adds what is pending."""
        with self._lock:
            taken, self._pending = self._pending, []
        self._add(taken)

    def _add(self, examples: Sequence[bytes]) -> None:
        """Decodes and sketches examples, in blocks."""
        for start in range(0, len(examples), _BLOCK):
            block = examples[start : start + _BLOCK]
            whole = [one for one in block if isinstance(one, bytes)]
            # Other threads need not wait for this.
            found = self._decode(whole)
            rows = sum(batch.num_rows for batch in found)
            with self._lock:
                self._undecodable += len(block) - rows
                if rows:
                    joined = pa.Table.from_batches(found).combine_chunks()
                    self._observe(joined.to_batches()[0])

    def _observe(self, batch: pa.RecordBatch) -> None:
        self._sketcher.add(self._newer, batch)
        if self._newer.rows >= self._window:
            self._gone.merge(self._older.counts())
            self._older, self._newer = self._newer, Sketches()

    def _as_text(self, batch: pa.RecordBatch) -> list[pa.RecordBatch]:
        """The rows whose texts are UTF-8, by halves where one of them is not."""
        try:
            found: list[pa.RecordBatch] = (
                pa.Table.from_batches([batch]).cast(self._schema).to_batches()
            )
            return found
        except pa.ArrowInvalid:
            half = batch.num_rows // 2
            if not half:
                return []
            return self._as_text(batch[:half]) + self._as_text(batch[half:])

    def _decode(self, examples: Sequence[bytes]) -> list[pa.RecordBatch]:
        """The rows that can be decoded, by halves where one of them cannot be."""
        sizes = np.fromiter(map(len, examples), np.int64, len(examples))
        starts = np.cumsum(sizes) - sizes
        buffer = np.frombuffer(b"".join(examples), np.uint8)
        try:
            return [decode_examples(buffer, starts, sizes, self._schema)]
        except ExampleDecodeError:
            half = len(examples) // 2
            if not half:
                return []
            return self._decode(examples[:half]) + self._decode(examples[half:])


def read_training(root: Path) -> Sketches | None:
    """The sketches of the training rows of an exported model; None of one without."""
    file = root / EXTRA / FILE
    return Sketches.from_proto(file.read_bytes()) if file.is_file() else None


def _field(column: Input) -> pa.Field:
    element = element_dtype(column.dtype)
    if element is None:
        return pa.field(column.name, _TYPES[column.dtype])
    return pa.field(column.name, pa.large_list(_TYPES[element]))
