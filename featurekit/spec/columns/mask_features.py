"""Features that are hidden whole in some rows, for models that learn to tell them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.columns.categorical import (
    BooleanColumn,
    CategoricalColumn,
    EmbeddingColumn,
)
from featurekit.spec.columns.expressions import where
from featurekit.spec.columns.hidden import Hidden
from featurekit.spec.columns.masking import KeyColumn
from featurekit.spec.columns.numbers import NumericColumn
from featurekit.spec.columns.tokens import IntegerColumn, StringColumn
from featurekit.spec.inputs import check_name

MaskableFeature: TypeAlias = NumericColumn | CategoricalColumn | EmbeddingColumn


def chance(
    name: str,
    *,
    key: KeyColumn | Iterable[KeyColumn],
    rate: float,
    seed: int = 0,
) -> BooleanColumn:
    """1 in some rows, 0 in the others, by chance.

    Args:
        name: What the choice is for: another name makes another one.
        key: The column or columns that tell rows apart; rows that are equal in them are
            chosen together.
        rate: How likely a row is chosen.
        seed: Another one makes another choice. Defaults to 0.

    Semantics:
        - A function of `name`, `key` and `seed`: the same on every executor, for any
          number of workers, in any order of rows.
        - Missing key: the row is rejected.
        - The rate is rounded to a multiple of 2**-32. The word is the first of
          Philox4x32-10 for the counter (name, 0, key, key) and the key `seed`.
        - Output: int64, 0 or 1, never missing.

    Example:
        >>> import featurekit as fk
        >>> flag = fk.chance("age", key=fk.integer("id"), rate=0.5)
        >>> fk.preview(flag, {"id": [1, 2, 3, 4, 1]})
        [0, 0, 1, 1, 0]
    """
    return BooleanColumn(_hidden(None, None, name, key, seed, rate))


def hide(
    ids: CategoricalColumn,
    token: str | int,
    name: str,
    *,
    key: KeyColumn | Iterable[KeyColumn],
    rate: float,
    seed: int = 0,
) -> CategoricalColumn:
    """See `CategoricalColumn.hide`."""
    last = ids.steps[-1] if ids.steps else None
    reserved = (last.reserved or ()) if isinstance(last, s.Vocabulary) else ()
    if (token.encode() if isinstance(token, str) else token) not in reserved:
        raise SpecError(
            "hide: the token is not a reserved one of the vocabulary",
            code="SPEC_BAD_VALUE",
            column=", ".join(item.name for item in ids.inputs),
            got=token,
            hint='vocabulary(…, reserved=["[MASK]"])',
        )
    return CategoricalColumn(_hidden(ids, token, name, key, seed, rate))


def _hidden(
    ids: CategoricalColumn | None,
    token: str | int | None,
    name: str,
    key: KeyColumn | Iterable[KeyColumn],
    seed: int,
    rate: float,
) -> Hidden:
    check_name(name, "the name of a choice")
    keys = (key,) if isinstance(key, BaseColumn) else tuple(key)
    if not keys or not all(isinstance(k, StringColumn | IntegerColumn) for k in keys):
        raise SpecError(
            "the key has to be string or integer columns",
            code="SPEC_BAD_VALUE",
            got=keys,
        )
    s.check_word(seed, "seed", minimum=0)
    s.check_finite(rate, "rate")
    if not 0.0 <= rate <= 1.0:
        raise SpecError("rate must be in [0, 1]", code="SPEC_BAD_VALUE", got=rate)
    return Hidden(ids, token, name, keys, seed, float(rate))


def mask_features(
    features: Mapping[str, MaskableFeature],
    *,
    key: KeyColumn | Iterable[KeyColumn],
    rate: float = 0.15,
    seed: int = 0,
    token: str | int = "[MASK]",
    fill: float = 0.0,
) -> dict[str, MaskableFeature]:
    """Hides whole features of some rows, for a model that learns to tell them.

    Pretraining on tables without labels: a model sees the features that are left, and
    tells those that are hidden. Gives three features for each one: under its name what
    the model sees, as `…_mask` 1 where it is hidden, and as `…_target` its value. So
    the masks are the weights of the loss.

    The masks are part of the records: every epoch, executor and framework has the same
    ones. `fk.models.MaskedFeatureModel` hides anew in each step, takes every kind of
    feature, and needs none of this; give it the features as they are.

    Args:
        features: Numbers, and ids of vocabularies that have reserved `token`.
        key: The column or columns that tell rows apart.
        rate: How likely a feature is hidden in a row. Defaults to 0.15.
        seed: Another one makes another choice. Defaults to 0.
        token: What a hidden id becomes. Defaults to "[MASK]".
        fill: What a hidden number becomes. Defaults to 0.0, the mean after
            `standardize`.

    Semantics:
        - Each feature is hidden by itself, see `chance`: a row may have none or all
          hidden.
        - Features that read one column of the source are hidden together: what is
          hidden in one of them cannot be read off another.
        - Missing: as without masks; so a missing value is no target.
        - Output: of each feature as before; of masks int64, 0 or 1.

    Example:
        >>> import featurekit as fk
        >>> city = fk.string("city").vocabulary(["Ulm", "Bonn"], reserved=["[MASK]"])
        >>> masked = fk.mask_features(
        ...     {"city": city, "age": fk.numeric("age")}, key=fk.integer("id"), rate=0.5
        ... )
        >>> rows = {"id": [1, 2, 3], "city": ["Ulm", "Bonn", "Ulm"]}
        >>> rows["age"] = [30, 40, 50]
        >>> for name, column in masked.items():
        ...     print(name, fk.preview(column, rows))
        city [1, 0, 1]
        city_mask [0, 1, 0]
        city_target [1, 2, 1]
        age [30.0, 40.0, 0.0]
        age_mask [0, 0, 1]
        age_target [30.0, 40.0, 50.0]
    """
    if not features:
        raise SpecError("there is no feature to hide", code="SPEC_BAD_VALUE", got={})
    keys = (key,) if isinstance(key, BaseColumn) else tuple(key)
    found: dict[str, MaskableFeature] = {}
    for name, column in features.items():
        chosen = _together(name, features)
        flag = chance(chosen, key=keys, rate=rate, seed=seed)
        hidden: MaskableFeature
        if isinstance(column, NumericColumn):
            hidden = where(flag, fill, column)
        elif isinstance(column, EmbeddingColumn):
            ids = CategoricalColumn(column.source, column.steps[:-1])
            shown = hide(ids, token, chosen, key=keys, rate=rate, seed=seed)
            hidden = replace(column, source=shown.source, steps=column.steps[-1:])
        elif isinstance(column, CategoricalColumn):
            hidden = hide(column, token, chosen, key=keys, rate=rate, seed=seed)
        else:
            raise SpecError(
                "only numbers and ids of a vocabulary can be hidden",
                code="SPEC_BAD_VALUE",
                feature=name,
                got=column,
            )
        found |= {name: hidden, f"{name}_mask": flag, f"{name}_target": column}
    if len(found) < 3 * len(features):
        raise SpecError(
            "a feature has the name of the mask or target of another one",
            code="SPEC_DUPLICATE_NAME",
            got=", ".join(features),
        )
    return found


def _together(name: str, features: Mapping[str, MaskableFeature]) -> str:
    """The first feature that a chain of shared source columns joins with this one."""
    columns: set[str] = {item.name for item in features[name].inputs}
    joined: set[str] = set()
    while True:
        more = {
            other
            for other, column in features.items()
            if not columns.isdisjoint(item.name for item in column.inputs)
        }
        if more <= joined | {name}:
            return next(other for other in features if other in {*more, name})
        joined |= more
        columns.update(item.name for one in more for item in features[one].inputs)
