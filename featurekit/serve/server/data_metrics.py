"""Missing, unknown and drifted values, for Prometheus.

Read from what watches the rows, whenever they are asked for: answering costs nothing.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from featurekit.serve.server.observation import Observation
from featurekit.serve.server.versions import Versions

if TYPE_CHECKING:
    from featurekit.serve.drift import Sketches

_SINCE = (
    "Of all rows since the version was loaded, but those that "
    "featurekit_unobserved_rows counts."
)
_LATELY = (
    "Of the last rows of the version that answers, a few seconds old at most; see "
    "featurekit_unobserved_rows."
)
_COLUMNS = {
    "rows": "Rows whose column was read.",
    "missing": "Rows without a value of the column.",
}
_FEATURES = {
    "rows": "Rows whose feature was computed, or refused.",
    "missing": "Rows without a value of a column that the feature reads.",
    "values": "Values that the feature looked up in its vocabularies.",
    "unknown": "Values that are in no vocabulary of the feature.",
}
_TESTS = {
    "score": "How far a property of a column or feature is from training.",
    "threshold": "From about which score on that is significant.",
    "adjusted_p_value": "The p-value, corrected for the number of properties.",
    "detected": "1 where the property has drifted, else 0.",
}


class DataMetrics(Collector):
    """The data of the versions in memory.

    Args:
        versions: The versions.
        observation: Who watches their rows.

    Semantics:
        - Labels hold versions, and names of the spec: columns, features, and which
          property of them. The series of a version end when it leaves memory.
        - Drift is that of the version that answers, if its artefact holds sketches of
          the training rows.
    """

    def __init__(self, versions: Versions, observation: Observation) -> None:
        self._versions = versions
        self._observation = observation

    def describe(self) -> Iterable[Metric]:
        """Nothing: the names of the metrics are not taken by others."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The metrics as they are now."""
        found = _Counted()
        for model in self._versions.loaded:
            observer = self._observation.of(model)
            if observer is not None:
                found.add(str(model.number), observer.totals(), observer.undecodable)
        yield self._unobserved()
        yield from found
        yield from self._drift()

    def _unobserved(self) -> Metric:
        found = CounterMetricFamily(
            "featurekit_unobserved_rows",
            "Rows that no other metric of the data holds: more came than could be "
            "watched (busy), the signature reads no columns (signature), or watching "
            "failed (failed).",
            labels=("reason",),
        )
        for reason, rows in sorted(self._observation.unobserved.items()):
            found.add_metric((reason,), rows)
        return found

    def _drift(self) -> Iterator[Metric]:
        """The last report on the version that answers."""
        model = self._versions.current
        report = self._observation.report(model)
        if model is None or report is None or not report.training_rows:
            return
        labels = ("version", "name", "property")
        found = {
            name: GaugeMetricFamily(
                f"featurekit_drift_{name}", f"{text} {_LATELY}", labels=labels
            )
            for name, text in _TESTS.items()
        }
        for one in report.tests:
            where = (str(model.number), one.name, one.what)
            found["score"].add_metric(where, one.score)
            found["threshold"].add_metric(where, one.threshold)
            found["adjusted_p_value"].add_metric(where, one.adjusted)
            found["detected"].add_metric(where, float(one.drifted))
        yield from found.values()


class _Counted:
    """The counters of several versions."""

    def __init__(self) -> None:
        self._rows = CounterMetricFamily(
            "featurekit_observed_rows",
            "Rows by what the preprocessing made of them: accepted, refused, or "
            f"undecodable. {_SINCE}",
            labels=("version", "result"),
        )
        self._columns = _counters("column", _COLUMNS)
        self._features = _counters("feature", _FEATURES)

    def __iter__(self) -> Iterator[Metric]:
        yield self._rows
        yield from self._columns.values()
        yield from self._features.values()

    def add(self, version: str, totals: "Sketches", undecodable: int) -> None:
        """Adds what was seen of a version."""
        self._rows.add_metric((version, "accepted"), totals.rows - totals.refused)
        self._rows.add_metric((version, "refused"), totals.refused)
        self._rows.add_metric((version, "undecodable"), undecodable)
        for by_name, counters in (
            (totals.columns, self._columns),
            (totals.features, self._features),
        ):
            for name, counts in by_name.items():
                for what, counter in counters.items():
                    counter.add_metric((version, name), getattr(counts, what))


def _counters(label: str, texts: dict[str, str]) -> dict[str, CounterMetricFamily]:
    return {
        what: CounterMetricFamily(
            f"featurekit_{label}_{what}",
            f"{text} {_SINCE}",
            labels=("version", label),
        )
        for what, text in texts.items()
    }
