"""Packing: rows of a fixed capacity that hold the short lists of several rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from featurekit.errors import SpecError
from featurekit.spec.inputs import Input, check_name, element_dtype
from featurekit.spec.steps import check_count

TooLong: TypeAlias = Literal["error", "cut"]


@dataclass(frozen=True, slots=True, repr=False)
class Packing:
    """How several rows of lists become one; see `packing`.

    Args:
        lists: The lists that are packed, all of one length in a row.
        length: Elements that a packed row has room for.
        segments: A new column: for each element, which row of the pack it is of.
        positions: A new column: the place of each element in its own row.
        first: Other columns, of which a pack has the value of its first row.
        too_long: What becomes of a row longer than `length`.
    """

    lists: tuple[str, ...]
    length: int
    segments: str = "segments"
    positions: str = "positions"
    first: tuple[str, ...] = ()
    too_long: TooLong = "error"

    def __post_init__(self) -> None:
        check_count(self.length, "length")
        names = [*self.lists, *self.made, *self.first]
        for name in names:
            check_name(name, "a column name")
        if not self.lists:
            raise SpecError("packing needs a list", code="SPEC_BAD_VALUE")
        if len(set(names)) < len(names):
            raise SpecError(
                "two columns of packed rows have one name",
                code="SPEC_DUPLICATE_NAME",
                got=", ".join(names),
                hint="segments and positions need names of their own",
            )
        if self.too_long not in get_args(TooLong):
            raise SpecError(
                "unknown policy for rows that are too long",
                code="SPEC_BAD_VALUE",
                got=self.too_long,
                expected="'error' or 'cut'",
            )

    @property
    def made(self) -> tuple[str, ...]:
        """The columns that no source has."""
        return (self.segments, self.positions)

    def source_inputs(self, inputs: Iterable[Input]) -> tuple[Input, ...]:
        """The columns of the source that columns of packed rows are made of.

        Raises:
            SpecError: A list is not read as one, or not at all.
        """
        found = {item.name: item for item in inputs}
        for name in self.made:
            item = found.pop(name, None)
            if item is not None and element_dtype(item.dtype) != "int64":
                raise _misread(item, "fk.integers: they are places in lists")
        for name in self.lists:
            if name not in found:
                raise SpecError(
                    "no feature reads a list that is packed",
                    code="SPEC_UNKNOWN_REFERENCE",
                    column=name,
                )
            if element_dtype(found[name].dtype) is None:
                raise _misread(found[name], "fk.strings, fk.integers or fk.numerics")
        return tuple(found.values())

    def check_read(self, inputs: Iterable[Input]) -> None:
        """Refuses what features read of a pack, but of which it has several values.

        Raises:
            SpecError: A column is neither packed nor taken from the first row.
        """
        known = {*self.lists, *self.made, *self.first}
        for item in inputs:
            if item.name not in known:
                raise SpecError(
                    "a packed row has several values of this column",
                    code="SPEC_BAD_VALUE",
                    column=item.name,
                    hint="pack it as a list, or name it in first=",
                )

    def __repr__(self) -> str:
        shown = [repr(list(self.lists)), f"length={self.length}"]
        for name in ("segments", "positions"):
            named = getattr(self, name)
            shown += [f"{name}={named!r}"] if named != name else []
        shown += [f"first={list(self.first)!r}"] if self.first else []
        shown += [f"too_long={self.too_long!r}"] if self.too_long != "error" else []
        return f"fk.packing({', '.join(shown)})"


def _misread(item: Input, expected: str) -> SpecError:
    return SpecError(
        "a column of packed rows is read as something else",
        code="SPEC_BAD_VALUE",
        column=item.name,
        got=str(item),
        expected=expected,
    )


def packing(
    lists: Iterable[str],
    *,
    length: int,
    segments: str = "segments",
    positions: str = "positions",
    first: Iterable[str] = (),
    too_long: TooLong = "error",
) -> Packing:
    """Packs the lists of several rows into one row: `FeatureSpec(rows=…)`.

    Short lists waste most of a padded batch. Packed one behind the other they fill it;
    attention stays inside a row where two places have the same segment, and each row
    begins at position 0 again.

    Args:
        lists: Names of the columns that are packed.
        length: Elements that a packed row has room for.
        segments: Name of a new column of integers: for each element the number of its
            row in the pack, from 0. As `pad` adds one and pads with 0, the padded ids
            are 1, 2, …, and 0 where there is no element. Defaults to "segments".
        positions: Name of a new column of integers: the place of each element in its
            own row, from 0. Defaults to "positions".
        first: Other columns, of which a pack has the value of its first row, such as
            the key of `mask_tokens`. Defaults to none.
        too_long: "error" rejects a row that is longer than `length`; "cut" keeps its
            first `length` elements. Defaults to "error".

    Semantics:
        - First fit: each row, in order, goes whole into the earliest pack that has room
          for it, and opens a new one if none has. Packs are in the order of their first
          rows, and rows in a pack in the order of the source.
        - Rows are packed with those that are read together: at most 32,768 rows that
          follow each other in one task. So the number of workers changes nothing.
        - Splits: only rows of one part are packed together.
        - An empty row is in no pack, and counted as unused.
        - Lists of different lengths, a missing list: the row is rejected.
        - A refused value: its row is rejected; the others are packed without it.
        - Missing elements: stay missing elements.
        - Accounting: rows made = written + rejected, where written are packs, and
          rejected are rows of the source. An error has the row of the source.
        - Statistics: are of packed rows, as models see them.
        - Serving: a request is a packed row, with its segments and positions.

    Example:
        >>> import featurekit as fk, tempfile
        >>> spec = fk.FeatureSpec(
        ...     {
        ...         "ids": fk.integers("ids").identity(100).pad(6),
        ...         "segments": fk.integers("segments").identity(6).pad(6),
        ...         "positions": fk.integers("positions").identity(6).pad(6),
        ...     },
        ...     rows=fk.packing(["ids"], length=6),
        ... )
        >>> source = {"ids": [[10, 11, 12, 13], [20, 21, 22], [30, 31]]}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     report = fk.convert(spec, fk.analyze(spec, source), source, folder)
        ...     batch = fk.load(folder).to_numpy()
        >>> batch["ids"].tolist()
        [[11, 12, 13, 14, 31, 32], [21, 22, 23, 0, 0, 0]]
        >>> batch["segments"].tolist()
        [[1, 1, 1, 1, 2, 2], [1, 1, 1, 0, 0, 0]]
        >>> rows = report.manifest.accounting
        >>> rows.rows_read, rows.rows_made, rows.rows_unused
        (3, 2, 0)
    """
    if isinstance(lists, str) or isinstance(first, str):
        raise SpecError(
            "lists and first must be lists of column names",
            code="SPEC_BAD_VALUE",
            got=(lists, first),
        )
    return Packing(tuple(lists), length, segments, positions, tuple(first), too_long)
