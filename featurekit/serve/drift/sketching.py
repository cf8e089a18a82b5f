"""From batches of raw columns to sketches."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from featurekit.backends.host.executor import HostBackend
from featurekit.io.adapter import read_columns
from featurekit.kernels.arrow_buffers import nulls
from featurekit.kernels.arrow_lists import is_list_like, list_parts
from featurekit.plan import ops
from featurekit.plan.graph import Plan
from featurekit.plan.lower import compile_spec
from featurekit.plan.stats import Stats
from featurekit.serve.drift.distributions import Categories, Distribution, Numbers
from featurekit.serve.drift.sketches import ColumnSketch, FeatureRates, Sketches
from featurekit.spec.feature_spec import FeatureSpec

_FAR_TIME = 4_102_444_800_000_000
"""Microseconds until 2100; the hour of times beyond, in a zone, is not worth much."""


def sketch(spec: FeatureSpec, stats: Stats, rows: Any) -> Sketches:
    """Sketches of rows, read batch by batch.

    Args:
        spec: The declaration.
        stats: What `analyze` measured for it.
        rows: A path, a table; see `featurekit.io.adapter`.

    Raises:
        SourceError: A column is missing, or has the wrong type.
        RowError: A value cannot be cast.

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec({"city": fk.string("city").fill("").vocabulary()})
        >>> rows = {"city": ["Ulm", None, "Bonn", "Ulm"]}
        >>> found = sketch(spec, fk.analyze(spec, rows), rows)
        >>> found.columns["city"].missing, found.columns["city"].parts["value"].counts
        (1, {b'Ulm': 2, b'Bonn': 1})
    """
    sketcher = Sketcher(spec, stats)
    found = Sketches()
    for batch in read_columns(spec, rows, list(sketcher.plan.columns)):
        sketcher.add(found, batch)
    return found


class Sketcher:
    """Adds batches to sketches.

    Args:
        spec: The declaration.
        stats: What it learned.
    """

    def __init__(self, spec: FeatureSpec, stats: Stats) -> None:
        self.plan = compile_spec(spec, stats, serving=True)
        self._inputs = {one.name: one for one in spec.serving_inputs}
        self._categories = _looked_up(self.plan)
        self._lookups = {
            name: _last_lookups(self.plan, node) for name, node in self.plan.outputs
        }
        self._looked_up = {at for found in self._lookups.values() for at in found}
        # Ids are counted before anything hides where they come from. The features
        # belong to it, as a plan computes, and refuses, what its outputs need.
        nodes = sorted(self._looked_up | {node for _, node in self.plan.outputs})
        outputs = tuple((str(node), node) for node in nodes)
        self._backend = HostBackend(Plan(self.plan.nodes, outputs))

    def add(self, into: Sketches, batch: pa.RecordBatch) -> None:
        """Adds a batch of cast columns, those that the plan reads."""
        into.rows += batch.num_rows
        missing = {}
        for name in self.plan.columns:
            column = into.columns.setdefault(name, ColumnSketch())
            missing[name] = self._add_column(column, name, batch.column(name))
        self._add_rates(into, batch, missing)

    def _add_column(
        self, into: ColumnSketch, name: str, values: pa.Array
    ) -> npt.NDArray[np.bool_]:
        """Adds a column; returns where it is missing."""
        missing = _missing(values)
        into.rows += len(values)
        into.missing += int(missing.sum())
        if is_list_like(values.type):
            offsets, _, elements = list_parts(values)
            lengths = np.diff(offsets)[~missing]
            _add(into, "length", Numbers, lengths)
            present = elements.filter(pa.array(~_missing(elements)))
            self._add_values(into, "element", name, present)
        else:
            present = values.filter(pa.array(~missing))
            self._add_values(into, "value", name, present)
        return missing

    def _add_values(
        self, into: ColumnSketch, part: str, name: str, values: pa.Array
    ) -> None:
        """Adds values that are there."""
        dtype = self._inputs[name].dtype
        if dtype == "bytes":
            return _add(into, "length", Numbers, pc.binary_length(values).to_numpy())
        if dtype == "timestamp":
            zone = self._inputs[name].time_zone or "UTC"
            return _add(into, "hour", Categories, _hours(values, zone))
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        number = pa.types.is_integer(values.type) or pa.types.is_floating(values.type)
        if number and name not in self._categories:
            return _add(into, part, Numbers, values.to_numpy(zero_copy_only=False))
        if number:
            values = values.cast(pa.large_string())
        return _add(into, part, Categories, values)

    def _add_rates(
        self,
        into: Sketches,
        batch: pa.RecordBatch,
        missing: dict[str, npt.NDArray[np.bool_]],
    ) -> None:
        done = self._backend.run(batch)
        into.refused += len(done.rejected_rows)
        counts = {}
        for node in self._looked_up:
            counts[node] = self._unknown(node, done.outputs.column(str(node)))
        for node in done.rejecting_nodes.tolist():
            if isinstance(self.plan.nodes[node].op, ops.LookupVocabulary):
                values, unknown = counts.get(node, (0, 0))
                counts[node] = values + 1, unknown + 1
        for name, node in self.plan.outputs:
            read = self.plan.columns_of[node]
            without = np.zeros(batch.num_rows, np.bool_)
            for column in read:
                without |= missing[column]
            found = [counts.get(one, (0, 0)) for one in self._lookups[name]]
            rates = FeatureRates(
                batch.num_rows,
                int(without.sum()),
                sum(values for values, _ in found),
                sum(unknown for _, unknown in found),
            )
            into.features[name] = into.features.get(name, FeatureRates()) + rates

    def _unknown(self, node: int, ids: pa.Array) -> tuple[int, int]:
        """How many ids there are, and how many of them stand for unknown tokens."""
        op = self.plan.nodes[node].op
        assert isinstance(op, ops.LookupVocabulary)
        while is_list_like(ids.type):
            ids = list_parts(ids)[2]
        found = ids.drop_null().to_numpy(zero_copy_only=False)
        unknown = (found >= op.first_oov) & (found < op.first_oov + op.num_oov)
        return len(found), int(unknown.sum())


def _add(into: ColumnSketch, part: str, kind: type[Distribution], values: Any) -> None:
    if part not in into.parts:
        into.parts[part] = kind()
    into.parts[part].update(values)


def _missing(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Where a value is missing: null, or NaN."""
    missing = nulls(values)
    if pa.types.is_floating(values.type):
        # A null's memory may hold anything, and is missing already.
        missing = missing | np.isnan(values.to_numpy(zero_copy_only=False))
    return missing


def _hours(values: pa.Array, zone: str) -> pa.Array:
    """The local hours of times, as text; of times far away none."""
    times = values.cast(pa.int64())
    near = pc.less(pc.abs(times), _FAR_TIME)
    local = times.filter(near).cast(pa.timestamp("us", zone))
    return pc.hour(local).cast(pa.large_string())


def _looked_up(plan: Plan) -> set[str]:
    """The columns whose values are tokens: of a vocabulary, or to be hashed."""
    kinds = (ops.LookupVocabulary, ops.HashBucket, ops.CheckRange)
    found = set()
    for index, node in enumerate(plan.nodes):
        if isinstance(node.op, kinds) and len(plan.columns_of[index]) == 1:
            found.add(plan.columns_of[index][0])
    return found


def _last_lookups(plan: Plan, node: int) -> tuple[int, ...]:
    """The lookups whose ids reach a node without another lookup after them."""
    if isinstance(plan.nodes[node].op, ops.LookupVocabulary):
        return (node,)
    found = (at for one in plan.nodes[node].inputs for at in _last_lookups(plan, one))
    return tuple(dict.fromkeys(found))
