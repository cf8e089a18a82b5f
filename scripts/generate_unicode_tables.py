"""Writes featurekit/plan/unicode_tables.txt; --check: says whether it is as written.

The file is the definition of `normalize`, `casefold` and `lower`, whatever Unicode a
Python, a TensorFlow or an ICU knows. A Python of another Unicode version cannot write
it again, and leaves the check to the tests, which compare the code points of both.

    CLASS     the canonical combining class of code points
    CANON     a canonical decomposition, one level, without Hangul
    EXCLUDED  code points that have one of two, but are never composed
    COMPAT    a compatibility decomposition, one level
    FOLD      full case folding
    LOWER     the lower case, without regard to what stands around
    ASSIGNED  the code points that the version has, which only tests ask for

A line is `first[-last[/stride]] values`. Two values and more are code points; one is
the decimal number that is added to each code point, or for CLASS the class itself.
"""

import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

TARGET = Path(__file__).parent.parent / "featurekit" / "plan" / "unicode_tables.txt"
HANGUL = range(0xAC00, 0xAC00 + 11172)
SURROGATES = range(0xD800, 0xE000)
Entry = tuple[int, tuple[int, ...]]


def _points() -> Iterator[str]:
    for point in range(0x110000):
        if point not in SURROGATES and unicodedata.category(chr(point)) != "Cn":
            yield chr(point)


def _decompositions(compat: bool) -> Iterator[Entry]:
    for char in _points():
        tag, *rest = unicodedata.decomposition(char).split() or [""]
        is_compat = tag.startswith("<")
        if tag and is_compat == compat and ord(char) not in HANGUL:
            found = rest if is_compat else [tag, *rest]
            yield ord(char), tuple(int(one, 16) for one in found)


def _excluded() -> Iterator[Entry]:
    for point, found in _decompositions(compat=False):
        if len(found) == 2 and unicodedata.normalize("NFC", chr(point)) != chr(point):
            yield point, ()


def _classes() -> Iterator[Entry]:
    for char in _points():
        if unicodedata.combining(char):
            yield ord(char), (unicodedata.combining(char),)


def _mapped(function: Callable[[str], str]) -> Iterator[Entry]:
    for char in _points():
        if function(char) != char:
            yield ord(char), tuple(map(ord, function(char)))


def _lines(entries: Iterator[Entry], added: Callable[[Entry], int | None]) -> list[str]:
    """The entries, those in a row that add the same number as one line."""
    runs: list[list[Entry]] = []
    for entry in entries:
        run = runs[-1] if runs else []
        same = added(entry) is not None and run and added(run[0]) == added(entry)
        gap = entry[0] - run[-1][0] if run else 0
        known = run[1][0] - run[0][0] if len(run) > 1 else gap
        if same and gap == known and gap <= 2:
            run.append(entry)
        else:
            runs.append([entry])
    return [_line(run, added(run[0])) for run in runs]


def _line(run: list[Entry], added: int | None) -> str:
    (first, values), (last, _) = run[0], run[-1]
    if len(run) == 1:
        numbers = (
            [f"{added}"] if added is not None else [f"{one:04X}" for one in values]
        )
        return " ".join([f"{first:04X}", *numbers])
    stride = run[1][0] - first
    text = f"{first:04X}-{last:04X}" + (f"/{stride}" if stride > 1 else "")
    return f"{text} {added}" if added is not None else text


def _shift(entry: Entry) -> int | None:
    point, values = entry
    return values[0] - point if len(values) == 1 else None


def _never(entry: Entry) -> int | None:
    return None


def table_text() -> str:
    """The tables of this Python's Unicode version."""
    sections = {
        "CLASS": _lines(_classes(), lambda entry: entry[1][0]),
        "CANON": _lines(_decompositions(compat=False), _shift),
        "EXCLUDED": _lines(_excluded(), _never),
        "COMPAT": _lines(_decompositions(compat=True), _shift),
        "FOLD": _lines(_mapped(str.casefold), _shift),
        "LOWER": _lines(_mapped(str.lower), _shift),
        "ASSIGNED": _lines(((ord(char), (0,)) for char in _points()), lambda _: 0),
    }
    lines = [unicodedata.unidata_version]
    for name, section in sections.items():
        lines += [name, *section]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Writes the file, or checks it."""
    if "--check" not in sys.argv:
        TARGET.write_text(table_text(), encoding="ascii")
        return 0
    text = TARGET.read_text(encoding="ascii")
    same_version = text.split("\n", 1)[0] == unicodedata.unidata_version
    if same_version and text != table_text():
        print(f"{TARGET} is not what this script writes; run it without --check")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
