"""Columns of text and of integers, which become ids."""

from collections.abc import Iterable
from dataclasses import dataclass

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.columns.categorical import CategoricalColumn
from featurekit.spec.inputs import MARKER


@dataclass(frozen=True, slots=True, repr=False)
class StringColumn(BaseColumn):
    """Text, as UTF-8. A feature only after `vocabulary`, `hash_buckets` or a cross."""

    def fill(self, value: str) -> "StringColumn":
        """Replaces missing values by a text; an empty text is not missing."""
        if not isinstance(value, str):
            raise self._bad("fill", "a string column is filled with text", value)
        return StringColumn(self.source, self._step(s.Fill, value))

    def vocabulary(
        self,
        tokens: Iterable[str] | None = None,
        *,
        max_size: int | None = None,
        min_count: int = 1,
        num_oov: int = 1,
    ) -> CategoricalColumn:
        """The index of the text in a vocabulary, given or learned.

        Learned vocabularies are ordered by count, then by bytes, both descending.

        Args:
            tokens: The vocabulary in id order. Defaults to learning it.
            max_size: Keep at most this many learned tokens. Defaults to all.
            min_count: Keep learned tokens that occur at least this often.
                Defaults to 1.
            num_oov: Ids after the vocabulary for unknown text, chosen by hash. With 0
                an unknown text rejects the row. Defaults to 1.

        Semantics:
            - Missing: stays missing.
            - Empty text: a token like any other.
            - Unknown: len(tokens) + FarmHash64(text) mod num_oov.
            - Output: int64 in [0, len(tokens) + num_oov).
        """
        given = None
        if tokens is not None:
            if isinstance(tokens, str | bytes):
                raise self._bad("vocabulary", "tokens must be a list of texts", tokens)
            given = tuple(self._encode(token) for token in tokens)
        return CategoricalColumn(
            self.source,
            self._step(s.Vocabulary, given, max_size, min_count, num_oov),
        )

    def _encode(self, token: object) -> bytes:
        if isinstance(token, str):
            try:
                return token.encode()
            except UnicodeEncodeError:
                raise self._bad("vocabulary", "a token is not UTF-8", token) from None
        if not isinstance(token, bytes):
            raise self._bad("vocabulary", "a token must be text", token)
        if token.startswith(MARKER):
            raise SpecError(
                "vocabulary: a token begins like the marks of missing text in tensors",
                code="SPEC_RESERVED_TOKEN",
                column=self.inputs[0].name,
                got=token,
            )
        return token

    def hash_buckets(self, num_buckets: int) -> CategoricalColumn:
        """FarmHash64 of the text modulo `num_buckets`; needs no statistics.

        The same ids as `tf.strings.to_hash_bucket_fast`.

        Semantics:
            - Missing: stays missing.
            - Empty text: hashed like any other.
            - Output: int64 in [0, num_buckets).
        """
        return CategoricalColumn(self.source, self._step(s.HashBuckets, num_buckets))


@dataclass(frozen=True, slots=True, repr=False)
class IntegerColumn(BaseColumn):
    """A 64-bit integer id, exact over the full range except -2**63.

    -2**63 is reserved: TensorFlow tensors carry no nulls, and it marks a missing
    integer there. A row that holds it is rejected.
    """

    def fill(self, value: int) -> "IntegerColumn":
        """Replaces missing values by an integer."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._bad("fill", "an integer column is filled with an int", value)
        if not -(2**63) < value < 2**63:
            raise self._bad("fill", "the value does not fit 64 bits", value)
        return IntegerColumn(self.source, self._step(s.Fill, value))

    def vocabulary(
        self,
        tokens: Iterable[int] | None = None,
        *,
        max_size: int | None = None,
        min_count: int = 1,
        num_oov: int = 1,
    ) -> CategoricalColumn:
        """The index of the integer in a vocabulary, given or learned.

        Learned vocabularies are ordered by count, then by number, both descending.
        Arguments and semantics are those of `StringColumn.vocabulary`; an unknown
        integer is hashed as its decimal text.
        """
        given = None
        if tokens is not None:
            given = tuple(tokens)
            for token in given:
                if isinstance(token, bool) or not isinstance(token, int):
                    raise self._bad("vocabulary", "a token must be an int", token)
                if not -(2**63) < token < 2**63:
                    raise self._bad("vocabulary", "a token exceeds 64 bits", token)
        return CategoricalColumn(
            self.source,
            self._step(s.Vocabulary, given, max_size, min_count, num_oov),
        )

    def hash_buckets(self, num_buckets: int) -> CategoricalColumn:
        """FarmHash64 of the decimal text modulo `num_buckets`.

        Semantics:
            - Missing: stays missing.
            - Output: int64 in [0, num_buckets).
        """
        return CategoricalColumn(self.source, self._step(s.HashBuckets, num_buckets))

    def identity(self, num_ids: int) -> CategoricalColumn:
        """The integer itself, which must be in [0, num_ids).

        Semantics:
            - Missing: stays missing.
            - Out of range, negative: the row is rejected.
            - Output: int64 in [0, num_ids).
        """
        return CategoricalColumn(self.source, self._step(s.Identity, num_ids))
