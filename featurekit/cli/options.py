"""Options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

if TYPE_CHECKING:
    from featurekit.io.csv_source import CsvOptions
    from featurekit.io.manifest import Accounting

_CSV = "CSV files"
_RUN = "How it runs"


class BadRows(StrEnum):
    """What to do with a row that is refused."""

    fail = "fail"
    dead_letter = "dead_letter"


class CompressionName(StrEnum):
    """How records are compressed."""

    none = "none"
    gzip = "gzip"
    gzip_small = "gzip-small"


COMPRESSIONS: dict[CompressionName, Literal["gzip", "gzip-small"] | None] = {
    CompressionName.none: None,
    CompressionName.gzip: "gzip",
    CompressionName.gzip_small: "gzip-small",
}


class ShuffleName(StrEnum):
    """Whether records keep the order of the rows."""

    none = "none"
    # `global` is a keyword of Python.
    whole = "global"


class LayoutName(StrEnum):
    """How columns lie in a record."""

    named = "named"
    packed = "packed"


Sources: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE",
        help="Parquet or CSV files, patterns, or folders of them.",
        show_default=False,
    ),
]
SpecFile: TypeAlias = Annotated[
    Path,
    typer.Option(
        "--spec",
        metavar="FILE",
        help="The spec: .py that binds `spec`, .json, .textproto or .pb.",
        show_default=False,
    ),
]
StatsFile: TypeAlias = Annotated[
    Path,
    typer.Option(
        "--stats",
        metavar="FILE",
        help="The statistics that `analyze` wrote.",
        show_default=False,
    ),
]
Dataset: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="DIR", help="The folder that `convert` wrote.", show_default=False
    ),
]
AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Write JSON to stdout; errors too.")
]
AllowDuplicates: TypeAlias = Annotated[
    bool,
    typer.Option("--allow-duplicates", help="One file may be named twice."),
]
Workers: TypeAlias = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Processes. Default: one for every 16 parts, at most one per core.",
        rich_help_panel=_RUN,
        show_default=False,
    ),
]
OnBadRow: TypeAlias = Annotated[
    BadRows,
    typer.Option(
        help="A refused row ends the command, or is set aside and counted.",
        rich_help_panel=_RUN,
    ),
]
RowsPerTask: TypeAlias = Annotated[
    int,
    typer.Option(
        min=1,
        metavar="N",
        help="Rows of one part of the work, about.",
        rich_help_panel=_RUN,
    ),
]
ShardBytes: TypeAlias = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="BYTES",
        help="Size of a shard, about; instead of --rows-per-task.",
        rich_help_panel=_RUN,
    ),
]
Delimiter: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--csv-delimiter",
        metavar="MARK",
        help="Between fields; `tab` for a tab. Default: a comma, a tab for .tsv.",
        rich_help_panel=_CSV,
        show_default=False,
    ),
]
NullValues: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--csv-null",
        metavar="TEXT",
        help="A field that means missing, as the empty field does. Repeatable.",
        rich_help_panel=_CSV,
        show_default=False,
    ),
]
QuotedNulls: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--csv-quoted-nulls",
        help="A quoted field may mean missing too.",
        rich_help_panel=_CSV,
    ),
]
BlockBytes: TypeAlias = Annotated[
    int,
    typer.Option(
        "--csv-block-bytes",
        metavar="N",
        min=1024,
        max=2**31 - 1,
        help="Parsed at a time, and the limit of one row.",
        rich_help_panel=_CSV,
    ),
]
ROWS_PER_TASK = 65_536
BLOCK_BYTES = 8 << 20


def csv_options(
    delimiter: str | None,
    null: list[str] | None,
    quoted_nulls: bool,
    block_bytes: int,
) -> "CsvOptions":
    """The library's options."""
    from featurekit.io.csv_source import CsvOptions

    mark = {"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter)
    if mark is not None and (len(mark) != 1 or not mark.isascii() or mark in '"\r\n'):
        raise typer.BadParameter(
            "must be one ASCII character, or `tab`", param_hint="'--csv-delimiter'"
        )
    return CsvOptions(
        delimiter=mark,
        null_values=tuple(dict.fromkeys(["", *(null or ())])),
        quoted_nulls=quoted_nulls,
        block_bytes=block_bytes,
    )


def open_rows(
    sources: list[str], csv: "CsvOptions", *, allow_duplicates: bool = False
) -> Any:
    """The source of the rows."""
    from featurekit.io.adapter import open_source

    return open_source(sources, csv=csv, allow_duplicates=allow_duplicates)


def check_output(path: Path, *, overwrite: bool = True) -> None:
    """Refuses a file that cannot be written, before any work is done.

    Raises:
        OutputExistsError: It is there, and may not be replaced.
        DatasetError: OUTPUT_IO: its folder is not there, or it is a folder itself.
    """
    from featurekit.errors import DatasetError, OutputExistsError

    if path.is_dir() or not path.parent.is_dir():
        what = "the output is a folder"
        if not path.is_dir():
            what = "the folder of the output does not exist"
        raise DatasetError(
            what, code="OUTPUT_IO", file=str(path), expected="a file in a folder"
        )
    if path.exists() and not overwrite:
        raise OutputExistsError(
            "the file is already there",
            file=str(path),
            hint="choose another name, or pass --force",
        )


def account(rows: "Accounting", written: str = "written") -> str:
    """What became of the rows, in one line."""
    text = f"{rows.rows_read:,} read"
    if rows.rows_made or rows.rows_unused:
        text += f" ({rows.rows_unused:,} unused), {rows.rows_made:,} made"
    text += f" = {rows.rows_written:,} {written}"
    text += f" + {rows.rows_rejected:,} rejected + {rows.rows_filtered:,} filtered"
    codes = rows.rejected_by_code.items()
    if codes:
        text += f" ({', '.join(f'{code} {count:,}' for code, count in codes)})"
    return text
