"""Sequences and hidden tokens in an exported model, beside what records hold."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

import featurekit as fk  # noqa: E402

VISITS = fk.sequence(
    {
        "item": fk.strings("items").vocabulary(
            ["a", "b", "c"], reserved=["[MASK]"], shared="items"
        ),
        "price": fk.numerics("prices").log1p(),
        "change": fk.numerics("prices").difference().fill(0.0),
    }
).drop_missing()
HIDDEN = VISITS["item"].pad(4).mask_tokens("[MASK]", key=fk.string("id"), rate=0.5)
SPEC = fk.FeatureSpec(
    {
        **VISITS.pad(4, side="left", truncate="left", mask="visited"),
        "hidden": HIDDEN.inputs,
        "targets": HIDDEN.targets,
        "last": fk.strings("items").shift(1).fill("?").hash_buckets(9).counts(),
        "trend": fk.numerics("prices").rolling(2).mean().drop_missing().sum(),
    },
    key=["id"],
)
ROWS = {
    "id": [f"r{at}" for at in range(40)],
    "items": [
        [("a", "b", "c", "d", None)[k % 5] for k in range(r % 7)] for r in range(40)
    ],
    "prices": [[float(k * r) for k in range(r % 7)] for r in range(40)],
}


@pytest.mark.proves(10, 59)
def test_records_exports_and_rows_agree(tmp_path: Path) -> None:
    stats = fk.analyze(SPEC, ROWS)
    fk.convert(SPEC, stats, ROWS, tmp_path / "data", layout="packed")
    wanted = fk.load(tmp_path / "data").to_numpy()
    fk.export(None, SPEC, stats, tmp_path / "model", rows=ROWS)
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    lines = [
        json.dumps({name: values[row] for name, values in ROWS.items()})
        for row in range(40)
    ]
    served = loaded.signatures["serving_json"](tf.constant(lines))
    by_row = fk.Preprocessor(SPEC, stats).transform(
        [{name: values[row] for name, values in ROWS.items()} for row in range(40)]
    )
    for name, values in wanted.items():
        assert served[name].numpy().tolist() == values.tolist(), name
        assert by_row[name].tolist() == values.tolist(), name
    assert (wanted["targets"] > 0).any()
