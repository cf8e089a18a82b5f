"""`tf.feature_column`: the same functions and arguments, for a FeatureSpec.

    from featurekit.compat import feature_column as fc

    columns = [
        fc.numeric_column("age", default_value=0.0),
        fc.indicator_column(fc.categorical_column_with_hash_bucket("city", 100)),
    ]
    spec = fk.FeatureSpec(fc.features(columns))

`features` makes features of columns; everything else is what it is in TensorFlow, and
features have its names (`city_indicator`). Ids are those of TensorFlow, bit for bit.

Semantics:
    - "" and -1 are no values and are left out, as TensorFlow does with dense inputs. Of
      sparse inputs, which is what `tf.io.parse_example` gives, it keeps them:
      `features(columns, keep_defaults=True)`.
    - The source of a categorical column is a list per row; missing lists are empty.
    - NaN: a number; its bucket is the last one.
    - Boundaries are rounded to float32, as in TensorFlow; float32 subnormals are zeros.
    - Out of range in `categorical_column_with_identity` without `default_value`: the
      row is refused. TensorFlow passes the id on, and fails later or not at all.
    - Unknown in a vocabulary without `num_oov_buckets` and `default_value`: left out.
      In a cross TensorFlow crosses the id -1; here it has no combination.
    - In a sequence, what is behind a value that is left out moves up; TensorFlow leaves
      a gap of zeros.
    - A cross takes its keys in the order of the arguments, as TensorFlow does where all
      inputs are sparse; dense ones it takes last.
    - Initializers and checkpoints of embeddings are kept for `initial_vectors`, which
      makes the tables that a model begins with; `normalizer_fn` is refused, with what
      to write instead.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from featurekit.compat.arguments import (
    as_sequence,
    check_embedding,
    checked_ids,
    dtype_name,
    first_vectors,
    given_vocabulary,
    one_number,
    refused,
    token_dtype,
)
from featurekit.compat.columns import (
    AnyColumn,
    BucketizedColumn,
    CategoricalColumn,
    Combiner,
    CrossedColumn,
    EmbeddingColumn,
    FeatureColumn,
    Ids,
    IndicatorColumn,
    NumericColumn,
    SequenceNumericColumn,
    WeightedColumn,
)
from featurekit.compat.conversion import Conversion
from featurekit.compat.initial_vectors import initial_vectors
from featurekit.compat.parse_spec import parse_spec
from featurekit.errors import SpecError
from featurekit.io.vocabulary_file import PathLike, read_vocabulary
from featurekit.spec import columns as fk
from featurekit.spec import steps as s

__all__ = [
    "bucketized_column",
    "categorical_column_with_hash_bucket",
    "categorical_column_with_identity",
    "categorical_column_with_vocabulary_file",
    "categorical_column_with_vocabulary_list",
    "crossed_column",
    "embedding_column",
    "features",
    "indicator_column",
    "initial_vectors",
    "make_parse_example_spec",
    "numeric_column",
    "sequence_categorical_column_with_hash_bucket",
    "sequence_categorical_column_with_identity",
    "sequence_categorical_column_with_vocabulary_file",
    "sequence_categorical_column_with_vocabulary_list",
    "sequence_numeric_column",
    "shared_embeddings",
    "weighted_categorical_column",
]


def features(
    columns: Iterable[FeatureColumn],
    *,
    max_length: int | None = None,
    keep_defaults: bool = False,
) -> dict[str, fk.Column]:
    """The features of a FeatureSpec.

    Args:
        columns: Dense columns: numeric, bucketized, indicator, embedding.
        max_length: The most ids of a row that embeddings and sequences take; what
            follows is cut off. Only they need it.
        keep_defaults: Whether "" and -1 are values, as in TensorFlow's sparse inputs.
            Defaults to False: they are left out, as of dense inputs.

    Returns:
        The features by TensorFlow's names, in its order. A sequence has a second one,
        its length, whose name ends in "_length".

    Example:
        >>> import featurekit as fk
        >>> from featurekit.compat import feature_column as fc
        >>> city = fc.categorical_column_with_vocabulary_list("city", ["Paris", "Rome"])
        >>> features = fc.features([fc.indicator_column(city)])
        >>> rows = {"city": [["Rome", "Rome", "?"], None]}
        >>> fk.preview(features["city_indicator"], rows)
        [[0.0, 2.0], [0.0, 0.0]]
    """
    return Conversion(max_length, keep_defaults=keep_defaults).features(columns)


def numeric_column(
    key: str,
    shape: int | Iterable[int] = (1,),
    default_value: Any = None,
    dtype: Any = "float32",
    normalizer_fn: Any = None,
) -> NumericColumn:
    """A number, or a vector.

    Example:
        >>> from featurekit.compat import feature_column as fc
        >>> fc.features([fc.numeric_column("x", shape=(2, 3))])
        {'x': fk.vector('x', 6, nan='keep')}
    """
    if normalizer_fn is not None:
        raise refused(
            "normalizer_fn",
            key,
            f"write its steps: fk.numeric({key!r}).standardize(mean=…, std=…), clip, "
            "log1p or arithmetic of columns",
        )
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    if not sizes or any(not isinstance(size, int) or size < 1 for size in sizes):
        raise SpecError(
            "shape has to be of positive integers",
            code="SPEC_BAD_VALUE",
            column=key,
            got=shape,
        )
    default = None if default_value is None else one_number(key, default_value)
    return NumericColumn(key, sizes, default, dtype_name(dtype))


def bucketized_column(
    source_column: NumericColumn, boundaries: Sequence[float]
) -> BucketizedColumn:
    """The bucket of a number: how many boundaries it reaches.

    Example:
        >>> from featurekit.compat import feature_column as fc
        >>> age = fc.numeric_column("age")
        >>> fc.features([fc.bucketized_column(age, [18])])
        {'age_bucketized': fk.numeric('age', nan='keep').buckets([18.0]).one_hot()}
    """
    if not isinstance(source_column, NumericColumn):
        raise SpecError(
            "source_column is not of numeric_column",
            code="SPEC_BAD_VALUE",
            got=source_column,
        )
    return BucketizedColumn(source_column, tuple(map(float, boundaries)))


def categorical_column_with_hash_bucket(
    key: str, hash_bucket_size: int, dtype: Any = "string"
) -> CategoricalColumn:
    """Ids are hashes of texts, or of the decimal texts of integers.

    Example:
        >>> from featurekit.compat import feature_column as fc
        >>> fc.categorical_column_with_hash_bucket("city", 100).name
        'city'
    """
    return CategoricalColumn(key, token_dtype(dtype), s.HashBuckets(hash_bucket_size))


def categorical_column_with_identity(
    key: str, num_buckets: int, default_value: int | None = None
) -> CategoricalColumn:
    """Integers are ids; those out of range have that of `default_value`.

    Example:
        >>> from featurekit.compat import feature_column as fc
        >>> fc.categorical_column_with_identity("shelf", 10, default_value=0).name
        'shelf'
    """
    return CategoricalColumn(
        key, "int64", s.Identity(num_buckets, default=default_value)
    )


def categorical_column_with_vocabulary_list(
    key: str,
    vocabulary_list: Sequence[str] | Sequence[int],
    dtype: Any = None,
    default_value: int = -1,
    num_oov_buckets: int = 0,
) -> CategoricalColumn:
    """Ids are places in a list.

    Example:
        >>> from featurekit.compat import feature_column as fc
        >>> fc.categorical_column_with_vocabulary_list("city", ["Paris", "Rome"]).name
        'city'
    """
    tokens = tuple(
        token.encode() if isinstance(token, str) else token for token in vocabulary_list
    )
    is_text = not tokens or isinstance(tokens[0], bytes)
    kind = "string" if is_text else "int64"
    if dtype is not None and token_dtype(dtype) != kind:
        raise SpecError(
            "dtype is not that of the vocabulary",
            code="SPEC_BAD_VALUE",
            column=key,
            got=dtype_name(dtype),
            expected=kind,
        )
    if not is_text:
        tokens = tuple(map(int, tokens))
    step = given_vocabulary(key, tokens, default_value, num_oov_buckets)
    return CategoricalColumn(key, kind, step)


def categorical_column_with_vocabulary_file(
    key: str,
    vocabulary_file: PathLike,
    vocabulary_size: int | None = None,
    dtype: Any = "string",
    default_value: int | None = None,
    num_oov_buckets: int = 0,
    file_format: str | None = None,
) -> CategoricalColumn:
    r"""Ids are lines of a file; the tokens become part of the spec.

    The file is read by `fk.read_vocabulary`: one that ends in ".tfrecord.gz" has a
    token per record, any other a token per line.

    Example:
        >>> import pathlib, tempfile
        >>> from featurekit.compat import feature_column as fc
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "cities.txt")
        ...     _ = file.write_text("Paris\nRome\n")
        ...     fc.categorical_column_with_vocabulary_file("city", file).step.tokens
        (b'Paris', b'Rome')
    """
    is_records = str(vocabulary_file).endswith(".tfrecord.gz")
    if (file_format or "text") != ("tfrecord_gzip" if is_records else "text"):
        raise SpecError(
            "file_format does not fit the name of the file",
            code="SPEC_BAD_VALUE",
            column=key,
            file=str(vocabulary_file),
            got=file_format,
            hint="a file of records ends in .tfrecord.gz",
        )
    kind: Any = token_dtype(dtype)
    tokens = read_vocabulary(vocabulary_file, dtype=kind)[:vocabulary_size]
    if vocabulary_size is not None and len(tokens) < vocabulary_size:
        raise SpecError(
            "the vocabulary has fewer tokens than vocabulary_size",
            code="SPEC_BAD_VALUE",
            column=key,
            file=str(vocabulary_file),
            got=len(tokens),
            expected=str(vocabulary_size),
        )
    default = -1 if default_value is None else default_value
    return categorical_column_with_vocabulary_list(
        key, tokens, kind, default, num_oov_buckets
    )


def weighted_categorical_column(
    categorical_column: CategoricalColumn | CrossedColumn,
    weight_feature_key: str,
    dtype: Any = "float32",
) -> WeightedColumn:
    """Ids with a weight for each.

    Example:
        >>> from featurekit.compat import feature_column as fc
        >>> words = fc.categorical_column_with_hash_bucket("words", 100)
        >>> fc.weighted_categorical_column(words, "frequencies").name
        'words_weighted_by_frequencies'
    """
    if not isinstance(categorical_column, CategoricalColumn | CrossedColumn):
        raise SpecError(
            "only lists of ids have weights",
            code="SPEC_BAD_VALUE",
            got=categorical_column,
        )
    return WeightedColumn(categorical_column, weight_feature_key, dtype_name(dtype))


def crossed_column(
    keys: Iterable[Any], hash_bucket_size: int, hash_key: int | None = None
) -> CrossedColumn:
    """All combinations of several columns, hashed.

    Example:
        >>> from featurekit.compat import feature_column as fc
        >>> fc.crossed_column(["origin", "dest"], 1000).name
        'dest_X_origin'
    """
    leaves: list[str | CategoricalColumn | BucketizedColumn] = []
    for key in keys:
        if isinstance(key, CrossedColumn):
            leaves += key.keys
            continue
        is_hashed = isinstance(getattr(key, "step", None), s.HashBuckets)
        if is_hashed or not isinstance(key, str | CategoricalColumn | BucketizedColumn):
            raise SpecError(
                "a cross takes names, and columns of buckets, identities or "
                "vocabularies",
                code="SPEC_BAD_VALUE",
                got=key,
                hint="cross the key itself, as a string" if is_hashed else None,
            )
        leaves.append(key)
    return CrossedColumn(tuple(leaves), hash_bucket_size, hash_key)


def indicator_column(categorical_column: Ids) -> IndicatorColumn:
    """How often each id occurs; of weighted ids, the sums of their weights.

    Example:
        >>> from featurekit.compat import feature_column as fc
        >>> shelf = fc.categorical_column_with_identity("shelf", 10)
        >>> fc.indicator_column(shelf).name
        'shelf_indicator'
    """
    return IndicatorColumn(checked_ids(categorical_column))


def embedding_column(
    categorical_column: Ids,
    dimension: int,
    combiner: Combiner = "mean",
    initializer: Any = None,
    ckpt_to_load_from: Any = None,
    tensor_name_in_ckpt: Any = None,
    max_norm: float | None = None,
    trainable: bool = True,
    use_safe_embedding_lookup: bool = True,
) -> EmbeddingColumn:
    """A trained vector for each id, and one for each row made of them.

    Example:
        >>> from featurekit.compat import feature_column as fc
        >>> shelf = fc.categorical_column_with_identity("shelf", 10)
        >>> fc.embedding_column(shelf, 8).name
        'shelf_embedding'
    """
    name = checked_ids(categorical_column).name
    first = first_vectors(
        name, initializer, ckpt_to_load_from, tensor_name_in_ckpt, trainable
    )
    check_embedding(name, combiner, use_safe_embedding_lookup)
    return EmbeddingColumn(
        categorical_column, dimension, combiner, max_norm, first=first
    )


def shared_embeddings(
    categorical_columns: Iterable[Ids],
    dimension: int,
    combiner: Combiner = "mean",
    initializer: Any = None,
    shared_embedding_collection_name: str | None = None,
    ckpt_to_load_from: Any = None,
    tensor_name_in_ckpt: Any = None,
    max_norm: float | None = None,
    trainable: bool = True,
    use_safe_embedding_lookup: bool = True,
) -> list[EmbeddingColumn]:
    """Several columns whose ids have the same vectors.

    Example:
        >>> from featurekit.compat import feature_column as fc
        >>> seen = fc.categorical_column_with_identity("seen", 10)
        >>> bought = fc.categorical_column_with_identity("bought", 10)
        >>> [column.name for column in fc.shared_embeddings([seen, bought], 8)]
        ['seen_shared_embedding', 'bought_shared_embedding']
    """
    columns = [checked_ids(column) for column in categorical_columns]
    names = "_".join(sorted(column.name for column in columns))
    table = shared_embedding_collection_name or f"{names}_shared_embedding"
    first = first_vectors(
        names, initializer, ckpt_to_load_from, tensor_name_in_ckpt, trainable
    )
    check_embedding(names, combiner, use_safe_embedding_lookup)
    return [
        EmbeddingColumn(column, dimension, combiner, max_norm, table, first)
        for column in columns
    ]


def sequence_categorical_column_with_hash_bucket(
    key: str, hash_bucket_size: int, dtype: Any = "string"
) -> CategoricalColumn:
    """As `categorical_column_with_hash_bucket`; the order counts.

    Example:
        >>> from featurekit.compat import feature_column as fc
        >>> seen = fc.sequence_categorical_column_with_hash_bucket("seen", 100)
        >>> list(fc.features([fc.embedding_column(seen, 8)], max_length=20))
        ['seen_embedding', 'seen_embedding_length']
    """
    return as_sequence(
        categorical_column_with_hash_bucket(key, hash_bucket_size, dtype)
    )


def sequence_categorical_column_with_identity(
    key: str, num_buckets: int, default_value: int | None = None
) -> CategoricalColumn:
    """As `categorical_column_with_identity`; the order counts."""
    return as_sequence(
        categorical_column_with_identity(key, num_buckets, default_value)
    )


def sequence_categorical_column_with_vocabulary_list(
    key: str,
    vocabulary_list: Sequence[str] | Sequence[int],
    dtype: Any = None,
    default_value: int = -1,
    num_oov_buckets: int = 0,
) -> CategoricalColumn:
    """As `categorical_column_with_vocabulary_list`; the order counts."""
    return as_sequence(
        categorical_column_with_vocabulary_list(
            key, vocabulary_list, dtype, default_value, num_oov_buckets
        )
    )


def sequence_categorical_column_with_vocabulary_file(
    key: str,
    vocabulary_file: PathLike,
    vocabulary_size: int | None = None,
    num_oov_buckets: int = 0,
    default_value: int | None = None,
    dtype: Any = "string",
) -> CategoricalColumn:
    """As `categorical_column_with_vocabulary_file`; the order counts."""
    return as_sequence(
        categorical_column_with_vocabulary_file(
            key, vocabulary_file, vocabulary_size, dtype, default_value, num_oov_buckets
        )
    )


def sequence_numeric_column(
    key: str,
    shape: int | Iterable[int] = (1,),
    default_value: float = 0.0,
    dtype: Any = "float32",
    normalizer_fn: Any = None,
) -> SequenceNumericColumn:
    """Numbers whose order counts, padded with `default_value`.

    Example:
        >>> from featurekit.compat import feature_column as fc
        >>> list(fc.features([fc.sequence_numeric_column("x")], max_length=20))
        ['x', 'x_length']
    """
    found = numeric_column(key, shape, default_value, dtype, normalizer_fn)
    if found.shape != (1,):
        raise SpecError(
            "a step of a sequence is one number",
            code="SPEC_BAD_VALUE",
            column=key,
            got=found.shape,
            hint="declare a sequence for each number of a step",
        )
    return SequenceNumericColumn(key, found.default or 0.0, found.dtype)


def make_parse_example_spec(feature_columns: Iterable[AnyColumn]) -> dict[str, Any]:
    """What `tf.io.parse_example` needs to read the columns; loads TensorFlow.

    Example:
        >>> from featurekit.compat import feature_column as fc
        >>> list(fc.make_parse_example_spec([fc.numeric_column("age")]))
        ['age']
    """
    return parse_spec(feature_columns)
