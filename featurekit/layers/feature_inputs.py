"""The description of model inputs that the feature layers take, checked once."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from featurekit.layers.combiners import COMBINERS

FeatureInput: TypeAlias = dict[str, Any]
FeatureInputs: TypeAlias = Sequence[Mapping[str, Any]] | Mapping[str, Mapping[str, Any]]

KINDS = ("num_ids", "width")


def normalize_features(features: FeatureInputs) -> list[FeatureInput]:
    """The description as a list of plain dicts, in the order of the tokens.

    A sequence keeps its order; a mapping is sorted by name, so that equal mappings
    make equal layers however they were filled.

    Args:
        features: Either a sequence of `{"name": ..., "num_ids": n}` (ids of `n`
            categories) and `{"name": ..., "width": k}` (`k` floating values), or a
            mapping from the name to the rest. Ids may have an `embedding_dim`, the
            width of their trained vectors, a `length`: so many per row, of which those
            that are 0 are padding, and a `table`: ids with the same one, and vectors of
            one width, have the same vectors. A `max_norm` is the longest vector; longer
            ones are scaled down. With a `length`, `combiner` says what the vectors of a
            row become ("sum", "mean" or "sqrtn"), and `weights` names one more input,
            the weights of the ids.

    Returns:
        One `{"name": str, "num_ids": int}`, with what else was given, or
        `{"name": str, "width": int}` each.

    Raises:
        ValueError: There is no feature, two share a name, one is not described by
            exactly one positive `num_ids` or `width`, or two of one `table` have
            different numbers of ids.

    Example:
        >>> normalize_features({"b": {"width": 1}, "a": {"num_ids": 3}})
        [{'name': 'a', 'num_ids': 3}, {'name': 'b', 'width': 1}]
    """
    if isinstance(features, Mapping):
        features = [{"name": name, **features[name]} for name in sorted(features)]
    found = [_normalize(feature) for feature in features]
    if not found:
        raise ValueError("Expected at least one feature. Received: features=[]")
    names = input_names(found)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"Expected distinct feature names. Repeated: {repeated}")
    _check_tables(found)
    return found


def _check_tables(features: list[FeatureInput]) -> None:
    sizes: dict[str, int] = {}
    for feature in features:
        if "table" not in feature:
            continue
        padding = "length" in feature
        own = feature["num_ids"] - padding
        size = sizes.setdefault(feature["table"], own)
        if size != own:
            raise ValueError(
                f"Expected {size + padding} ids, as other features of the table "
                f"{feature['table']!r} have. Received: {feature!r}"
            )


def _normalize(feature: Mapping[str, Any]) -> FeatureInput:
    kinds = [kind for kind in KINDS if kind in feature]
    words = {"embedding_dim", "length", "max_norm", "table"}
    if "length" in feature:
        words |= {"combiner", "weights"}
    optional = words if kinds == ["num_ids"] else set()
    unknown = set(feature) - {"name", *KINDS, *optional}
    if not isinstance(feature.get("name"), str) or len(kinds) != 1 or unknown:
        raise ValueError(
            f"Expected a feature described by `name` and one of {KINDS}. "
            f"Received: {dict(feature)!r}"
        )
    found: FeatureInput = {"name": feature["name"]}
    for kind in (*kinds, *sorted(optional & set(feature))):
        found[kind] = _check_entry(feature, kind)
    return found


def _check_entry(feature: Mapping[str, Any], kind: str) -> int | float | str:
    value = feature[kind]
    if kind in ("table", "weights"):
        wanted, fits = "name", isinstance(value, str)
    elif kind == "combiner":
        wanted, fits = f"one of {COMBINERS}", value in COMBINERS
    elif kind == "max_norm":
        wanted, fits = "positive number", isinstance(value, int | float) and value > 0
    else:
        wanted = "positive whole number"
        fits = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if not fits:
        raise ValueError(
            f"Expected a {wanted} as `{kind}` of feature {feature['name']!r}. "
            f"Received: {value!r}"
        )
    return value  # type: ignore[no-any-return]


def input_names(features: Sequence[FeatureInput]) -> list[str]:
    """The names of the tensors: of each feature, and of weights."""
    names = [feature["name"] for feature in features]
    return names + [f["weights"] for f in features if "weights" in f]
