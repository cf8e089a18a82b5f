"""Columns of text and of integers, which become ids."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns.categorical import BooleanColumn, CategoricalColumn
from featurekit.spec.columns.category_numbers import CategoryColumn
from featurekit.spec.columns.special_values import given_values
from featurekit.spec.columns.text import TextColumn
from featurekit.spec.columns.vocabularies import OovPlace, with_vocabulary
from featurekit.spec.inputs import MARKER

if TYPE_CHECKING:
    from featurekit.spec.columns.list_tokens import StringsColumn


@dataclass(frozen=True, slots=True, repr=False)
class StringColumn(TextColumn, CategoryColumn):
    """Text, as UTF-8. A feature only after `vocabulary`, `hash_buckets` or a cross."""

    def fill(self, value: str) -> "StringColumn":
        """Replaces missing values by a text; an empty text is not missing.

        Example:
            >>> import featurekit as fk
            >>> column = fk.string("s").fill("?").vocabulary(["?", "a"])
            >>> fk.preview(column, {"s": ["a", None, ""]})
            [1, 0, 2]

        Elsewhere:
            - `tf.feature_column` takes an empty text for a missing one.
        """
        if not isinstance(value, str):
            raise self._bad("fill", "a string column is filled with text", value)
        return StringColumn(self.source, self._step(s.Fill, value))

    def fill_mode(self) -> "StringColumn":
        """Replaces missing values by the most frequent text of the training rows.

        Of equally frequent texts the last in the order of bytes, as in a learned
        vocabulary, of which it is the first token.

        Semantics:
            - Missing: becomes the text; the statistics skip it, here and in later
              steps.
            - Empty text: a value like any other.
            - No training value: an error when the spec is compiled.
        """
        return StringColumn(self.source, self._step(s.FillMode))

    def missing_values(self, values: Iterable[str]) -> "StringColumn":
        """Takes some texts for missing ones, such as "" and "NA".

        Args:
            values: The texts.

        Semantics:
            - Missing, and each of the texts: missing.
            - Any other text: stays what it is; "" is a text unless it is named.

        Example:
            >>> import featurekit as fk
            >>> column = fk.string("s").missing_values(["", "NA"]).fill("?")
            >>> fk.preview(column.vocabulary(["?", "a"]), {"s": ["a", "NA", ""]})
            [1, 0, 0]

        Elsewhere:
            - `tf.feature_column` takes "" for missing, always.
        """
        found = given_values(self, values, str)
        return StringColumn(self.source, self._step(s.MissingValues, found))

    def is_missing(self) -> BooleanColumn:
        """1 where there is no text, else 0; never missing itself.

        Semantics:
            - Missing: 1. Empty text: 0.
            - Output: int64, 0 or 1.
        """
        return BooleanColumn(self.source, self._step(s.IsMissing))

    def split(self, separator: str | None = None) -> "StringsColumn":
        """Cuts the text into a list of texts, such as words.

        Args:
            separator: What stands between two of them. Defaults to runs of whitespace.

        Semantics:
            - Whitespace: the six characters of ASCII, as of `strip`; at the ends it
              counts for nothing, and no part is empty.
            - With a separator: parts between two of them may be empty; an empty text
              is one empty part.
            - Missing: a missing list; see the methods of lists.

        Example:
            >>> import featurekit as fk
            >>> ids = fk.string("s").split().vocabulary(["a", "b"])
            >>> fk.preview(ids.pad(3), {"s": ["a  b a", " ", "?"]})
            [[1, 2, 1], [0, 0, 0], [3, 0, 0]]

        Elsewhere:
            - `tf.strings.split`, `bytes.split`. `str.split` knows the spaces of
              Unicode; NFKC makes most of them a space first.
        """
        from featurekit.spec.columns.list_tokens import StringsColumn

        return StringsColumn(self.source, self._step(s.Split, separator))

    def vocabulary(
        self,
        tokens: Iterable[str] | None = None,
        *,
        max_size: int | None = None,
        min_count: int = 1,
        num_oov: int = 1,
        reserved: Iterable[str] = (),
        oov: OovPlace = "after",
        missing_id: bool = False,
        shared: str | None = None,
        default: s.DefaultId | None = None,
    ) -> CategoricalColumn:
        """The id of the text in a vocabulary, given or learned.

        Learned vocabularies are ordered by count, then by bytes, both descending. Ids
        come in this order: reserved tokens, missing values if they have an id, unknown
        text if `oov="before"`, the tokens, unknown text if `oov="after"`.

        Args:
            tokens: The vocabulary in id order. Defaults to learning it.
            max_size: Keep at most this many learned tokens. Defaults to all.
            min_count: Keep learned tokens that occur at least this often.
                Defaults to 1.
            num_oov: Ids for unknown text, chosen by hash. With 0 an unknown text
                rejects the row. Defaults to 1.
            reserved: Tokens that have the first ids, whether they occur in the data or
                not, such as "[PAD]". Defaults to none.
            oov: Whether the ids for unknown text come "before" the tokens, as in Keras,
                or "after" them, as in tf.feature_column. With "before", a vocabulary
                that grows moves no id. Defaults to "after".
            missing_id: Whether missing values have an id that no text has, instead of
                staying missing. Defaults to False.
            shared: Name of a vocabulary that several columns have together: it is
                learned from all of them, and their embeddings of one width are one
                table. All must declare it alike. Defaults to one for this column.
            default: With `num_oov=0`, what an unknown text is: an id, or "missing".
                Defaults to rejecting its row.

        Semantics:
            - Missing: stays missing; under `missing_id`, id len(reserved).
            - Empty text: a token like any other.
            - Unknown: the first id for unknown text + FarmHash64(text) mod num_oov.
            - Unknown under `default`: that id, or missing.
            - A reserved token in the data: its one id; it is not learned again.
            - Output: int64 in [0, number of ids).

        Example:
            >>> import featurekit as fk
            >>> city = fk.string("city").vocabulary(
            ...     ["Paris", "Rome"], reserved=["[PAD]"], oov="before", missing_id=True
            ... )
            >>> for meaning in fk.id_meanings(fk.FeatureSpec({"c": city}), "c"):
            ...     print(meaning)
            0 reserved '[PAD]'
            1 missing
            2 unknown
            3 token 'Paris'
            4 token 'Rome'

        Elsewhere:
            - `tf.feature_column.categorical_column_with_vocabulary_list`.
            - `tft.compute_and_apply_vocabulary` drops empty texts and line breaks.
            - `keras.layers.StringLookup`: where a token has a line break, ids change
              when it is saved and loaded.
        """
        return with_vocabulary(
            self,
            None if tokens is None else self._encode_all(tokens),
            reserved=self._encode_all(reserved),
            max_size=max_size,
            min_count=min_count,
            num_oov=num_oov,
            oov=oov,
            missing_id=missing_id,
            shared=shared,
            default=default,
        )

    def _encode_all(self, tokens: Iterable[str]) -> tuple[bytes, ...]:
        if isinstance(tokens, str | bytes):
            raise self._bad("vocabulary", "tokens must be a list of texts", tokens)
        return tuple(self._encode(token) for token in tokens)

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

    def hash_buckets(
        self, num_buckets: int, *, key: Iterable[int] = ()
    ) -> CategoricalColumn:
        """A hash of the text modulo `num_buckets`; needs no statistics.

        Args:
            num_buckets: Divides the hash; the remainder is the id.
            key: Two integers in [0, 2**63). With them the hash is SipHash-2-4 under
                this key: who does not know it cannot choose texts that collide, and
                two keys give two independent hashes. Defaults to FarmHash64.

        Semantics:
            - Missing: stays missing.
            - Empty text: hashed like any other.
            - Same ids as `tf.strings.to_hash_bucket_fast`; with a key, as
              `tf.strings.to_hash_bucket_strong`.
            - Output: int64 in [0, num_buckets).

        Example:
            >>> import featurekit as fk
            >>> column = fk.string("s").hash_buckets(1000)
            >>> fk.preview(column, {"s": ["A", "", "日本"]})
            [564, 263, 883]

        Elsewhere:
            - `tf.feature_column.categorical_column_with_hash_bucket`, which drops an
              empty text; `keras.layers.Hashing`.
        """
        step = self._step(s.HashBuckets, num_buckets, key=tuple(key))
        return CategoricalColumn(self.source, step)


@dataclass(frozen=True, slots=True, repr=False)
class IntegerColumn(CategoryColumn):
    """A 64-bit integer id, exact over the full range except -2**63.

    -2**63 is reserved: TensorFlow tensors carry no nulls, and it marks a missing
    integer there. A row that holds it is rejected.
    """

    def fill(self, value: int) -> "IntegerColumn":
        """Replaces missing values by an integer.

        Example:
            >>> import featurekit as fk
            >>> column = fk.integer("i").fill(0).identity(3)
            >>> fk.preview(column, {"i": [2, None]})
            [2, 0]

        Elsewhere:
            - `tf.feature_column` takes -1 for a missing integer.
        """
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._bad("fill", "an integer column is filled with an int", value)
        if not -(2**63) < value < 2**63:
            raise self._bad("fill", "the value does not fit 64 bits", value)
        return IntegerColumn(self.source, self._step(s.Fill, value))

    def fill_mode(self) -> "IntegerColumn":
        """Replaces missing values by the most frequent integer of the training rows.

        Of equally frequent integers the largest, as in a learned vocabulary.

        Semantics:
            - Missing: becomes the integer; the statistics skip it, here and in later
              steps.
            - No training value: an error when the spec is compiled.
        """
        return IntegerColumn(self.source, self._step(s.FillMode))

    def missing_values(self, values: Iterable[int]) -> "IntegerColumn":
        """Takes some integers for missing ones, such as -1.

        Args:
            values: The integers.

        Semantics:
            - Missing, and each of the integers: missing.

        Example:
            >>> import featurekit as fk
            >>> column = fk.integer("i").missing_values([-1]).fill(0).identity(3)
            >>> fk.preview(column, {"i": [2, -1]})
            [2, 0]

        Elsewhere:
            - `tf.feature_column` takes -1 for missing, always.
        """
        found = given_values(self, values, int)
        return IntegerColumn(self.source, self._step(s.MissingValues, found))

    def is_missing(self) -> BooleanColumn:
        """1 where there is no integer, else 0; never missing itself.

        Semantics:
            - Missing: 1. Any integer: 0.
            - Output: int64, 0 or 1.
        """
        return BooleanColumn(self.source, self._step(s.IsMissing))

    def boolean(self) -> BooleanColumn:
        """The integer as True or False; `fk.boolean(name)` in short.

        Semantics:
            - Missing: stays missing.
            - Neither 0 nor 1: the row is rejected.
            - Output: int64, 0 or 1.
        """
        return BooleanColumn(self.source, self._step(s.Boolean))

    def vocabulary(
        self,
        tokens: Iterable[int] | None = None,
        *,
        max_size: int | None = None,
        min_count: int = 1,
        num_oov: int = 1,
        reserved: Iterable[int] = (),
        oov: OovPlace = "after",
        missing_id: bool = False,
        shared: str | None = None,
        default: s.DefaultId | None = None,
    ) -> CategoricalColumn:
        """The id of the integer in a vocabulary, given or learned.

        Learned vocabularies are ordered by count, then by number, both descending.
        Arguments and semantics are those of `StringColumn.vocabulary`; an unknown
        integer is hashed as its decimal text.

        Example:
            >>> import featurekit as fk
            >>> column = fk.integer("i").vocabulary([7, 2**62])
            >>> fk.preview(column, {"i": [2**62, 7, 8]})
            [1, 0, 2]

        Elsewhere:
            - `keras.layers.IntegerLookup`, which hashes unknown integers by their
              remainder.
        """
        return with_vocabulary(
            self,
            None if tokens is None else self._check_all(tokens),
            reserved=self._check_all(reserved),
            max_size=max_size,
            min_count=min_count,
            num_oov=num_oov,
            oov=oov,
            missing_id=missing_id,
            shared=shared,
            default=default,
        )

    def _check_all(self, tokens: Iterable[int]) -> tuple[int, ...]:
        given = tuple(tokens)
        for token in given:
            if isinstance(token, bool) or not isinstance(token, int):
                raise self._bad("vocabulary", "a token must be an int", token)
            if not -(2**63) < token < 2**63:
                raise self._bad("vocabulary", "a token exceeds 64 bits", token)
        return given

    def hash_buckets(
        self, num_buckets: int, *, key: Iterable[int] = ()
    ) -> CategoricalColumn:
        """A hash of the decimal text modulo `num_buckets`.

        Args:
            num_buckets: Divides the hash; the remainder is the id.
            key: As of `StringColumn.hash_buckets`.

        Semantics:
            - Missing: stays missing.
            - Output: int64 in [0, num_buckets).

        Example:
            >>> import featurekit as fk
            >>> fk.preview(fk.integer("i").hash_buckets(1000), {"i": [0, -1, 10]})
            [735, 430, 862]

        Elsewhere:
            - `tf.feature_column.categorical_column_with_hash_bucket(dtype=tf.int64)`.
        """
        step = self._step(s.HashBuckets, num_buckets, key=tuple(key))
        return CategoricalColumn(self.source, step)

    def identity(
        self, num_ids: int, *, default: s.DefaultId | None = None
    ) -> CategoricalColumn:
        """The integer itself, which must be in [0, num_ids).

        Args:
            num_ids: How many ids there are.
            default: What takes the place of an integer that is out of range: an id, or
                "missing". Defaults to rejecting its row.

        Semantics:
            - Missing: stays missing.
            - Out of range, negative: the row is rejected; under `default`, that id, or
              missing.
            - Output: int64 in [0, num_ids).

        Example:
            >>> import featurekit as fk
            >>> fk.preview(fk.integer("i").identity(3), {"i": [2, 3]})
            [2, 'refused: OUT_OF_RANGE']
            >>> fk.preview(fk.integer("i").identity(3, default=0), {"i": [2, 3]})
            [2, 0]

        Elsewhere:
            - `tf.feature_column.categorical_column_with_identity`, where an id that is
              out of range fails later, or becomes `default_value`.
        """
        step = self._step(s.Identity, num_ids, default=default)
        return CategoricalColumn(self.source, step)
