"""Which fold a training row belongs to: decided by its key, wherever it is read."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from featurekit.jobs.splits import key_hashes
from featurekit.plan.targets import ROW
from featurekit.spec.feature_spec import FeatureSpec

SALT = "featurekit fold"
"""Of the hashes, so that folds are independent of the parts of a key split."""


def with_rows(
    spec: FeatureSpec,
    batch: pa.RecordBatch,
    keys: pa.RecordBatch,
    parts: npt.NDArray[np.int64],
) -> pa.RecordBatch:
    """The batch, and a hash of the key of each row; none where it trains nothing.

    A missing value in a key counts as an empty text, or as 0.

    Args:
        spec: The declaration.
        batch: The columns that a plan reads.
        keys: The key columns, cast.
        parts: For each row the index of its part; 0 is the training part.
    """
    filled = [
        pc.fill_null(column, 0 if pa.types.is_integer(column.type) else "")
        for column in keys.columns
    ]
    found = pa.RecordBatch.from_arrays(filled, keys.schema.names)
    # Half of the hash: ids in a plan are signed.
    hashes = (key_hashes(spec, SALT, found) >> np.uint64(1)).astype(np.int64)
    row = pa.array(hashes, mask=parts != 0)
    return batch.append_column(ROW, row)
