"""Several columns taken together, at least one of which is a list."""

from dataclasses import dataclass

from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.columns.list_ids import IdsColumn


@dataclass(frozen=True, slots=True, repr=False)
class ListCrossColumn(BaseColumn):
    """All combinations of the values of several columns; ids after `hash_buckets`.

    Of each list every element is taken, of a column of single values its value: the
    combinations of a row are the cartesian product, the last column running fastest.
    """

    def hash_buckets(
        self, num_buckets: int, *, hash_key: int | None = None
    ) -> IdsColumn:
        """A hash of each combination, modulo `num_buckets`: a list of ids.

        Each combination has the id that `CrossColumn.hash_buckets` gives its values,
        and the order is that of TensorFlow: `[a, b]` and `[k, l]` give the ids of
        `a k`, `a l`, `b k`, `b l`.

        Args:
            num_buckets: Divides the hash; the remainder is the id.
            hash_key: As of `CrossColumn.hash_buckets`.

        Semantics:
            - Missing list, empty list, missing value: has nothing to combine, so the
              row has an empty list of ids.
            - Missing element: the row is rejected, unless `fill` replaced the element
              or `drop_missing` left it out.
            - Repeated elements: each gives its own combinations.
            - Output: a list of ids in [0, num_buckets), never missing.

        Example:
            >>> import featurekit as fk
            >>> crossed = fk.cross(fk.strings("s"), fk.strings("t")).hash_buckets(1000)
            >>> rows = {"s": [["a", "b"], []], "t": [["k", "l"], ["k"]]}
            >>> fk.preview(crossed.pad(4), rows)
            [[698, 49, 10, 578], [0, 0, 0, 0]]

        Elsewhere:
            - `tf.feature_column.crossed_column`, which folds dense inputs after sparse
              ones.
        """
        step = self._step(s.HashBuckets, num_buckets, hash_key=hash_key)
        return IdsColumn(self.source, step)
