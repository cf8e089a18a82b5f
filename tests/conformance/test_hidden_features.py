"""Whole features that are hidden: what chooses them, beside TensorFlow's own Philox."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import featurekit as fk
from featurekit.errors import RowError, SpecError
from featurekit.spec.serialize import spec_from_text, spec_to_text

ROWS, RATE, SEED = 4_000, 0.3, 2**62 + 5
KEY = fk.string("k")
CITY = fk.string("c").vocabulary(["a", "b"], reserved=["[MASK]"])
AGE = fk.numeric("x")
FEATURES = {
    "city": CITY.embedding(4),
    "age": AGE.standardize(),
}
MASKED = fk.mask_features(FEATURES, key=KEY, rate=RATE, seed=SEED)


def table(rows: int = ROWS) -> pa.Table:
    rng = np.random.default_rng(0)
    return pa.table(
        {
            "k": [f"row {at}" for at in range(rows)],
            "c": rng.choice(["a", "b", "?"], rows).tolist(),
            "x": rng.normal(size=rows).astype(np.float32),
        }
    )


def transform(spec: fk.FeatureSpec, rows: pa.Table) -> dict[str, np.ndarray]:
    stats = fk.analyze(spec, rows)
    return dict(fk.Preprocessor(spec, stats).transform(rows.to_pylist()))


@pytest.mark.proves(59)
@pytest.mark.tensorflow
def test_oracle_tensorflows_words_decide() -> None:
    tf = pytest.importorskip("tensorflow")
    rows = table(500)
    found = transform(fk.FeatureSpec(MASKED), rows)
    hashes = tf.strings.to_hash_bucket_fast(rows.column("k").to_pylist(), 2**62)
    for name in ("city", "age"):
        place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")
        wanted = []
        for key in hashes.numpy().tolist():
            words = tf.raw_ops.StatelessRandomUniformFullIntV2(
                shape=[4],
                key=tf.constant([SEED], tf.uint64),
                counter=tf.constant([place, key], tf.uint64),
                alg=1,
                dtype=tf.uint32,
            ).numpy()
            wanted.append(int(int(words[0]) < round(RATE * 2**32)))
        assert found[f"{name}_mask"].tolist() == wanted


@pytest.mark.proves(59)
def test_inputs_masks_and_targets_belong_together() -> None:
    found = transform(fk.FeatureSpec(MASKED), table())
    plain = transform(fk.FeatureSpec(FEATURES), table())
    for name, hidden in (("city", 0), ("age", 0.0)):
        mask = found[f"{name}_mask"]
        assert found[f"{name}_target"].tolist() == plain[name].tolist()
        wanted = np.where(mask == 1, hidden, plain[name])
        assert found[name].tolist() == wanted.tolist()
        # Four standard deviations of a share of 4,000 draws.
        assert abs(mask.mean() - RATE) < 4 * (RATE * (1 - RATE) / ROWS) ** 0.5
    both = (found["city_mask"] * found["age_mask"]).mean()
    assert abs(both - RATE**2) < 4 * (RATE**2 * (1 - RATE**2) / ROWS) ** 0.5


def test_the_choice_is_of_the_key_name_and_seed_alone() -> None:
    rows, order = table(300), np.random.default_rng(1).permutation(300)

    def flags(rows: pa.Table, name: str = "a", seed: int = 0) -> list[int]:
        flag = fk.chance(name, key=KEY, rate=0.5, seed=seed)
        return transform(fk.FeatureSpec({"f": flag}), rows)["f"].tolist()  # type: ignore[no-any-return]

    first = flags(rows)
    assert flags(rows.take(pa.array(order))) == [first[at] for at in order]
    assert flags(rows, name="b") != first != flags(rows, seed=1)


def test_features_of_one_column_are_hidden_together() -> None:
    features = {"age": AGE, "sum": AGE + fk.numeric("y"), "y": fk.numeric("y")}
    masked = fk.mask_features({**features, "z": fk.numeric("z")}, key=KEY)
    assert masked["age_mask"] == masked["sum_mask"] == masked["y_mask"]
    assert masked["z_mask"] != masked["age_mask"]


def test_hidden_features_survive_every_form(tmp_path: Path) -> None:
    spec = fk.FeatureSpec(MASKED)
    assert eval(repr(spec), {"fk": fk}) == spec
    for form in ("json", "textproto"):
        assert spec_from_text(spec_to_text(spec, form=form), form=form) == spec
    kinds = [str(one) for one in fk.id_meanings(spec, "city")]
    assert kinds == [str(one) for one in fk.id_meanings(spec, "city_target")]
    assert len(fk.id_meanings(spec, "city_mask")) == 2
    other = fk.mask_features(FEATURES, key=KEY, rate=RATE)
    changes = {one.path: one for one in spec.diff(fk.FeatureSpec(other)).changes}
    assert {str(one.compatibility) for one in changes.values()} == {"re-transform"}
    stats = fk.analyze(spec, table())
    for layout in ("named", "packed"):
        fk.convert(spec, stats, table(), tmp_path / layout, layout=layout)
    named, packed = (fk.load(tmp_path / n).to_numpy() for n in ("named", "packed"))
    for name, values in named.items():
        assert values.tolist() == packed[name].tolist()


def test_a_missing_key_and_a_missing_value_are_refused() -> None:
    ids = CITY.hide("[MASK]", "c", key=KEY, rate=1.0)
    for row in ({"k": None, "c": "a"}, {"k": "1", "c": None}):
        with pytest.raises(RowError, match="missing"):
            fk.Preprocessor(fk.FeatureSpec({"c": ids})).transform([row])


WRONG = [
    (lambda: fk.mask_features({}, key=KEY), "no feature to hide"),
    (lambda: fk.chance("a", key=[], rate=0.1), "string or integer"),
    (lambda: fk.chance("a", key=AGE, rate=0.1), "string or integer"),
    (lambda: fk.chance("a", key=KEY, rate=1.5), "rate must be"),
    (lambda: fk.chance("a", key=KEY, rate=0.5, seed=-1), "seed is out of range"),
    (lambda: CITY.hide("a", "c", key=KEY, rate=0.5), "not a reserved"),
    (lambda: fk.mask_features({"c": fk.string("c").hash_buckets(9)}, key=KEY), "not a"),
    (lambda: fk.mask_features({"c": CITY.one_hot()}, key=KEY), "only numbers and ids"),
    (
        lambda: fk.mask_features({"x": AGE, "x_mask": fk.numeric("y")}, key=KEY),
        "name of the mask",
    ),
]


@pytest.mark.parametrize(("make", "message"), WRONG)
def test_what_cannot_be_hidden(make, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SpecError, match=message):
        make()
