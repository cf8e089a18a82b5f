"""Columns: typed, fluent, frozen declarations of one feature each.

A column is a source and the steps applied to it. Every method returns a new column of
the kind that the result has, so an editor offers only what can follow: `.embedding`
exists on ids, `.log1p` on numbers.
"""

from collections.abc import Sequence as Dimensions
from typing import TypeAlias, overload

from featurekit.errors import SpecError
from featurekit.spec.columns.bags import (
    PaddedIdsColumn,
    WeightedIdsColumn,
)
from featurekit.spec.columns.base import (
    Aligned,
    Cross,
    Expression,
    Masked,
    Source,
    WeightedBag,
)
from featurekit.spec.columns.box_source import Boxes
from featurekit.spec.columns.boxes import BoxesColumn, boxes
from featurekit.spec.columns.categorical import (
    BooleanColumn,
    CategoricalColumn,
    DenseColumn,
    EmbeddingColumn,
)
from featurekit.spec.columns.crossing import (
    CrossColumn,
)
from featurekit.spec.columns.expressions import (
    join,
    maximum,
    minimum,
    where,
)
from featurekit.spec.columns.grouped import Grouped
from featurekit.spec.columns.hidden import Hidden
from featurekit.spec.columns.list_crossing import (
    ListCrossColumn,
)
from featurekit.spec.columns.list_ids import IdsColumn
from featurekit.spec.columns.list_numbers import NumericsColumn
from featurekit.spec.columns.list_tokens import IntegersColumn, StringsColumn
from featurekit.spec.columns.mask_features import chance, mask_features
from featurekit.spec.columns.numbers import (
    NumericColumn,
)
from featurekit.spec.columns.sequences import (
    Sequence,
    sequence,
)
from featurekit.spec.columns.targets import TargetEncoding
from featurekit.spec.columns.tensors import BinaryColumn, ImageColumn, TensorColumn
from featurekit.spec.columns.times import (
    TimestampColumn,
)
from featurekit.spec.columns.tokens import (
    IntegerColumn,
    StringColumn,
)
from featurekit.spec.columns.vectors import (
    VectorColumn,
    vector,
)
from featurekit.spec.inputs import Input, NanPolicy, check_zone
from featurekit.spec.steps.images import MAX_PIXELS
from featurekit.spec.steps.tensors import TensorDType, TensorNan

__all__ = [
    "Aligned",
    "BinaryColumn",
    "BooleanColumn",
    "Boxes",
    "BoxesColumn",
    "CategoricalColumn",
    "Column",
    "Cross",
    "CrossColumn",
    "DenseColumn",
    "EmbeddingColumn",
    "Expression",
    "Grouped",
    "Hidden",
    "IdsColumn",
    "ImageColumn",
    "IntegerColumn",
    "IntegersColumn",
    "ListCrossColumn",
    "Masked",
    "NumericColumn",
    "NumericsColumn",
    "PaddedIdsColumn",
    "Sequence",
    "Source",
    "StringColumn",
    "StringsColumn",
    "TargetEncoding",
    "TensorColumn",
    "TimestampColumn",
    "VectorColumn",
    "WeightedBag",
    "WeightedIdsColumn",
    "binary",
    "boolean",
    "boxes",
    "chance",
    "cross",
    "image",
    "integer",
    "integers",
    "join",
    "mask_features",
    "maximum",
    "minimum",
    "numeric",
    "numerics",
    "sequence",
    "string",
    "strings",
    "tensor",
    "timestamp",
    "vector",
    "where",
]

Column: TypeAlias = (
    NumericColumn
    | StringColumn
    | IntegerColumn
    | TimestampColumn
    | CategoricalColumn
    | BooleanColumn
    | CrossColumn
    | DenseColumn
    | EmbeddingColumn
    | StringsColumn
    | IntegersColumn
    | NumericsColumn
    | IdsColumn
    | PaddedIdsColumn
    | ListCrossColumn
    | VectorColumn
    | WeightedIdsColumn
    | BinaryColumn
    | ImageColumn
    | TensorColumn
    | BoxesColumn
)


def numeric(name: str, *, nan: NanPolicy = "missing") -> NumericColumn:
    """A real number, read as float32.

    Args:
        name: Column name in the source.
        nan: What a NaN means. "missing" treats it as a missing value, "error" rejects
            the row, "keep" passes it on. Defaults to "missing". Statistics count NaN
            and null apart whatever the policy.

    Example:
        >>> import featurekit as fk
        >>> fk.numeric("delay").fill(0.0).clip(-60, 600).standardize()
        fk.numeric('delay').fill(0.0).clip(-60.0, 600.0).standardize()
    """
    return NumericColumn(Input(name, "float32", nan))


def integer(name: str) -> IntegerColumn:
    """A 64-bit integer id.

    Example:
        >>> import featurekit as fk
        >>> fk.integer("flight").hash_buckets(1000).embedding(8)
        fk.integer('flight').hash_buckets(1000).embedding(8)
    """
    return IntegerColumn(Input(name, "int64"))


def boolean(name: str) -> BooleanColumn:
    """A flag: a boolean, or an integer that is 0 or 1; `fk.integer(name).boolean()`.

    Semantics:
        - Missing: stays missing.
        - Text files: 0 and 1. JSON: true and false too.
        - Any other integer: the row is rejected.
        - Output: int64, 0 or 1.

    Example:
        >>> import featurekit as fk
        >>> fk.boolean("is_member").fill(False).one_hot()
        fk.integer('is_member').boolean().fill(False).one_hot()
    """
    return integer(name).boolean()


def string(name: str) -> StringColumn:
    """A text.

    Example:
        >>> import featurekit as fk
        >>> fk.string("carrier").vocabulary(max_size=64).embedding(4)
        fk.string('carrier').vocabulary(max_size=64).embedding(4)
    """
    return StringColumn(Input(name, "string"))


def timestamp(name: str, *, tz: str = "UTC") -> TimestampColumn:
    """A point in time.

    Args:
        name: Column name in the source.
        tz: IANA time zone in which parts are taken, and in which timestamps without a
            zone are read. Defaults to "UTC".

    Example:
        >>> import featurekit as fk
        >>> fk.timestamp("time_hour", tz="America/New_York").hour().one_hot()
        fk.timestamp('time_hour', tz='America/New_York').hour().one_hot()
    """
    return TimestampColumn(Input(name, "timestamp", time_zone=check_zone(tz, name)))


def numerics(name: str, *, nan: NanPolicy = "missing") -> NumericsColumn:
    """A list of real numbers in each row, read as float32.

    Args:
        name: Column name in the source.
        nan: What a NaN in a list means. "missing" treats it as a missing element,
            "error" rejects the row, "keep" passes it on. Defaults to "missing".

    Example:
        >>> import featurekit as fk
        >>> fk.numerics("prices").drop_missing().mean().fill(0.0)
        fk.numerics('prices').drop_missing().mean().fill(0.0)
    """
    return NumericsColumn(Input(name, "list<float32>", nan))


def integers(name: str) -> IntegersColumn:
    """A list of 64-bit integer ids in each row.

    Example:
        >>> import featurekit as fk
        >>> fk.integers("items").hash_buckets(1000).pad(20).embedding(8)
        fk.integers('items').hash_buckets(1000).pad(20).embedding(8)
    """
    return IntegersColumn(Input(name, "list<int64>"))


def strings(name: str) -> StringsColumn:
    """A list of texts in each row.

    Example:
        >>> import featurekit as fk
        >>> fk.strings("genres").vocabulary(max_size=64).multi_hot()
        fk.strings('genres').vocabulary(max_size=64).multi_hot()
    """
    return StringsColumn(Input(name, "list<string>"))


def binary(name: str) -> BinaryColumn:
    """Bytes, such as those of a tensor.

    Semantics:
        - Text files: refused, as their fields are text.
        - Requests in JSON: an export that reads bytes has no signature for them.

    Example:
        >>> import featurekit as fk
        >>> fk.binary("latents").tensor((4, 32, 32), "float16")
        fk.binary('latents').tensor([4, 32, 32], 'float16', nan='error')
    """
    return BinaryColumn(Input(name, "bytes"))


def tensor(
    name: str,
    shape: Dimensions[int],
    dtype: TensorDType = "float32",
    *,
    nan: TensorNan = "error",
) -> TensorColumn:
    """A stored tensor: `fk.binary(name).tensor(shape, dtype)`.

    Args:
        name: Column name in the source.
        shape: The shape of one row, such as (4, 32, 32).
        dtype: Of the bytes, which are little-endian. Defaults to "float32".
        nan: "error" rejects a row that holds a NaN, "keep" passes it on. Defaults to
            "error".

    Example:
        >>> import featurekit as fk
        >>> pixels = fk.tensor("pixels", (1, 2), "uint8").rescale(1 / 255)
        >>> fk.preview(pixels, {"pixels": [bytes([0, 255])]})
        [[[0.0, 1.0]]]
    """
    return binary(name).tensor(shape, dtype, nan=nan)


@overload
def image(
    name: str,
    channels: int = 3,
    *,
    max_pixels: int = MAX_PIXELS,
) -> ImageColumn: ...
@overload
def image(
    name: str,
    channels: int = 3,
    *,
    shape: Dimensions[int],
    max_pixels: int = MAX_PIXELS,
) -> TensorColumn: ...
def image(
    name: str,
    channels: int = 3,
    *,
    shape: Dimensions[int] = (),
    max_pixels: int = MAX_PIXELS,
) -> ImageColumn | TensorColumn:
    """A JPEG or PNG: `fk.binary(name).image(channels)`.

    Args:
        name: Column name in the source.
        channels: 1 for gray, 3 for color. Defaults to 3.
        shape: Height and width of all images. Defaults to none: `resize` follows.
        max_pixels: Most pixels of an image. Defaults to 2**26, which is the most.

    Example:
        >>> import featurekit as fk
        >>> fk.image("photo").resize(224, 224)
        fk.binary('photo').image(3).resize(224, 224)
    """
    return binary(name).image(channels, shape=shape, max_pixels=max_pixels)


@overload
def cross(  # type: ignore[overload-overlap]
    *columns: StringColumn | IntegerColumn | CategoricalColumn,
) -> CrossColumn: ...
@overload
def cross(*columns: Column) -> ListCrossColumn: ...
def cross(*columns: Column) -> CrossColumn | ListCrossColumn:
    """Several columns taken together.

    Args:
        *columns: Two or more string, integer or categorical columns, or lists of those.
            With a list among them, all combinations of a row are taken.

    Example:
        >>> import featurekit as fk
        >>> fk.cross(fk.string("origin"), fk.string("dest")).hash_buckets(4000)
        fk.cross(fk.string('origin'), fk.string('dest')).hash_buckets(4000)
    """
    if len(columns) < 2:
        raise SpecError(
            "a cross takes two columns or more", code="SPEC_BAD_VALUE", got=columns
        )
    single = StringColumn | IntegerColumn | CategoricalColumn
    lists = StringsColumn | IntegersColumn | IdsColumn
    for column in columns:
        if not isinstance(column, single | lists):
            raise SpecError(
                "only string, integer and categorical columns can be crossed",
                code="SPEC_BAD_VALUE",
                got=column,
                hint="give numbers buckets first",
            )
    if any(isinstance(column, lists) for column in columns):
        return ListCrossColumn(Cross(columns))
    return CrossColumn(Cross(columns))
