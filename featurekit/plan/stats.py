"""Stats: what the data said, and how it is stored."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import uuid4

from google.protobuf import json_format
from google.protobuf.message import DecodeError

from featurekit.errors import FeatureKitError, StatisticsError
from featurekit.plan.requirements import AnalysisRequest
from featurekit.plan.statistics import (
    ByKey,
    DocumentFrequencies,
    Moments,
    MomentsByKey,
    Presence,
    Quantiles,
    QuantilesByKey,
    QuantileValues,
    Range,
    RangeByKey,
    Statistic,
    TargetByKey,
    VocabularyCounts,
)
from featurekit.proto import stats_pb2 as pb
from featurekit.spec.serialize import (
    check_version,
    get_fields,
    reject_unknown_fields,
    set_fields,
)

VERSION = 1
_FIELDS: dict[str, type[Statistic]] = {
    "presence": Presence,
    "moments": Moments,
    "range": Range,
    "quantiles": Quantiles,
    "vocabulary_counts": VocabularyCounts,
    "quantile_values": QuantileValues,
    "document_frequencies": DocumentFrequencies,
    "moments_by_key": MomentsByKey,
    "range_by_key": RangeByKey,
    "target_by_key": TargetByKey,
    "quantiles_by_key": QuantilesByKey,
}
_NAMES = {cls: name for name, cls in _FIELDS.items()}
S = TypeVar("S", bound=Statistic)


class Stats(Mapping[str, Statistic]):
    """Statistics by the text of their request. Immutable and comparable.

    `str(stats)` is a table. Made by `fk.analyze`; belongs to every spec whose
    requirements it answers.

    Args:
        statistics: The statistics by request key.
    """

    __slots__ = ("_statistics",)

    def __init__(self, statistics: Mapping[str, Statistic]) -> None:
        ordered = {key: statistics[key] for key in sorted(statistics)}
        self._statistics = MappingProxyType(ordered)

    def __getitem__(self, key: str) -> Statistic:
        return self._statistics[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._statistics)

    def __len__(self) -> int:
        return len(self._statistics)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stats):
            return NotImplemented
        return self.to_proto() == other.to_proto()

    def __hash__(self) -> int:
        return hash(self.to_proto())

    def __reduce__(self) -> tuple[Any, ...]:
        return (Stats.from_proto, (self.to_proto(),))

    def __repr__(self) -> str:
        return f"<Stats of {len(self)} requests {self.fingerprint()[:12]}>"

    def __str__(self) -> str:
        return "\n".join(f"{key} = {_summary(value)}" for key, value in self.items())

    def find(self, request: AnalysisRequest, kind: type[S]) -> S:
        """The answer to a request.

        Raises:
            StatisticsError: It is not there: the statistics are of another spec.
        """
        found = self._statistics.get(request.key)
        if not isinstance(found, kind):
            raise StatisticsError(
                f"there is no {request.key}",
                code="STATS_MISSING",
                column=request.column_names,
                hint="run analyze with this spec",
            )
        return found

    def fingerprint(self) -> str:
        """SHA-256 of all statistics."""
        return hashlib.sha256(self.to_proto()).hexdigest()

    def to_proto(self) -> bytes:
        """The statistics as a serialized `featurekit.proto.Stats`."""
        return self._message().SerializeToString(deterministic=True)

    @classmethod
    def from_proto(cls, data: bytes) -> "Stats":
        """Reads what `to_proto` wrote.

        Raises:
            StatisticsError: The bytes are not statistics.
            VersionTooNewError: A newer featurekit wrote them.
        """
        message = pb.Stats()
        try:
            message.ParseFromString(data)
        except DecodeError as error:
            raise StatisticsError(f"not statistics: {error}") from None
        return cls._from_message(message)

    def to_json(self) -> str:
        """The statistics as JSON."""
        text: str = json_format.MessageToJson(
            self._message(), preserving_proto_field_name=True
        )
        return text + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Stats":
        """Reads what `to_json` wrote."""
        message = pb.Stats()
        try:
            json_format.Parse(text, message)
        except json_format.ParseError as error:
            raise StatisticsError(f"not statistics: {error}") from None
        return cls._from_message(message)

    def save(self, path: str | PathLike[str]) -> None:
        """Writes the whole file or nothing: JSON if named ".json", else protobuf."""
        target = Path(path)
        data = self.to_proto()
        if target.suffix == ".json":
            data = self.to_json().encode()
        # Beside the target and renamed, so that no reader sees half of it.
        partial = target.with_name(f".{target.name}.{uuid4().hex}.partial")
        try:
            partial.write_bytes(data)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)

    @classmethod
    def open(cls, path: str | PathLike[str]) -> "Stats":
        """Reads what `save` wrote."""
        source = Path(path)
        try:
            if source.suffix == ".json":
                return cls.from_json(source.read_text(encoding="utf-8"))
            return cls.from_proto(source.read_bytes())
        except FeatureKitError as error:
            error.in_file(str(path))
            raise
        except (OSError, UnicodeDecodeError) as error:
            raise StatisticsError(
                f"statistics cannot be read: {error}", file=str(path)
            ) from None

    def _message(self) -> pb.Stats:
        message = pb.Stats(version=VERSION)
        for key, value in self.items():
            entry = message.statistics.add(key=key)
            target = getattr(entry, _NAMES[type(value)])
            target.SetInParent()
            set_fields(value, target)
        return message

    @classmethod
    def _from_message(cls, message: pb.Stats) -> "Stats":
        check_version(message.version, VERSION, "statistics file")
        reject_unknown_fields(message, "statistics file")
        found: dict[str, Statistic] = {}
        for entry in message.statistics:
            name = entry.WhichOneof("statistic")
            if name is None or entry.key in found:
                raise StatisticsError("a statistic is empty or repeated", got=entry.key)
            found[entry.key] = _FIELDS[name](**get_fields(getattr(entry, name)))
        return cls(found)


def _summary(value: Statistic) -> str:
    if isinstance(value, VocabularyCounts):
        return (
            f"{len(value.tokens):,} tokens of {value.distinct:,} distinct, "
            f"{value.total:,} values"
        )
    if isinstance(value, DocumentFrequencies):
        return f"{len(value.tokens):,} terms of {value.documents:,} lists"
    if isinstance(value, ByKey):
        return f"{len(value.tokens):,} keys, {value.counts[-1]:,} values"
    shown = (f"{entry.name}={getattr(value, entry.name)}" for entry in fields(value))
    return ", ".join(shown)
