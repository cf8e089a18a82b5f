"""The report: every test of live rows against the training rows."""

from dataclasses import asdict, dataclass
from typing import Any

from featurekit.serve.drift.comparison import Found, compare_parts
from featurekit.serve.drift.significance import holm, two_proportions
from featurekit.serve.drift.sketches import Sketches

ALPHA = 0.01


@dataclass(frozen=True, slots=True)
class DriftTest:
    """One property of one column or feature, compared.

    Args:
        name: The source column; for `unknown` the feature.
        what: "value", "missing", "length" or "element" of lists, "hour" of times, or
            "unknown": values that are in no vocabulary.
        test: "Kolmogorov-Smirnov", "chi-square" or "Fisher".
        score: The largest difference of the cumulative distributions; or the
            Jensen-Shannon divergence in bits, less what equal distributions give on
            average in samples of this size; or the difference of the rates.
        threshold: From about which score on one test alone is significant at alpha
            divided by the number of tests; the p-value decides.
        p_value: Of the test alone.
        adjusted: The p-value corrected for the number of tests, by Holm.
        drifted: Whether `adjusted` is at most alpha.
        moved: What moved most.
    """

    name: str
    what: str
    test: str
    score: float
    threshold: float
    p_value: float
    adjusted: float
    drifted: bool
    moved: str


@dataclass(frozen=True, slots=True)
class DriftReport:
    """Live rows against training rows; `print(report)` shows a table.

    Args:
        alpha: The chance of any false alarm.
        training_rows: How many rows the model was trained on.
        rows: How many live rows were compared.
        tests: All tests, the smallest p-value first.

    Example:
        >>> import featurekit as fk
        >>> from featurekit.serve.drift import sketch
        >>> spec = fk.FeatureSpec({"city": fk.string("city").fill("").vocabulary()})
        >>> rows = {"city": ["Ulm", "Bonn"] * 50}
        >>> stats = fk.analyze(spec, rows)
        >>> new = {"city": ["Ulm", "Bonn", "Rom"] * 20}
        >>> report = compare(sketch(spec, stats, rows), sketch(spec, stats, new))
        >>> report.drifted
        ['city']
        >>> [(one.what, one.test, one.drifted) for one in report.tests]
        [('unknown', 'Fisher', True), ('value', 'chi-square', True)]
        >>> report.tests[1].moved
        "'Rom' 33.3%, was 0.0%"
    """

    alpha: float
    training_rows: int
    rows: int
    tests: tuple[DriftTest, ...]

    @property
    def drifted(self) -> list[str]:
        """Columns and features with a significant test, the surest first."""
        return list(dict.fromkeys(one.name for one in self.tests if one.drifted))

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON can hold it."""
        return {**asdict(self), "drifted": self.drifted}

    def __str__(self) -> str:
        found = self.drifted
        lines = [
            f"{self.rows:,} rows against {self.training_rows:,} of training: "
            + (f"{len(found)} drifted" if found else "no drift")
            + f" at alpha {self.alpha:g}"
        ]
        width = max((len(one.name) for one in self.tests), default=0)
        for one in self.tests:
            mark = "DRIFT" if one.drifted else "-"
            lines.append(
                f"  {mark:5} {one.name:{width}} {one.what:8} score {one.score:.4f} "
                f"(threshold {one.threshold:.4f}) p {one.adjusted:.2g}  {one.moved}"
            )
        return "\n".join(lines)


def compare(training: Sketches, live: Sketches, *, alpha: float = ALPHA) -> DriftReport:
    """Tests every property of live rows against training rows.

    Args:
        training: Sketches of the training rows.
        live: Sketches of the live rows.
        alpha: The chance that a report on rows like the training rows names anything.
            Defaults to 0.01.

    Raises:
        ValueError: Alpha is not between 0 and 1.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, not {alpha}")
    found = _test_all(training, live, alpha)
    if found:
        # The first step of Holm's procedure, which every threshold is for.
        found = _test_all(training, live, alpha / len(found))
    adjusted = holm([one.p_value for one in found])
    tests = [
        DriftTest(**one._asdict(), adjusted=p, drifted=p <= alpha)
        for one, p in zip(found, adjusted, strict=True)
    ]
    tests.sort(key=lambda one: (one.p_value, one.name, one.what))
    return DriftReport(alpha, training.rows, live.rows, tuple(tests))


def _test_all(training: Sketches, live: Sketches, level: float) -> list[Found]:
    """All tests that can find anything: a rate of zero on both sides is no test."""
    found: list[Found] = []
    for name in sorted(training.columns.keys() & live.columns.keys()):
        then, now = training.columns[name], live.columns[name]
        if now.missing or then.missing:
            counted = [(one.missing, one.rows) for one in (now, then)]
            found.append(_rates(name, "missing", counted, level))
        found += compare_parts(name, then, now, level)
    for name in sorted(training.features.keys() & live.features.keys()):
        before, after = training.features[name], live.features[name]
        if before.values and after.values:
            # Values of one list are not independent: no more of them than rows count.
            shares = [
                (round(one.unknown * size / one.values), size)
                for one in (after, before)
                for size in [min(one.values, max(1, one.rows - one.missing))]
            ]
            if before.unknown or after.unknown:
                found.append(_rates(name, "unknown", shares, level))
    return found


def _rates(name: str, what: str, counted: list[tuple[int, int]], level: float) -> Found:
    """Compares two rates, live and of training, each as hits and rows."""
    rates = [hits / rows if rows else 0.0 for hits, rows in counted]
    (hits, rows), (other_hits, other_rows) = counted
    tested = two_proportions(hits, rows, other_hits, other_rows, level)
    moved = f"{rates[0]:.2%}, was {rates[1]:.2%}"
    score = abs(rates[0] - rates[1])
    return Found(name, what, "Fisher", score, tested.threshold, tested.p_value, moved)
