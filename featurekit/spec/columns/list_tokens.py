"""Lists of texts and of integers: what is done to each element.

It is what a column of single values does to its value: the steps are the same, and so
are the checks of their arguments.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from featurekit.spec import steps as s
from featurekit.spec.columns.list_column import ValuesColumn
from featurekit.spec.columns.list_ids import IdsColumn
from featurekit.spec.columns.tensors import TensorColumn
from featurekit.spec.columns.text import TokensColumn
from featurekit.spec.columns.tokens import IntegerColumn, StringColumn
from featurekit.spec.columns.vocabularies import OovPlace


@dataclass(frozen=True, slots=True, repr=False)
class StringsColumn(ValuesColumn, TokensColumn):
    """A list of texts; a feature once it has ids and is ended."""

    @property
    def _each(self) -> StringColumn:
        return StringColumn(self.source, self.steps)

    def fill(self, value: str) -> "StringsColumn":
        """Replaces missing elements by a text; a missing list stays missing.

        Example:
            >>> import featurekit as fk
            >>> t = fk.strings("t").fill("?").vocabulary(["a", "?"])
            >>> fk.preview(t.counts(), {"t": [["a", None]]})
            [[1.0, 1.0, 0.0]]
        """
        self._check_fill(value)
        return StringsColumn(self.source, self._each.fill(value).steps)

    def missing_values(self, values: Iterable[str]) -> "StringsColumn":
        """`StringColumn.missing_values` of each element.

        Example:
            >>> import featurekit as fk
            >>> tags = fk.strings("t").missing_values([""]).drop_missing()
            >>> rows = {"t": [["a", "", "b"], [""]]}
            >>> fk.preview(tags.vocabulary(["a", "b"]).pad(2), rows)
            [[1, 2], [0, 0]]
        """
        found = self._each.missing_values(values)
        return StringsColumn(self.source, found.steps)

    def vocabulary(
        self,
        tokens: Iterable[str] | None = None,
        *,
        max_size: int | None = None,
        min_count: int = 1,
        num_oov: int = 1,
        reserved: Iterable[str] = (),
        oov: OovPlace = "after",
        missing_id: bool = False,
        shared: str | None = None,
        default: s.DefaultId | None = None,
    ) -> IdsColumn:
        """`StringColumn.vocabulary` of each element; every element counts.

        Semantics:
            - Unknown, empty text, order of learned tokens: as in single values.
            - With `num_oov=0` one unknown element rejects the row; with
              `default="missing"` it is missing, so that `drop_missing` leaves it out.
        """
        if missing_id:
            self._check_fill(missing_id)
        found = self._each.vocabulary(
            tokens,
            max_size=max_size,
            min_count=min_count,
            num_oov=num_oov,
            reserved=reserved,
            oov=oov,
            missing_id=missing_id,
            shared=shared,
            default=default,
        )
        return IdsColumn(self.source, found.steps)

    def hash_buckets(self, num_buckets: int, *, key: Iterable[int] = ()) -> IdsColumn:
        """`StringColumn.hash_buckets` of each element."""
        found = self._each.hash_buckets(num_buckets, key=key)
        return IdsColumn(self.source, found.steps)


@dataclass(frozen=True, slots=True, repr=False)
class IntegersColumn(ValuesColumn):
    """A list of 64-bit integers; a feature once it has ids and is ended.

    The three smallest integers are reserved, see `featurekit.backends.missing`: a row
    that holds one is rejected.
    """

    @property
    def _each(self) -> IntegerColumn:
        return IntegerColumn(self.source, self.steps)

    def fill(self, value: int) -> "IntegersColumn":
        """Replaces missing elements by an integer; a missing list stays missing."""
        self._check_fill(value)
        return IntegersColumn(self.source, self._each.fill(value).steps)

    def missing_values(self, values: Iterable[int]) -> "IntegersColumn":
        """`IntegerColumn.missing_values` of each element."""
        found = self._each.missing_values(values)
        return IntegersColumn(self.source, found.steps)

    def vocabulary(
        self,
        tokens: Iterable[int] | None = None,
        *,
        max_size: int | None = None,
        min_count: int = 1,
        num_oov: int = 1,
        reserved: Iterable[int] = (),
        oov: OovPlace = "after",
        missing_id: bool = False,
        shared: str | None = None,
        default: s.DefaultId | None = None,
    ) -> IdsColumn:
        """`IntegerColumn.vocabulary` of each element; every element counts."""
        if missing_id:
            self._check_fill(missing_id)
        found = self._each.vocabulary(
            tokens,
            max_size=max_size,
            min_count=min_count,
            num_oov=num_oov,
            reserved=reserved,
            oov=oov,
            missing_id=missing_id,
            shared=shared,
            default=default,
        )
        return IdsColumn(self.source, found.steps)

    def hash_buckets(self, num_buckets: int, *, key: Iterable[int] = ()) -> IdsColumn:
        """`IntegerColumn.hash_buckets` of each element."""
        found = self._each.hash_buckets(num_buckets, key=key)
        return IdsColumn(self.source, found.steps)

    def tensor(self, shape: Sequence[int]) -> TensorColumn:
        """The integers of a list as a tensor, row-major: `NumericsColumn.tensor`.

        Semantics:
            - Missing element, or another number of elements: the row is rejected.
            - Output: int64, after `rescale` float32, shape (batch, *shape).

        Example:
            >>> import featurekit as fk
            >>> x = fk.integers("x").tensor((1, 2))
            >>> fk.preview(x, {"x": [[1, 2**53 + 1]]})
            [[[1, 9007199254740993]]]
        """
        self._check_tensor(shape)
        return TensorColumn(self.source, self._step(s.Tensor, shape))

    def identity(
        self, num_ids: int, *, default: s.DefaultId | None = None
    ) -> IdsColumn:
        """The integers themselves; one outside of [0, num_ids) rejects the row.

        Args:
            num_ids: How many ids there are.
            default: As of `IntegerColumn.identity`.

        Example:
            >>> import featurekit as fk
            >>> i = fk.integers("i").identity(3)
            >>> fk.preview(i.counts(), {"i": [[0, 2, 2], [3]]})
            [[1.0, 0.0, 2.0], 'refused: OUT_OF_RANGE']
        """
        found = self._each.identity(num_ids, default=default)
        return IdsColumn(self.source, found.steps)
