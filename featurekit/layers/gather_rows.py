"""Rows in another order, whose gradient is again rows in another order."""

from typing import Any

from keras import ops


def gather_rows(rows: Any, source: Any, readers: Any) -> Any:
    """Rows by their numbers, from 1; number 0 gives zeros.

    The gradient of a gather is a scatter that adds, which GPUs do one row after the
    other where rows meet. Where it is known who reads a row, it is a gather too.

    Args:
        rows: Floating, shape (rows, width).
        source: int32, shape (results,): 1 + the row of each result, or 0.
        readers: int32, shape (most, rows): 1 + the results that read each row, or 0
            where there are fewer; the inverse of `source`.

    Returns:
        Shape (results, width), same dtype.

    Example:
        >>> import numpy as np
        >>> rows = np.array([[1.0], [2.0], [3.0]], "float32")
        >>> source = np.array([3, 0, 1], "int32")
        >>> readers = np.array([[3, 0, 1]], "int32")
        >>> np.asarray(gather_rows(rows, source, readers))[:, 0].tolist()
        [3.0, 0.0, 1.0]
    """

    @ops.custom_gradient
    def gather(rows: Any) -> Any:
        def gradient(*args: Any, upstream: Any = None) -> Any:
            # Torch passes the inputs too; the last positional is what others pass.
            upstream = args[-1] if upstream is None else upstream
            return sum(
                _take(upstream, readers[index]) for index in range(readers.shape[0])
            )

        return _take(rows, source), gradient

    return gather(rows)


def _take(rows: Any, numbers: Any) -> Any:
    found = ops.take(rows, ops.maximum(numbers - 1, 0), axis=0)
    return ops.where((numbers > 0)[:, None], found, ops.zeros_like(found))
