"""What a column gives for a few rows: a declaration is tried out before its spec."""

from typing import Any

from featurekit.io.adapter import open_source
from featurekit.jobs.analyze import run_analysis
from featurekit.jobs.rows import RowReader, Rows
from featurekit.plan.lower import compile_spec
from featurekit.spec.columns import Column
from featurekit.spec.feature_spec import FeatureSpec

_NAME = "value"


def preview(column: Column, rows: Any) -> list[Any]:
    """What a column gives for some rows, as Python values.

    Runs what a job runs: the rows are cast, what has to be learned is learned from
    them, and the compiled plan computes the feature.

    Args:
        column: A declaration that can be a feature.
        rows: A dict of lists, a data frame, a table, or files; see
            `featurekit.io.adapter`.

    Returns:
        One entry per row: an int for an id, a float, or a list for a vector, with lists
        inside where it has a shape. A refused
        row gives the text "refused: " and the code of its error.

    Raises:
        SpecError: The column cannot be a feature.
        SourceError: The rows lack a column.
        StatisticsError: There is no value to learn from.

    Example:
        >>> import featurekit as fk
        >>> city = fk.string("city").vocabulary(["Ulm", "Bonn"])
        >>> fk.preview(city, {"city": ["Bonn", "Ulm", "Kiel", None]})
        [1, 0, 2, 'refused: NULL_NOT_ALLOWED']
    """
    spec = FeatureSpec({_NAME: column})
    source = open_source(rows)
    stats, _ = run_analysis(spec, source, workers=1, on_bad_row="dead_letter")
    plan = compile_spec(spec, stats)
    shape = plan.output_types[_NAME].row_shape
    reader = RowReader(spec, plan, on_bad_row="dead_letter")
    found: list[Any] = []
    for task in source.plan_tasks():
        first = task.first_row
        for part in reader.read(task):
            found += _values(part, first, shape)
            first += part.accounting.rows_read
    return found


def _values(rows: Rows, first: int, shape: tuple[int, ...]) -> list[Any]:
    """The values of a batch, with the refused rows in their places."""
    codes = {entry.error.row: entry.error.code for entry in rows.rejections}
    found = rows.outputs.column(_NAME).to_pylist()
    accepted = iter(nested(one, shape) for one in found)
    places = range(first, first + rows.accounting.rows_read)
    return [
        f"refused: {codes[row]}" if row in codes else next(accepted) for row in places
    ]


def nested(value: Any, shape: tuple[int, ...]) -> Any:
    """A flat list as lists in lists.

    >>> nested([1, 2, 3, 4], (2, 2))
    [[1, 2], [3, 4]]
    """
    for size in reversed(shape[1:]):
        value = [value[at : at + size] for at in range(0, len(value), size)]
    return value
