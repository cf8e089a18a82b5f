"""What Unicode says of code points, in the one version that all executors share.

The tables are a file beside this one, which `scripts/generate_unicode_tables.py` wrote.
Code points that are not in a table are left as they are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, TypeAlias

from featurekit.spec.steps import Normalization

CodePoints: TypeAlias = tuple[int, ...]
TextMapping: TypeAlias = Normalization | Literal["casefold", "lower"]

HANGUL = range(0xAC00, 0xAC00 + 11172)
LEADS, VOWELS, TRAILS = 0x1100, 0x1161, 0x11A7
"""The first jamo of each kind; that of the last kind stands for none."""
NUM_VOWELS, NUM_TRAILS = 21, 28

_SECTIONS = ("CLASS", "CANON", "EXCLUDED", "COMPAT", "FOLD", "LOWER")
_FILE = Path(__file__).with_name("unicode_tables.txt")


@dataclass(frozen=True)
class UnicodeTables:
    """The tables, by code point.

    Args:
        version: Of Unicode.
        classes: Canonical combining classes that are not 0.
        canonical: Canonical decompositions, one level, without Hangul.
        excluded: Code points whose decomposition is never composed again.
        compatibility: Compatibility decompositions, one level.
        folded: Full case folding.
        lowered: The lower case, whatever stands around.
    """

    version: str
    classes: Mapping[int, int]
    canonical: Mapping[int, CodePoints]
    excluded: frozenset[int]
    compatibility: Mapping[int, CodePoints]
    folded: Mapping[int, CodePoints]
    lowered: Mapping[int, CodePoints]

    @cached_property
    def composed(self) -> Mapping[tuple[int, int], int]:
        """The code point that two in a row become, without Hangul."""
        return {
            (found[0], found[1]): point
            for point, found in self.canonical.items()
            if len(found) == 2 and point not in self.excluded
        }

    def mapping(self, change: TextMapping) -> Mapping[int, CodePoints]:
        """What each code point becomes by itself; Hangul excepted."""
        if change == "casefold":
            return self.folded
        if change == "lower":
            return self.lowered
        one_level = dict(self.canonical)
        if change in ("NFKC", "NFKD"):
            one_level |= self.compatibility
        return {point: _expand(point, one_level) for point in one_level}


def _expand(point: int, one_level: Mapping[int, CodePoints]) -> CodePoints:
    found = one_level.get(point)
    if found is None:
        return decompose_hangul(point) if point in HANGUL else (point,)
    return tuple(last for one in found for last in _expand(one, one_level))


def decompose_hangul(syllable: int) -> CodePoints:
    """The jamo of a syllable."""
    lead, rest = divmod(syllable - HANGUL.start, NUM_VOWELS * NUM_TRAILS)
    vowel, trail = divmod(rest, NUM_TRAILS)
    found = (LEADS + lead, VOWELS + vowel)
    return (*found, TRAILS + trail) if trail else found


@cache
def unicode_tables() -> UnicodeTables:
    """The tables, read once."""
    version, *lines = _FILE.read_text(encoding="ascii").splitlines()
    sections: dict[str, dict[int, CodePoints]] = {}
    name = ""
    for line in lines:
        if line == "ASSIGNED":
            break
        if line in _SECTIONS:
            name, sections[line] = line, {}
        else:
            sections[name].update(_entries(line, is_class=name == "CLASS"))
    return UnicodeTables(
        version,
        {point: values[0] for point, values in sections["CLASS"].items()},
        sections["CANON"],
        frozenset(sections["EXCLUDED"]),
        sections["COMPAT"],
        sections["FOLD"],
        sections["LOWER"],
    )


@cache
def unicode_version() -> str:
    """The version of the tables, without reading them all."""
    with _FILE.open(encoding="ascii") as file:
        return file.readline().strip()


def _entries(line: str, *, is_class: bool) -> Iterator[tuple[int, CodePoints]]:
    """What a line says of code points; the script that writes it says how."""
    span, *values = line.split()
    ends, _, stride = span.partition("/")
    first, _, last = ends.partition("-")
    for point in range(int(first, 16), int(last or first, 16) + 1, int(stride or 1)):
        if len(values) != 1:
            yield point, tuple(int(value, 16) for value in values)
        else:
            yield point, (int(values[0]) + (0 if is_class else point),)
