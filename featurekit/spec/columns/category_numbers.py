"""Numbers in the place of categories: how often they occur, and what they go with."""

from dataclasses import dataclass
from typing import Any, Literal

from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.columns.categorical import BooleanColumn
from featurekit.spec.columns.grouped import MAX_KEYS
from featurekit.spec.columns.numbers import NumericColumn
from featurekit.spec.columns.targets import FOLDS, encode_target


@dataclass(frozen=True, slots=True, repr=False)
class CategoryColumn(BaseColumn):
    """Values that are categories: texts or integers."""

    def count_encoding(
        self, *, frequency: bool = False, max_size: int | None = None
    ) -> NumericColumn:
        """How often the value occurs in the training rows.

        Args:
            frequency: Whether to divide by the number of training rows that have
                a value. Defaults to False.
            max_size: Count the most frequent ones only. Defaults to all.

        Semantics:
            - Missing: stays missing; the statistics skip it.
            - Unknown, or not among the most frequent: 0.
            - Empty text, 0 and negative integers: values like any other.
            - Output: float32; counts beyond 2**24 are rounded.

        Example:
            >>> import featurekit as fk
            >>> column = fk.string("c").count_encoding()
            >>> fk.preview(column, {"c": ["a", "a", "b"]})
            [2.0, 2.0, 1.0]

        Elsewhere:
            - NVTabular's `JoinGroupby(stats=["count"])`; `tft.count_per_key` and a
              lookup by hand.
        """
        step = self._step(s.CountEncoding, frequency=frequency, max_size=max_size)
        return NumericColumn(self.source, step)

    def target_encoding(
        self,
        *,
        target: NumericColumn | BooleanColumn,
        smoothing: float | Literal["auto"] = "auto",
        folds: int = FOLDS,
        max_keys: int = MAX_KEYS,
    ) -> NumericColumn:
        """The mean of a target in the training rows with the same value.

        Records of training rows have the mean of the other folds, so that no record
        knows its own target; records of other parts, layers and exports have the mean
        of all. The key of the spec decides the fold of a row, wherever it is read.

        Args:
            target: What is averaged, such as the label.
            smoothing: How many rows the mean of all rows counts for; "auto" weighs by
                the variances (empirical Bayes). Defaults to "auto".
            folds: In how many parts the training rows are divided. Defaults to 5.
            max_keys: More categories than this in the training rows are an error; each
                takes about 1 kB while it is counted. Defaults to 100,000.

        Semantics:
            - Missing category, and an unknown one: the mean of all rows.
            - Missing, NaN or infinite target: the row does not count.
            - Without key columns in the spec: an error, before data is read.
            - Output: float32, never missing.

        Elsewhere:
            - `TargetEncoder` of scikit-learn, whose `fit_transform` draws folds by the
              place of a row.
        """
        category: Any = self  # one of the columns below, all of which are categories
        made = encode_target(category, target, smoothing, folds, max_keys)
        return NumericColumn(made)
