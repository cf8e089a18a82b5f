"""In how many lists each term is, counted beside how often it occurs."""

from typing import Self

import numpy as np
import pyarrow as pa

from featurekit.analyzers.base import Accumulator, Options, ValueType
from featurekit.analyzers.encoding import Reader, pack_count
from featurekit.analyzers.vocabulary import VocabularyAccumulator
from featurekit.kernels.arrow_buffers import arrow_array, filled_numbers
from featurekit.kernels.arrow_lists import as_lists, rows_of
from featurekit.plan.statistics import DocumentFrequencies


class DocumentFrequenciesAccumulator(Accumulator):
    """Counts the lists that hold each term, once for each list.

    How often terms occur is counted as well: it decides which are kept, as it does in a
    vocabulary of the same data and options.

    Semantics:
        - Empty list: a document without terms. Missing list: none.
        - Missing element: no term.
        - A column without lists: each value is a list of one term.

    Args:
        value_type: "string" or "integer".
        max_size: As of a vocabulary. Defaults to None, all.
        min_count: As of a vocabulary. Defaults to 1.

    Example:
        >>> import pyarrow as pa
        >>> counted = DocumentFrequenciesAccumulator("string")
        >>> counted.add(pa.array([["a", "b", "a"], ["a"], [], None]))
        >>> counted.extract()
        DocumentFrequencies(tokens=(b'a', b'b'), counts=(2, 1), documents=3)
    """

    __slots__ = ("_documents", "_each", "_occurrences")

    kind = "document_frequencies"
    value_types = ("string", "integer")

    def __init__(
        self,
        value_type: ValueType,
        *,
        max_size: int | None = None,
        min_count: int = 1,
    ) -> None:
        super().__init__(value_type)
        self._occurrences = VocabularyAccumulator(
            value_type, max_size=max_size, min_count=min_count
        )
        self._each = VocabularyAccumulator(value_type)
        self._documents = 0

    @property
    def options(self) -> Options:
        """The largest size and the smallest count."""
        return self._occurrences.options

    def _add_rows(self, column: pa.Array) -> None:
        offsets, _, elements = as_lists(column)
        self._occurrences.add(elements)
        self._documents += len(column) - column.null_count
        if not isinstance(elements, pa.DictionaryArray):
            elements = elements.dictionary_encode()
        codes = filled_numbers(elements.indices, -1).astype(np.int64)
        size = len(elements.dictionary) + 1
        # A number for each pair of list and term; -1 stands for no term.
        pairs = np.unique(rows_of(offsets) * size + codes + 1)
        terms = pairs % size - 1
        self._each.add(elements.dictionary.take(arrow_array(terms[terms >= 0])))

    def _add(self, column: pa.Array) -> None:
        raise AssertionError("only lists are counted")

    def _merge(self, other: Self) -> None:
        self._occurrences.merge(other._occurrences)
        self._each.merge(other._each)
        self._documents += other._documents

    def extract(self) -> DocumentFrequencies:
        """The kept terms of everything counted so far."""
        found = self._each.extract()
        counts: dict[bytes | int, int] = {}
        counts.update(zip(found.tokens, found.counts, strict=True))
        tokens = self._occurrences.extract().tokens
        kept = tuple(counts[token] for token in tokens)
        return DocumentFrequencies(tokens, kept, self._documents)

    def _payload(self) -> bytes:
        first, second = self._occurrences.encode(), self._each.encode()
        sizes = pack_count(len(first)) + pack_count(len(second))
        return pack_count(self._documents) + sizes + first + second

    def _restore(self, reader: Reader) -> None:
        self._documents = reader.count()
        sizes = reader.count(), reader.count()
        first, second = (bytes(reader.take(size)) for size in sizes)
        self._occurrences = VocabularyAccumulator.decode(first)
        self._each = VocabularyAccumulator.decode(second)
