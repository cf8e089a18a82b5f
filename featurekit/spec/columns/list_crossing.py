"""Several columns taken together, at least one of which is a list."""

from collections.abc import Iterable
from dataclasses import dataclass

from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.columns.combinations import (
    Combination,
    check_num_oov,
    given_combinations,
)
from featurekit.spec.columns.list_ids import IdsColumn
from featurekit.spec.columns.vocabularies import OovPlace, with_vocabulary


@dataclass(frozen=True, slots=True, repr=False)
class ListCrossColumn(BaseColumn):
    """All combinations of the values of several columns.

    They have ids after `hash_buckets` or `vocabulary`.

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

    def vocabulary(
        self,
        tokens: Iterable[Combination] | None = None,
        *,
        max_size: int | None = None,
        min_count: int = 1,
        num_oov: int = 1,
        oov: OovPlace = "after",
        default: s.DefaultId | None = None,
    ) -> IdsColumn:
        """The id of each combination in a vocabulary: a list of exact ids.

        Each combination has the id that `CrossColumn.vocabulary` gives its values, in
        the order of `hash_buckets`; where they are learned, each is counted as often as
        it is in the lists.

        Args:
            tokens: As of `CrossColumn.vocabulary`.
            max_size: As of `CrossColumn.vocabulary`.
            min_count: As of `CrossColumn.vocabulary`.
            num_oov: 1 gives all unknown combinations one id, 0 rejects their rows.
                Defaults to 1.
            oov: As of `StringColumn.vocabulary`.
            default: As of `StringColumn.vocabulary`: with "missing", `drop_missing`
                leaves unknown combinations out.

        Semantics:
            - Missing list, empty list, missing value, missing element, repeated
              elements: as of `hash_buckets`. Missing elements are not counted.
            - Unknown: as of `CrossColumn.vocabulary`.
            - Output: a list of ids in [0, number of ids), never missing.

        Example:
            >>> import featurekit as fk
            >>> crossed = fk.cross(fk.strings("s"), fk.strings("t"))
            >>> ids = crossed.vocabulary([("a", "k"), ("b", "l")])
            >>> rows = {"s": [["a", "b"], []], "t": [["k", "l"], ["k"]]}
            >>> fk.preview(ids.pad(4), rows)
            [[1, 3, 3, 2], [0, 0, 0, 0]]
        """
        check_num_oov(self, num_oov)
        found = with_vocabulary(
            self,
            given_combinations(self, tokens),
            max_size=max_size,
            min_count=min_count,
            num_oov=num_oov,
            oov=oov,
            missing_id=False,
            default=default,
        )
        return IdsColumn(self.source, found.steps)
