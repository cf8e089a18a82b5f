"""One row of the source as the rows that it is made into, for explaining it."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from featurekit.jobs.packing import Packer, Packs
from featurekit.jobs.windows import make_windows
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.packing import Packing


@dataclass(frozen=True, slots=True)
class MadeOf:
    """What a spec with `rows=` makes of one row, before the plan sees it.

    Args:
        spec: The declaration of what is made; it makes no rows itself.
        batch: The windows of the row, or the row alone in a pack; none where it is
            unused or refused.
    """

    spec: FeatureSpec
    batch: pa.RecordBatch


def make_of(spec: FeatureSpec, raw: pa.RecordBatch, cast: pa.RecordBatch) -> MadeOf:
    """What is made of one row.

    Args:
        spec: The declaration, with `rows=`.
        raw: The row as the source stores it.
        cast: The same, cast; without errors.
    """
    assert spec.rows is not None
    for name in spec.rows.lists:
        place = raw.schema.get_field_index(name)
        raw = raw.set_column(place, name, cast.column(name))
    alone = FeatureSpec(
        spec.features,
        label=spec.label,
        weight=spec.weight,
        key=[item.name for item in spec.key],
        split=spec.split,
        missing_label=spec.missing_label,
    )
    if not isinstance(spec.rows, Packing):
        return MadeOf(alone, make_windows(spec.rows, raw).batch)
    packer = Packer(spec.rows, raw)
    members = packer.usable
    return MadeOf(alone, packer.pack(Packs(members, np.arange(len(members) + 1))))
