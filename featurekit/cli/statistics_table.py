"""Statistics as a table, and as JSON without long vocabularies."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from featurekit.cli.formats import share, value
from featurekit.cli.terminal import Grid
from featurekit.plan.statistics import (
    ByKey,
    DocumentFrequencies,
    Moments,
    MomentsByKey,
    Presence,
    Quantiles,
    QuantilesByKey,
    QuantileValues,
    Range,
    RangeByKey,
    Statistic,
    TargetByKey,
    VocabularyCounts,
)
from featurekit.plan.stats import Stats

TOP = 10
_ZONE = re.compile(r", tz='[^']*'")
_DEFAULTS = re.compile(r", (max_size=None|min_count=1|probabilities=\([^)]*\))")
_INPUT = re.compile(r"fk\.(?:numeric|string|integer|timestamp)\('([^']*)'[^)]*\)")


def statistics_grid(stats: Stats) -> Grid:
    """One line per source column and statistic: what was missing, what was found.

    Combinations of columns come last.
    """
    made = Grid(
        "column",
        "missing",
        "after",
        "found",
        right=["missing"],
        flexible=["column", "found"],
    )
    sources = list(_sources(stats))
    for source, presence in sources:
        first = True
        for key, found in stats.items():
            of = key.partition("(")[2].removesuffix(")")
            if isinstance(found, Presence) or not of.startswith(source):
                continue
            steps = _DEFAULTS.sub("", of.removeprefix(source))
            name, missing = (_short(source), _missing(presence)) if first else ("", "")
            made.add(name, missing, steps, summary(found))
            first = False
        if first:
            made.add(_short(source), _missing(presence), "", "")
    for key, found in stats.items():
        of = key.partition("(")[2].removesuffix(")")
        if not of.startswith(tuple(source for source, _ in sources)):
            made.add(_expression(of), "", "", summary(found))
    return made


def _sources(stats: Stats) -> Iterator[tuple[str, Presence]]:
    for key, found in stats.items():
        if isinstance(found, Presence):
            yield key.removeprefix("presence(").removesuffix(")"), found


def _short(source: str) -> str:
    return _ZONE.sub("", source.removeprefix("fk."))


def _expression(of: str) -> str:
    """What is made of several columns; of the columns, their names are enough."""
    return _INPUT.sub(r"\1", _DEFAULTS.sub("", of)).replace("fk.", "")


def _missing(found: Presence) -> str:
    parts = [share(found.nulls, found.rows)]
    for count, what in ((found.nans, "NaN"), (found.infinities, "inf")):
        if count:
            parts.append(f"{share(count, found.rows)} {what}")
    return " + ".join(filter(None, parts))


def summary(found: Statistic) -> str:
    """A statistic in one line."""
    match found:
        case Presence(rows=rows):
            return f"{rows:,} rows"
        case Moments(mean=mean):
            return f"mean {mean:.6g}, std {found.std:.6g}"
        case Range(minimum=low, maximum=high):
            return f"{low:.6g} to {high:.6g}"
        case Quantiles(boundaries=boundaries, rank_error=error):
            cuts = " ".join(f"{boundary:.4g}" for boundary in boundaries)
            exact = f" (±{100 * error:.2g}%)" if error else ""
            return f"{len(boundaries) + 1} buckets{exact}: {cuts}"
        case QuantileValues(probabilities=shares, values=values):
            pairs = zip(shares, values, strict=True)
            return ", ".join(f"{100 * p:g}%: {value:.6g}" for p, value in pairs)
        case VocabularyCounts():
            return _vocabulary(found)
        case DocumentFrequencies(tokens=terms, documents=documents):
            return f"{len(terms):,} terms of {documents:,} lists"
        case MomentsByKey() | RangeByKey() | TargetByKey() | QuantilesByKey():
            return f"{len(found.tokens):,} keys, {found.counts[-1]:,} values"


def _vocabulary(found: VocabularyCounts) -> str:
    kept = len(found.tokens)
    more = f" of {found.distinct:,}" if found.distinct > kept else ""
    pairs = zip(found.tokens[:3], found.counts, strict=False)
    shown = [f"{value(one, limit=12)} {share(n, found.total)}" for one, n in pairs]
    rest = ["…"] if kept > len(shown) else []
    return f"{kept:,}{more} tokens: {', '.join(shown + rest)}"


def statistics_json(stats: Stats) -> dict[str, Any]:
    """The statistics by key; of a vocabulary only the most frequent tokens."""
    result = {}
    for key, found in stats.items():
        entry: dict[str, Any] = {"kind": key.partition("(")[0], **asdict(found)}
        if isinstance(found, VocabularyCounts):
            entry["kept"] = len(found.tokens)
            entry["tokens"] = found.tokens[:TOP]
            entry["counts"] = found.counts[:TOP]
        if isinstance(found, DocumentFrequencies):
            entry["tokens"] = found.tokens[:TOP]
            entry["counts"] = found.counts[:TOP]
        if isinstance(found, ByKey):
            lists = {n: v for n, v in asdict(found).items() if isinstance(v, tuple)}
            entry |= {name: values[:TOP] for name, values in lists.items()}
            entry["keys"] = len(lists.pop("tokens"))
            lists.pop("boundaries", None)  # of each key there are several
            entry["all"] = {name: values[-1] for name, values in lists.items()}
        result[key] = entry
    return result
