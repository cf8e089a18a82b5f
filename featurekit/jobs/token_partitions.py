"""Vocabularies with more distinct tokens than memory holds, counted part by part.

Tokens are divided by hash. Workers write what they have counted of each part to files;
then each part is counted whole, by itself, and gives the tokens that it may keep: a
token's count is complete there, so the best of all parts are the best of all tokens.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from featurekit.analyzers.vocabulary import VocabularyAccumulator, join
from featurekit.errors import SourceError
from featurekit.io.sources import Task
from featurekit.plan.statistics import Statistic, VocabularyCounts
from featurekit.plan.stats import Stats

if TYPE_CHECKING:
    from featurekit.jobs.analyze import Analysis, PartialStatistics

Number: TypeAlias = int


@dataclass(frozen=True, slots=True)
class TokenPartitions:
    """An analysis that keeps counts of tokens in files. Picklable.

    Args:
        analysis: What is measured.
        folder: Where counts are kept meanwhile.
        count: How many parts there are.
    """

    analysis: "Analysis"
    folder: Path
    count: int

    def __post_init__(self) -> None:
        if self.count < 1:
            raise SourceError(
                "the number of partitions is out of range",
                code="BAD_ARGUMENT",
                got=self.count,
                expected="1 or more",
            )

    def run_group(self, group: tuple[Number, Sequence[Task]]) -> "PartialStatistics":
        """Counts the rows of some tasks; what is returned has no vocabularies."""
        number, tasks = group
        partial = self.analysis.run_group(tasks)
        kept = [*partial.accumulators]
        for request, counted in _vocabularies(kept):
            for part, tokens in enumerate(counted.split(self.count)):
                tokens.save(self._file(request, part, number))
            kept[request] = counted.empty()
        return replace(partial, accumulators=kept)

    def _file(self, request: Number, part: Number, group: Number) -> Path:
        return self.folder / f"{request}-{part}-{group}.arrow"

    def count_part(self, work: tuple[Number, int]) -> dict[Number, VocabularyCounts]:
        """The vocabularies of one part, by the index of the request.

        Args:
            work: The part, and how many groups have been counted.
        """
        part, groups = work
        found = {}
        for request, counted in _vocabularies(self.analysis.create().accumulators):
            for group in range(groups):
                counted.add_saved(self._file(request, part, group))
            found[request] = counted.extract()
        return found

    def join(
        self,
        total: "PartialStatistics",
        parts: Iterable[dict[Number, VocabularyCounts]],
    ) -> Stats:
        """The statistics of everything that was counted.

        Args:
            total: The merged results of all groups.
            parts: The vocabularies of all parts.
        """
        parts = [*parts]
        found: dict[str, Statistic] = {}
        for index, request in enumerate(self.analysis.requests):
            accumulator = total.accumulators[index]
            if isinstance(accumulator, VocabularyAccumulator):
                counts = [part[index] for part in parts]
                found[request.key] = join(counts, max_size=accumulator.max_size)
            else:
                found[request.key] = accumulator.extract()
        return Stats(found)


def _vocabularies(
    accumulators: Sequence[object],
) -> Iterator[tuple[Number, VocabularyAccumulator]]:
    for index, one in enumerate(accumulators):
        if isinstance(one, VocabularyAccumulator):
            yield index, one
