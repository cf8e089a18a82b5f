"""The manifest of a dataset: which files are part of it, and what they hold."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

from google.protobuf import json_format
from google.protobuf.message import DecodeError

from featurekit.errors import DatasetError, DatasetIncompleteError
from featurekit.plan.graph import Plan
from featurekit.proto import manifest_pb2 as pb
from featurekit.spec.feature_spec import LABEL, WEIGHT
from featurekit.spec.serialize import check_version, reject_unknown_fields
from featurekit.spec.splits import REJECTED

VERSION = 3
"""The newest format; a dataset is written in the oldest that can describe it."""
_VERSIONS = {"named": 1, "packed": 2}
_SHAPES_SINCE = 3
Role: TypeAlias = Literal["feature", "label", "weight"]


@dataclass(frozen=True, slots=True)
class Shard:
    """One file of records.

    Args:
        path: Relative to the dataset's folder.
        split: The part of the data it belongs to; "rejected" for refused rows.
        task: The task that wrote it.
        records: Number of records, or of lines for refused rows.
        bytes: Size of the file.
        crc32c: Checksum of the whole file.
    """

    path: str
    split: str
    task: int
    records: int
    bytes: int
    crc32c: int


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """One column of the records.

    Args:
        name: Its name.
        dtype: "float32" or "int64".
        role: "feature", "label" or "weight".
        width: Numbers per record; None is one, shape (batch,).
        num_ids: Where given, all values are in [0, num_ids).
        feature_key: The key of the tf.Example feature that holds it, among others; None
            is a feature of its own, under its name.
        offset: Where its values begin in that feature.
        shape: Where given, the shape of the `width` numbers of a record.
    """

    name: str
    dtype: Literal["float32", "int64"]
    role: Role
    width: int | None = None
    num_ids: int | None = None
    feature_key: str | None = None
    offset: int | None = None
    shape: tuple[int, ...] | None = None

    @property
    def row_shape(self) -> tuple[int, ...]:
        """The shape of the value of one record."""
        if self.width is None:
            return ()
        return (self.width,) if self.shape is None else self.shape

    @property
    def size(self) -> int:
        """Numbers per record."""
        return 1 if self.width is None else self.width


@dataclass(frozen=True)
class Accounting:
    """What became of the rows: read = written + rejected + filtered.

    Args:
        rows_read: Rows of the source.
        rows_written: Records.
        rows_rejected: Rows that a cast or an op refused.
        rows_filtered: Rows without a label, under `missing_label="drop"`.
        rejected_by_code: Rejected rows by error code.
        rows_made: Where rows are made of those that are read, how many: this is the
            sum then. A row that could not be read counts as one.
        rows_unused: Rows that were read, and of which none was made.
    """

    rows_read: int = 0
    rows_written: int = 0
    rows_rejected: int = 0
    rows_filtered: int = 0
    rejected_by_code: dict[str, int] = field(default_factory=dict)
    rows_made: int = 0
    rows_unused: int = 0

    def __add__(self, other: "Accounting") -> "Accounting":
        codes = dict(self.rejected_by_code)
        for code, count in other.rejected_by_code.items():
            codes[code] = codes.get(code, 0) + count
        return Accounting(
            self.rows_read + other.rows_read,
            self.rows_written + other.rows_written,
            self.rows_rejected + other.rows_rejected,
            self.rows_filtered + other.rows_filtered,
            dict(sorted(codes.items())),
            self.rows_made + other.rows_made,
            self.rows_unused + other.rows_unused,
        )

    def check(self) -> None:
        """Raises DatasetError unless every row is accounted for."""
        known = self.rows_written + self.rows_rejected + self.rows_filtered
        makes_rows = self.rows_made or self.rows_unused
        wanted = self.rows_made if makes_rows else self.rows_read
        if known != wanted or sum(self.rejected_by_code.values()) != (
            self.rows_rejected
        ):
            raise DatasetError(
                "rows are not accounted for",
                code="ACCOUNTING",
                got=self,
                expected="rows read, or made, = written + rejected + filtered",
            )


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one finished task reports."""

    task: int
    shards: tuple[Shard, ...]
    accounting: Accounting

    def to_proto(self) -> bytes:
        """The receipt as a serialized `featurekit.proto.Receipt`."""
        message = pb.Receipt(task=self.task, accounting=_accounting(self.accounting))
        _add_shards(message, self.shards)
        return message.SerializeToString(deterministic=True)

    @classmethod
    def from_proto(cls, data: bytes) -> "Receipt":
        """Reads what `to_proto` wrote; raises DatasetError if it cannot."""
        message = pb.Receipt()
        try:
            message.ParseFromString(data)
        except DecodeError as error:
            raise DatasetError(f"not a receipt: {error}") from None
        return cls(
            message.task,
            tuple(map(_shard, message.shards)),
            _read_accounting(message.accounting),
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """A complete dataset.

    Args:
        run_id: Folder of the shards, derived from all that decides their bytes.
        spec_fingerprint: Of the declaration.
        stats_fingerprint: Of the statistics.
        source_fingerprint: Of the rows that were read.
        library_version: The featurekit that wrote it.
        shards: The files.
        columns: What each record holds.
        accounting: What became of the rows.
        compression: "" or "gzip".
        layout: "named": one tf.Example feature for each column; "packed": one for all
            ids, and one for all floats.
    """

    run_id: str
    spec_fingerprint: str
    stats_fingerprint: str
    source_fingerprint: str
    library_version: str
    shards: tuple[Shard, ...]
    columns: tuple[OutputColumn, ...]
    accounting: Accounting
    compression: str = ""
    layout: str = "named"

    def to_json(self) -> str:
        """The manifest as JSON; equal manifests give equal text."""
        message = pb.Manifest(version=format_version(self.layout))
        if any(column.shape is not None for column in self.columns):
            message.version = _SHAPES_SINCE
        message.accounting.CopyFrom(_accounting(self.accounting))
        for name in _TEXTS:
            setattr(message, name, getattr(self, name))
        _add_shards(message, self.shards)
        for column in self.columns:
            added = message.columns.add()
            for entry in fields(column):
                value = getattr(column, entry.name)
                if entry.name == "shape":
                    added.shape.extend(value or ())
                elif value is not None:
                    setattr(added, entry.name, value)
        text: str = json_format.MessageToJson(
            message, preserving_proto_field_name=True, ensure_ascii=False
        )
        return text + "\n"

    @classmethod
    def from_json(cls, text: str, *, file: str | None = None) -> "Manifest":
        """Reads what `to_json` wrote.

        Raises:
            DatasetIncompleteError: The text is not a manifest.
            VersionTooNewError: A newer featurekit wrote it.
        """
        message = pb.Manifest()
        try:
            json_format.Parse(text, message)
        except json_format.ParseError as error:
            # A newer format may have fields that this one lacks: say so, if it is one.
            _check_version_only(text)
            raise DatasetIncompleteError(
                f"the manifest cannot be read: {error}",
                code="MANIFEST_SYNTAX",
                file=file,
                hint="convert the data again",
            ) from None
        check_version(message.version, VERSION, "dataset")
        reject_unknown_fields(message, "manifest")
        return cls(
            **{name: getattr(message, name) for name in _TEXTS},
            shards=tuple(map(_shard, message.shards)),
            columns=tuple(map(_column, message.columns)),
            accounting=_read_accounting(message.accounting),
        )

    def split_shards(self, split: str) -> tuple[Shard, ...]:
        """The shards of one part, in order of the source."""
        return tuple(shard for shard in self.shards if shard.split == split)

    @property
    def records_by_split(self) -> dict[str, int]:
        """Number of records of each part, refused rows left out."""
        found: dict[str, int] = {}
        for shard in self.shards:
            if shard.split != REJECTED:
                found[shard.split] = found.get(shard.split, 0) + shard.records
        return found


_TEXTS = (
    "run_id",
    "spec_fingerprint",
    "stats_fingerprint",
    "source_fingerprint",
    "library_version",
    "compression",
    "layout",
)


def format_version(layout: str) -> int:
    """The oldest format that can describe a layout.

    >>> format_version("named"), format_version("packed")
    (1, 2)
    """
    return _VERSIONS[layout]


def output_columns(plan: Plan) -> tuple[OutputColumn, ...]:
    """What the records of a plan hold."""
    columns = []
    for name, kind in plan.output_types.items():
        assert kind.dtype in ("float32", "int64") and not kind.nullable
        role: Role = "feature"
        if name in (LABEL, WEIGHT):
            role = "label" if name == LABEL else "weight"
        dtype: Literal["float32", "int64"]
        dtype = "float32" if kind.dtype == "float32" else "int64"
        columns.append(
            OutputColumn(name, dtype, role, kind.width, kind.num_ids, shape=kind.shape)
        )
    return tuple(columns)


def _check_version_only(text: str) -> None:
    message = pb.Manifest()
    with suppress(json_format.ParseError):
        json_format.Parse(text, message, ignore_unknown_fields=True)
        if message.version:
            check_version(message.version, VERSION, "dataset")


def _column(message: pb.OutputColumn) -> OutputColumn:
    dtype: Any = message.dtype
    role: Any = message.role
    width = message.width if message.HasField("width") else None
    num_ids = message.num_ids if message.HasField("num_ids") else None
    key = message.feature_key if message.HasField("feature_key") else None
    offset = message.offset if message.HasField("offset") else None
    shape = tuple(message.shape) or None
    return OutputColumn(message.name, dtype, role, width, num_ids, key, offset, shape)


def _accounting(value: Accounting) -> pb.Accounting:
    return pb.Accounting(
        rows_read=value.rows_read,
        rows_written=value.rows_written,
        rows_rejected=value.rows_rejected,
        rows_filtered=value.rows_filtered,
        rejected_by_code=value.rejected_by_code,
        rows_made=value.rows_made,
        rows_unused=value.rows_unused,
    )


def _read_accounting(message: pb.Accounting) -> Accounting:
    return Accounting(
        message.rows_read,
        message.rows_written,
        message.rows_rejected,
        message.rows_filtered,
        dict(sorted(message.rejected_by_code.items())),
        message.rows_made,
        message.rows_unused,
    )


def _add_shards(message: pb.Manifest | pb.Receipt, shards: Iterable[Shard]) -> None:
    for shard in shards:
        added = message.shards.add()
        for entry in fields(shard):
            setattr(added, entry.name, getattr(shard, entry.name))


def _shard(message: pb.Shard) -> Shard:
    return Shard(
        **{entry.name: getattr(message, entry.name) for entry in fields(Shard)}
    )
