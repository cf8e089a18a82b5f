"""The first rows of an embedding, from vectors that were trained elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from featurekit.embedding_rows import Initializer
from featurekit.errors import SpecError
from featurekit.plan.id_meanings import IdMeaning

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class GivenVectors:
    """A table of which some rows were given.

    Args:
        table: A vector for each id; float32, shape (ids, dim).
        given: The ids whose vector was given; bool, shape (ids,).
        unused: How many vectors are of no id.
    """

    table: npt.NDArray[np.float32]
    given: BoolArray
    unused: int

    @property
    def coverage(self) -> float:
        """The share of ids whose vector was given."""
        return float(np.mean(self.given))

    def __str__(self) -> str:
        return (
            f"{int(np.sum(self.given))} of {len(self.given)} ids have a given vector; "
            f"{self.unused} vectors are of no id"
        )


def given_vectors(
    meanings: Sequence[IdMeaning],
    vectors: Mapping[Any, npt.ArrayLike],
    initializer: Initializer | npt.ArrayLike,
) -> GivenVectors:
    """The table of an embedding, with given vectors for the tokens that have one.

    Args:
        meanings: `fk.id_meanings` of the feature.
        vectors: A vector for each token, as `fk.read_vectors` gives: the key is a text,
            an integer, or a tuple for a cross.
        initializer: What the other rows are, those of unknown values among them: an
            array of shape (ids, dim), such as `FeatureTokenizer.get_vectors`, or what
            makes one of a shape, such as a Keras initializer.

    Raises:
        SpecError: There is no vector, or none is of an id; a vector has another width
            or a number that is not finite as float32; the initial rows have another
            shape.

    Semantics:
        - A token is compared as it is: "Paris" and "paris" are two.
        - Vectors of tokens that have no id are counted in `unused`.

    Example:
        >>> import featurekit as fk
        >>> spec = fk.FeatureSpec({"s": fk.string("s").vocabulary(["a", "b"])})
        >>> vectors = {"b": [1.0, 2.0], "z": [3.0, 4.0]}
        >>> found = fk.given_vectors(fk.id_meanings(spec, "s"), vectors, np.zeros)
        >>> print(found)
        1 of 3 ids have a given vector; 1 vectors are of no id
        >>> found.table.tolist()
        [[0.0, 0.0], [1.0, 2.0], [0.0, 0.0]]
    """
    checked = _check_vectors(vectors)
    dim = len(next(iter(checked.values())))
    shape = len(meanings), dim
    fresh = initializer(shape) if callable(initializer) else initializer
    table = np.array(fresh, np.float32)
    if table.shape != shape:
        raise SpecError(
            "the initial rows have another shape",
            code="EMBEDDING_SHAPE",
            got=table.shape,
            expected=str(shape),
        )
    given = np.zeros(len(meanings), np.bool_)
    for meaning in meanings:
        if meaning.kind in ("token", "reserved") and meaning.value in checked:
            table[meaning.id] = checked[meaning.value]
            given[meaning.id] = True
    if not given.any():
        raise SpecError(
            "no id has a given vector",
            code="EMBEDDING_VECTORS",
            got=next(iter(checked)),
            expected="tokens of the feature as keys",
            hint="keys of integers are integers, those of crosses tuples",
        )
    return GivenVectors(table, given, len(checked) - int(np.sum(given)))


def _check_vectors(
    vectors: Mapping[Any, npt.ArrayLike],
) -> dict[Any, npt.NDArray[np.float32]]:
    if not vectors:
        raise SpecError("there is no vector", code="EMBEDDING_VECTORS")
    found: dict[Any, npt.NDArray[np.float32]] = {}
    for token, vector in vectors.items():
        with np.errstate(over="ignore"):
            found[token] = np.asarray(vector, np.float32)
        first = found[next(iter(found))]
        if found[token].ndim != 1 or found[token].shape != first.shape:
            raise SpecError(
                f"the vector of {token!r} has another shape",
                code="EMBEDDING_SHAPE",
                got=found[token].shape,
                expected=str(first.shape if first.ndim == 1 else "(dim,)"),
            )
        if not np.isfinite(found[token]).all():
            raise SpecError(
                f"the vector of {token!r} has a number that is not finite as float32",
                code="EMBEDDING_VECTORS",
                got=np.asarray(vector).tolist(),
            )
    return found
