"""What a model receives from a spec: names, sizes, and declared embeddings."""

from typing import Any

from featurekit.errors import SpecError
from featurekit.plan.lower import compile_spec
from featurekit.plan.stats import Stats
from featurekit.plan.types import ValueType
from featurekit.spec.columns import Column, EmbeddingColumn
from featurekit.spec.columns.bags import weights_key
from featurekit.spec.columns.masking import vocabulary_of
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.steps import Embedding


def model_inputs(spec: FeatureSpec, stats: Stats | None = None) -> list[dict[str, Any]]:
    """The features as models and `FeatureTokenizer` take them.

    Args:
        spec: The declaration.
        stats: Its statistics; they decide the sizes of vocabularies and buckets.

    Returns:
        For ids `{"name", "num_ids"}`, with `"embedding_dim"` if the column declares an
        embedding, and `"combiner"` and `"max_norm"` if it says them; `"length"` if it
        is a padded list, `"weights"`, the name of one more tensor, if that is weighted,
        and `"table"` if it shares its vectors. For numbers and vectors
        `{"name", "width"}`, with `"shape"` if the vector has one, which tabular models
        refuse.

    Raises:
        SpecError: Features of one table have other numbers of ids.

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
    found = [
        _describe(name, column, types[name]) for name, column in spec.features.items()
    ]
    _check_tables(found)
    return found


def _describe(name: str, column: Column, kind: ValueType) -> dict[str, Any]:
    if kind.num_ids is None:
        shape = {} if kind.shape is None else {"shape": kind.shape}
        return {"name": name, "width": kind.width or 1, **shape}
    entry: dict[str, Any] = {"name": name, "num_ids": kind.num_ids}
    if kind.width is not None:
        entry["length"] = kind.width
    weights, table = weights_key(name, column), _shared_table(column)
    if isinstance(column, EmbeddingColumn):
        last = column.steps[-1]
        assert isinstance(last, Embedding)
        padding = kind.width is not None
        entry["embedding_dim"] = last.dim or suggest_dim(kind.num_ids - padding)
        for word in ("combiner", "max_norm"):
            if getattr(last, word) is not None:
                entry[word] = getattr(last, word)
        table = last.table or table
    if weights is not None:
        entry["weights"] = weights
    if table is not None:
        entry["table"] = table
    return entry


def _check_tables(found: list[dict[str, Any]]) -> None:
    """Raises SpecError unless features of one table have one number of ids."""
    sizes: dict[str, int] = {}
    for entry in found:
        if "table" not in entry:
            continue
        own = entry["num_ids"] - ("length" in entry)
        if sizes.setdefault(entry["table"], own) != own:
            raise SpecError(
                f"features of the table {entry['table']!r} have other numbers of ids",
                code="SPEC_SHARED_TABLE",
                feature=entry["name"],
                got=own,
                expected=str(sizes[entry["table"]]),
                hint="give the table another name",
            )


def suggest_dim(num_ids: int) -> int:
    """A width for the vectors of so many ids: their fourth root, rounded up.

    The rule of the TensorFlow team ("Introducing TensorFlow Feature Columns", 2017), by
    which a table grows little faster than its ids: 4 for 100, 32 for a million.

    Example:
        >>> [suggest_dim(n) for n in (1, 16, 17, 1_000_000)]
        [1, 2, 3, 32]
    """
    dim = 1
    while dim**4 < num_ids:  # exact, as a root in floats is not
        dim += 1
    return dim


def _shared_table(column: Column) -> str | None:
    """The shared vocabulary whose ids the feature is."""
    found = vocabulary_of(column)
    return None if found is None else found.shared
