"""The tables of embedding columns before training, for a model."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from featurekit.compat.columns import EmbeddingColumn, FeatureColumn, FirstVectors
from featurekit.compat.conversion import Conversion
from featurekit.errors import SpecError
from featurekit.plan.model_inputs import model_inputs
from featurekit.spec.feature_spec import FeatureSpec

Table = npt.NDArray[np.float32]


def initial_vectors(
    columns: Iterable[FeatureColumn], *, max_length: int | None = None
) -> dict[str, Table]:
    """What embedding columns with an initializer or a checkpoint begin with.

    A spec declares what is computed of rows; vectors belong to a model, which takes
    them by `FeatureTokenizer.set_vectors`.

    Args:
        columns: As of `features`.
        max_length: As of `features`.

    Returns:
        By feature a table of float32, shape (ids, dimension). Lists of ids are padded
        with 0, so theirs has a row of zeros in front of those of TensorFlow.

    Raises:
        SpecError: A table has another shape; or a checkpoint has no such tensor.

    Example:
        >>> import numpy as np
        >>> from featurekit.compat import feature_column as fc
        >>> city = fc.categorical_column_with_vocabulary_list("city", ["Ulm", "Bonn"])
        >>> column = fc.embedding_column(city, 3, initializer=np.ones)
        >>> fc.initial_vectors([column], max_length=4)["city_embedding"].tolist()
        [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    columns = list(columns)
    features = Conversion(max_length, keep_defaults=False).features(columns)
    entries = {entry["name"]: entry for entry in model_inputs(FeatureSpec(features))}
    found: dict[str, Table] = {}
    tables: dict[str | FirstVectors, Table] = {}
    for column in columns:
        if not isinstance(column, EmbeddingColumn) or column.first is None:
            continue
        entry = entries[column.name]
        padding = int("length" in entry)
        shape = (entry["num_ids"] - padding, column.dimension)
        # One table is initialized once, also where an initializer draws at random.
        key = column.table or column.name
        if key not in tables:
            tables[key] = _make(column.name, column.first, shape)
        found[column.name] = np.pad(tables[key], [(padding, 0), (0, 0)])
    return found


def _make(name: str, first: FirstVectors, shape: tuple[int, int]) -> Table:
    if first.initializer is not None:
        made: Any = first.initializer(shape)
        table = np.asarray(made, np.float32)
    else:
        table = _restored(name, str(first.checkpoint), str(first.tensor))
    if table.shape != shape:
        raise SpecError(
            "the first vectors have another shape",
            code="EMBEDDING_SHAPE",
            feature=name,
            got=table.shape,
            expected=str(shape),
        )
    return table


def _restored(name: str, checkpoint: str, tensor: str) -> Table:
    """A tensor of a checkpoint; loads TensorFlow."""
    import tensorflow as tf

    try:
        reader = tf.train.load_checkpoint(checkpoint)
        names = sorted(reader.get_variable_to_shape_map())
    except (tf.errors.OpError, ValueError) as error:
        raise SpecError(
            f"{checkpoint} cannot be read as a checkpoint: {error}",
            code="EMBEDDING_VECTORS",
            feature=name,
        ) from error
    if tensor not in names:
        raise SpecError(
            f"{checkpoint} has no such tensor",
            code="EMBEDDING_VECTORS",
            feature=name,
            got=tensor,
            expected=f"one of {', '.join(names)}",
        )
    return np.asarray(reader.get_tensor(tensor), np.float32)
