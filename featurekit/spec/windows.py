"""Windows: rows that are made of the rows of the source, before anything else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from featurekit.errors import SpecError
from featurekit.spec.inputs import Input, check_name, element_dtype
from featurekit.spec.steps import check_count


@dataclass(frozen=True, slots=True, repr=False)
class Windows:
    """How a row of lists becomes several rows of windows; see `windows`.

    Args:
        lists: The lists that are cut, all of one length in a row.
        size: Elements of a window.
        stride: Elements from the start of a window to that of the next.
        horizon: Elements behind a window that have to be there.
        future: New columns of these elements, and the lists they are of.
        start: A new column of the place of each window's first element; None for none.
    """

    lists: tuple[str, ...]
    size: int
    stride: int = 1
    horizon: int = 0
    future: tuple[tuple[str, str], ...] = ()
    start: str | None = None

    def __post_init__(self) -> None:
        check_count(self.size, "size")
        check_count(self.stride, "stride")
        check_count(self.horizon, "horizon", minimum=0)
        for name in (*self.lists, *self.made):
            check_name(name, "a column name")
        if not self.lists:
            raise SpecError("windows need a list", code="SPEC_BAD_VALUE")
        names = [*self.lists, *self.made]
        if len(set(names)) < len(names):
            raise SpecError(
                "two columns of windows have one name",
                code="SPEC_DUPLICATE_NAME",
                got=", ".join(names),
                hint="future elements and starts need names of their own",
            )
        if bool(self.horizon) != bool(self.future):
            raise SpecError(
                "horizon and future belong together",
                code="SPEC_BAD_VALUE",
                got=f"horizon={self.horizon}, future={dict(self.future)}",
                hint="future={new column: list} takes `horizon` elements",
            )
        unknown = {name for _, name in self.future} - set(self.lists)
        if unknown:
            raise SpecError(
                "future elements are of lists that are cut into windows",
                code="SPEC_UNKNOWN_REFERENCE",
                got=", ".join(sorted(unknown)),
                expected=", ".join(self.lists),
            )

    @property
    def made(self) -> tuple[str, ...]:
        """The columns that no source has."""
        return (
            *(name for name, _ in self.future),
            *([] if self.start is None else [self.start]),
        )

    def source_inputs(self, inputs: Iterable[Input]) -> tuple[Input, ...]:
        """The columns of the source that some columns of windows are made of.

        Raises:
            SpecError: A list is not read as one, or not at all.
        """
        lists = dict(self.future)
        found = []
        for item in inputs:
            if item.name == self.start:
                if item.dtype != "int64":
                    raise _misread(item, "fk.integer: it is a place in the list")
            elif item.name in lists:
                found.append(replace(item, name=lists[item.name]))
            else:
                found.append(item)
        read = {item.name: item for item in found}
        for name in self.lists:
            if name not in read:
                raise SpecError(
                    "no feature reads a list that is cut into windows",
                    code="SPEC_UNKNOWN_REFERENCE",
                    column=name,
                )
            if element_dtype(read[name].dtype) is None:
                raise _misread(read[name], "fk.strings, fk.integers or fk.numerics")
        return tuple(found)

    def __repr__(self) -> str:
        shown = [repr(list(self.lists)), f"size={self.size}"]
        shown += [f"stride={self.stride}"] if self.stride != 1 else []
        if self.horizon:
            shown += [f"horizon={self.horizon}", f"future={dict(self.future)!r}"]
        shown += [f"start={self.start!r}"] if self.start is not None else []
        return f"fk.windows({', '.join(shown)})"


def _misread(item: Input, expected: str) -> SpecError:
    return SpecError(
        "a column of windows is read as something else",
        code="SPEC_BAD_VALUE",
        column=item.name,
        got=str(item),
        expected=expected,
    )


def windows(
    lists: Iterable[str],
    *,
    size: int,
    stride: int = 1,
    horizon: int = 0,
    future: Mapping[str, str] | None = None,
    start: str | None = None,
) -> Windows:
    """Cuts the lists of a row into windows, each a row: `FeatureSpec(rows=…)`.

    In windows the columns have their names: of the lists, `size` elements; of all other
    columns, what the row holds. What comes behind a window is in columns of its own, so
    that no feature can see its future by mistake. With `stride=1` these are the chunks
    of online models: `size` steps of history, of which the last is now, and `horizon`
    steps to anticipate; `pad(size + 1)` leaves a place behind them for a task token.

    Args:
        lists: Names of the columns that are cut.
        size: Elements of a window.
        stride: Elements from the start of a window to that of the next. Defaults to 1.
        horizon: Elements behind a window that have to be there. Defaults to 0.
        future: For new columns of these elements, the lists they are of. Defaults to
            none.
        start: Name of a new integer column: the place of the window's first element in
            the row, from 0. Defaults to none.

    Semantics:
        - Windows are full, and so are their futures; what is left at the end of a row
          is in none. A row too short for one window is counted as unused.
        - Lists of different lengths, a missing list: the row is rejected.
        - Missing elements: stay missing elements.
        - Accounting: rows made = written + rejected + filtered, where a row that could
          not be read counts as one; rows read and unused stand beside it. An error has
          the row of the source.
        - Splits: all windows of a row belong to the part of the row.
        - Statistics: are of windows, as models see them; an element counts once for
          each window that it is in.
        - Serving: a request is a window. Features need no `future`; a label is made of
          it.

    Example:
        >>> import featurekit as fk, tempfile
        >>> spec = fk.FeatureSpec(
        ...     {"history": fk.numerics("x").pad(3)},
        ...     label=fk.numerics("next").sum(),
        ...     rows=fk.windows(["x"], size=3, horizon=1, future={"next": "x"}),
        ... )
        >>> source = {"x": [[1.0, 2.0, 3.0, 4.0, 5.0], [6.0]]}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     report = fk.convert(spec, fk.analyze(spec, source), source, folder)
        ...     batch = fk.load(folder).to_numpy()
        >>> batch["history"].tolist(), batch["label"].tolist()
        ([[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]], [4.0, 5.0])
        >>> rows = report.manifest.accounting
        >>> rows.rows_read, rows.rows_made, rows.rows_unused
        (2, 2, 1)
    """
    if isinstance(lists, str):
        raise SpecError(
            "lists must be a list of column names", code="SPEC_BAD_VALUE", got=lists
        )
    pairs = tuple((future or {}).items())
    return Windows(tuple(lists), size, stride, horizon, pairs, start)
