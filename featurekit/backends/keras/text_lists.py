"""Lists of texts in a graph: what cuts a text, runs of tokens, and pieces of words."""

from typing import NamedTuple

import tensorflow as tf

from featurekit.backends.keras.lists import Lists, select_elements, without_missing
from featurekit.backends.keras.token_tables import MakeTable
from featurekit.backends.keras.values import Value
from featurekit.plan import ops


def cut_text(op: ops.CutText, x: Value) -> Lists:
    """The parts of texts; a missing text has none."""
    valid = tf.fill(tf.shape(x.tensor), True) if x.valid is None else x.valid
    ragged = tf.strings.split(tf.where(valid, x.tensor, ""), op.separator)
    lists = _lists(ragged, valid)
    return select_elements(lists, tf.gather(valid, lists.rows))


def join_ngrams(op: ops.JoinNgrams, lists: Lists) -> Lists:
    """Runs of tokens."""
    lists = without_missing(lists)
    ragged = tf.RaggedTensor.from_row_lengths(
        lists.elements.tensor, lists.lengths, validate=False
    )
    widths = tuple(range(op.least, op.most + 1))
    return _lists(tf.strings.ngrams(ragged, widths, op.separator), lists.valid)


def _lists(ragged: tf.RaggedTensor, valid: tf.Tensor) -> Lists:
    rows, lengths = ragged.value_rowids(), ragged.row_lengths()
    rows, lengths = (tf.cast(one, tf.int64) for one in (rows, lengths))
    return Lists(Value(ragged.flat_values), rows, lengths, valid)


class _Characters(NamedTuple):
    """The characters of words, in order.

    Args:
        words: int32: the word of each.
        starts: int32: the byte of the word where it begins.
        ends: int32: where it ends.
        is_first: bool: whether it begins a word.
    """

    words: tf.Tensor
    starts: tf.Tensor
    ends: tf.Tensor
    is_first: tf.Tensor


class WordpieceCutter(tf.Module):
    """Cuts words into the longest pieces; holds the table of them.

    For every character of every word the longest piece that begins there is found: one
    look-up of all of them for each number of characters that pieces have. Then a loop
    follows each word from piece to piece.

    Args:
        op: The op.
        make_table: Makes the table.
    """

    def __init__(self, op: ops.CutWordpieces, make_table: MakeTable) -> None:
        super().__init__(name="wordpieces")
        self.op = op
        tokens = [one for one in op.vocabulary.tokens if isinstance(one, bytes)]
        self.table = make_table(dict(zip(tokens, range(len(tokens)), strict=True)), -1)
        longest = max(map(_count_characters, tokens), default=0)
        self.most = min(longest, op.max_chars)

    def __call__(self, lists: Lists) -> Lists:
        """The pieces of all words of each list."""
        lists = without_missing(lists)
        words = lists.elements.tensor
        at = _characters(words)
        numbers = tf.range(tf.size(at.words))
        ends = self._ends_of_pieces(words, at, numbers)
        begins, uncut = self._follow(words, at, ends)
        unknown = tf.gather(uncut, at.words)
        pieces = tf.where(unknown, self.op.unknown, self._piece(words, at, ends))
        kept = tf.where(unknown, at.is_first, begins)
        rows = tf.gather(lists.rows, at.words)
        rows, pieces = (tf.boolean_mask(one, kept) for one in (rows, pieces))
        lengths = tf.math.unsorted_segment_sum(tf.ones_like(rows), rows, lists.batch)
        return Lists(Value(pieces), rows, lengths, lists.valid)

    def _piece(self, words: tf.Tensor, at: _Characters, ends: tf.Tensor) -> tf.Tensor:
        """The text from each character to an end, as the vocabulary has it."""
        last = tf.gather(at.ends, tf.maximum(ends - 1, 0))
        size = tf.where(ends > 0, last - at.starts, 0)
        text = tf.strings.substr(tf.gather(words, at.words), at.starts, size)
        return tf.where(at.is_first, text, self.op.prefix + text)

    def _ends_of_pieces(
        self, words: tf.Tensor, at: _Characters, numbers: tf.Tensor
    ) -> tf.Tensor:
        """For each character where the longest piece from it ends; 0 without one."""
        found = tf.zeros_like(numbers)
        for size in range(1, self.most + 1):
            end = tf.minimum(numbers + size, tf.size(numbers))
            same = tf.equal(tf.gather(at.words, tf.maximum(end - 1, 0)), at.words)
            fits = same & tf.equal(end, numbers + size)
            known = (
                self.table.lookup(self._piece(words, at, tf.where(fits, end, 0))) >= 0
            )
            found = tf.where(fits & known, end, found)
        return found

    def _follow(
        self, words: tf.Tensor, at: _Characters, ends: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Which characters begin a piece of their word, and which words have a rest."""
        count, num_words = tf.size(ends), tf.size(words)
        lengths = tf.math.unsorted_segment_sum(
            tf.ones_like(at.words), at.words, num_words
        )
        starts = tf.cumsum(lengths, exclusive=True)
        stops = starts + lengths
        # One place more, for words that have come to their end.
        ends = tf.concat([ends, [0]], axis=0)
        begins = tf.fill([count + 1], False)
        uncut = lengths > self.op.max_chars
        here = tf.where(uncut | tf.equal(lengths, 0), count, starts)

        def step(
            here: tf.Tensor, begins: tf.Tensor, uncut: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            going = here < count
            begins = tf.tensor_scatter_nd_update(begins, here[:, tf.newaxis], going)
            after = tf.gather(ends, here)
            stuck = going & tf.equal(after, 0)
            over = ~going | stuck | tf.equal(after, stops)
            return tf.where(over, count, after), begins, uncut | stuck

        _, begins, uncut = tf.while_loop(
            lambda here, *_: tf.reduce_any(here < count), step, (here, begins, uncut)
        )
        return begins[:-1], uncut


def _count_characters(token: bytes) -> int:
    return sum(byte & 0xC0 != 0x80 for byte in token) or 1


def _characters(words: tf.Tensor) -> _Characters:
    """The characters of words: bytes that go on with one belong to it."""
    ragged = tf.strings.bytes_split(words)
    rows = tf.cast(ragged.value_rowids(), tf.int32)
    sizes = tf.cast(ragged.row_lengths(), tf.int32)
    data = tf.reshape(tf.io.decode_raw(ragged.flat_values, tf.uint8), [-1])
    places = tf.range(tf.size(rows)) - tf.gather(tf.cumsum(sizes, exclusive=True), rows)
    begins = tf.not_equal(data & 0xC0, 0x80) | tf.equal(places, 0)
    rows, starts = (tf.boolean_mask(one, begins) for one in (rows, places))
    is_first = tf.equal(starts, 0)
    after = tf.concat([starts[1:], [0]], axis=0)
    ends = tf.where(tf.equal(after, 0), tf.gather(sizes, rows), after)
    return _Characters(rows, starts, ends, is_first)
