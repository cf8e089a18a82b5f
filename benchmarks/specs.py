"""The features that featurekit and its peers compute of the Criteo-like rows.

Seven numbers are standardized, six put into ten quantile buckets, 26 texts looked up in
vocabularies of at most 10,000, two texts crossed: 40 features and the label. A missing
number is 0, a missing text is empty, with all peers.
"""

from typing import TYPE_CHECKING

from benchmarks.criteo import integer_names, string_names

if TYPE_CHECKING:
    from featurekit import FeatureSpec

STANDARDIZED = integer_names()[0::2]
BUCKETIZED = integer_names()[1::2]
NUM_BUCKETS = 10
VOCABULARY = 10_000
HASH_BUCKETS = 100_000
CROSSED = ("c01", "c02")
CROSS_BUCKETS = 1_000


def model_spec() -> "FeatureSpec":
    """The features of a model, with all that has to be learned."""
    import featurekit as fk

    features = {}
    for name in STANDARDIZED:
        features[name] = fk.numeric(name).fill(0.0).standardize()
    for name in BUCKETIZED:
        features[name] = fk.numeric(name).fill(0.0).quantile_buckets(NUM_BUCKETS)
    for name in string_names():
        features[name] = fk.string(name).fill("").vocabulary(max_size=VOCABULARY)
    crossed = [fk.string(name).fill("") for name in CROSSED]
    features["cross"] = fk.cross(*crossed).hash_buckets(CROSS_BUCKETS)
    return fk.FeatureSpec(features, label=fk.integer("label").identity(2))


def hashed_spec() -> "FeatureSpec":
    """Every column as a feature, with nothing to learn: numbers, hashes of texts."""
    import featurekit as fk

    features = {name: fk.numeric(name).fill(0.0) for name in integer_names()}
    for name in string_names():
        features[name] = fk.string(name).fill("").hash_buckets(HASH_BUCKETS)
    return fk.FeatureSpec(features, label=fk.integer("label").identity(2))
