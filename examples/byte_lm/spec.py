"""Blocks of bytes of source text, in parts by file."""

import featurekit as fk


def make_spec(length: int) -> fk.FeatureSpec:
    """The declaration for blocks of `length` bytes and the one that follows them.

    A file is in one part with all of its blocks: text that repeats within a file, as
    its license does, is never on both sides.
    """
    return fk.FeatureSpec(
        features={"block": fk.tensor("block", (length + 1,), "uint8")},
        key=["file"],
        split=fk.key_split(train=0.9, validation=0.1),
    )
