"""A Keras FeatureSpace as a FeatureSpec."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np

from featurekit.errors import FeatureKitError, SpecError
from featurekit.spec.columns import (
    CategoricalColumn,
    Column,
    NumericColumn,
    cross,
    integer,
    numeric,
    string,
)
from featurekit.spec.feature_spec import FeatureSpec

Made: TypeAlias = NumericColumn | CategoricalColumn


@dataclass(frozen=True)
class ImportedSpace:
    """What a FeatureSpace has become.

    Args:
        spec: The declaration, with everything that the FeatureSpace has learned in it.
            Its features are in the order in which a FeatureSpace concatenates.
        differences: Where its numbers are others, because those of the FeatureSpace
            are wrong or are not the same on all of its paths; each names a feature.
    """

    spec: FeatureSpec
    differences: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([repr(self.spec), *self.differences])


def from_feature_space(space: Any) -> ImportedSpace:
    """The FeatureSpec that gives the numbers of a Keras FeatureSpace.

    Args:
        space: A `keras.utils.FeatureSpace`, or the mapping that its `get_config` gives.
            What it has learned becomes part of the spec, which then needs no
            statistics; what it has not is learned by `fk.analyze`. A mapping holds
            nothing that was learned, save boundaries.

    Raises:
        SpecError: A feature cannot be imported; the message names it.

    Semantics:
        - Ids and one-hot vectors: equal, also of NaN, infinities, boundaries, empty and
          unknown text, negative integers, and crosses.
        - Real numbers: computed in float64 and rounded once, where Keras rounds each
          step to float32. A result beyond float32 rejects the row, where Keras gives
          infinity; a subnormal one is zero.
        - Missing values: the row is rejected. A FeatureSpace has none; NaN and empty
          text are values.
        - Shape: an integer per row has shape (batch,), where it has (batch, 1).
        - Not imported: several unknown ids of integers, which Keras spreads by
          remainder; masks; layers that are none of the eight kinds of features.

    Example:
        >>> import keras
        >>> space = keras.utils.FeatureSpace({"s": "string_hashed"}, hashing_dim=8)
        >>> from_feature_space(space).spec.features["s"]
        fk.string('s').hash_buckets(8).one_hot()
    """
    if isinstance(space, Mapping):
        space = keras.utils.FeatureSpace.from_config(dict(space))
    if not isinstance(space, keras.utils.FeatureSpace):
        raise SpecError(
            "no FeatureSpace, and no config of one",
            code="SPEC_BAD_VALUE",
            got=type(space).__name__,
        )
    # A layer of a config is built, and looks as if it had learned a mean of 0.
    adapted = bool(getattr(space, "_is_adapted", False))
    differences: list[str] = []
    made: dict[str, Made] = {}
    features: dict[str, Column] = {}
    for name in sorted(space.features):
        feature = space.features[name]
        layer = feature.preprocessor
        if adapted or not _learns_moments(layer):
            made[name] = _make(name, feature, differences)
        else:
            made[name] = _number(name).standardize()
        features[name] = _encode(name, made[name], feature)
    for one in sorted(space.crosses, key=lambda one: one.name):
        features[one.name] = _cross(one, made, differences)
    return ImportedSpace(FeatureSpec(features), tuple(differences))


def _learns_moments(layer: Any) -> bool:
    return isinstance(layer, keras.layers.Normalization) and layer.input_mean is None


def _make(name: str, feature: Any, differences: list[str]) -> Made:
    """The column that computes what the preprocessor of a feature does."""
    layer = feature.preprocessor
    make = _MAKERS.get(type(layer).__name__)
    if make is None:
        raise _refused(name, "its layer is of no kind that can be imported", layer)
    try:
        return make(name, feature, differences)
    except (FeatureKitError, UnicodeDecodeError) as error:
        if isinstance(error, FeatureKitError) and error.feature is not None:
            raise
        raise _refused(name, str(error), layer) from None


def _refused(name: str, why: str, got: object, hint: str | None = None) -> SpecError:
    return SpecError(
        f"the feature cannot be imported: {why}",
        code="IMPORT_UNSUPPORTED",
        feature=name,
        got=got if isinstance(got, str | int | float) else type(got).__name__,
        hint=hint,
    )


def _number(name: str) -> NumericColumn:
    return numeric(name, nan="keep")


def _identity(name: str, feature: Any, differences: list[str]) -> Made:
    return _number(name)


def _rescaling(name: str, feature: Any, differences: list[str]) -> Made:
    layer = feature.preprocessor
    scale, offset = (_scalar(name, one) for one in (layer.scale, layer.offset))
    return _number(name) * scale + offset


def _normalization(name: str, feature: Any, differences: list[str]) -> Made:
    layer = feature.preprocessor
    if layer.invert:
        raise _refused(name, "it denormalizes", "invert=True")
    given = layer.input_mean is not None
    mean = layer.input_mean if given else layer.mean
    variance = layer.input_variance if given else layer.variance
    # As Keras has it, also for a column that is constant.
    std = np.maximum(np.sqrt(_scalar(name, variance)), keras.backend.epsilon())
    return _number(name).standardize(mean=_scalar(name, mean), std=float(std))


def _scalar(name: str, value: Any) -> float:
    """A parameter as its float32; of one number, whatever its shape."""
    found = np.ravel(keras.ops.convert_to_numpy(value)).astype(np.float32)
    if len(found) != 1 or not np.isfinite(found[0]):
        raise _refused(name, "a parameter is not one finite number", str(found))
    return float(found[0])


def _discretization(name: str, feature: Any, differences: list[str]) -> Made:
    layer = feature.preprocessor
    _check_ids(name, layer)
    if layer.bin_boundaries is None:
        return _number(name).quantile_buckets(layer.num_bins)
    if layer.num_bins is None:
        differences.append(
            f"{name}: a FeatureSpace cannot be called with given boundaries; the "
            f"buckets are those of keras.layers.Discretization"
        )
    elif layer.num_bins != len(layer.bin_boundaries) + 1:
        differences.append(
            f"{name}: {len(layer.bin_boundaries) + 1} buckets were learned; one-hot "
            f"vectors of a FeatureSpace have {layer.num_bins} numbers, the others 0"
        )
    # Keras compares in float32.
    rounded = np.asarray(layer.bin_boundaries, np.float32)
    return _number(name).buckets(rounded.astype(float).tolist())


def _integer_lookup(name: str, feature: Any, differences: list[str]) -> Made:
    layer = feature.preprocessor
    count = _check_lookup(name, layer)
    if count > 1 and getattr(layer, "oov_method", "floormod") != "farmhash":
        raise _refused(
            name,
            "integers that are unknown are spread over several ids by remainder",
            f"num_oov_indices={count}",
            "use num_oov_indices=1",
        )
    _note_narrowing(name, differences)
    tokens = list(map(int, layer.get_vocabulary(include_special_tokens=False)))
    column = integer(name)
    if tokens:
        return column.vocabulary(tokens, num_oov=count, oov="before")
    size = _max_size(layer, count)
    differences.append(
        f"{name}: learned integers that are equally frequent may have other ids"
    )
    return column.vocabulary(max_size=size, num_oov=count, oov="before")


def _string_lookup(name: str, feature: Any, differences: list[str]) -> Made:
    layer = feature.preprocessor
    count = _check_lookup(name, layer)
    tokens = layer.get_vocabulary(include_special_tokens=False)
    column = string(name)
    if tokens:
        return column.vocabulary(map(str, tokens), num_oov=count, oov="before")
    size = _max_size(layer, count)
    return column.vocabulary(max_size=size, num_oov=count, oov="before")


def _max_size(layer: Any, num_oov: int) -> int | None:
    return None if layer.max_tokens is None else layer.max_tokens - num_oov


def _check_lookup(name: str, layer: Any) -> int:
    """The number of ids of unknown values."""
    _check_ids(name, layer)
    if layer.mask_token is not None:
        raise _refused(name, "it has a mask", f"mask_token={layer.mask_token!r}")
    if layer.invert:
        raise _refused(name, "it looks values up, not ids", "invert=True")
    return int(layer.num_oov_indices)


def _hashing(name: str, feature: Any, differences: list[str]) -> Made:
    layer, dtype = feature.preprocessor, feature.dtype
    _check_ids(name, layer)
    if layer.mask_value is not None:
        raise _refused(name, "it has a mask", f"mask_value={layer.mask_value!r}")
    column = integer(name) if dtype.startswith("int") else string(name)
    if dtype.startswith("int"):
        _note_narrowing(name, differences)
    return column.hash_buckets(layer.num_bins, key=layer.salt or ())


def _check_ids(name: str, layer: Any) -> None:
    if layer.output_mode != "int":
        raise _refused(
            name,
            "its layer encodes ids by itself",
            f"output_mode={layer.output_mode!r} of the layer",
            "give the output_mode to the feature",
        )


def _note_narrowing(name: str, differences: list[str]) -> None:
    differences.append(
        f"{name}: integers are read with 64 bits; the functional model of a "
        f"FeatureSpace and its exports cut them to 32"
    )


_Maker: TypeAlias = Callable[[str, Any, list[str]], Made]
_MAKERS: dict[str, _Maker] = {
    "TFDIdentity": _identity,
    "Rescaling": _rescaling,
    "Normalization": _normalization,
    "Discretization": _discretization,
    "IntegerLookup": _integer_lookup,
    "StringLookup": _string_lookup,
    "Hashing": _hashing,
}


def _encode(name: str, column: Made, one: Any) -> Column:
    """The column in the output mode of a feature or a cross."""
    if one.output_mode == "one_hot" and isinstance(column, CategoricalColumn):
        return column.one_hot()
    ids = isinstance(column, CategoricalColumn)
    if one.output_mode == ("int" if ids else "float"):
        return column
    raise _refused(name, "its output mode does not fit its kind", one.output_mode)


def _cross(one: Any, made: Mapping[str, Made], differences: list[str]) -> Column:
    parts = []
    for name in one.feature_names:
        part = made[name]
        if not isinstance(part, CategoricalColumn):
            raise _refused(one.name, f"{name!r} has no ids to be crossed", repr(part))
        parts.append(part)
    differences.append(
        f"{one.name}: crosses ids, as a FeatureSpace does, so that unknown values of "
        f"one id are one; fk.cross of the columns themselves tells them apart"
    )
    ids = cross(*parts).hash_buckets(one.crossing_dim)
    return _encode(one.name, ids, one)
