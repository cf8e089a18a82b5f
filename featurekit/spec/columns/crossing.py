"""Several columns taken together."""

from dataclasses import dataclass

from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.columns.categorical import CategoricalColumn


@dataclass(frozen=True, slots=True, repr=False)
class CrossColumn(BaseColumn):
    """Several columns taken together; a feature after `hash_buckets`."""

    def hash_buckets(self, num_buckets: int) -> CategoricalColumn:
        """A hash of all values, in order, modulo `num_buckets`.

        The same ids as `tf.feature_column.crossed_column` and
        `keras.layers.HashedCrossing`: text enters by FarmHash64, an integer or id as
        itself, folded with FingerprintCat64 from 0xDECAFCAFFE.

        Semantics:
            - Missing: missing where any of the inputs is.
            - Output: int64 in [0, num_buckets).
        """
        return CategoricalColumn(self.source, self._step(s.HashBuckets, num_buckets))
