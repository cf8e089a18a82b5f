"""Exact counts of the distinct strings or integers of a column."""

from collections.abc import Sequence
from heapq import merge
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featurekit.analyzers import columns
from featurekit.analyzers.base import Accumulator, Options, ValueType, positive
from featurekit.analyzers.encoding import Reader, damaged, pack_count
from featurekit.kernels.arrow_buffers import arrow_array, filled_numbers
from featurekit.kernels.farmhash import fingerprint_integers, fingerprint_strings
from featurekit.plan.statistics import VocabularyCounts

# Rows of partial counts that wait to be grouped, at least.
MIN_PENDING = 1 << 17


class VocabularyAccumulator(Accumulator):
    """Counts every distinct value; orders and cuts only in `extract`.

    Semantics:
        - Order: count descending, then bytes descending, integers numerically.
        - Empty string, newline, NUL, invalid UTF-8: tokens like all others.
        - Dictionary: counted by index; entries that no row uses do not exist.

    Args:
        value_type: "string" or "integer".
        max_size: Tokens to keep. Defaults to None, all.
        min_count: Occurrences that a token needs to be kept. Defaults to 1.

    Example:
        >>> import pyarrow as pa
        >>> counted = VocabularyAccumulator("string", max_size=2)
        >>> counted.add(pa.array(["a", "b", None, "c", "b"]))
        >>> counted.extract()
        VocabularyCounts(tokens=(b'b', b'c'), counts=(2, 1), total=4, distinct=3)
    """

    __slots__ = ("_counted", "_max_size", "_min_count", "_num_pending", "_pending")

    kind = "vocabulary"
    value_types = ("string", "integer")

    def __init__(
        self,
        value_type: ValueType,
        *,
        max_size: int | None = None,
        min_count: int = 1,
    ) -> None:
        super().__init__(value_type)
        if max_size is not None:
            positive("max_size", max_size)
        self._max_size = max_size
        self._min_count = positive("min_count", min_count)
        token = pa.int64() if value_type == "integer" else pa.large_binary()
        schema = pa.schema({"token": token, "count": pa.int64()})
        self._counted: pa.Table = _no_rows(schema)
        self._pending: list[pa.Table] = []
        self._num_pending = 0

    @property
    def max_size(self) -> int | None:
        """Tokens to keep; None for all."""
        return self._max_size

    @property
    def options(self) -> Options:
        """The largest size and the smallest count."""
        return {"max_size": self._max_size, "min_count": self._min_count}

    def _add(self, column: pa.Array) -> None:
        if pa.types.is_dictionary(column.type):
            tokens, counts = _count_indices(column)
            tokens = self._tokens(tokens)
        else:
            tokens, counts = _count_values(self._tokens(column))
        self._extend(pa.table([tokens, counts], self._counted.schema))

    def _tokens(self, values: pa.Array) -> pa.Array:
        """The values in the type that tokens are kept in; a null type has none."""
        if pa.types.is_null(values.type):
            return pa.nulls(0, self._counted.schema.field("token").type)
        if self.value_type == "integer":
            return columns.integer_array(values)
        return columns.bytes_array(values)

    def _extend(self, counted: pa.Table) -> None:
        """Adds partial counts, and groups them when there are as many as the state."""
        if counted.num_rows == 0:
            return
        self._pending.append(counted)
        self._num_pending += counted.num_rows
        if self._num_pending >= max(MIN_PENDING, self._counted.num_rows):
            self._compact()

    def _compact(self) -> None:
        """Groups state and partial counts; the order of rows is unspecified."""
        if not self._pending:
            return
        counted = pa.concat_tables([self._counted, *self._pending]).combine_chunks()
        self._pending, self._num_pending = [], 0
        tokens = counted["token"].combine_chunks().dictionary_encode()
        totals = np.zeros(len(tokens.dictionary), np.int64)
        counts = filled_numbers(counted["count"].combine_chunks())
        np.add.at(totals, filled_numbers(tokens.indices), counts)
        self._counted = pa.table(
            [tokens.dictionary, arrow_array(totals)], self._counted.schema
        )

    def _merge(self, other: Self) -> None:
        other._compact()
        self._extend(other._counted)

    def split(self, parts: int) -> list[Self]:
        """As many accumulators, each of other tokens; merged, they are this one.

        Which tokens a part has depends on their hashes alone, so equal parts of several
        accumulators can be merged without the rest.

        Args:
            parts: How many.
        """
        self._compact()
        tokens = self._counted["token"].combine_chunks()
        integers = self.value_type == "integer"
        hashed = (
            fingerprint_integers(filled_numbers(tokens))
            if integers
            else fingerprint_strings(tokens)
        )
        part_of = (hashed % np.uint64(parts)).astype(np.int64)
        order = np.argsort(part_of, kind="stable")
        ends = np.searchsorted(part_of[order], np.arange(parts + 1)).tolist()
        counted = self._counted.take(arrow_array(order))
        return [
            self._of(counted.slice(begin, end - begin)) for begin, end in pairwise(ends)
        ]

    def empty(self) -> Self:
        """One of the same request that has counted nothing."""
        keywords: dict[str, Any] = dict(self.options)
        return type(self)(self.value_type, **keywords)

    def _of(self, counted: pa.Table) -> Self:
        found = self.empty()
        found._counted = counted
        return found

    def save(self, path: Path) -> None:
        """Writes the counts as an Arrow file, in no particular order."""
        self._compact()
        with (
            pa.OSFile(str(path), "wb") as sink,
            pa.ipc.new_file(sink, self._counted.schema) as file,
        ):
            file.write_table(self._counted)

    def add_saved(self, path: Path) -> None:
        """Counts what `save` has written."""
        with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as file:
            self._extend(file.read_all())

    def extract(self) -> VocabularyCounts:
        """The tokens to keep of everything counted so far."""
        self._compact()
        counted = self._counted
        counts = filled_numbers(counted["count"].combine_chunks())
        kept = counted.filter(arrow_array(counts >= self._min_count))
        order = [("count", "descending"), ("token", "descending")]
        kept = kept.sort_by(order).slice(0, self._max_size)
        return VocabularyCounts(
            tokens=tuple(kept["token"].to_pylist()),
            counts=tuple(kept["count"].to_pylist()),
            total=pc.sum(counted["count"]).as_py() or 0,
            distinct=counted.num_rows,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # Between processes the order of tokens is of no interest; sorting them is work.
        self._compact()
        return _rebuild, (self.value_type, dict(self.options), self._counted)

    def _payload(self) -> bytes:
        self._compact()
        counted = self._counted.sort_by("token")
        tokens = counted["token"].combine_chunks()
        head = pack_count(len(tokens))
        counts: bytes = counted["count"].to_numpy().astype("<i8").tobytes()
        if self.value_type == "integer":
            return b"".join((head, tokens.to_numpy().astype("<i8").tobytes(), counts))
        offsets, text = _offsets_and_text(tokens)
        lengths = np.diff(offsets).astype("<i8").tobytes()
        return b"".join((head, lengths, text, counts))

    def _restore(self, reader: Reader) -> None:
        size = reader.count()
        if self.value_type == "integer":
            tokens = arrow_array(reader.int64s(size))
        else:
            lengths = reader.int64s(size)
            if np.any(lengths < 0):
                raise damaged("the length of a token is negative")
            offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
            text = pa.py_buffer(bytes(reader.take(int(offsets[-1]))))
            tokens = pa.LargeBinaryArray.from_buffers(
                pa.large_binary(), size, [None, pa.py_buffer(offsets), text]
            )
        counts = reader.int64s(size)
        if np.any(counts <= 0):
            raise damaged("a token is counted less than once")
        self._counted = pa.table([tokens, counts], self._counted.schema)


def _rebuild(
    value_type: ValueType, options: dict[str, Any], counted: pa.Table
) -> VocabularyAccumulator:
    found = VocabularyAccumulator(value_type, **options)
    found._counted = counted
    return found


def join(
    parts: Sequence[VocabularyCounts], *, max_size: int | None = None
) -> VocabularyCounts:
    """The vocabulary of parts that have no token in common, as of `split`.

    Args:
        parts: Each as extracted with the same options.
        max_size: Tokens to keep. Defaults to None, all.

    Example:
        >>> sevens, others = VocabularyCounts((7,), (2,), 2, 1), VocabularyCounts(
        ...     (9,), (5,), 6, 2
        ... )
        >>> join([sevens, others])
        VocabularyCounts(tokens=(9, 7), counts=(5, 2), total=8, distinct=3)
    """
    counted: Any = (zip(one.counts, one.tokens, strict=True) for one in parts)
    ordered = [*islice(merge(*counted, reverse=True), max_size)]
    return VocabularyCounts(
        tokens=tuple(token for _, token in ordered),
        counts=tuple(count for count, _ in ordered),
        total=sum(one.total for one in parts),
        distinct=sum(one.distinct for one in parts),
    )


def _no_rows(schema: pa.Schema) -> pa.Table:
    return pa.table([pa.nulls(0, kind) for kind in schema.types], schema)


def _count_values(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Distinct values of a plain column, and how often each occurs."""
    counted = pc.value_counts(column.drop_null() if column.null_count else column)
    return counted.field("values"), counted.field("counts")


def _count_indices(column: pa.DictionaryArray) -> tuple[pa.Array, pa.Array]:
    """Entries of a dictionary that occur, and how often; entries may be equal."""
    dictionary = column.dictionary
    if dictionary.type in (pa.string_view(), pa.binary_view()):
        dictionary = columns.bytes_array(dictionary)  # Arrow cannot take from views
    indices = filled_numbers(column.indices.drop_null()).astype(np.int64, copy=False)
    if len(dictionary) <= len(indices):
        counts = np.bincount(indices, minlength=len(dictionary))
        used = np.flatnonzero(counts)
        counts = counts[used]
    else:  # a small batch must not cost as much as a large dictionary
        used, counts = np.unique(indices, return_counts=True)
    tokens, occurrences = dictionary.take(arrow_array(used)), arrow_array(counts)
    if tokens.null_count:
        valid = tokens.is_valid()
        return tokens.filter(valid), occurrences.filter(valid)
    return tokens, occurrences


def _offsets_and_text(tokens: pa.LargeBinaryArray) -> tuple[columns.Integers, bytes]:
    """Where each token begins, shape [n + 1], and the bytes of all tokens."""
    _, starts, text = tokens.buffers()
    if len(tokens) == 0 or starts is None or text is None:
        return np.zeros(len(tokens) + 1, np.int64), b""
    first = tokens.offset
    offsets = np.frombuffer(starts, np.int64)[first : first + len(tokens) + 1]
    return offsets, bytes(text[int(offsets[0]) : int(offsets[-1])])
