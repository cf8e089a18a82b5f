"""Arguments of feature columns, checked."""

import numbers
from typing import Any

from featurekit.compat.columns import CategoricalColumn, FirstVectors, Ids
from featurekit.errors import SpecError
from featurekit.spec import steps as s


def refused(argument: str, key: str, hint: str) -> SpecError:
    """The error for an argument that no spec can hold."""
    return SpecError(
        f"{argument} cannot be part of a spec",
        code="SPEC_BAD_VALUE",
        column=key,
        hint=hint,
    )


def first_vectors(
    name: str, initializer: Any, checkpoint: Any, tensor: Any, trainable: bool
) -> FirstVectors | None:
    """What an embedding begins with; None for the usual.

    Raises:
        SpecError: There are both, or half of a checkpoint; or the vectors are not to be
            trained.
    """
    if not trainable:
        raise refused("trainable=False", name, "set trainable of the model's layer")
    if (checkpoint is None) != (tensor is None):
        raise SpecError(
            "a checkpoint needs the name of its tensor, and the other way round",
            code="SPEC_BAD_VALUE",
            column=name,
            got=(checkpoint, tensor),
            expected="ckpt_to_load_from and tensor_name_in_ckpt",
        )
    if checkpoint is not None:
        # As in TensorFlow, what is restored overwrites what was initialized.
        return FirstVectors(checkpoint=str(checkpoint), tensor=tensor)
    if initializer is None:
        return None
    if not callable(initializer):
        raise SpecError(
            "the initializer is not callable",
            code="SPEC_BAD_VALUE",
            column=name,
            got=initializer,
            expected="a function of a shape, such as a Keras initializer",
        )
    return FirstVectors(initializer)


def check_embedding(name: str, combiner: str, safe: bool) -> None:
    """Raises SpecError unless there is such a combiner, and lookups are safe."""
    if combiner not in ("mean", "sqrtn", "sum"):
        raise SpecError(
            "unknown combiner",
            code="SPEC_BAD_VALUE",
            column=name,
            got=combiner,
            expected="'mean', 'sqrtn' or 'sum'",
        )
    if not safe:
        hint = "remove it: a row without ids has a vector of zeros"
        raise refused("use_safe_embedding_lookup=False", name, hint)


def checked_ids(column: Any) -> Ids:
    """The column, which has ids."""
    if isinstance(column, Ids):
        return column
    raise SpecError("the column has no ids", code="SPEC_BAD_VALUE", got=column)


def given_vocabulary(
    key: str, tokens: Any, default_value: int, num_oov: int
) -> s.Vocabulary:
    """The step of a vocabulary that is given."""
    if num_oov and default_value != -1:
        raise SpecError(
            "num_oov_buckets and default_value exclude each other",
            code="SPEC_BAD_VALUE",
            column=key,
            got=(num_oov, default_value),
        )
    if num_oov:
        return s.Vocabulary(tokens, num_oov=num_oov)
    default: s.DefaultId = "missing" if default_value == -1 else default_value
    return s.Vocabulary(tokens, num_oov=0, default=default)


def as_sequence(column: CategoricalColumn) -> CategoricalColumn:
    """The column, of which the order counts."""
    return CategoricalColumn(column.key, column.dtype, column.step, is_sequence=True)


def dtype_name(dtype: Any) -> str:
    """The name of a dtype, of TensorFlow, NumPy, or a string."""
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None)
    return str(name or dtype)


def token_dtype(dtype: Any) -> str:
    """The dtype that tokens are read as: "string", or "int64" for any integers."""
    name = dtype_name(dtype)
    if name in ("string", "str"):
        return "string"
    if name.startswith(("int", "uint")):
        return "int64"
    raise SpecError(
        "ids are made of text or integers",
        code="SPEC_BAD_VALUE",
        got=name,
        expected="string or int64",
    )


def one_number(key: str, value: Any) -> float:
    """The one number of a default value, which may be nested."""
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return float(value)
    parts = {one_number(key, part) for part in value}
    if len(parts) != 1:
        raise SpecError(
            "default_value has to be one number",
            code="SPEC_BAD_VALUE",
            column=key,
            got=value,
        )
    return parts.pop()
