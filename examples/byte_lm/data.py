"""Python's standard library as text, from the files to records and back."""

import sysconfig
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import featurekit as fk
from examples.byte_lm.spec import make_spec

Bytes = npt.NDArray[np.int64]
Pairs = tuple[Bytes, Bytes]
"""Bytes, and those that follow them: both (blocks, length)."""
LEFT_OUT = {"site-packages", "test", "tests", "idle_test", "__pycache__"}


def source_files(folder: Path | None = None) -> list[Path]:
    """The modules of the standard library in the order of their names, without tests.

    Args:
        folder: Of the library. Defaults to that of this Python.
    """
    folder = Path(sysconfig.get_paths()["stdlib"]) if folder is None else folder
    found = (path.relative_to(folder) for path in folder.rglob("*.py"))
    return [folder / path for path in sorted(found) if not LEFT_OUT & {*path.parts}]


def read_blocks(files: list[Path], length: int) -> pa.Table:
    """One row for each block of `length + 1` bytes: `file`, and `block`.

    Blocks do not overlap. What is left at the end of a file is left out.
    """
    size = length + 1
    names, blocks = [], []
    for path in files:
        text = path.read_bytes()
        cut = [text[at : at + size] for at in range(0, len(text) - size + 1, size)]
        names += ["/".join(path.parts[-2:])] * len(cut)
        blocks += cut
    return pa.table({"file": names, "block": pa.array(blocks, pa.binary())})


def write_records(files: list[Path], length: int, folder: Path) -> int:
    """Writes the blocks of the files as records; returns the bytes of their shards."""
    spec, table = make_spec(length), read_blocks(files, length)
    stats = fk.analyze(spec, table)
    report = fk.convert(spec, stats, table, folder, overwrite=True, layout="packed")
    return report.bytes_out


def batches(records: Path, batch: int, *, seed: int) -> Iterator[Pairs]:
    """Mixed batches of the training part, without end."""
    part = fk.load(records, split="train")
    options = {"shuffle": True, "seed": seed, "drop_remainder": True}
    for found in part.iter_numpy(batch, num_epochs=None, **options):
        yield pairs(found["block"])


def held_out(records: Path, rows: int) -> Pairs:
    """Blocks of the validation part, at even distances."""
    block = fk.load(records, split="validation").to_numpy()["block"]
    return pairs(block[:: max(1, len(block) // rows)][:rows])


def pairs(block: Bytes) -> Pairs:
    """What a model reads, and what it should say: the same, one byte later."""
    return block[:, :-1], block[:, 1:]


def count_bits(train: Bytes, test: Pairs) -> dict[str, float]:
    """Bits per byte of models that count: bytes, and bytes behind each byte.

    Each byte behind another starts with the share of its count among all bytes.
    """
    ones = np.bincount(train.ravel(), minlength=256) + 1.0
    twos = np.zeros((256, 256))
    np.add.at(twos, (train[:, :-1].ravel(), train[:, 1:].ravel()), 1.0)
    share = ones / ones.sum()
    behind = twos + 10 * share
    behind /= behind.sum(axis=1, keepdims=True)
    before, after = test
    return {
        "unigram_bits": float(-np.log2(share[after]).mean()),
        "bigram_bits": float(-np.log2(behind[before, after]).mean()),
    }
