"""Sketches: what rows looked like, and how they are stored."""

import math
from dataclasses import dataclass, field

import datasketches as ds
from google.protobuf.message import DecodeError

from featurekit.errors import ArtifactError
from featurekit.proto import drift_pb2 as pb
from featurekit.serve.drift.distributions import Categories, Distribution, Numbers
from featurekit.spec.serialize import check_version

VERSION = 1
FILE = "drift.pb"


@dataclass(frozen=True, slots=True)
class FeatureRates:
    """What one feature met.

    Args:
        rows: Rows that were read.
        missing: Of these, rows in which a column that the feature reads is missing.
        values: Values that were looked up in its vocabularies, of rows that are not
            refused; of a row that a vocabulary refuses, one.
        unknown: Of these, values that are in no vocabulary.
    """

    rows: int = 0
    missing: int = 0
    values: int = 0
    unknown: int = 0

    @property
    def missing_rate(self) -> float:
        """Missing rows per row; 0.0 of no rows."""
        return self.missing / self.rows if self.rows else 0.0

    @property
    def unknown_rate(self) -> float:
        """Out-of-vocabulary values per value looked up; 0.0 of none."""
        return self.unknown / self.values if self.values else 0.0

    def __add__(self, other: "FeatureRates") -> "FeatureRates":
        return FeatureRates(
            self.rows + other.rows,
            self.missing + other.missing,
            self.values + other.values,
            self.unknown + other.unknown,
        )


@dataclass
class ColumnSketch:
    """One source column: rows, missing ones, and its distributions by name."""

    rows: int = 0
    missing: int = 0
    parts: dict[str, Distribution] = field(default_factory=dict)

    def merge(self, other: "ColumnSketch") -> None:
        """Adds what another sketch has seen."""
        self.rows += other.rows
        self.missing += other.missing
        for name, part in other.parts.items():
            mine = self.parts.setdefault(name, type(part)())
            mine.merge(part)  # type: ignore[arg-type]


@dataclass
class Sketches:
    """What rows looked like: one sketch per source column, and rates per feature.

    Args:
        rows: Rows that were read.
        refused: Of these, rows that the plan refuses.
        columns: By name.
        features: By name.
    """

    rows: int = 0
    refused: int = 0
    columns: dict[str, ColumnSketch] = field(default_factory=dict)
    features: dict[str, FeatureRates] = field(default_factory=dict)

    def merge(self, other: "Sketches") -> None:
        """Adds what others have seen; the order of merges does not matter.

        Counts are exact; quantiles keep their error.
        """
        self.rows += other.rows
        self.refused += other.refused
        for name, column in other.columns.items():
            self.columns.setdefault(name, ColumnSketch()).merge(column)
        for name, rates in other.features.items():
            self.features[name] = self.features.get(name, FeatureRates()) + rates

    def counts(self) -> "Sketches":
        """A copy without the distributions."""
        columns = {
            name: ColumnSketch(one.rows, one.missing)
            for name, one in self.columns.items()
        }
        return Sketches(self.rows, self.refused, columns, dict(self.features))

    def to_proto(self) -> bytes:
        """The sketches as a serialized `featurekit.proto.Drift`."""
        message = pb.Drift(version=VERSION, rows=self.rows, refused=self.refused)
        for name, column in sorted(self.columns.items()):
            entry = message.columns.add(
                name=name, rows=column.rows, missing=column.missing
            )
            for part_name, part in sorted(column.parts.items()):
                _write_part(part, entry.parts.add(name=part_name))
        for name, rates in sorted(self.features.items()):
            message.features.add(
                name=name,
                rows=rates.rows,
                missing=rates.missing,
                values=rates.values,
                unknown=rates.unknown,
            )
        return message.SerializeToString(deterministic=True)

    @classmethod
    def from_proto(cls, data: bytes) -> "Sketches":
        """Reads what `to_proto` wrote.

        Raises:
            ArtifactError: The bytes are no sketches.
            VersionTooNewError: A newer featurekit wrote them.
        """
        message = pb.Drift()
        try:
            message.ParseFromString(data)
            check_version(message.version, VERSION, "drift file")
            return cls(
                message.rows,
                message.refused,
                {one.name: _read_column(one) for one in message.columns},
                {
                    one.name: FeatureRates(
                        one.rows, one.missing, one.values, one.unknown
                    )
                    for one in message.features
                },
            )
        # DataSketches raises these at what is no sketch.
        except (DecodeError, RuntimeError, IndexError, TypeError) as error:
            raise ArtifactError(
                f"the sketches of the training data cannot be read: {error}",
                code="ARTIFACT_DAMAGED",
                hint="export the model again",
            ) from None


def _write_part(part: Distribution, message: pb.PartSketch) -> None:
    if isinstance(part, Numbers):
        message.numbers.count = part.count
        message.numbers.minimum = part.minimum
        message.numbers.maximum = part.maximum
        message.numbers.quantiles = part.quantiles.serialize()
        return
    kept = part.stored()
    message.categories.count = kept.count
    message.categories.error = kept.error
    message.categories.tokens.extend(kept.counts)
    message.categories.counts.extend(kept.counts.values())
    message.categories.distinct = kept.distinct.serialize_compact()


def _read_column(message: pb.ColumnSketch) -> ColumnSketch:
    parts = {one.name: _read_part(one) for one in message.parts}
    return ColumnSketch(message.rows, message.missing, parts)


def _read_part(message: pb.PartSketch) -> Distribution:
    if message.WhichOneof("distribution") == "numbers":
        found = message.numbers
        return Numbers(
            found.count,
            found.minimum if found.count else math.inf,
            found.maximum if found.count else -math.inf,
            ds.kll_floats_sketch.deserialize(found.quantiles),
        )
    kept = message.categories
    return Categories(
        kept.count,
        kept.error,
        dict(zip(kept.tokens, kept.counts, strict=True)),
        {},
        ds.hll_sketch.deserialize(kept.distinct),
    )
