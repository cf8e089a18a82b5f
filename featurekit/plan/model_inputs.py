"""What a model receives from a spec: names, sizes, and declared embeddings."""

from typing import Any

from featurekit.plan.lower import compile_spec
from featurekit.plan.stats import Stats
from featurekit.spec.columns import Column, EmbeddingColumn
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.steps import Embedding, Vocabulary


def model_inputs(spec: FeatureSpec, stats: Stats | None = None) -> list[dict[str, Any]]:
    """The features as models and `FeatureTokenizer` take them.

    Args:
        spec: The declaration.
        stats: Its statistics; they decide the sizes of vocabularies and buckets.

    Returns:
        For ids `{"name", "num_ids"}`, with `"embedding_dim"` if the column declares an
        embedding, `"length"` if it is a padded list, and `"table"` if its vocabulary is
        shared; for numbers and vectors `{"name", "width"}`, with `"shape"` if the
        vector has one, which tabular models refuse.

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec(
        ...     {
        ...         "carrier": fk.string("carrier").hash_buckets(50).embedding(4),
        ...         "seats": fk.numeric("seats").fill(0.0),
        ...     }
        ... )
        >>> for entry in fk.model_inputs(spec):
        ...     print(entry)
        {'name': 'carrier', 'num_ids': 50, 'embedding_dim': 4}
        {'name': 'seats', 'width': 1}
    """
    types = compile_spec(spec, stats, serving=True).output_types
    found: list[dict[str, Any]] = []
    for name, kind in types.items():
        if kind.num_ids is None:
            found.append({"name": name, "width": kind.width or 1})
            if kind.shape is not None:
                found[-1]["shape"] = kind.shape
            continue
        entry: dict[str, Any] = {"name": name, "num_ids": kind.num_ids}
        if kind.width is not None:
            entry["length"] = kind.width
        column = spec.features[name]
        if isinstance(column, EmbeddingColumn):
            last = column.steps[-1]
            assert isinstance(last, Embedding)
            entry["embedding_dim"] = last.dim
        table = _shared_table(column)
        if table is not None:
            entry["table"] = table
        found.append(entry)
    return found


def _shared_table(column: Column) -> str | None:
    """The shared vocabulary whose ids the feature is."""
    names = (step.shared for step in column.steps if isinstance(step, Vocabulary))
    return next(names, None)
