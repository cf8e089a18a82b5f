"""Numbers written as text in CSV, by one grammar.

    integer = ["+" | "-"] digits
    real    = ["+" | "-"] (digits ["." [digits]] | "." digits) [("e"|"E") integer]
              | ["+" | "-"] ("inf" | "infinity") | "nan"          (any case)

Spaces and tabs around a number are dropped. No thousands separators, no decimal
comma, no hexadecimal.
"""

import pyarrow as pa
import pyarrow.compute as pc

from featurekit.io.cast_numbers import refuse_infinite, refuse_reserved
from featurekit.io.cast_strings import to_large_string
from featurekit.io.origin import Origin, failing

_INTEGER = r"^[+-]?[0-9]+$"
_REAL = r"(?i)^[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|inf(inity)?)$|^[+-]?nan$"
_NOT_FINITE = r"(?i)^([+-]?inf(inity)?|nan)$"


def parse_int64(array: pa.Array, origin: Origin) -> pa.Array:
    """Parses integers.

    Raises:
        RowError: PARSE, INT_OVERFLOW or RESERVED_VALUE.
    """
    text = pc.ascii_trim(to_large_string(array, origin), " \t")
    try:
        found = _integers(text)
    except pa.ArrowInvalid:
        # By the grammar first, which is fast even when every value is bad.
        other = pc.invert(pc.match_substring_regex(text, _INTEGER))
        _refuse_syntax(other, text, origin, "an integer such as -12")
        origin.reject(
            failing(text, _integers),
            text,
            code="INT_OVERFLOW",
            what="do not fit int64",
            expected="-2**63 < value < 2**63",
            hint="declare larger identifiers as strings",
        )
        raise
    return refuse_reserved(found, text, origin)


def parse_float32(array: pa.Array, origin: Origin) -> pa.Array:
    """Parses reals as float64 and rounds once to float32.

    The detour gives the same float32 as reading the CSV elsewhere as float64.

    Raises:
        RowError: PARSE or OUT_OF_RANGE.
    """
    text = pc.ascii_trim(to_large_string(array, origin), " \t")
    wanted = "a number such as -12.5"
    try:
        exact = text.cast(pa.float64())
    except pa.ArrowInvalid:
        other = pc.invert(pc.match_substring_regex(text, _REAL))
        _refuse_syntax(other, text, origin, wanted)
        bad = failing(text, lambda part: part.cast(pa.float64()))
        _refuse_syntax(bad, text, origin, wanted)
        raise
    found = exact.cast(pa.float32(), safe=False)
    odd = pc.invert(pc.is_finite(exact))
    if pc.any(odd).as_py():
        # The parser turns 1e400 into infinity and knows spellings such as nan(1).
        word = pc.match_substring_regex(text, _NOT_FINITE)
        number = pc.match_substring_regex(text, r"^[+-]?\.?[0-9]")
        _refuse_syntax(
            pc.and_(odd, pc.invert(pc.or_(word, number))), text, origin, wanted
        )
        spelled = pc.if_else(number, pa.scalar(0.0), exact)
        refuse_infinite(found, spelled, text, origin)
    else:
        refuse_infinite(found, exact, text, origin)
    return found


def _integers(text: pa.Array) -> pa.Array:
    """Casts text to int64; raises pyarrow.ArrowInvalid."""
    if pc.any(pc.match_substring(text, "x", ignore_case=True)).as_py():
        raise pa.ArrowInvalid("hexadecimal")
    try:
        return text.cast(pa.int64())
    except pa.ArrowInvalid:
        return pc.replace_substring_regex(text, r"^\+([0-9])", r"\1").cast(pa.int64())


def _refuse_syntax(bad: object, text: pa.Array, origin: Origin, wanted: str) -> None:
    origin.reject(
        bad,
        text,
        code="PARSE",
        what="cannot be read",
        expected=wanted,
        hint="declare the column as string, or list the text of missing values in"
        " null_values",
    )
