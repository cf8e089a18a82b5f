"""The description of model inputs that the feature layers take, checked once."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

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
            one width, have the same vectors.

    Returns:
        One `{"name": str, "num_ids": int}`, with `"embedding_dim"`, `"length"` and
        `"table"` if
        they were given, or `{"name": str, "width": int}` each.

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
    names = [feature["name"] for feature in found]
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
        size = sizes.setdefault(feature["table"], feature["num_ids"])
        if size != feature["num_ids"]:
            raise ValueError(
                f"Expected {size} ids, as other features of the table "
                f"{feature['table']!r} have. Received: {feature!r}"
            )


def _normalize(feature: Mapping[str, Any]) -> FeatureInput:
    kinds = [kind for kind in KINDS if kind in feature]
    words = {"embedding_dim", "length", "table"}
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


def _check_entry(feature: Mapping[str, Any], kind: str) -> int | str:
    value = feature[kind]
    if kind == "table":
        wanted, fits = "name", isinstance(value, str)
    else:
        wanted = "positive whole number"
        fits = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if not fits:
        raise ValueError(
            f"Expected a {wanted} as `{kind}` of feature {feature['name']!r}. "
            f"Received: {value!r}"
        )
    return value  # type: ignore[no-any-return]
