"""Text in TensorFlow: the bits of the host, for every code point and random marks."""

import random
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from conformance.compare import assert_same
from conformance.test_text import documents, on_host, random_bytes, random_texts

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")
import keras  # noqa: E402

import featurekit as fk  # noqa: E402
from featurekit.backends.host.executor import HostBackend  # noqa: E402
from featurekit.backends.keras.feature_layer import FeatureLayer, KerasBackend  # noqa: E402
from featurekit.backends.keras.text import map_text  # noqa: E402
from featurekit.backends.keras.values import Value  # noqa: E402
from featurekit.plan import ops  # noqa: E402
from featurekit.plan.unicode_tables import unicode_version  # noqa: E402

CHANGES = ["NFC", "NFD", "NFKC", "NFKD", "casefold", "lower"]
EVERY = [chr(p) for p in range(0x110000) if not 0xD800 <= p < 0xE000]


def in_graph(change: str, given: list[str]) -> list[bytes]:
    op = ops.MapText(change, unicode_version())

    @tf.function
    def run(texts):
        return map_text([op], Value(texts))

    value, refused = run(tf.constant([[one.encode() for one in given]]))
    assert not refused.numpy().any()
    return value.tensor.numpy()[0].tolist()


@pytest.mark.proves(52)
@pytest.mark.parametrize("change", CHANGES)
def test_every_code_point_as_on_the_host(change: str) -> None:
    assert in_graph(change, EVERY) == on_host(change, EVERY)


@pytest.mark.parametrize("change", CHANGES)
def test_random_marks_as_on_the_host(change: str) -> None:
    given = random_texts(100_000, seed=13)
    assert in_graph(change, given) == on_host(change, given)


def test_no_texts_and_empty_texts() -> None:
    for change in CHANGES:
        assert in_graph(change, ["", "é", ""]) == on_host(change, ["", "é", ""])
        layer = fk.keras.MapText(change)
        assert layer(tf.constant([], tf.string)).shape == [0]


SPLIT = fk.string("s").normalize("NFKC").casefold().split()
PIECES = ["a", "b", "##a", "##b", "ab", "##bb", "é", "##é", "\0", "##,", ","]
SPEC = fk.FeatureSpec(
    {
        "words": SPLIT.missing_as_empty().hash_buckets(2**30).pad(5),
        "parts": fk.string("s").split(",").missing_as_empty().hash_buckets(99).counts(),
        "runs": SPLIT.missing_as_empty().ngrams(1, 3).hash_buckets(2**30).pad(6),
        "pieces": SPLIT.missing_as_empty().wordpiece(PIECES).hash_buckets(99).counts(),
        "short": fk.string("s")
        .split("a")
        .missing_as_empty()
        .wordpiece(PIECES, max_chars=2)
        .hash_buckets(2**30)
        .pad(6),
        "terms": SPLIT.missing_as_empty().vocabulary(max_size=9).tf_idf(),
        "count": fk.string("s").strip().split().length().fill(-1.0),
        "single": fk.string("s").fill("É").lower().normalize("NFD").hash_buckets(2**30),
    }
)


@pytest.mark.proves(49, 50, 51)
def test_lists_as_on_the_host() -> None:
    rng = random.Random(17)
    given: list[bytes | None] = [
        *random_bytes(1500),
        *(one.encode() for one in random_texts(500, seed=19)),
        *(one.encode() for one in documents(100)),
    ]
    given = [None if rng.random() < 0.05 else one for one in given]
    rng.shuffle(given)
    stats = fk.analyze(SPEC, {"s": [*documents(50), "a b", "é"]})
    plan = fk.compile(SPEC, stats)
    batch = pa.record_batch({"s": pa.array(given, pa.binary())})
    found = KerasBackend(plan).run(batch)
    assert 100 < len(found.rejected_rows) < 1500  # not UTF-8
    assert_same(found, HostBackend(plan).run(batch))
    for size in (1, 7):
        part = batch.slice(100, size)
        assert_same(KerasBackend(plan).run(part), HostBackend(plan).run(part))


def test_a_model_that_is_saved_and_loaded_takes_text(tmp_path) -> None:
    spec = fk.FeatureSpec(
        {"w": SPLIT.wordpiece(PIECES).hash_buckets(99).pad(4), "n": SPLIT.length()}
    )
    inputs = {"s": keras.Input((), name="s", dtype="string")}
    model = keras.Model(inputs, FeatureLayer(spec)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    given = ["aB éa", "", "a", "\u0301 B"]
    expected = HostBackend(fk.compile(spec)).run(pa.record_batch({"s": given})).outputs
    found = loaded({"s": tf.constant(given)})
    for name in ("w", "n"):
        assert found[name].numpy().tolist() == expected.column(name).to_pylist()


@pytest.mark.proves(50)
def test_oracle_keras_text_vectorization() -> None:
    """Words and runs of words, in Keras' order, of one vocabulary."""
    given = documents(200)
    words = sorted({word for one in given for word in one.split()})
    pairs = sorted({" ".join(p) for one in given for p in _pairs(one.split())})
    vocabulary = [*words, *pairs]
    layer = keras.layers.TextVectorization(
        standardize=None, ngrams=2, vocabulary=vocabulary, output_mode="int"
    )
    column = fk.string("s").split().ngrams(1, 2).vocabulary(vocabulary)
    plan = fk.compile(fk.FeatureSpec({"f": column.pad(30)}))
    found = HostBackend(plan).run(pa.record_batch({"s": given})).outputs.column("f")
    values = np.array(found.to_pylist())
    wanted = np.asarray(layer(tf.constant(given)))
    # Keras has 0 for padding and 1 for unknown words, before the vocabulary.
    shifted = np.where(values > 0, values + 1, 0)[:, : wanted.shape[1]]
    np.testing.assert_array_equal(shifted, wanted)


def _pairs(words: list[str]) -> list[tuple[str, str]]:
    return list(pairwise(words))
