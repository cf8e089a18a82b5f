"""Columns of points in time."""

from dataclasses import dataclass

from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.columns.categorical import BooleanColumn, CategoricalColumn
from featurekit.spec.columns.tokens import IntegerColumn


@dataclass(frozen=True, slots=True, repr=False)
class TimestampColumn(BaseColumn):
    """A point in time; its parts are those of the local time in its zone.

    Every part but the year is an id counted from 0: January, Monday and the first day
    of a month or year are 0. Missing stays missing. Zone rules are copied into the plan
    for the years 1900 to 2100; outside of them the nearest known offset holds.
    """

    def is_missing(self) -> BooleanColumn:
        """1 where there is no value, else 0; never missing itself.

        Semantics:
            - Missing: 1. Any point in time: 0.
            - Output: int64, 0 or 1.
        """
        return BooleanColumn(self.source, self._step(s.IsMissing))

    def year(self) -> IntegerColumn:
        """The year of the calendar, such as 2013; before year 1 comes year 0.

        Semantics:
            - Missing: stays missing.
            - Output: an integer, which `vocabulary` or `hash_buckets` makes an id.

        Example:
            >>> import featurekit as fk
            >>> fk.timestamp("t").year().vocabulary([2012, 2013])
            fk.timestamp('t', tz='UTC').year().vocabulary([2012, 2013])
        """
        return IntegerColumn(self.source, self._step(s.TimePart, "year"))

    def _part(self, part: s.TimePartName) -> CategoricalColumn:
        return CategoricalColumn(self.source, self._step(s.TimePart, part))

    def minute(self) -> CategoricalColumn:
        """Minute of the hour, 0 to 59."""
        return self._part("minute")

    def hour(self) -> CategoricalColumn:
        """Hour of the day, 0 to 23."""
        return self._part("hour")

    def day_of_week(self) -> CategoricalColumn:
        """Day of the week, Monday 0 to Sunday 6."""
        return self._part("day_of_week")

    def day_of_month(self) -> CategoricalColumn:
        """Day of the month, 0 to 30."""
        return self._part("day_of_month")

    def day_of_year(self) -> CategoricalColumn:
        """Day of the year, 0 to 365."""
        return self._part("day_of_year")

    def month(self) -> CategoricalColumn:
        """Month of the year, 0 to 11."""
        return self._part("month")
