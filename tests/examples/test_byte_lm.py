"""The language models of bytes: records, causality, streams, and what they learn."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

import featurekit as fk
from examples.byte_lm import data
from examples.byte_lm.model import KINDS, ByteModel, Writer, blocks_of
from examples.byte_lm.train import Preset, fit, make_model

pytestmark = pytest.mark.tensorflow
SIZES = {"dim": 32, "depth": 1, "heads": 2, "unit": 16, "chunk": 5}


def model_of(kind: str) -> ByteModel:
    keras.utils.set_random_seed(1)
    return ByteModel(32, blocks_of(kind, **SIZES))


def draw(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape)


def test_records_hold_the_blocks_of_the_files_and_no_file_is_in_two_parts(
    tmp_path: Path,
) -> None:
    files = data.source_files()[:40]
    assert files == sorted(files)
    assert data.write_records(files, 31, tmp_path) > 0
    parts = {
        name: [
            bytes(row.astype(np.uint8))
            for row in fk.load(tmp_path, split=name).to_numpy()["block"]
        ]
        for name in ("train", "validation")
    }
    written = Counter(parts["train"] + parts["validation"])
    wanted: Counter[bytes] = Counter()
    for path in files:
        text = path.read_bytes()
        blocks = [text[at : at + 32] for at in range(0, len(text) - 31, 32)]
        assert any({*blocks} <= {*part} for part in parts.values())
        wanted.update(blocks)
    assert written == wanted
    assert min(map(len, parts.values())) > 0


def test_counting_on_a_known_chain() -> None:
    """Bytes of which each follows the one before: a bit, then nearly none."""
    text = np.tile([65, 66], 5000)[None]
    found = data.count_bits(text, data.pairs(text))
    assert found["unigram_bits"] == pytest.approx(1.0, abs=0.05)
    assert found["bigram_bits"] == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_no_byte_sees_a_later_one(kind: str) -> None:
    model, tokens = model_of(kind), draw(2, 17)
    before = keras.ops.convert_to_numpy(model(tokens))
    changed = tokens.copy()
    changed[:, 11:] = (changed[:, 11:] + 1) % 256
    after = keras.ops.convert_to_numpy(model(changed))
    np.testing.assert_array_equal(before[:, :11], after[:, :11])
    assert np.abs(before[:, 11:] - after[:, 11:]).min(axis=-1).max() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_streamed_logits_are_those_of_the_whole_text(kind: str) -> None:
    model, tokens = model_of(kind), draw(2, 17)
    whole = keras.ops.convert_to_numpy(model(tokens))
    noise = np.zeros((2, 17, 256), np.float32)
    texts, logits = Writer(model, 17)({"prompt": tokens, "noise": noise})
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(texts), tokens)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(logits), whole, atol=2e-4)


@pytest.mark.parametrize("kind", ["linear", "mixed_chunk"])
def test_what_is_written_is_the_likeliest_byte_each_time(kind: str) -> None:
    model, prompt = model_of(kind), draw(2, 3)
    noise = np.zeros((2, 12, 256), np.float32)
    texts, _ = Writer(model, 12)({"prompt": prompt, "noise": noise})
    texts = keras.ops.convert_to_numpy(texts)
    np.testing.assert_array_equal(texts[:, :3], prompt)
    said = keras.ops.convert_to_numpy(model(texts)).argmax(axis=-1)
    np.testing.assert_array_equal(texts[:, 3:], said[:, 2:-1])


def test_all_kinds_have_as_many_weights() -> None:
    counts = []
    for kind in KINDS:
        model = ByteModel(64, blocks_of(kind, **{**SIZES, "dim": 64, "unit": 64}))
        model(draw(1, 4))
        counts.append(model.count_params())
    assert max(counts) / min(counts) < 1.02


@pytest.mark.parametrize("kind", ["linear", "gau"])
def test_a_repetition_is_learned(kind: str) -> None:
    """Each byte is the one of four places before: no count of pairs knows it.

    Without a look back the loss stays at log 8.
    """
    keras.utils.set_random_seed(2)
    rng = np.random.default_rng(0)

    def stream() -> Iterator[data.Pairs]:
        while True:
            text = np.tile(rng.integers(97, 105, (64, 4)), (1, 8))
            yield data.pairs(text)

    preset = Preset(100, dim=32, depth=2, heads=2, unit=32, chunk=8, learning_rate=1e-2)
    losses = fit(make_model(kind, preset), stream(), preset.steps)
    assert losses[-1] < 0.9 * np.log(8)
