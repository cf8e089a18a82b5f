"""Sketches of one distribution each: of numbers, and of categories.

Both are mergeable. Counts, minimum and maximum are exact however rows are divided; so
are the counts of categories while there are at most `CAPACITY` of them.
"""

import math
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from featurekit.errors import MissingDependencyError

try:
    import datasketches as ds
except ImportError as error:
    raise MissingDependencyError("datasketches", "serve") from error

KLL_SIZE = 160
"""Of the sketch that is stored: about 2 kB in float32, and 1.7 % of rank error.

Z. Karnin, K. Lang and E. Liberty, "Optimal Quantile Approximation in Streams", 2016.
"""
CAPACITY = 2048
"""So many categories are counted; the rare ones of more are forgotten."""
STORED = 100
"""So many categories are stored; the others are the rest."""
_LONGEST = 64
"""Bytes of a category that are kept; a longer one is known by its digest."""
_CHANCE = 10
"""An error this many times below a count's standard deviation does not matter."""
_HLL_SIZE = 8


@dataclass
class Numbers:
    """Numbers: how many, the extremes, and all quantiles approximately."""

    count: int = 0
    minimum: float = math.inf
    maximum: float = -math.inf
    quantiles: Any = field(default_factory=lambda: ds.kll_floats_sketch(KLL_SIZE))

    def update(self, values: npt.NDArray[Any]) -> None:
        """Adds numbers, none of which is NaN."""
        if not len(values):
            return
        self.count += len(values)
        self.minimum = min(self.minimum, float(values.min()))
        self.maximum = max(self.maximum, float(values.max()))
        # A copy: the sketch takes no array that cannot be written to.
        self.quantiles.update(np.array(values, np.float32))

    def merge(self, other: "Numbers") -> None:
        """Adds what another sketch has seen."""
        self.count += other.count
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        self.quantiles.merge(other.quantiles)

    @property
    def error(self) -> float:
        """By how much a rank may be off: as DataSketches has it, in 99 % of cases."""
        if not self.quantiles.is_estimation_mode():
            return 0.0
        return float(self.quantiles.normalized_rank_error(False))

    def points(self) -> npt.NDArray[np.float32]:
        """Numbers at which the cumulative distribution is worth a look."""
        ranks = np.linspace(0, 1, 257)
        return np.unique(np.asarray(self.quantiles.get_quantiles(ranks), np.float32))

    def below(self, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """The share of numbers that are at most each point."""
        found = self.quantiles.get_cdf(points.tolist(), True)
        return np.asarray(found, np.float64)[:-1]


@dataclass
class Categories:
    """Categories: the frequent ones with their counts, and the number of others.

    Beyond `CAPACITY` categories the rare ones are forgotten, as in G. S. Manku and
    R. Motwani, "Approximate Frequency Counts over Data Streams", 2002: each category
    is counted from when it was met, and how much it may have had before is known.

    Args:
        count: All values.
        error: A category that is not counted occurs at most so often.
        counts: By category; it occurs at least so often.
        missed: By category how much more it may occur; those not in it are exact.
        distinct: A HyperLogLog sketch of the categories.
    """

    count: int = 0
    error: int = 0
    counts: dict[bytes, int] = field(default_factory=dict)
    missed: dict[bytes, int] = field(default_factory=dict)
    distinct: Any = field(default_factory=lambda: ds.hll_sketch(_HLL_SIZE))

    def update(self, values: pa.Array) -> None:
        """Adds categories, none of which is null."""
        if not len(values):
            return
        self.count += len(values)
        found = pc.value_counts(values)
        whole = found.field("values").cast(pa.large_binary()).to_pylist()
        tokens = map(_shortened, whole)
        for token, seen in zip(tokens, found.field("counts").to_pylist(), strict=True):
            if token not in self.counts:
                self.distinct.update(token.decode("utf-8", "backslashreplace"))
                if self.error:
                    self.missed[token] = self.error
            self.counts[token] = self.counts.get(token, 0) + seen
        self._forget()

    def merge(self, other: "Categories") -> None:
        """Adds what another sketch has seen."""
        tokens = self.counts.keys() | other.counts.keys()
        missed = {token: self._missed(token) + other._missed(token) for token in tokens}
        self.missed = {token: most for token, most in missed.items() if most}
        for token, seen in other.counts.items():
            self.counts[token] = self.counts.get(token, 0) + seen
        self.count += other.count
        self.error += other.error
        union = ds.hll_union(_HLL_SIZE)
        union.update(self.distinct)
        union.update(other.distinct)
        self.distinct = union.get_result()
        self._forget()

    def _missed(self, token: bytes) -> int:
        return self.missed.get(token, 0) if token in self.counts else self.error

    def _forget(self) -> None:
        if len(self.counts) <= CAPACITY:
            return
        most = {t: seen + self.missed.get(t, 0) for t, seen in self.counts.items()}
        least = sorted(most.values(), reverse=True)[CAPACITY]
        self.error = max(self.error, least)
        self.counts = {t: n for t, n in self.counts.items() if most[t] > least}
        self.missed = {t: n for t, n in self.missed.items() if t in self.counts}

    def known(self) -> dict[bytes, int]:
        """The counts that are exact, or off by far less than by chance."""
        return {
            token: seen
            for token, seen in self.counts.items()
            if (_CHANCE * self.missed.get(token, 0)) ** 2 <= seen
        }

    def stored(self) -> "Categories":
        """The most frequent known ones, as they are stored: by count, then by text."""
        ordered = sorted(self.known().items(), key=lambda one: (-one[1], one[0]))
        kept = dict(ordered[:STORED])
        most = (
            seen + self.missed.get(token, 0)
            for token, seen in self.counts.items()
            if token not in kept
        )
        error = max(self.error, max(most, default=0))
        return Categories(self.count, error, kept, {}, self.distinct)


def _shortened(token: bytes) -> bytes:
    """A token, or the beginning and the digest of a long one."""
    if len(token) <= _LONGEST:
        return token
    digest = blake2b(token, digest_size=8).hexdigest().encode()
    return token[: _LONGEST - len(digest) - 1] + b" " + digest


Distribution = Numbers | Categories
