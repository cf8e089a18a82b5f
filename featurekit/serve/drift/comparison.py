"""Comparing the distributions of one column."""

import math
from typing import NamedTuple, TypeAlias

import numpy as np

from featurekit.serve.drift.distributions import Categories, Numbers
from featurekit.serve.drift.significance import (
    FloatArray,
    chi_square_critical,
    same_shares,
    two_distributions,
    two_proportions,
)
from featurekit.serve.drift.sketches import ColumnSketch

FEWEST = 5.0
"""So many are expected of a category in each sample, or it joins the rest (Cochran)."""
_KNOWN = 20
"""Tokens must be expected this many times as often as a forgotten one can occur."""
_TRIED = 3
"""Of the rare categories only so many are tested; their number counts all."""
_Four: TypeAlias = tuple[int, int, int, int]


class Found(NamedTuple):
    """The result of one test; the fields are those of `DriftTest`."""

    name: str
    what: str
    test: str
    score: float
    threshold: float
    p_value: float
    moved: str


def compare_parts(
    name: str, training: ColumnSketch, live: ColumnSketch, level: float
) -> list[Found]:
    """Tests every distribution that both sketches of a column have."""
    found = []
    for what, then in sorted(training.parts.items()):
        now = live.parts.get(what)
        # Elements of one list are not independent: no more of them than rows count.
        sizes = [
            min(part.count, max(1, one.rows - one.missing))
            for part, one in ((now, live), (then, training))
            if part is not None
        ]
        if now is None or not (then.count and now.count):
            continue
        if isinstance(then, Numbers) and isinstance(now, Numbers):
            found.append(_numbers(name, what, then, now, sizes, level))
        elif isinstance(then, Categories) and isinstance(now, Categories):
            found.append(_categories(name, what, then, now, sizes, level))
    return found


def _numbers(
    name: str, what: str, then: Numbers, now: Numbers, sizes: list[int], level: float
) -> Found:
    points = np.union1d(then.points(), now.points())
    before, after = then.below(points), now.below(points)
    at = int(np.argmax(np.abs(after - before)))
    distance = float(abs(after[at] - before[at]))
    error = then.error + now.error
    tested = two_distributions(distance, sizes[0], sizes[1], error, level)
    moved = f"{after[at]:.1%} are at most {points[at]:g}, was {before[at]:.1%}"
    test = "Kolmogorov-Smirnov"
    return Found(name, what, test, distance, tested.threshold, tested.p_value, moved)


def _categories(
    name: str,
    what: str,
    then: Categories,
    now: Categories,
    sizes: list[int],
    level: float,
) -> Found:
    table = _table(then, now, sizes)
    after, before = table.counts
    inverse = float(1 / after.sum() + 1 / before.sum())
    # Half of the level for the frequent categories, a quarter for all rare ones
    # together, and a quarter for each of them, divided by their number.
    rare = min(
        (two_proportions(*one, level).p_value for one in table.rare), default=1.0
    )
    rest = two_proportions(*table.rest, level).p_value
    frequent = same_shares(after, before)
    p_value = min(1.0, 2 * frequent, 4 * rest, 4 * max(1, table.num_rare) * rare)
    degrees = max(1, len(after) - 1)
    bits = inverse / (8 * math.log(2))
    usual = (len(after) - 1) * bits
    score = max(0.0, _jensen_shannon(after, before) - usual)
    threshold = chi_square_critical(level / 2, degrees) * bits - usual
    return Found(name, what, "chi-square", score, threshold, p_value, table.moved)


class _Table(NamedTuple):
    """Counts of the categories that are tested.

    Args:
        counts: Of the live and of the training rows, shape (2, categories).
        rest: Live values of no frequent category, all live values, and the same of
            training.
        rare: The same of each rare category that stands out most.
        num_rare: How many rare categories there are.
        moved: The category whose share changed most.
    """

    counts: FloatArray
    rest: _Four
    rare: list[_Four]
    num_rare: int
    moved: str


def _table(then: Categories, now: Categories, sizes: list[int]) -> _Table:
    totals = np.array(sizes, np.float64)[:, None]
    tokens, counts = _counted(then, now, sizes)
    # From the sums of both samples only, so that the choice favours neither.
    expected = counts.sum(axis=0) / totals.sum() * totals.min()
    order = np.argsort(-expected, kind="stable")
    num_kept = int((expected >= FEWEST).sum())
    kept, others = counts[:, order[:num_kept]], counts[:, order[num_kept:]]
    # Once or twice in both samples says nothing at any level.
    others = others[:, others.sum(axis=0) > 2]
    new = _new(then, now, sizes)
    num_rare = others.shape[1] + new.shape[1]
    rare = np.concatenate([others, new[:, new[0] / sizes[0] > new[1] / sizes[1]]], 1)
    rest = np.maximum(0.0, totals - kept.sum(axis=1, keepdims=True))
    shares = np.concatenate([counts, rest], axis=1) / totals
    moved = _moved([*tokens, None], shares)
    exact = _whole(rest, sizes)[0]
    while kept.shape[1] and 1e-9 < rest.sum() / totals.sum() * totals.min() < FEWEST:
        kept, rest = kept[:, :-1], rest + kept[:, -1:]
    if rest.sum() > 1e-9:
        kept = np.concatenate([kept, rest], axis=1)
    return _Table(kept, exact, _standing_out(rare, sizes), num_rare, moved)


def _counted(
    then: Categories, now: Categories, sizes: list[int]
) -> tuple[list[bytes], FloatArray]:
    """The categories whose counts are known in both samples, and these counts."""
    tokens = list(then.known())
    if not then.error:
        # All categories of the training rows are known: others are new.
        tokens += [one for one in now.counts if one not in then.counts]
    raw = [[one.counts.get(t, 0) for t in tokens] for one in (now, then)]
    counts = np.array(raw, np.float64).reshape(2, -1) * _scales(then, now, sizes)
    known = counts.sum(axis=0) / sum(sizes) * now.count >= _KNOWN * now.error
    kept = [one for one, is_known in zip(tokens, known, strict=True) if is_known]
    return kept, counts[:, known]


def _new(then: Categories, now: Categories, sizes: list[int]) -> FloatArray:
    """Counts of live categories unknown in training, and the most these were there."""
    if not then.error:
        return np.empty((2, 0))
    counts = [seen for token, seen in now.counts.items() if token not in then.counts]
    both = np.array([counts, [then.error] * len(counts)], np.float64)
    return both * _scales(then, now, sizes)


def _scales(then: Categories, now: Categories, sizes: list[int]) -> FloatArray:
    """What makes counts of values those of samples of the given sizes."""
    return np.array([[sizes[0] / now.count], [sizes[1] / then.count]])


def _standing_out(counts: FloatArray, sizes: list[int]) -> list[_Four]:
    """The rare categories that are most unlike what both samples together expect."""
    pooled = counts.sum(axis=0)
    expected = pooled * sizes[0] / sum(sizes)
    far = np.abs(counts[0] - expected) / np.sqrt(expected)
    return _whole(counts[:, np.argsort(-far, kind="stable")[:_TRIED]], sizes)


def _whole(counts: FloatArray, sizes: list[int]) -> list[_Four]:
    """For each category its count and the size of each sample, as integers."""
    limits = np.array(sizes, np.float64)[:, None]
    rounded = np.minimum(np.round(counts), limits).astype(int)
    return [(int(now), sizes[0], int(then), sizes[1]) for now, then in rounded.T]


def _moved(names: list[bytes | None], shares: FloatArray) -> str:
    at = int(np.argmax(np.abs(shares[0] - shares[1])))
    token = names[at]
    shown = "others" if token is None else repr(token.decode("utf-8", "replace"))
    return f"{shown} {shares[0, at]:.1%}, was {shares[1, at]:.1%}"


def _jensen_shannon(counts: FloatArray, other: FloatArray) -> float:
    """The divergence of two samples' shares, in bits."""
    p, q = counts / counts.sum(), other / other.sum()
    middle = (p + q) / 2
    return float(_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2


def _relative_entropy(p: FloatArray, q: FloatArray) -> float:
    there = p > 0
    return float((p[there] * np.log2(p[there] / q[there])).sum())
