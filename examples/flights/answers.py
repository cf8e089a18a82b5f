"""Answers of a served model beside what they have to be, bit by bit."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from examples.flights.ways import Arrays, Rows, Way, call, joined
from featurekit.serve.golden import outputs_to_arrow
from featurekit.serve.heads import METHODS, class_names, expected_head
from featurekit.serve.served_model import ServedModel
from featurekit.serve.serving_module import DEFAULT, TRANSFORM

SMALLER_ROWS = 512
"""Of each request, compared with calls of fewer rows: one call a row takes long."""


@dataclass(slots=True)
class Compared:
    """What one way answered, counted."""

    where: str
    what: str
    rows: int = 0
    values: int = 0
    differing: int = 0
    seconds: float = 0.0

    def ask(self, way: Way, rows: Rows, wanted: Arrays) -> None:
        """Asks, and counts."""
        started = time.perf_counter()
        found = way.ask(rows)
        self.seconds += time.perf_counter() - started
        self.rows += rows.table.num_rows
        self.values += sum(array.size for array in wanted.values())
        self.differing += differing(wanted, found)


@dataclass(slots=True)
class SmallerCalls:
    """Outputs of calls with fewer rows, beside those of all rows together."""

    rows_per_call: int
    values: int = 0
    differing: int = 0
    largest_ulps: int = 0
    largest: float = 0.0

    def add(self, wanted: Arrays, found: Arrays) -> None:
        """Counts the values that differ, and by how much."""
        self.differing += differing(wanted, found)
        for name, array in wanted.items():
            self.values += array.size
            steps = np.abs(ordered(array) - ordered(found[name])).max(initial=0)
            distance = np.abs(array - found[name]).max(initial=0)
            self.largest_ulps = max(self.largest_ulps, int(steps))
            self.largest = max(self.largest, float(distance))


def differing(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> int:
    """How many values are not the same in every bit.

    All values of an array count that is missing, unexpected, or has another dtype or
    shape.
    """
    count = 0
    for name in wanted.keys() | found.keys():
        if name not in wanted or name not in found:
            count += np.size((wanted if name in wanted else found)[name])
            continue
        left, right = wanted[name], np.asarray(found[name])
        if (left.dtype, left.shape) != (right.dtype, right.shape):
            count += max(left.size, 1)
        else:
            count += int(np.count_nonzero(bits(left) != bits(right)))
    return count


def bits(values: np.ndarray) -> np.ndarray:
    """Numbers as the integers that their bits are; texts as they are."""
    if values.dtype == object:
        return values
    return np.ascontiguousarray(values).view(f"i{values.dtype.itemsize}")


def ordered(values: np.ndarray) -> np.ndarray:
    """float32 as integers in the same order, 1 apart where no number lies between."""
    whole = bits(values).astype(np.int64)
    return np.where(whole < 0, -(2**31) - whole, whole)


class Expected:
    """What has to be answered.

    Args:
        model: The loaded model.
    """

    def __init__(self, model: ServedModel) -> None:
        self._names = partial(class_names, model.spec, model.stats)
        self._heads = METHODS.keys() & model.signatures
        self._reference = partial(call, model, DEFAULT)

    def outputs(self, rows: Rows, together: int) -> Arrays:
        """The model's outputs, of calls with so many rows each."""
        return joined(self._reference(part) for part in rows.parts(together))

    def by_signature(self, features: Arrays, outputs: Arrays) -> dict[str, Arrays]:
        """The answers to rows with these features and outputs; see `Way.gives`."""
        batch = outputs_to_arrow(outputs)
        heads = {name: expected_head(name, batch, self._names) for name in self._heads}
        return {TRANSFORM: features, DEFAULT: outputs, **heads}


class Comparison:
    """Asks all ways for the rows of each request.

    Args:
        model: The loaded model.
        ways: How it is asked.
        few: How many rows of a request the ways get that are made for few.
        smaller: Rows per call, to compare with calls of whole requests.
    """

    def __init__(
        self, model: ServedModel, ways: list[Way], few: int, smaller: tuple[int, ...]
    ) -> None:
        self._expected = Expected(model)
        self._ways = ways
        self._few = few
        self.ways = [Compared(way.where, way.what) for way in ways]
        self.smaller = [SmallerCalls(count) for count in smaller]

    def add(self, rows: Rows, features: Arrays) -> None:
        """Asks all ways.

        Args:
            rows: Those of one request.
            features: What batch conversion made of them.
        """
        rows.write()
        outputs = self._expected.outputs(rows, rows.table.num_rows)
        wanted = self._expected.by_signature(features, outputs)
        at = np.unique(np.linspace(0, rows.table.num_rows - 1, self._few, dtype=int))
        few = rows.take(at)
        alone = self._expected.by_signature(
            {name: array[at] for name, array in features.items()},
            self._expected.outputs(few, 1),
        )
        for way, found in zip(self._ways, self.ways, strict=True):
            if way.few:
                found.ask(way, few, alone[way.gives])
            else:
                found.ask(way, rows, wanted[way.gives])
        first = Rows(rows.table[:SMALLER_ROWS], rows.spec)
        wanted = {name: array[:SMALLER_ROWS] for name, array in outputs.items()}
        for one in self.smaller:
            one.add(wanted, self._expected.outputs(first, one.rows_per_call))

    @property
    def differing(self) -> int:
        """How many values differ, of all ways."""
        return sum(one.differing for one in self.ways)


def requests(rows: Rows, features: Arrays, size: int) -> Iterator[tuple[Rows, Arrays]]:
    """Rows and features, so many at a time."""
    for index, part in enumerate(rows.parts(size)):
        at = slice(index * size, (index + 1) * size)
        yield part, {name: array[at] for name, array in features.items()}
