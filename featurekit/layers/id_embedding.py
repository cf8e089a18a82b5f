"""Trainable vectors for the ids of several features, read from one table."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import keras
import numpy as np
from keras import ops

from featurekit.layers.combiners import clip_norms, combine
from featurekit.layers.flops import product_flops


@keras.saving.register_keras_serializable(package="featurekit")
class IdEmbedding(keras.layers.Layer):
    """One vector for each id of each feature.

    All features read one table, each shifted by the offset of its rows: one operation,
    however many features there are. Features with several padded ids per row are read
    by `combine`, one by one, from the same table.

    Args:
        sizes: Number of ids of each feature.
        embedding_dim: Width of the vectors in the table.
        dim: Width of the result. If it differs from `embedding_dim`, each feature has a
            matrix that maps its vectors. Defaults to `embedding_dim`.
        shared: For each feature a number; features of the same number, and size, read
            the same vectors. Defaults to vectors of its own for each feature.
        padded: For each feature whether its id 0 is padding; such features come last.
            Id i + 1 of one has the vector of id i of a feature that it shares with and
            that is not padded, which has one id less. Defaults to none.
        max_norms: For each feature the longest vector; longer ones are scaled down when
            they are read. Defaults to any length, `None`.

    Call arguments:
        inputs: Ids, one column per feature that is not padded: any integer dtype, shape
            `(batch, features)`.

    Output shape:
        `(batch, features, dim)` in the compute dtype.

    Semantics:
        - An id outside of `[0, size)` gives a vector of NaN on every backend. It never
          reads the row of another feature.

    Raises:
        ValueError: A size or width is not positive, or features of one number in
            `shared` have different sizes.

    Example:
        >>> import numpy as np
        >>> layer = IdEmbedding([5, 3], 4, dim=8)
        >>> tuple(layer(np.array([[4, 0], [0, 2]])).shape)
        (2, 2, 8)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        embedding_dim: int,
        *,
        dim: int | None = None,
        shared: Sequence[int] | None = None,
        padded: Sequence[bool] | None = None,
        max_norms: Sequence[float | None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sizes = list(sizes)
        self.shared = list(range(len(self.sizes)) if shared is None else shared)
        self.padded = [False] * len(self.sizes) if padded is None else list(padded)
        self.max_norms = list(max_norms or [None] * len(self.sizes))
        self.embedding_dim = embedding_dim
        self.dim = embedding_dim if dim is None else dim
        if not self.sizes or min(*self.sizes, embedding_dim, self.dim) < 1:
            raise ValueError(
                f"Expected positive sizes and widths. "
                f"Received: sizes={self.sizes}, {embedding_dim=}, {dim=}"
            )
        if sorted(self.padded) != self.padded:
            raise ValueError(f"Expected padded features last. Received: {self.padded}")
        self._num_single = self.padded.count(False)
        self._place_rows()

    def _place_rows(self) -> None:
        """Decides which rows of the table are whose."""
        own = [size - at for size, at in zip(self.sizes, self.padded, strict=True)]
        groups = dict(zip(self.shared, own, strict=True))
        if [groups[number] for number in self.shared] != own:
            raise ValueError(
                f"Expected one size for features that share their vectors. "
                f"Received: sizes={self.sizes}, shared={self.shared}"
            )
        with_padding = {n for n, at in zip(self.shared, self.padded, strict=True) if at}
        rows = {
            number: size + (number in with_padding) for number, size in groups.items()
        }
        starts = dict(zip(rows, accumulate(rows.values(), initial=0), strict=False))
        self._offsets = [
            starts[number] + (number in with_padding and not at)
            for number, at in zip(self.shared, self.padded, strict=True)
        ]
        self._rows = sum(rows.values())

    def build(self, input_shape: Any = None) -> None:
        """Creates the table, and the matrices where widths differ."""
        bound = self.dim**-0.5
        self._table = self.add_weight(
            name="table",
            shape=(self._rows, self.embedding_dim),
            initializer=keras.initializers.RandomUniform(-bound, bound),
            # Read as it is stored, and cast then: GPUs add up gradients of frequent ids
            # many times slower in half precision, and the sums lose small ones.
            autocast=False,
        )
        self._matrices = None
        if self.embedding_dim != self.dim:
            scale = (3.0 / self.embedding_dim) ** 0.5
            self._matrices = self.add_weight(
                name="matrices",
                shape=(len(self.sizes), self.embedding_dim, self.dim),
                initializer=keras.initializers.RandomUniform(-scale, scale),
            )
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Reads the vectors of features with one id per row."""
        count = self._num_single
        found = self._read(inputs, slice(count))
        if self._matrices is not None:
            found = ops.einsum("bfe,fed->bfd", found, self._matrices[:count])
        return found

    def combine(
        self, feature: int, ids: Any, weights: Any | None = None, combiner: str = "mean"
    ) -> Any:
        """The vectors of the padded ids of a feature, combined to one for each row.

        Args:
            feature: Which one, a padded one.
            ids: Shape (batch, length); 0 is padding.
            weights: Shape (batch, length), floating. Defaults to 1 for each id.
            combiner: "sum", "mean" or "sqrtn"; see `featurekit.layers.combiners`.

        Returns:
            Shape (batch, dim) in the compute dtype.
        """
        found = self._read(ids, slice(feature, feature + 1))
        found = combine(found, ids, weights, combiner)
        if self._matrices is not None:
            found = ops.matmul(found, self._matrices[feature])
        return found

    def _read(self, ids: Any, features: slice) -> Any:
        """Vectors from the table; each column of ids is of a feature, or all of one."""
        # Narrowing to 32 bits first would wrap a huge id to a valid one.
        sizes = ops.convert_to_tensor(self.sizes[features], dtype=ids.dtype)
        offsets = ops.convert_to_tensor(self._offsets[features], dtype=ids.dtype)
        valid = ops.logical_and(ids >= 0, ids < sizes)
        found = ops.take(self._table, ops.where(valid, ids + offsets, 0), axis=0)
        found = ops.cast(found, self.compute_dtype)
        norms = self.max_norms[features]
        if any(norm is not None for norm in norms):
            largest = [float("inf") if norm is None else norm for norm in norms]
            found = clip_norms(found, np.array(largest, np.float32)[:, None])
        # Backends disagree on bad indices (error, zeros, NaN, last row): decide here.
        poison = ops.cast(ops.where(valid, 0.0, float("nan")), found.dtype)
        return found + ops.expand_dims(poison, -1)

    def get_vectors(self, feature: int) -> Any:
        """The vectors of a feature's ids, as NumPy has them: (size, embedding_dim)."""
        return ops.convert_to_numpy(self._table)[self._rows_of(feature)]

    def set_vectors(self, feature: int, vectors: Any) -> None:
        """Replaces the vectors of a feature's ids, and of those that share them.

        Raises:
            ValueError: The shape is not (size, embedding_dim).
        """
        expected = (self.sizes[feature], self.embedding_dim)
        if tuple(vectors.shape) != expected:
            raise ValueError(
                f"Expected vectors of shape {expected}. Received: {vectors.shape}"
            )
        table = ops.convert_to_numpy(self._table).copy()
        table[self._rows_of(feature)] = vectors
        self._table.assign(table)

    def _rows_of(self, feature: int) -> slice:
        start = self._offsets[feature]
        return slice(start, start + self.sizes[feature])

    def flops(self, batch: int) -> int:
        """Floating-point operations of all features, see `featurekit.layers.flops`."""
        if self.embedding_dim == self.dim:
            return 0  # reading takes none
        return product_flops(batch * len(self.sizes), self.embedding_dim, self.dim)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """`(batch, features, dim)`."""
        return (*input_shape, self.dim)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {
            **super().get_config(),
            "sizes": self.sizes,
            "embedding_dim": self.embedding_dim,
            "dim": self.dim,
            "shared": self.shared,
            "padded": self.padded,
            "max_norms": self.max_norms,
        }
