"""Folders of exported models as far as the sensor reads them: without the graph."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

import featurekit as fk
from featurekit.io.example import encode_payloads
from featurekit.serve.artifact import EXTRA, Description, digests
from featurekit.serve.drift import sketch
from featurekit.spec.serialize import spec_to_proto


def write_model(
    root: Path, spec: fk.FeatureSpec, stats: fk.Stats, training: Any = None
) -> Path:
    """Writes the files; with `drift.pb` if there are training rows."""
    extra = root / EXTRA
    extra.mkdir(parents=True)
    (extra / "spec.pb").write_bytes(spec_to_proto(spec))
    (extra / "stats.pb").write_bytes(stats.to_proto())
    if training is not None:
        (extra / "drift.pb").write_bytes(sketch(spec, stats, training).to_proto())
    Description("0", "0", "", "", "", 0, digests(root)).save(root)
    return root


def examples(rows: Mapping[str, Any]) -> list[bytes]:
    """One serialized tf.Example per row."""
    buffer, offsets = encode_payloads(pa.record_batch(dict(rows)))
    data = buffer.tobytes()
    return [data[a:b] for a, b in pairwise(offsets)]
