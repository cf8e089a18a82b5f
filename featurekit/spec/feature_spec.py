"""FeatureSpec: the whole declaration."""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Literal

from featurekit.errors import SpecError
from featurekit.spec.columns import (
    BinaryColumn,
    Boxes,
    BoxesColumn,
    CategoricalColumn,
    Column,
    DenseColumn,
    EmbeddingColumn,
    ImageColumn,
    NumericColumn,
    PaddedIdsColumn,
    TensorColumn,
    VectorColumn,
    WeightedBag,
)
from featurekit.spec.columns.bags import weights_key
from featurekit.spec.columns.base import target_inputs
from featurekit.spec.columns.list_column import ListColumn
from featurekit.spec.diff import SpecDiff, compare
from featurekit.spec.evolution import Default, check_defaults, check_former_names
from featurekit.spec.inputs import Input, check_name
from featurekit.spec.packing import Packing
from featurekit.spec.shared import shared_vocabularies
from featurekit.spec.splits import KeySplit, Split, TimeSplit
from featurekit.spec.windows import Windows

LABEL = "label"
WEIGHT = "weight"
Feature = (
    NumericColumn
    | CategoricalColumn
    | DenseColumn
    | EmbeddingColumn
    | PaddedIdsColumn
    | VectorColumn
    | TensorColumn
)


class FeatureSpec:
    """What to make of which source columns. Immutable, comparable, printable.

    Args:
        features: The features by name: columns that end in numbers, ids or vectors.
        label: What a model predicts; stored as "label", never part of serving.
            Defaults to none.
        weight: Importance of the row; stored as "weight". Defaults to none.
        key: Columns that identify a row: names, or columns. Defaults to none.
        split: `time_split` or `key_split`. Statistics are learned from its first part
            only. Defaults to one part, "train".
        missing_label: "error" rejects a row without label; "drop" leaves it out and
            counts it. Defaults to "error".
        rows: `windows` or `packing`, where rows are made of those of the source.
            Defaults to none.
        renamed_from: By feature the name that it has in older records; see `fk.load`.
        defaults: By feature the value that it has in records that lack it, all of a
            vector; see `fk.load`.

    Raises:
        SpecError: A declaration is wrong; before any data is read.

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec(
        ...     features={"delay": fk.numeric("dep_delay").fill(0.0).standardize()},
        ...     label=fk.numeric("arr_delay").greater_equal(15),
        ... )
        >>> [item.name for item in spec.inputs]
        ['dep_delay', 'arr_delay']
    """

    __slots__ = (
        "defaults",
        "features",
        "key",
        "label",
        "missing_label",
        "renamed_from",
        "rows",
        "split",
        "weight",
    )
    features: Mapping[str, Feature]
    label: Feature | None
    weight: NumericColumn | None
    key: tuple[Input, ...]
    split: Split | None
    missing_label: Literal["error", "drop"]
    rows: Windows | Packing | None
    renamed_from: Mapping[str, str]
    defaults: Mapping[str, Default]

    def __init__(
        self,
        features: Mapping[str, Column],
        *,
        label: Column | None = None,
        weight: Column | None = None,
        key: Iterable[str | Column] = (),
        split: Split | None = None,
        missing_label: Literal["error", "drop"] = "error",
        rows: Windows | Packing | None = None,
        renamed_from: Mapping[str, str] = MappingProxyType({}),
        defaults: Mapping[str, Default] = MappingProxyType({}),
    ) -> None:
        if not isinstance(features, Mapping) or not features:
            raise SpecError(
                "features must be a non-empty mapping of names to columns",
                code="SPEC_BAD_VALUE",
                got=features,
            )
        checked = {
            check_name(name, "a feature name"): _check_feature(name, column)
            for name, column in features.items()
        }
        _check_names({**checked, **_weights_of(checked)}, label, weight)
        if missing_label not in ("error", "drop"):
            raise SpecError(
                "unknown policy for a missing label",
                code="SPEC_BAD_VALUE",
                got=missing_label,
                expected="'error' or 'drop'",
            )
        if weight is not None and not isinstance(weight, NumericColumn):
            raise SpecError(
                "the weight must be a numeric column",
                code="SPEC_BAD_VALUE",
                feature=WEIGHT,
                got=weight,
            )
        values = {
            "features": MappingProxyType(checked),
            "label": None if label is None else _check_label(label),
            "weight": weight,
            "key": _check_key(key),
            "split": split,
            "missing_label": missing_label,
            "rows": rows,
            "renamed_from": check_former_names(renamed_from, checked),
            "defaults": check_defaults(defaults, checked),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        if isinstance(split, KeySplit) and not self.key:
            raise SpecError(
                "a key split needs key columns",
                code="SPEC_UNKNOWN_REFERENCE",
                hint='pass key=["…"] to the spec',
            )
        _ = self.source_inputs  # two roles may not read one column in two ways
        _check_rows(self)
        shared_vocabularies(self.outputs.values())

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a FeatureSpec is immutable; cannot set {name!r}")

    def __reduce__(self) -> tuple[object, ...]:
        from featurekit.spec.serialize import spec_from_proto, spec_to_proto

        return (spec_from_proto, (spec_to_proto(self),))

    @property
    def outputs(self) -> dict[str, Feature]:
        """All that a record holds: the features, then the label and the weight."""
        found = dict(self.features)
        if self.label is not None:
            found[LABEL] = self.label
        if self.weight is not None:
            found[WEIGHT] = self.weight
        return found

    @property
    def inputs(self) -> tuple[Input, ...]:
        """All source columns that batch conversion reads, each once."""
        return merge_inputs(self._all_inputs())

    @property
    def source_inputs(self) -> tuple[Input, ...]:
        """The source columns that they are made of: the same, but for windows."""
        if self.rows is None:
            return self.inputs
        return merge_inputs(self.rows.source_inputs(self.inputs))

    @property
    def serving_inputs(self) -> tuple[Input, ...]:
        """The source columns that the features read: all that serving needs."""
        return merge_inputs(
            item for column in self.features.values() for item in column.inputs
        )

    def _all_inputs(self) -> Iterator[Input]:
        for column in self.outputs.values():
            yield from (*column.inputs, *target_inputs(column.source))
        if isinstance(self.split, TimeSplit):
            yield self.split.column
        yield from self.key

    @property
    def split_names(self) -> tuple[str, ...]:
        """The parts of the data, the training part first."""
        return ("train",) if self.split is None else self.split.names

    def fingerprint(self) -> str:
        """SHA-256 of what decides records: neither order nor what older ones lack."""
        from featurekit.spec.serialize import spec_to_proto

        ordered = FeatureSpec(
            {name: self.features[name] for name in sorted(self.features)},
            label=self.label,
            weight=self.weight,
            key=[item.name for item in self.key],
            split=self.split,
            missing_label=self.missing_label,
            rows=self.rows,
        )
        return hashlib.sha256(spec_to_proto(ordered)).hexdigest()

    def diff(self, other: "FeatureSpec") -> SpecDiff:
        """What changes from this spec to the other, and what that asks for.

        Semantics:
            - `compatibility` of each change, and of all: "identical",
              "serve-compatible", "re-transform", "re-index" or "retrain"; see
              `featurekit.spec.compatibility.Compatibility`.
            - The order of the features is no change.

        Example:
            >>> import featurekit as fk
            >>> old = fk.FeatureSpec({"a": fk.numeric("a").fill(0.0)})
            >>> new = fk.FeatureSpec({"a": fk.numeric("a").fill(1.0)})
            >>> print(old.diff(new))
            ~ features.a: re-transform, values are computed in another way
                - fk.numeric('a').fill(0.0)
                + fk.numeric('a').fill(1.0)
            >>> str(old.diff(new).compatibility)
            're-transform'
        """
        if not isinstance(other, FeatureSpec):
            raise SpecError(
                "a spec is compared with another spec",
                code="SPEC_BAD_VALUE",
                got=other,
                hint="read it first: featurekit.spec.load.load_spec(path)",
            )
        return compare(self, other)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FeatureSpec):
            return NotImplemented
        return all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    def __hash__(self) -> int:
        return hash((frozenset(self.features.items()), self.label, self.key))

    def __repr__(self) -> str:
        lines = ["fk.FeatureSpec(", "    features={"]
        lines += [f"        {n!r}: {c!r}," for n, c in self.features.items()]
        lines.append("    },")
        if self.label is not None:
            lines.append(f"    label={self.label!r},")
        if self.weight is not None:
            lines.append(f"    weight={self.weight!r},")
        if self.key:
            shown = [k.name if k.dtype == "key" else k for k in self.key]
            text = ", ".join(repr(k) if isinstance(k, str) else str(k) for k in shown)
            lines.append(f"    key=[{text}],")
        if self.split is not None:
            lines.append(f"    split={self.split!r},")
        if self.missing_label != "error":
            lines.append(f"    missing_label={self.missing_label!r},")
        if self.rows is not None:
            lines.append(f"    rows={self.rows!r},")
        if self.renamed_from:
            lines.append(f"    renamed_from={dict(self.renamed_from)!r},")
        if self.defaults:
            lines.append(f"    defaults={dict(self.defaults)!r},")
        return "\n".join([*lines, ")"])


def _check_feature(name: str, column: object) -> Feature:
    if isinstance(column, Feature):
        return column
    hint = "end the column with vocabulary, hash_buckets, buckets or a time part"
    if isinstance(column, ListColumn):
        hint = "end the list with pad, length, multi_hot, counts, weighted or a sum"
    if isinstance(column, BinaryColumn | BoxesColumn):
        hint = "end bytes with tensor, and boxes with pad_boxes, pad_labels or box_mask"
    if isinstance(column, ImageColumn):
        hint = "resize the images, or give the shape that all of them have"
    raise SpecError(
        "a feature must end in numbers, ids or a vector",
        code="SPEC_BAD_VALUE",
        feature=name,
        got=column,
        hint=hint,
    )


def _check_label(column: object) -> Feature:
    found = _check_feature(LABEL, column)
    if isinstance(found.source, WeightedBag | Boxes):
        raise SpecError(
            "a label has no weights of its ids, and no boxes",
            code="SPEC_BAD_VALUE",
            feature=LABEL,
            got=column,
            hint="end the list with multi_hot or counts",
        )
    return found


def _weights_of(features: Mapping[str, Feature]) -> dict[str, Feature]:
    """The bags with weights, by the record keys of these."""
    found: dict[str, Feature] = {}
    for name, column in features.items():
        key = weights_key(name, column)
        if key in features:
            raise SpecError(
                f"the record key {key!r} is taken by the weights of {name!r}",
                code="SPEC_KEY_CONFLICT",
                feature=key,
                hint="rename the feature",
            )
        if key is not None:
            found[check_name(key, "the record key of weights")] = column
    return found


def _check_rows(spec: FeatureSpec) -> None:
    """Keys and splits are of rows of the source, which has no made column."""
    if spec.rows is None:
        return
    deciding = [item.name for item in spec.key]
    if isinstance(spec.split, TimeSplit):
        deciding.append(spec.split.column.name)
    for name in deciding:
        if name in (*spec.rows.made, *spec.rows.lists):
            raise SpecError(
                "a key or split is of rows of the source, not of rows made of these",
                code="SPEC_BAD_VALUE",
                column=name,
            )
    if isinstance(spec.rows, Packing):
        _check_packing(spec, spec.rows)


def _check_packing(spec: FeatureSpec, packing: Packing) -> None:
    """Features read of packed rows what these have one value of."""
    for column in spec.outputs.values():
        packing.check_read((*column.inputs, *target_inputs(column.source)))
    if spec.missing_label == "drop":
        raise SpecError(
            "a pack cannot be dropped for the missing label of one of its rows",
            code="SPEC_BAD_VALUE",
            got="missing_label='drop'",
            hint="leave rows without a label out of the source",
        )


def _check_names(
    features: Mapping[str, object], label: object | None, weight: object | None
) -> None:
    for role, column in ((LABEL, label), (WEIGHT, weight)):
        if column is not None and role in features:
            raise SpecError(
                f"the record key {role!r} is taken by the {role}",
                code="SPEC_KEY_CONFLICT",
                feature=role,
                hint="rename the feature",
            )
    seen: dict[str, str] = {}
    for name in features:
        plain = unicodedata.normalize("NFC", name)
        if plain in seen:
            both = [[hex(ord(mark)) for mark in text] for text in (seen[plain], name)]
            raise SpecError(
                "two feature names look the same; their code points differ",
                code="SPEC_NAME_COLLISION",
                feature=name,
                got=both,
            )
        seen[plain] = name


def _check_key(key: Iterable[str | Column]) -> tuple[Input, ...]:
    if isinstance(key, str):
        raise SpecError(
            "key must be a list of column names", code="SPEC_BAD_VALUE", got=key
        )
    found: list[Input] = []
    for entry in key:
        if isinstance(entry, str):
            found.append(Input(entry, "key"))
        elif isinstance(entry, Input):
            found.append(Input(entry.name, "key"))
        elif entry.steps or not isinstance(entry.source, Input):
            raise SpecError(
                "a key column takes no steps", code="SPEC_BAD_VALUE", got=entry
            )
        else:
            found.append(Input(entry.source.name, "key"))
    if len({item.name for item in found}) != len(found):
        raise SpecError(
            "a key column is named twice", code="SPEC_DUPLICATE_NAME", got=found
        )
    return tuple(found)


def merge_inputs(inputs: Iterable[Input]) -> tuple[Input, ...]:
    """Each source column once; the key reads whatever the column is read as.

    Read in several time zones, a column has none, as its local times have no one
    meaning; times with a zone of their own are read in each.

    Raises:
        SpecError: One column is read with two dtypes.
    """
    merged: dict[str, Input] = {}
    for item in inputs:
        known = merged.setdefault(item.name, item)
        both = {known.dtype, item.dtype}
        if len(both) == 1:
            if known.time_zone != item.time_zone:
                merged[item.name] = replace(known, time_zone=None)
            continue
        # A float and a list have no one text; every other type has.
        if "key" in both and both <= {"key", "int64", "string", "timestamp"}:
            merged[item.name] = known if item.dtype == "key" else item
            continue
        raise SpecError(
            f"the column is read both as {known.dtype} and as {item.dtype}",
            code="SPEC_KEY_CONFLICT",
            column=item.name,
            hint="read it in one way, or copy the column",
        )
    return tuple(merged.values())
