r"""JSON rows inside of a graph: one flat object per row becomes one tensor per column.

Where the spec reads lists, a value may be a list of what else a value may be.

TensorFlow has no JSON parser for objects of one's own, and a SavedModel that loads
without featurekit cannot hold Python. What it has suffices:

1. A regular expression accepts rows that are one flat object, and nothing else.
2. On such rows, replacing every entry from left to right is exact; control characters,
   which JSON forbids inside of text, separate what it leaves.
3. Escapes are undone by TensorFlow's parser of JSON-encoded tf.Examples, which accepts
   any text as the name of a feature.

The number of operations grows with the number of columns alone, not with the rows.
"""

from collections.abc import Iterable, Iterator

import tensorflow as tf

from featurekit.backends.keras.lists import write_lists
from featurekit.backends.keras.values import Value, mark
from featurekit.backends.missing import MISSING_INTEGER
from featurekit.io.cast_lists import NUM_RESERVED
from featurekit.serve.json_times import read_times
from featurekit.serve.refusals import Refusal, names_of, require_none
from featurekit.spec.inputs import Input, element_dtype

_HEX = "[0-9a-fA-F]"
# An escape names a character: surrogates come in pairs, or not at all.
_ESCAPE = (
    r'\\(?:["\\/bfnrt]'
    rf"|u(?:[0-9a-cA-CefEF]{_HEX}{{3}}|[dD][0-7]{_HEX}{{2}}"
    rf"|[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}))"
)
_TEXT = rf'"(?:[^"\\\x00-\x1f]|{_ESCAPE})*"'
# NaN and infinities are no JSON, but Python's json module writes them.
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|NaN|-?Infinity"
_SCALAR = rf"{_TEXT}|{_NUMBER}|true|false|null"
_SPACE = r"[ \t\r\n]*"
_ELEMENT = rf"{_SPACE}(?:{_SCALAR}){_SPACE}"
_LIST = rf"\[(?:{_SPACE}|{_ELEMENT}(?:,{_ELEMENT})*)\]"
_BETWEEN_ENTRIES = "\x1f"
_BETWEEN_KEY_AND_VALUE = "\x1e"
_BEHIND_ELEMENT = "\x1f"
_FLOAT32_MAX = 3.4028234663852886e38


class JsonRows(tf.Module):
    """Reads rows written as JSON into columns, with markers for missing values.

    Args:
        inputs: The columns to read.
        ignored: Further keys that a row may have.

    Semantics:
        - A key that is not there, and null: missing. The order of keys does not matter.
        - A number as float32: read as float64, rounded once; NaN and infinities as
          Python writes them. true and false: 1 and 0.
        - int64: digits alone; 3.0 is refused.
        - Time: text in ISO 8601, as in data files; see `json_times`.
        - List: an array of such values, for a column of lists; null in it is a missing
          element.
        - Unknown or repeated keys, other nested values, wrong types, and text that is
          not UTF-8 are refused.
    """

    def __init__(self, inputs: Iterable[Input], ignored: Iterable[str] = ()) -> None:
        super().__init__(name="json_rows")
        self.inputs = tuple(inputs)
        self._count = len(self.inputs)
        lists = any(element_dtype(one.dtype) is not None for one in self.inputs)
        self._entry = _entry(f"{_SCALAR}|{_LIST}" if lists else _SCALAR)
        names = [column.name for column in self.inputs]
        known = list(dict.fromkeys([*names, *ignored]))
        with tf.init_scope():
            self.positions = tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(
                    tf.constant(known), tf.range(len(known), dtype=tf.int64)
                ),
                default_value=-1,
            )

    def parse(self, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        """The columns of the rows.

        Args:
            rows: string, shape (batch,): one flat JSON object each.

        Returns:
            By column a float32, int64 or string tensor, shape (batch,); of lists,
            (batch, n).
        """
        tokens = self._tokens(rows)
        refusals: list[Refusal] = []
        read: list[tuple[list[Input], tf.Tensor]] = []
        lists: dict[str, tf.Tensor] = {}
        for columns, places in self._groups():
            # One operation for all columns of a kind: models load in less time.
            token = tf.gather(tf.transpose(tokens), places)
            if element_dtype(columns[0].dtype) is not None:
                for column, texts in zip(columns, tf.unstack(token), strict=True):
                    lists[column.name] = _lists(column, texts, refusals)
                continue
            there = tf.not_equal(token, "null")
            reader = _READERS.get(columns[0].dtype, _texts)
            read.append((columns, mark(reader(columns, token, there, refusals))))
        found: dict[str, tf.Tensor] = {}
        with tf.control_dependencies([require_none(refusals)]):
            for columns, values in read:
                rows = tf.unstack(tf.identity(values), num=len(columns))
                found |= zip(names_of(columns), rows, strict=True)
            found |= {name: tf.identity(matrix) for name, matrix in lists.items()}
        return {one.name: found[one.name] for one in self.inputs}

    def _groups(self) -> Iterator[tuple[list[Input], list[int]]]:
        """Columns that are read in the same way, and their positions."""
        groups: dict[tuple[str, str | None], list[int]] = {}
        for at, column in enumerate(self.inputs):
            groups.setdefault((column.dtype, column.time_zone), []).append(at)
        for places in groups.values():
            yield [self.inputs[at] for at in places], places

    def _tokens(self, rows: tf.Tensor) -> tf.Tensor:
        """string, shape (batch, columns): each column's value, as it is written.

        Text keeps its opening quote, so that "1" and 1 differ, and has no escapes left.
        """
        with tf.control_dependencies([_require_objects(rows, self._entry)]):
            entries, owner = _entries(tf.identity(rows), self._entry)
        keys = tf.strings.regex_replace(entries, '(?s)^"(.*)"\x1e.*$', r"\1")
        position = self.positions.lookup(_unescape(keys))
        size = tf.shape(rows, out_type=tf.int64)[0]
        with tf.control_dependencies([self._check_keys(keys, owner, position, size)]):
            wanted = self._is_wanted(position)
        places = tf.boolean_mask(tf.stack([owner, position], axis=1), wanted)
        values = tf.boolean_mask(
            tf.strings.regex_replace(entries, "(?s)^.*\x1e", ""), wanted
        )
        cells = tf.tensor_scatter_nd_update(
            tf.zeros([size, self._count], tf.int64),
            places,
            tf.range(1, tf.shape(values, out_type=tf.int64)[0] + 1),
        )
        return tf.gather(tf.concat([["null"], _bare(values)], axis=0), cells)

    def _is_wanted(self, position: tf.Tensor) -> tf.Tensor:
        return (position >= 0) & (position < self._count)

    def _check_keys(
        self, keys: tf.Tensor, owner: tf.Tensor, position: tf.Tensor, size: tf.Tensor
    ) -> tf.Operation:
        """Refuses unknown keys, and columns that a row names twice."""
        wanted = self._is_wanted(position)
        cell = tf.where(wanted, owner * self._count + position, 0)
        times = tf.math.unsorted_segment_sum(
            tf.cast(wanted, tf.int64), cell, size * self._count
        )
        repeated = wanted & (tf.gather(times, cell) > 1)

        def rows_of(entries: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            places = tf.expand_dims(tf.boolean_mask(owner, entries), 1)
            names = tf.boolean_mask(keys, entries)
            rows = tf.tensor_scatter_nd_update(
                tf.fill([size], False), places, tf.fill(tf.shape(names), True)
            )
            return rows, tf.tensor_scatter_nd_update(tf.fill([size], ""), places, names)

        unknown, repetition = rows_of(position < 0), rows_of(repeated)
        return require_none(
            [
                Refusal(
                    *unknown,
                    code="UNKNOWN_COLUMN",
                    message="the spec reads no such column",
                    hint="check the spelling; send columns of the spec only",
                ),
                Refusal(
                    *repetition, code="DUPLICATE_COLUMN", message="a key is there twice"
                ),
            ]
        )


def _entry(value: str) -> str:
    """A key and its value, both captured."""
    return rf"{_SPACE}({_TEXT}){_SPACE}:{_SPACE}({value}){_SPACE}"


def _require_objects(rows: tf.Tensor, entry: str) -> tf.Operation:
    flat = rf"{_SPACE}\{{(?:{_SPACE}|{entry}(?:,{entry})*)\}}{_SPACE}"
    broken = Refusal(
        ~tf.strings.regex_full_match(rows, flat),
        rows,
        code="JSON_SYNTAX",
        message="the row is not one flat JSON object",
        expected='an object such as {"age": 31, "city": "Oslo"}',
        hint="nested values and text that is not UTF-8 are refused",
    )
    return require_none([broken])


def _bare(values: tf.Tensor) -> tf.Tensor:
    """The values, texts without their closing quote and their escapes."""
    is_text = tf.strings.regex_full_match(values, '(?s)".*')
    inside = tf.strings.regex_replace(values, '(?s)^"(.*)"$', r"\1")
    inside = _unescape(tf.where(is_text, inside, ""))
    return tf.where(is_text, tf.strings.join(['"', inside]), values)


def _entries(rows: tf.Tensor, entry: str) -> tuple[tf.Tensor, tf.Tensor]:
    """All entries of all rows as key, separator, value; and the row of each."""
    marked = tf.strings.regex_replace(
        rows,
        rf"[{{,]{entry}",
        rf"{_BETWEEN_ENTRIES}\1{_BETWEEN_KEY_AND_VALUE}\2",
    )
    marked = tf.strings.regex_replace(marked, rf"\}}{_SPACE}$", "")
    pieces = tf.strings.split(marked, _BETWEEN_ENTRIES)
    flat = pieces.flat_values
    is_entry = tf.strings.regex_full_match(flat, f"(?s).*{_BETWEEN_KEY_AND_VALUE}.*")
    return flat[is_entry], pieces.value_rowids()[is_entry]


def _unescape(texts: tf.Tensor) -> tf.Tensor:
    """Undoes the escapes of JSON in the insides of its texts."""

    def undo() -> tf.Tensor:
        documents = tf.strings.join(['{"features":{"feature":{"', texts, '":{}}}}'])
        message = tf.io.decode_json_example(documents)
        for kind, field in (
            ("tensorflow.Example", "features"),
            ("tensorflow.Features", "feature"),
            ("tensorflow.Features.FeatureEntry", "key"),
        ):
            decoded = tf.io.decode_proto(message, kind, [field], [tf.string])
            message = decoded.values[0][:, 0]
        return message

    escaped = tf.strings.regex_full_match(texts, r"(?s).*\\.*")
    return tf.cond(tf.reduce_any(escaped), undo, lambda: tf.identity(texts))


def _lists(column: Input, token: tf.Tensor, refusals: list[Refusal]) -> tf.Tensor:
    """The lists of a column, shape (batch, n), of what is written, shape (batch,)."""
    shown, there = token[tf.newaxis], tf.not_equal(token, "null")
    is_list = tf.strings.regex_full_match(token, r"(?s)\[.*")
    wrong = (there & ~is_list)[tf.newaxis]
    refusals.append(_wrong_type([column], shown, wrong, "a list such as [1, 2]"))
    pieces = _elements(tf.where(is_list, token, "[]"))
    elements = _bare(pieces.flat_values)[tf.newaxis]
    of_elements: list[Refusal] = []
    reader = _READERS.get(element_dtype(column.dtype) or "", _texts)
    found = reader([column], elements, tf.not_equal(elements, "null"), of_elements)
    if found.tensor.dtype == tf.int64:
        of_elements.append(_reserved(column, found.tensor, elements))
    for one in of_elements:
        bad = tf.math.unsorted_segment_max(
            tf.cast(one.rows[0], tf.int32), pieces.value_rowids(), pieces.nrows()
        )
        refusals.append(one._replace(rows=(bad > 0)[tf.newaxis], got=shown))
    flat = tf.squeeze(mark(found), 0)
    return write_lists(pieces.with_flat_values(flat), there & is_list)


def _elements(lists: tf.Tensor) -> tf.RaggedTensor:
    """The elements of lists, each as it is written, shape (batch, None)."""
    inside = tf.strings.regex_replace(
        lists,
        rf"{_SPACE}({_SCALAR}){_SPACE}[,\]]",
        rf"\1{_BEHIND_ELEMENT}",
    )
    inside = tf.strings.regex_replace(inside, rf"^\[(?:{_SPACE}\])?", "")
    return tf.strings.split(inside, _BEHIND_ELEMENT)[:, :-1]


def _reserved(column: Input, integers: tf.Tensor, elements: tf.Tensor) -> Refusal:
    return Refusal(
        integers < MISSING_INTEGER + NUM_RESERVED,
        elements,
        "RESERVED_VALUE",
        "the value marks what is missing in TensorFlow graphs",
        column=(column.name,),
        expected=f"int64 of at least -2**63 + {NUM_RESERVED}",
    )


def _floats(
    columns: list[Input], token: tf.Tensor, there: tf.Tensor, refusals: list[Refusal]
) -> Value:
    named = _named_numbers(token)
    is_number = tf.strings.regex_full_match(named, _NUMBER)
    refusals.append(_wrong_type(columns, token, there & ~is_number, "a number"))
    exact = tf.strings.to_number(tf.where(is_number, named, "0"), tf.float64)
    spelled = tf.strings.regex_full_match(named, "-?Infinity|NaN")
    # What rounds to float32's infinity lies half a unit above its largest number.
    rounded = tf.cast(exact, tf.float32)
    refusals.append(
        Refusal(
            tf.math.is_inf(rounded) & ~spelled,
            token,
            "OUT_OF_RANGE",
            "the value is too large for float32",
            column=names_of(columns),
            expected=f"magnitude at most {_FLOAT32_MAX:.8g}",
        )
    )
    ordinary = tf.bitcast(tf.constant(0x7FC00000, tf.int32), tf.float32)
    return Value(tf.where(tf.math.is_nan(exact), ordinary, rounded), there)


def _integers(
    columns: list[Input], token: tf.Tensor, there: tf.Tensor, refusals: list[Refusal]
) -> Value:
    named = _named_numbers(token)
    is_integer = tf.strings.regex_full_match(named, "-?[0-9]+")
    refusals.append(_wrong_type(columns, token, there & ~is_integer, "an integer"))
    fits = is_integer & _fits_int64(named)
    refusals.append(
        Refusal(
            is_integer & ~fits,
            token,
            "INT_OVERFLOW",
            "the value does not fit int64",
            column=names_of(columns),
            expected="-2**63 < value < 2**63",
            hint="send larger identifiers as text",
        )
    )
    return Value(tf.strings.to_number(tf.where(fits, named, "0"), tf.int64), there)


def _fits_int64(digits: tf.Tensor) -> tf.Tensor:
    """Whether an integer's text is a number that int64 holds, -2**63 left out."""
    bare = tf.strings.regex_replace(digits, "^-", "")
    length = tf.strings.length(bare)
    # Each half fits: the larger half decides, then the smaller one.
    longest = tf.where(length == 19, bare, "0" * 19)
    high = tf.strings.to_number(tf.strings.substr(longest, 0, 10), tf.int64)
    low = tf.strings.to_number(tf.strings.substr(longest, 10, 9), tf.int64)
    limit_high, limit_low = divmod(2**63 - 1, 10**9)
    below = (high < limit_high) | ((high == limit_high) & (low <= limit_low))
    return (length < 19) | ((length == 19) & below)


def _texts(
    columns: list[Input], token: tf.Tensor, there: tf.Tensor, refusals: list[Refusal]
) -> Value:
    is_text = tf.strings.regex_full_match(token, '(?s)".*')
    refusals.append(_wrong_type(columns, token, there & ~is_text, "text"))
    return Value(tf.strings.regex_replace(token, '^"', ""), there & is_text)


def _named_numbers(token: tf.Tensor) -> tf.Tensor:
    """The tokens, with true and false as 1 and 0."""
    return tf.where(token == "true", "1", tf.where(token == "false", "0", token))


def _wrong_type(
    columns: list[Input], token: tf.Tensor, rows: tf.Tensor, expected: str
) -> Refusal:
    return Refusal(
        rows,
        token,
        "PARSE",
        "the value has the wrong type",
        column=names_of(columns),
        expected=expected,
    )


_READERS = {"float32": _floats, "int64": _integers, "timestamp": read_times}
