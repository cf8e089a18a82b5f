"""One lookup table for the vocabularies of all columns of a stage.

A table finds a token in the union of the vocabularies. Behind it, a small array tells
what its id is in the vocabulary of a column: exact for every text, known or not, and
without building a key for each value.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from featurekit.backends.keras.token_tables import Ids, MakeTable, table_in_graph

_ABSENT = -(2**40)  # below every id
_MAX_PER_TOKEN = 8


class MergedVocabularies(tf.Module):
    """Ids of tokens in several vocabularies; negative where a token is unknown.

    The table gives a token's id in the first vocabulary that holds it, and a pattern:
    by how much its id differs in each vocabulary. Unknown tokens have a pattern of
    their own. Most tokens are in one vocabulary, so patterns are few; where they are
    not, each vocabulary has its own table.

    Args:
        vocabularies: Ids by token for each column, all of text or all of integers.
        make_table: Makes the tables. Defaults to such that are part of the graph.
    """

    def __init__(
        self, vocabularies: Sequence[Ids], make_table: MakeTable = table_in_graph
    ) -> None:
        super().__init__(name="tokens")
        distinct: list[Ids] = []
        self._columns = [_position(distinct, one) for one in vocabularies]
        self._together = len(distinct) == 1
        first_ids, pattern_of, patterns = _merge(distinct)
        with tf.init_scope():
            if patterns.size > _MAX_PER_TOKEN * len(first_ids) + 2**16:
                self.tables = [make_table(one, -1) for one in distinct]
                return
            if self._together:
                self.tables = [make_table(distinct[0], -1)]
                return
            self._shift = patterns.size.bit_length()
            codes = {
                token: (index << self._shift) | (pattern_of[token] * len(distinct))
                for token, index in first_ids.items()
            }
            self.tables = [make_table(codes, 0)]
            # Outside of the functions that use it, so that an export holds it once.
            self.patterns = tf.constant(patterns.ravel())
        self._together = False

    def lookup(self, tokens: tf.Tensor) -> tf.Tensor:
        """The ids, int64, of the shape of the tokens.

        Args:
            tokens: string or int64, shape (columns, batch).
        """
        if self._together:
            return self.tables[0].lookup(tokens)
        if len(self.tables) > 1:
            rows = zip(self._columns, tf.unstack(tokens), strict=True)
            return tf.stack([self.tables[column].lookup(row) for column, row in rows])
        codes = self.tables[0].lookup(tokens)
        pattern = tf.bitwise.bitwise_and(
            codes, tf.constant((1 << self._shift) - 1, tf.int64)
        )
        first = tf.bitwise.right_shift(codes, tf.constant(self._shift, tf.int64))
        column = tf.constant(self._columns, tf.int64)[:, tf.newaxis]
        return first + tf.gather(self.patterns, pattern + column)


def _position(distinct: list[Ids], wanted: Ids) -> int:
    for at, one in enumerate(distinct):
        if one is wanted or one == wanted:
            return at
    distinct.append(wanted)
    return len(distinct) - 1


def _merge(
    distinct: list[Ids],
) -> tuple[dict[Any, int], dict[Any, int], np.ndarray[Any, np.dtype[np.int64]]]:
    """Each token's id in its first vocabulary, its pattern, and the patterns."""
    first_ids: dict[Any, int] = {}
    differences: dict[Any, tuple[tuple[int, int], ...]] = {}
    for column, vocabulary in enumerate(distinct):
        for token, index in vocabulary.items():
            first = first_ids.setdefault(token, index)
            differences[token] = (
                *differences.get(token, ()),
                (column, index - first),
            )
    numbers: dict[tuple[tuple[int, int], ...], int] = {(): 0}
    pattern_of = {
        token: numbers.setdefault(found, len(numbers))
        for token, found in differences.items()
    }
    patterns = np.full((len(numbers), len(distinct)), _ABSENT, np.int64)
    for found, number in numbers.items():
        for column, difference in found:
            patterns[number, column] = difference
    return first_ids, pattern_of, patterns
