"""What a spec says about records of older ones: former names, and defaults."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from featurekit.errors import SpecError
from featurekit.spec.inputs import check_name
from featurekit.spec.steps import check_finite

Default: TypeAlias = int | float


def check_former_names(
    names: Mapping[str, str], features: Iterable[str]
) -> Mapping[str, str]:
    """Returns the former names by feature, or raises SpecError."""
    _check_known(names, features, "renamed_from")
    for feature, former in names.items():
        check_name(former, f"the former name of {feature!r}")
    if len(set(names.values())) < len(names):
        raise SpecError(
            "renamed_from: two features have one former name",
            code="SPEC_DUPLICATE_NAME",
            got=dict(names),
        )
    return MappingProxyType(dict(names))


def check_defaults(
    values: Mapping[str, Default], features: Iterable[str]
) -> Mapping[str, Default]:
    """Returns the values of features that older records lack, or raises SpecError."""
    _check_known(values, features, "defaults")
    for feature, value in values.items():
        check_finite(value, f"the default of {feature!r}")
    return MappingProxyType(dict(values))


def _check_known(
    entries: Mapping[str, object], features: Iterable[str], argument: str
) -> None:
    if not isinstance(entries, Mapping):
        raise SpecError(
            f"{argument} must be a mapping of features",
            code="SPEC_BAD_VALUE",
            got=entries,
        )
    known = set(features)
    for feature in entries:
        if feature not in known:
            raise SpecError(
                f"{argument} names a feature that the spec does not have",
                code="SPEC_UNKNOWN_REFERENCE",
                feature=str(feature),
                expected=", ".join(sorted(known)),
            )
