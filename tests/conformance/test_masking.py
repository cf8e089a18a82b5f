"""Hidden ids: the rule of BERT by other means, its shares, and what decides it."""

import numpy as np
import pyarrow as pa
import pytest
from conformance.cases_lists import texts

import featurekit as fk
from featurekit.backends.host.executor import HostBackend
from featurekit.errors import SpecError

WORDS, LENGTH = [f"w{at}" for at in range(50)], 8
RESERVED = ["[CLS]", "[MASK]", "[SEP]"]
IDS = fk.strings("t").vocabulary(WORDS, reserved=RESERVED)
PADDED = IDS.pad(LENGTH)


def batch_of(rows: int, seed: int = 0) -> pa.RecordBatch:
    rng = np.random.default_rng(seed)
    lists = [
        ["[CLS]", *rng.choice(WORDS, rng.integers(0, LENGTH)).tolist()]
        for _ in range(rows)
    ]
    keys = [f"row {at}" for at in range(rows)]
    return pa.record_batch({"t": texts(*lists), "k": pa.array(keys)})


def masked(batch: pa.RecordBatch, **options) -> dict[str, np.ndarray]:  # type: ignore[no-untyped-def]
    hidden = PADDED.mask_tokens("[MASK]", key=fk.string("k"), **options)
    spec = fk.FeatureSpec({"ids": PADDED, **hidden._asdict()})
    done = HostBackend(fk.compile(spec)).run(batch)
    assert len(done.rejected_rows) == 0
    return {
        name: done.outputs.column(name).flatten().to_numpy().reshape(-1, LENGTH)
        for name in spec.features
    }


@pytest.mark.proves(59)
@pytest.mark.tensorflow
def test_oracle_the_rule_of_bert_on_tensorflows_words() -> None:
    tf = pytest.importorskip("tensorflow")
    rows, seed = 1_500, 11
    batch = batch_of(rows)
    found = masked(batch, seed=seed)
    hashes = tf.strings.to_hash_bucket_fast(batch.column("k").to_pylist(), 2**62)
    for row, key in enumerate(hashes.numpy().tolist()):
        for place in range(LENGTH):
            words = tf.raw_ops.StatelessRandomUniformFullIntV2(
                shape=[4],
                key=tf.constant([seed], tf.uint64),
                counter=tf.constant([place, key], tf.uint64),
                alg=1,
                dtype=tf.uint32,
            ).numpy()
            at = int(found["ids"][row, place])
            choice, action, drawn = (int(word) / 2**32 for word in words[:3])
            inside = at > len(RESERVED) and choice < 0.15
            hidden = at
            if inside and action < 0.8:
                hidden = 2
            elif inside and action < 0.9:
                hidden = 4 + int(drawn * (len(WORDS) + 1))
            assert found["inputs"][row, place] == hidden
            assert found["targets"][row, place] == (at if inside else 0)


@pytest.mark.proves(59)
def test_shares_are_those_asked_for() -> None:
    found = masked(batch_of(20_000), rate=0.15)
    free = found["ids"] > len(RESERVED)
    chosen = found["targets"] > 0
    assert not chosen[~free].any()
    assert (found["inputs"] == found["ids"])[~chosen].all()
    assert (found["targets"] == found["ids"])[chosen].all()
    assert abs(chosen.sum() / free.sum() - 0.15) < 0.005
    inputs = found["inputs"][chosen]
    kept = inputs == found["ids"][chosen]
    assert abs((inputs == 2).mean() - 0.8) < 0.02
    assert abs(kept.mean() - 0.1 - 0.1 / 51) < 0.02
    random = inputs[(inputs != 2) & ~kept]
    assert set(random.tolist()) == set(range(4, 4 + len(WORDS) + 1))
    # Neighbours are chosen without regard to each other.
    both = free[:, 1:] & free[:, :-1]
    pairs = (chosen[:, 1:] & chosen[:, :-1])[both].mean()
    assert abs(pairs - 0.15**2) < 0.005


@pytest.mark.proves(59)
def test_nothing_but_key_seed_and_place_decides() -> None:
    batch = batch_of(300)
    whole = masked(batch)
    order = np.random.default_rng(1).permutation(300)
    moved = masked(batch.take(pa.array(order)))
    for name, found in whole.items():
        assert (moved[name] == found[order]).all()
        parts = [masked(batch.slice(at, 77))[name] for at in range(0, 300, 77)]
        assert (np.concatenate(parts) == found).all()
    other = masked(batch, seed=1)
    assert (other["targets"] != whole["targets"]).any()
    # Rows of one key hide the same places, whatever their ids are.
    same = batch.set_column(1, "k", pa.array(["one"] * 300))
    free = masked(same)["ids"] > len(RESERVED)
    chosen = masked(same, rate=0.5)["targets"] > 0
    places = chosen.any(axis=0)
    assert (chosen == (free & places)).all()


def test_what_cannot_be_asked_for() -> None:
    key = fk.string("k")
    wrong = [
        (("[PAD]",), {"key": key}, "not a reserved one"),
        (("w1",), {"key": key}, "not a reserved one"),
        (("[MASK]",), {"key": ()}, "string or integer columns"),
        (("[MASK]",), {"key": fk.numeric("x")}, "string or integer columns"),
        (("[MASK]",), {"key": key, "rate": 1.5}, r"must be in \[0, 1\]"),
        (("[MASK]",), {"key": key, "rate": True}, "must be a number"),
        (("[MASK]",), {"key": key, "masked": 0.9, "randomized": 0.2}, "one whole"),
        (("[MASK]",), {"key": key, "seed": -1}, "out of range"),
    ]
    for arguments, options, message in wrong:
        with pytest.raises(SpecError, match=message):
            PADDED.mask_tokens(*arguments, **options)
    with pytest.raises(SpecError, match="not a reserved one"):
        fk.strings("t").hash_buckets(9).pad(3).mask_tokens("[MASK]", key=key)
    shared = fk.strings("t").vocabulary(["a"], reserved=["m"], shared="words").pad(3)
    spec = fk.FeatureSpec(shared.mask_tokens("m", key=key)._asdict())
    assert [entry["table"] for entry in fk.model_inputs(spec)] == ["words", "words"]
