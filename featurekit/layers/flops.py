"""How many floating-point operations the products of a forward pass need.

A multiply-add counts as two operations. Counted are products of matrices and attention;
sums over tokens, norms, activations and the choice of experts are not, as they take a
small part of the work. Masked parts of a product count: all kinds compute them.
"""

import math
from collections.abc import Sequence

from featurekit.layers.attend import Kind

Shape = Sequence[int | None]
"""Of a tensor; all but the width have to be known to count."""


def rows_of(shape: Shape) -> int:
    """How many vectors a tensor holds.

    Raises:
        ValueError: A size is not known.
    """
    sizes = [size for size in shape[:-1] if size is not None]
    if len(sizes) < len(shape) - 1:
        raise ValueError(
            f"Expected a shape of known sizes, to count. Received: {tuple(shape)}"
        )
    return math.prod(sizes)


def product_flops(rows: int, inputs: int, outputs: int) -> int:
    """Of a product of matrices, (rows, inputs) by (inputs, outputs).

    Example:
        >>> product_flops(10, 3, 4)
        240
    """
    return 2 * rows * inputs * outputs


def attention_flops(
    kind: Kind,
    *,
    heads: int,
    queries: int,
    keys: int,
    width: int,
    value_width: int,
    causal: bool = False,
    chunk: int = 256,
) -> int:
    """Of `featurekit.layers.attend.attend`, for one row.

    Args:
        kind: As of `attend`.
        heads: Heads.
        queries: Tokens that attend.
        keys: Tokens that are attended to.
        width: Of queries and keys.
        value_width: Of values.
        causal: As of `attend`. Defaults to False.
        chunk: As of `attend`. Defaults to 256.

    Example:
        >>> for kind in ("softmax", "linear"):
        ...     one, two = (
        ...         attention_flops(
        ...             kind, heads=1, queries=n, keys=n, width=8, value_width=8
        ...         )
        ...         for n in (512, 1024)
        ...     )
        ...     print(kind, two / one)
        softmax 4.0
        linear 2.0
    """
    if kind in ("softmax", "relu2"):
        return heads * product_flops(queries * keys, 1, width + value_width)
    # The weights of linear attention are summed as one more number of each value.
    values = value_width + 1 if kind == "linear" else value_width
    chunked = causal or kind == "mixed_chunk"
    if not chunked:
        return heads * product_flops(queries + keys, width, values)
    chunk = min(chunk, keys)
    padded = math.ceil(keys / chunk) * chunk
    inside = product_flops(padded * chunk, 1, width + values)
    across = product_flops(2 * padded, width, values)
    return heads * (inside + across)
