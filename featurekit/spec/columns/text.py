"""What columns of text and of tokens have in common: one text after the other."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.columns.categorical import DenseColumn


@dataclass(frozen=True, slots=True, repr=False)
class TextColumn(BaseColumn):
    """Text, or lists of it."""

    def normalize(self, form: s.Normalization) -> Self:
        """Brings each text into a normal form of Unicode.

        Text that looks alike becomes alike: "é" of one code point and "é" of two. The
        forms are those of featurekit's own tables, not of a Python or a TensorFlow.

        Args:
            form: "NFC" composes, "NFD" decomposes; "NFKC" and "NFKD" also make plain
                what is a matter of typography: "ﬁ" is "fi", and "²" is "2".

        Semantics:
            - Missing: stays missing. Empty text: stays empty.
            - Not UTF-8: the row is rejected.
            - Code points that the tables do not know: stay as they are.
            - Unicode: 14.0; the version is part of the plan.

        Example:
            >>> import featurekit as fk
            >>> column = fk.string("s").normalize("NFKC").vocabulary(["é", "fi"])
            >>> fk.preview(column, {"s": ["é", "é", "ﬁ", "?"]})
            [0, 0, 1, 2]

        Elsewhere:
            - `unicodedata.normalize`, of the Unicode version of each Python;
              `tf_text.normalize_utf8`, of that of ICU.
        """
        return type(self)(self.source, self._step(s.Normalize, form))

    def casefold(self) -> Self:
        """Makes texts equal that differ in case alone: full case folding of Unicode.

        Semantics:
            - Missing: stays missing. Empty text: stays empty.
            - Not UTF-8: the row is rejected.
            - "ß" becomes "ss", as "SS" does; the result may be longer.
            - Normal form: may be lost; `normalize` comes after.

        Example:
            >>> import featurekit as fk
            >>> column = fk.string("s").casefold().vocabulary(["straße".casefold()])
            >>> fk.preview(column, {"s": ["STRASSE", "Straße", "?"]})
            [0, 0, 1]

        Elsewhere:
            - `str.casefold`. `keras.layers.TextVectorization` lowers ASCII alone.
        """
        return type(self)(self.source, self._step(s.Casefold))

    def lower(self) -> Self:
        """Puts each character into lower case, by the tables of `normalize`.

        For comparing texts `casefold` is better; vocabularies of language models that
        were trained on lower case need this.

        Semantics:
            - Missing: stays missing. Empty text: stays empty.
            - Not UTF-8: the row is rejected.
            - What stands around does not matter: "Σ" becomes "σ", also last in a word.

        Example:
            >>> import featurekit as fk
            >>> column = fk.string("s").lower().vocabulary(["àß"])
            >>> fk.preview(column, {"s": ["Àß", "àss"]})
            [0, 1]

        Elsewhere:
            - `str.lower`, which has "ς" last in a word; `tf.strings.lower`, which by
              default lowers ASCII alone.
        """
        return type(self)(self.source, self._step(s.Lower))

    def strip(self) -> Self:
        r"""Takes whitespace off both ends.

        Semantics:
            - Whitespace: space, tab, line feed, vertical tab, form feed and carriage
              return. NFKC makes most other spaces of Unicode a space.
            - Missing: stays missing. Nothing but whitespace: an empty text.

        Example:
            >>> import featurekit as fk
            >>> column = fk.string("s").strip().vocabulary(["a b", ""])
            >>> fk.preview(column, {"s": ["  a b\n", "\t"]})
            [0, 1]

        Elsewhere:
            - `tf.strings.strip`; `str.strip` knows the spaces of Unicode.
        """
        return type(self)(self.source, self._step(s.Strip))


@dataclass(frozen=True, slots=True, repr=False)
class TokensColumn(TextColumn):
    """Lists of tokens."""

    def ngrams(self, least: int, most: int, *, separator: str = " ") -> Self:
        """The runs of `least` to `most` tokens, each joined to one text.

        Args:
            least: The shortest length.
            most: The longest length, at most 64.
            separator: Put between two tokens. Defaults to a space.

        Semantics:
            - Order: all runs of one length from left to right, then those of the next
              length.
            - Fewer tokens than a length: no run of it. Empty list: empty list.
            - Missing list: stays missing.
            - Missing element: the row is rejected; after `drop_missing`, its
              neighbours are neighbours.
            - Empty token: a token. A separator inside of a token is not escaped.

        Example:
            >>> import featurekit as fk
            >>> words = fk.string("s").split().ngrams(1, 2)
            >>> ids = words.vocabulary(["a", "b", "a b", "b a"], num_oov=1)
            >>> fk.preview(ids.pad(5), {"s": ["a b a", "b"]})
            [[1, 2, 1, 3, 4], [2, 0, 0, 0, 0]]

        Elsewhere:
            - `tf.strings.ngrams` and `ngrams` of `keras.layers.TextVectorization`, in
              the same order; `tft.ngrams` orders by position.
        """
        step = self._step(s.Ngrams, least, most, separator=separator)
        return type(self)(self.source, step)

    def wordpiece(
        self,
        tokens: Iterable[str],
        *,
        unknown: str = "[UNK]",
        prefix: str = "##",
        max_chars: int = 100,
    ) -> Self:
        """Cuts each token into pieces: the longest that the vocabulary has, then on.

        The pieces are texts, which `vocabulary(tokens)` makes ids of.

        Args:
            tokens: The pieces; those that do not begin a token have the prefix.
            unknown: What a token becomes that cannot be cut. Defaults to "[UNK]".
            prefix: Of pieces that go on. Defaults to "##".
            max_chars: A token of more characters is unknown. Defaults to 100.

        Semantics:
            - A rest that has no piece: the whole token is unknown.
            - Empty token: no piece.
            - Missing list: stays missing.
            - Missing element: the row is rejected; after `drop_missing`, left out.

        Example:
            >>> import featurekit as fk
            >>> pieces = ["[UNK]", "un", "##able", "##aff"]
            >>> words = fk.string("s").split().wordpiece(pieces)
            >>> ids = words.vocabulary(pieces, num_oov=0)
            >>> fk.preview(ids.pad(4), {"s": ["unaffable un", "able"]})
            [[2, 4, 3, 2], [1, 0, 0, 0]]

        Elsewhere:
            - BERT, `tf_text.WordpieceTokenizer`, `tokenizers.models.WordPiece`.
        """
        if isinstance(tokens, str | bytes):
            raise self._bad("wordpiece", "tokens must be a list of texts", tokens)
        step = self._step(
            s.Wordpiece,
            tuple(map(_encoded, tokens)),
            unknown=unknown,
            prefix=prefix,
            max_chars=max_chars,
        )
        return type(self)(self.source, step)


def _encoded(token: object) -> object:
    """A token as bytes; what cannot be is left to the check of the step."""
    try:
        return token.encode() if isinstance(token, str) else token
    except UnicodeEncodeError:
        return token


@dataclass(frozen=True, slots=True, repr=False)
class TermsColumn(BaseColumn):
    """Lists of ids that stand for terms."""

    def tf_idf(self, *, smooth: bool = True) -> DenseColumn:
        """How often each id is in the list, times how rare it is among all lists.

        The weight of an id is ln((1 + n) / (1 + d)) + 1, where n is the number of lists
        of the training rows and d that of lists that have the id. It is learned in the
        pass that learns the vocabulary.

        Args:
            smooth: Without it the weight is ln(n / d) + 1. Defaults to True.

        Semantics:
            - Products in float64, rounded once.
            - Ids that stand for unknown tokens, where the vocabulary is learned, and
              ids that no training list has: d is 0; without `smooth`, 1.
            - Missing list: the row is rejected, and not counted in n, unless
              `missing_as_empty` came before.
            - Empty list: zeros alone.
            - No training list: an error when the spec is compiled.
            - Output: float32, shape (batch, num_ids).

        Example:
            >>> import featurekit as fk
            >>> column = fk.string("s").split().vocabulary(["a", "b"]).tf_idf()
            >>> column
            fk.string('s').split().vocabulary(['a', 'b']).tf_idf()

        Elsewhere:
            - `TfidfVectorizer(norm=None)` of scikit-learn. `tft.tfidf` divides by the
              length of the list; `keras.layers.TextVectorization` has other weights,
              ln(1 + n / (1 + d)), and gives unknown tokens their mean.
        """
        for step in self.steps:
            if isinstance(step, s.Vocabulary) and step.shared is not None:
                raise self._bad(
                    "tf_idf", "the vocabulary is shared with other columns", step
                )
        return DenseColumn(self.source, self._step(s.TfIdf, smooth=smooth))
