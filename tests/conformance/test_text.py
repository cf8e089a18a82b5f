"""Text beside Python's own: every code point, random marks, and what is not UTF-8."""

import random
import unicodedata
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from conformance.cases_lists import texts
from conformance.compare import assert_same

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.backends.host.text import change_text
from featurekit.backends.reference import ReferenceBackend
from featurekit.backends.text_reference import text_mapper
from featurekit.errors import SpecError
from featurekit.kernels.arrow_buffers import binary_array
from featurekit.plan import ops
from featurekit.plan.unicode_tables import unicode_tables, unicode_version

ORACLES: dict[str, Callable[[str], str]] = {
    **{form: partial(unicodedata.normalize, form) for form in ("NFC", "NFD")},
    **{form: partial(unicodedata.normalize, form) for form in ("NFKC", "NFKD")},
    "casefold": str.casefold,
}
TABLES = Path(fk.__file__).parent / "plan" / "unicode_tables.txt"
every_change = pytest.mark.parametrize("change", [*ORACLES, "lower"])
NUM_RANDOM = 20_000
NUM_SLOW = 4000  # of those, in plain Python


def assigned() -> list[str]:
    """The characters of this Python and of the tables; all, where these are alike."""
    every = [chr(p) for p in range(0x110000) if not 0xD800 <= p < 0xE000]
    if unicodedata.unidata_version == unicode_version():
        return every
    _, _, lines = TABLES.read_text(encoding="ascii").partition("ASSIGNED\n")
    known: set[int] = set()
    for line in lines.splitlines():
        ends, _, stride = line.split()[0].partition("/")
        first, _, last = ends.partition("-")
        stop = int(last or first, 16) + 1
        known.update(range(int(first, 16), stop, int(stride or 1)))
    return [c for c in every if ord(c) in known and unicodedata.category(c) != "Cn"]


def random_texts(count: int, seed: int) -> list[str]:
    """Marks in any order, what decomposes, jamo and syllables."""
    tables, rng = unicode_tables(), random.Random(seed)
    marks = [*map(chr, tables.classes)]
    pools = [
        marks,
        marks,
        [chr(first) for first, _ in tables.composed],
        [chr(second) for _, second in tables.composed],
        [*map(chr, {**tables.canonical, **tables.compatibility, **tables.folded})],
        [chr(point) for point in range(0x1100, 0x1200)],
        [chr(rng.randrange(0xAC00, 0xD7A4)) for _ in range(500)],
        ["a", " ", "\0", "😀", "\U0010ffff"],
    ]
    return [
        "".join(rng.choice(rng.choice(pools)) for _ in range(rng.randint(1, 12)))
        for _ in range(count)
    ]


def on_host(change: str, given: list[str]) -> list[bytes]:
    op = ops.MapText(change, unicode_version())  # type: ignore[arg-type]
    found, refused = change_text(op, binary_array([one.encode() for one in given]))
    assert not refused.any()
    return found.to_pylist()


def by_python(change: str, given: list[str]) -> list[bytes]:
    if change == "lower":  # of each character by itself
        return ["".join(map(str.lower, one)).encode() for one in given]
    return [ORACLES[change](one).encode() for one in given]


def differing(found: list[bytes], wanted: list[bytes]) -> list[tuple[bytes, bytes]]:
    return [pair for pair in zip(found, wanted, strict=True) if pair[0] != pair[1]]


@pytest.mark.proves(52)
@every_change
def test_oracle_python_of_every_code_point(change: str) -> None:
    characters = assigned()
    wanted = by_python(change, characters)
    assert differing(on_host(change, characters), wanted) == []
    mapped = text_mapper(change)  # type: ignore[arg-type]
    sample = [at for at, one in enumerate(characters) if wanted[at] != one.encode()]
    sample += range(0, len(characters), 101)
    found = [mapped(characters[at].encode()) for at in sample]
    assert differing(found, [wanted[at] for at in sample]) == []


@every_change
def test_oracle_python_of_random_marks(change: str) -> None:
    given = random_texts(NUM_RANDOM, seed=7)
    wanted = by_python(change, given)
    assert differing(on_host(change, given), wanted) == []
    mapped = text_mapper(change)  # type: ignore[arg-type]
    found = [mapped(one.encode()) for one in given[:NUM_SLOW]]
    assert differing(found, wanted[:NUM_SLOW]) == []


def test_a_long_run_of_marks_is_ordered() -> None:
    given = "a" + "\u0301\u0327\u0323" * 5000 + "b"
    assert on_host("NFC", [given]) == by_python("NFC", [given])


def test_oracle_python_of_what_is_utf8() -> None:
    rng = random.Random(3)
    edges = [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF]
    edges += [0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF]
    given = [bytes(rng.choices(edges, k=rng.randint(1, 5))) for _ in range(50_000)]
    given += [bytes([a, b, c]) for a in edges for b in edges for c in edges]
    found = change_text(ops.MapText("NFD", unicode_version()), binary_array(given))[1]
    for one, refused in zip(given, found.tolist(), strict=True):
        try:
            one.decode()
        except UnicodeDecodeError:
            assert refused, one
        else:
            assert not refused, one


def test_the_tables_are_closed_under_themselves() -> None:
    """Normal forms do not change when they are taken again."""
    given = random_texts(3000, seed=1)
    for change in ("NFC", "NFD", "NFKC", "NFKD"):
        once = [one.decode() for one in on_host(change, given)]
        assert on_host(change, once) == [one.encode() for one in once]


def test_a_plan_of_other_tables_is_refused() -> None:
    with pytest.raises(SpecError, match="other tables of Unicode") as found:
        ops.MapText("NFC", "1.1.0").infer((ops.ReadColumn("s", "string").infer(()),))
    assert found.value.code == "PLAN_UNICODE"


def ids_of(column, *rows: object) -> list[object]:
    """Hashes of the elements of each list, on the host; the reference agrees."""
    plan = fk.compile(fk.FeatureSpec({"f": column.hash_buckets(2**31 - 1).pad(40)}))
    batch = pa.record_batch({"s": pa.array(rows, pa.large_binary())})
    found = HostBackend(plan).run(batch)
    assert_same(found, ReferenceBackend(plan).run(batch))
    return found.outputs.column("f").to_pylist()


def hashes(parts: list[list[bytes]]) -> list[list[int]]:
    plan = fk.compile(
        fk.FeatureSpec({"f": fk.strings("t").hash_buckets(2**31 - 1).pad(40)})
    )
    array = pa.array(parts, pa.large_list(pa.large_binary()))
    done = HostBackend(plan).run(pa.record_batch({"t": array}))
    return done.outputs.column("f").to_pylist()


def random_bytes(count: int) -> list[bytes]:
    rng = random.Random(5)
    alphabet = [b"a", b"b", b" ", b",", b"\t", b"\xc3\xa9", b"\xc2\xa0", b"\0", b"\xff"]
    return [b"".join(rng.choices(alphabet, k=rng.randint(0, 20))) for _ in range(count)]


@pytest.mark.proves(49)
@pytest.mark.parametrize("separator", [None, ",", " ", "ab", "aa", "é"])
def test_oracle_bytes_split(separator: str | None) -> None:
    given = random_bytes(2000)
    mark = None if separator is None else separator.encode()
    wanted = hashes([one.split(mark) for one in given])
    assert ids_of(fk.string("s").split(separator), *given) == wanted


def test_ngrams_are_slices() -> None:
    given = random_bytes(1000)
    wanted = []
    for one in given:
        words = one.split()
        runs = [words[i : i + n] for n in (2, 3) for i in range(len(words) - n + 1)]
        wanted.append([b"-".join(run) for run in runs])
    column = fk.string("s").split().ngrams(2, 3, separator="-")
    assert ids_of(column, *given) == hashes(wanted)


def longest_first(word: str, pieces: set[str], most: int) -> list[str]:
    """As in the paper: of the rest of a word, the longest piece; or all is unknown."""
    if len(word) > most:
        return ["[UNK]"]
    found: list[str] = []
    rest = word
    while rest:
        before = "##" if found else ""
        cuts = [n for n in range(len(rest), 0, -1) if before + rest[:n] in pieces]
        if not cuts:
            return ["[UNK]"]
        found.append(before + rest[: cuts[0]])
        rest = rest[cuts[0] :]
    return found


@pytest.mark.proves(51)
@pytest.mark.parametrize("most", [100, 5])
def test_wordpieces_are_the_longest_ones(most: int) -> None:
    rng = random.Random(9)
    letters = ["a", "b", "c", "é", "日", "😀"]
    word = lambda least, n: "".join(rng.choices(letters, k=rng.randint(least, n)))  # noqa: E731
    pieces = {*letters, *(word(1, 9) for _ in range(200))} - {"c"}
    pieces |= {"##" + word(1, 4) for _ in range(400)}
    given = [" ".join(word(1, 12) for _ in range(3)) for _ in range(2000)]
    wanted = [
        [p.encode() for w in one.split() for p in longest_first(w, pieces, most)]
        for one in given
    ]
    assert sum(map(len, wanted)) > 2 * len(given)
    column = fk.string("s").split().wordpiece(sorted(pieces), max_chars=most)
    assert ids_of(column, *(one.encode() for one in given)) == hashes(wanted)


def documents(count: int) -> list[str]:
    rng = random.Random(11)
    words = [f"w{at}" for at in range(30)]
    weights = [1 / (1 + at) for at in range(30)]
    return [
        " ".join(rng.choices(words, weights, k=rng.randint(0, 12)))
        for _ in range(count)
    ]


@pytest.mark.proves(50)
def test_oracle_scikit_learn_tf_idf() -> None:
    sklearn = pytest.importorskip("sklearn.feature_extraction.text")
    given = documents(500)
    column = fk.string("s").split().vocabulary(max_size=20, num_oov=1)
    spec = fk.FeatureSpec({"f": column.tf_idf()})
    stats = fk.analyze(spec, {"s": given})
    found = HostBackend(fk.compile(spec, stats)).run(
        pa.record_batch({"s": pa.array(given)})
    )
    vocabulary = next(
        value.tokens for key, value in stats.items() if key.startswith("vocabulary")
    )
    names = [token.decode() for token in vocabulary]
    assert len(names) == 20
    vectorizer = sklearn.TfidfVectorizer(
        vocabulary=names, norm=None, token_pattern=r"\S+", lowercase=False
    )
    wanted = vectorizer.fit_transform(given).toarray().astype(np.float32)
    values = np.array(found.outputs.column("f").to_pylist(), np.float32)
    np.testing.assert_array_equal(values[:, :20], wanted)


def test_document_frequencies_come_in_any_division_of_the_rows() -> None:
    spec = fk.FeatureSpec(
        {
            "t": fk.string("s").casefold().split().vocabulary().tf_idf(),
            "h": fk.string("s").split().ngrams(1, 2).hash_buckets(50).tf_idf(),
        }
    )
    given = [*documents(40), None]
    whole = fk.analyze(spec, {"s": given}, on_bad_row="dead_letter")
    frequencies = {key: v for key, v in whole.items() if key.startswith("document")}
    assert len(frequencies) == 2
    lists = [one.split() for one in given if one is not None]
    for found in frequencies.values():
        assert found.documents == len(lists)
    (words,) = [v for v in frequencies.values() if isinstance(v.tokens[0], bytes)]
    for token, count in zip(words.tokens, words.counts, strict=True):
        assert count == sum(token.decode() in one for one in lists)


def test_cuts_of_the_batch_and_layouts_do_not_matter() -> None:
    spec = fk.FeatureSpec(
        {
            "p": fk.string("s")
            .normalize("NFKC")
            .casefold()
            .split()
            .hash_buckets(99)
            .pad(3),
            "n": fk.string("s").split("é").missing_as_empty().ngrams(1, 2).length(),
            "s": fk.string("s").strip().hash_buckets(99),
        }
    )
    values = [*random_texts(40, seed=2), "", " é ", "a é"]
    backend = HostBackend(fk.compile(spec))
    plain = pa.array(values, pa.string())
    wanted = backend.run(pa.record_batch({"s": plain})).outputs
    layouts = [
        plain.cast(pa.large_binary()),
        plain.cast(pa.string_view()),
        plain.dictionary_encode(),
        pa.concat_arrays([plain[:3], plain]).slice(3),
    ]
    for array in layouts:
        found = backend.run(pa.record_batch({"s": array})).outputs
        assert found.to_pylist() == wanted.to_pylist()
    for start, stop in pairwise([0, 1, 17, 30, len(values)]):
        part = backend.run(pa.record_batch({"s": plain[start:stop]})).outputs
        assert part.to_pylist() == wanted.to_pylist()[start:stop]


def test_lists_of_text_reach_the_same_steps() -> None:
    column = fk.strings("t").normalize("NFC").casefold()
    spec = fk.FeatureSpec({"f": column.vocabulary(["é"], num_oov=0).counts()})
    batch = pa.record_batch({"t": texts(["É", "e\u0301"], [])})
    assert HostBackend(fk.compile(spec)).run(batch).outputs.to_pylist() == [
        {"f": [2.0]},
        {"f": [0.0]},
    ]
