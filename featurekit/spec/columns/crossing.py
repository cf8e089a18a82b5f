"""Several columns taken together."""

from collections.abc import Iterable
from dataclasses import dataclass

from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.columns.categorical import CategoricalColumn
from featurekit.spec.columns.combinations import (
    Combination,
    check_num_oov,
    given_combinations,
)
from featurekit.spec.columns.vocabularies import OovPlace, with_vocabulary


@dataclass(frozen=True, slots=True, repr=False)
class CrossColumn(BaseColumn):
    """Several columns taken together; a feature after `hash_buckets` or `vocabulary`.

    What is crossed is the values themselves: text and integers as they are, whether a
    vocabulary knows them or not; of categorical columns the ids.
    """

    def hash_buckets(
        self, num_buckets: int, *, hash_key: int | None = None
    ) -> CategoricalColumn:
        """A hash of all values, in order, modulo `num_buckets`.

        The same ids as `tf.feature_column.crossed_column` and
        `keras.layers.HashedCrossing`: text enters by FarmHash64, an integer or id as
        itself, folded with FingerprintCat64. `crossed_column` folds plain columns after
        categorical ones, whatever their order; here the order is that of the arguments.

        Args:
            num_buckets: Divides the hash; the remainder is the id.
            hash_key: Where the fold starts, from 1 to 2**63 - 1; two of them give two
                independent hashes. Defaults to 0xDECAFCAFFE, as in TensorFlow.

        Semantics:
            - Missing: missing where any of the inputs is.
            - Output: int64 in [0, num_buckets).

        Example:
            >>> import featurekit as fk
            >>> crossed = fk.cross(fk.string("s"), fk.integer("i")).hash_buckets(1000)
            >>> fk.preview(crossed, {"s": ["A", "B"], "i": [101, 101]})
            [891, 754]

        Elsewhere:
            - Keras FeatureSpace crosses indices, so that all unknown texts give one
              bucket.
        """
        step = self._step(s.HashBuckets, num_buckets, hash_key=hash_key)
        return CategoricalColumn(self.source, step)

    def vocabulary(
        self,
        tokens: Iterable[Combination] | None = None,
        *,
        max_size: int | None = None,
        min_count: int = 1,
        num_oov: int = 1,
        oov: OovPlace = "after",
        missing_id: bool = False,
        default: s.DefaultId | None = None,
    ) -> CategoricalColumn:
        """The id of the combination in a vocabulary: exact, without collisions.

        Combinations are counted in the one pass over the data that counts all else, so
        where they are learned none of the columns may learn anything itself. Their
        order is by count, then by the bytes of a netstring for each value
        (`3:JFK,3:LAX,`), both descending.

        Args:
            tokens: The combinations in the order of their ids: of each a tuple of the
                values, or their netstrings, as `read_vocabulary` gives what
                `write_vocabulary` wrote of the statistics. Defaults to learned ones.
            max_size: Keep at most this many combinations. Defaults to all.
            min_count: Keep combinations that occur at least this often. Defaults to 1.
            num_oov: 1 gives all unknown combinations one id, 0 rejects their rows.
                Defaults to 1.
            oov: As of `StringColumn.vocabulary`.
            missing_id: As of `StringColumn.vocabulary`.
            default: As of `StringColumn.vocabulary`.

        Semantics:
            - Missing: missing where any of the inputs is; under `missing_id`, id 0.
            - Unknown: the id for unknown combinations, also where every value of a
              combination is known.
            - Output: int64 in [0, number of ids).

        Example:
            >>> import featurekit as fk
            >>> route = fk.cross(fk.string("s"), fk.integer("i"))
            >>> ids = route.vocabulary([("A", 101), ("B", 101)])
            >>> fk.preview(ids, {"s": ["B", "A", "A"], "i": [101, 101, 7]})
            [1, 0, 2]
        """
        check_num_oov(self, num_oov)
        return with_vocabulary(
            self,
            given_combinations(self, tokens),
            max_size=max_size,
            min_count=min_count,
            num_oov=num_oov,
            oov=oov,
            missing_id=missing_id,
            default=default,
        )
