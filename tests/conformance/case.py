"""One case of the definition: a spec, a batch, and what must come out of it.

The expected values of the tables next to this file were derived by hand, or with
TensorFlow, NumPy and zoneinfo; never with featurekit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa

import featurekit as fk
from featurekit.plan.graph import Plan
from featurekit.spec.columns import Column


@dataclass(frozen=True)
class Case:
    """A batch and the records that a spec makes of it.

    Args:
        name: Unique among all cases.
        columns: The batch, as casting leaves it: float32, int64 (also timestamps, in
            microseconds UTC), string, large_string or dictionary<string>, and lists.
        spec: The declaration; a mapping is a spec of these features.
        expected: Per output the values of the accepted rows, in order. Numbers are
            those that float32 holds; -0.0 differs from 0.0; a NaN is the one whose
            float32 bits are 7fc00000. A vector is a list.
        rejected: Rows that are refused, and the code of the reason. Defaults to none.
        stats: Statistics, where the spec learns. Defaults to none.
    """

    name: str
    columns: Mapping[str, pa.Array]
    spec: fk.FeatureSpec | Mapping[str, Column]
    expected: Mapping[str, Sequence[object]]
    rejected: Mapping[int, str] = field(default_factory=dict)
    stats: fk.Stats | None = None

    @cached_property
    def feature_spec(self) -> fk.FeatureSpec:
        if isinstance(self.spec, fk.FeatureSpec):
            return self.spec
        return fk.FeatureSpec(self.spec)

    @cached_property
    def plan(self) -> Plan:
        return fk.compile(self.feature_spec, self.stats)

    @property
    def batch(self) -> pa.RecordBatch:
        return pa.record_batch(dict(self.columns))

    def __str__(self) -> str:
        return self.name


def float32(*values: float | None) -> pa.Array:
    """A float32 column; a NaN is a value, None is null."""
    return pa.array(values, pa.float32(), from_pandas=False)


def int64(*values: int | None) -> pa.Array:
    return pa.array(values, pa.int64())


def text(*values: str | None) -> pa.Array:
    return pa.array(values, pa.string())


def large_text(*values: str | None) -> pa.Array:
    return pa.array(values, pa.large_string())


def dictionary(
    indices: Sequence[int | None], entries: Sequence[str | None]
) -> pa.Array:
    """Dictionary-encoded text; entries may repeat, be unused, or be null."""
    return pa.DictionaryArray.from_arrays(
        pa.array(indices, pa.int32()), pa.array(entries, pa.large_string())
    )
