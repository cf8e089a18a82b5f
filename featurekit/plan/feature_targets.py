"""How the features of a spec are hidden and told, for models that fill them in."""

from collections.abc import Iterator
from typing import Any

from featurekit.plan.id_meanings import id_meanings
from featurekit.plan.lower import compile_spec
from featurekit.plan.model_outputs import loss_of
from featurekit.plan.stats import Stats
from featurekit.spec import steps as s
from featurekit.spec.columns import Column
from featurekit.spec.columns.masking import vocabulary_of
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.windows import Windows


def feature_targets(
    spec: FeatureSpec, stats: Stats | None = None
) -> dict[str, dict[str, Any]]:
    """By feature: what it is made of, its loss, and how it says that it is missing.

    Args:
        spec: The declaration.
        stats: Its statistics, where it learns. Defaults to none.

    Returns:
        By name `{"sources", "loss"}`, with `"missing_id"` and `"indicators"` where
        there are any.

    Semantics:
        - `sources` are the columns of the table that the feature reads, through all
          steps, crosses and expressions. Who hides a column hides all features that
          have it among their sources; else one would give the other away.
        - `loss` is named as in `fk.model_outputs`; of padded lists it is the cross
          entropy of each id of the vocabulary by itself.
        - `missing_id` is the id, or place of a one-hot vector, that
          `vocabulary(missing_id=True)` gives to missing values.
        - `indicators` are features `….is_missing()` that read no other columns: where
          one is 1, the value of this feature is made up.
        - A value that `fill` made up counts as a value where nothing says otherwise.

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec(
        ...     {
        ...         "age": fk.numeric("age").fill(0.0),
        ...         "no_age": fk.numeric("age").is_missing(),
        ...         "city": fk.string("city").vocabulary(["Ulm"], missing_id=True),
        ...     }
        ... )
        >>> for name, target in fk.feature_targets(spec).items():
        ...     print(name, target)
        age {'sources': ['age'], 'loss': 'mean_squared_error', 'indicators': ['no_age']}
        no_age {'sources': ['age'], 'loss': 'sparse_categorical_crossentropy'}
        city {'sources': ['city'], 'loss': 'sparse_categorical_crossentropy', 'missing_id': 0}
    """  # noqa: E501
    types = compile_spec(spec, stats, serving=True).output_types
    found = {}
    for name, column in spec.features.items():
        target: dict[str, Any] = {
            "sources": sorted(sources_of(spec, column)),
            "loss": loss_of(column, types[name]),
        }
        if target["loss"].endswith("categorical_crossentropy"):
            target |= _missing_id(spec, name, column, stats)
        indicators = list(_indicators(spec, name))
        found[name] = target | ({"indicators": indicators} if indicators else {})
    return found


def sources_of(spec: FeatureSpec, column: Column) -> set[str]:
    """The columns of the source that a feature is made of."""
    lists = dict(spec.rows.future) if isinstance(spec.rows, Windows) else {}
    return {lists.get(item.name, item.name) for item in column.inputs}


def _missing_id(
    spec: FeatureSpec, name: str, column: Column, stats: Stats | None
) -> dict[str, int]:
    step = vocabulary_of(column)
    if step is None or not step.missing_id:
        return {}
    meanings = id_meanings(spec, name, stats)
    return {"missing_id": next(one.id for one in meanings if one.kind == "missing")}


def _indicators(spec: FeatureSpec, name: str) -> Iterator[str]:
    """Features that tell whether a column is missing which this one reads."""
    if _is_indicator(spec.features[name]):
        return
    sources = sources_of(spec, spec.features[name])
    for other, column in spec.features.items():
        if _is_indicator(column) and sources_of(spec, column) <= sources:
            yield other


def _is_indicator(column: Column) -> bool:
    return bool(column.steps) and isinstance(column.steps[-1], s.IsMissing)
