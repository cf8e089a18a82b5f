"""What a feature-engineering framework should be able to do, by number.

The numbers and priorities are those of the project's map of features against peers: P0
for 1.0, P1 next, P2 later. A test that proves a row says so in one line:

    @pytest.mark.proves(34)

`python -m checks.features` runs those tests and prints the table.
"""

from typing import Literal, NamedTuple, TypeAlias

Priority: TypeAlias = Literal["P0", "P1", "P2"]


class Capability(NamedTuple):
    """A row of the table.

    Args:
        words: What one can do.
        priority: P0, P1 or P2.
    """

    words: str
    priority: Priority


_P0: dict[int, str] = {
    1: "numbers, and vectors of fixed shape",
    2: "64-bit integer ids, the same on every path",
    3: "integers from 0 to N - 1 as they are",
    4: "a given vocabulary of texts or integers",
    6: "several values of a category in one row",
    7: "several values with a weight each",
    9: "sequences of categories or numbers",
    10: "sequences that belong together, step by step",
    13: "features computed from several inputs",
    14: "images, audio and video",
    15: "stored tensors, such as latents and embeddings",
    16: "label, weight, key, group and event time",
    17: "columns that exist in training only",
    18: "z-scores",
    19: "scaling to 0 and 1",
    22: "log1p, clipping, outliers",
    23: "buckets between given boundaries",
    24: "buckets between learned quantiles",
    27: "learning that skips NaN",
    28: "a vocabulary learned in one full pass",
    29: "the most frequent tokens; a least frequency",
    32: "reserved tokens at fixed ids",
    33: "one vocabulary for several columns",
    34: "several ids for unknown tokens, chosen by hash",
    35: "different ids for missing, unknown, rare and padding",
    36: "hash buckets",
    41: "one-hot, multi-hot, counts",
    42: "from the id back to the value",
    43: "a vocabulary that grows and keeps its ids",
    45: "hashed crosses of two or more raw columns",
    46: "crosses of several values",
    47: "crosses of buckets and of vocabulary ids",
    49: "normalize, split and index text",
    52: "Unicode normalization and case folding, defined once",
    54: "ragged to padded, with length or mask",
    55: "which side is padded, which is cut",
    56: "sliding windows",
    57: "streaming chunks: history, task token, future targets",
    59: "masks, shifts and binarization for self-supervision",
    61: "images decoded the same way everywhere",
    64: "embeddings combined by sum, mean or square root, weighted",
    66: "one embedding table for several columns",
    67: "a default for each column",
    68: "defaults that are learned",
    69: "an indicator of missing values",
    70: "absent, null, NaN and empty kept apart to the end",
    72: "count, minimum, maximum, mean, variance",
    73: "quantiles with a stated error",
    77: "statistics of new data added to old ones",
    78: "all features learned in one read",
    79: "statistics that do not depend on shards or order",
    80: "a first spec from the data",
    81: "domains, ranges, presence, number of values",
    82: "every row checked; bad rows written aside",
    83: "drift between two sets of data",
    84: "skew of the same rows from two sources",
    86: "tf.Example in TFRecord files",
    87: "SequenceExample",
    88: "CSV",
    89: "Parquet, Arrow, pandas",
    92: "TFRecord files, compressed or not",
    94: "number or size of shards",
    95: "splits by fraction, key or group",
    96: "splits by time, checked for leaks",
    97: "a seeded global shuffle on writing",
    98: "a manifest with counts, sizes and checksums of shards",
    99: "the same bytes for any number of workers",
    100: "resume after a crash; a dataset appears whole",
    101: "Beam jobs",
    102: "a fast local path without Beam",
    103: "serving raw columns as named tensors",
    104: "serving tf.Examples",
    105: "serving JSON rows",
    106: "inside of a Keras 3 model and its .keras file",
    110: "the spec as data",
    111: "comparing two specs; whether they are compatible",
    112: "old shards read under a newer spec",
    113: "a fingerprint of spec, statistics, data and model",
    117: "stepping through; explaining one row",
    118: "errors that name feature, line of the spec, and row",
    119: "golden vectors, helpers for tests",
}
_P1: dict[int, str] = {
    5: "booleans",
    8: "sparse pairs of index and value",
    11: "parts of dates and times; cyclic encoding",
    20: "statistics by group, by weight, by element",
    21: "robust, Gaussian and power scaling",
    31: "a vocabulary in bounded memory",
    37: "salted hashes",
    39: "target encoding out of fold",
    40: "count and frequency encoding",
    48: "exact crosses, by a vocabulary",
    50: "n-grams, bags of words, TF-IDF",
    51: "sub-words, the same in batch and graph",
    58: "lags, differences, rolling aggregates, sessions",
    60: "batches by length; packing with segment ids",
    62: "resizing, rescaling, augmentation, spectrograms",
    63: "boxes: formats, clipping, padding to N objects",
    65: "a suggested width; embeddings from a file",
    71: "row filters, drop rules, weights of rows",
    74: "histograms",
    75: "statistics of one's own",
    76: "statistics of what was learned",
    85: "statistics by slice, weighted, by predicate",
    90: "Avro, BigQuery, JSON lines, Kafka",
    91: "spans, versions and dates in paths",
    93: "SequenceExample, Parquet and ArrayRecord files",
    108: "the part on integers compiled by XLA",
    109: "one row without TensorFlow",
    114: "specs imported from older systems",
    116: "a report of the data; a picture of the plan",
    120: "counters, rows per second, bytes per feature",
}
_P2: dict[int, str] = {
    12: "lookup in maps, matches, overlap of tokens",
    25: "interpolated distribution, PCA, covariance",
    26: "embeddings of numbers",
    30: "vocabularies by weight, label or coverage",
    38: "several hashes against collisions",
    44: "admission and eviction of features",
    53: "pretrained embeddings as a column",
    107: "preprocessing as ONNX or LiteRT",
    115: "choosing features; their importance",
}


def _rows() -> dict[int, Capability]:
    found = {
        number: Capability(words, priority)
        for priority, rows in zip(_priorities(), (_P0, _P1, _P2), strict=True)
        for number, words in rows.items()
    }
    return dict(sorted(found.items()))


def _priorities() -> tuple[Priority, ...]:
    return ("P0", "P1", "P2")


CAPABILITIES = _rows()
"""All rows by number, 1 to 120."""
