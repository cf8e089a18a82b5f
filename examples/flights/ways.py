"""The ways to ask an exported model in the process, and what all ways share."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tensorflow as tf

import featurekit as fk
from featurekit.io.adapter import read_columns
from featurekit.serve import notations
from featurekit.serve.heads import METHODS
from featurekit.serve.served_model import ServedModel
from featurekit.serve.serving_module import DEFAULT, TRANSFORM, TRANSFORM_EXAMPLES

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Rows:
    """The rows of one request, in every notation.

    Args:
        table: Raw columns, as the Parquet file has them.
        spec: The declaration of the model.
    """

    table: pa.Table
    spec: fk.FeatureSpec

    @cached_property
    def dicts(self) -> list[dict[str, Any]]:
        """One dict per row; None is missing."""
        return self.table.to_pylist()

    @cached_property
    def columns(self) -> dict[str, list[Any]]:
        """One list per column; None is missing."""
        return self.table.to_pydict()

    @cached_property
    def cast(self) -> pa.RecordBatch:
        """The columns as batch conversion casts them."""
        (batch,) = read_columns(self.spec, self.table, self.table.column_names)
        return batch

    @cached_property
    def examples(self) -> list[bytes]:
        """One serialized tf.Example per row."""
        return notations.to_examples(self.cast)

    def arguments(self, signature: str) -> dict[str, tf.Tensor]:
        """The tensors that a signature takes."""
        return notations.arguments(signature, self.cast, self.spec.serving_inputs)

    def write(self) -> None:
        """Prepares the notations that ways share, so that no way pays for them."""
        for written in (self.dicts, self.columns, self.examples):
            assert len(written)

    def parts(self, size: int) -> "Iterator[Rows]":
        """The rows, so many at a time."""
        for at in range(0, self.table.num_rows, size):
            yield Rows(self.table.slice(at, size), self.spec)

    def take(self, at: npt.NDArray[np.int64]) -> "Rows":
        """Some of the rows."""
        return Rows(self.table.take(at).combine_chunks(), self.spec)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to ask.

    Args:
        where: Which program answers, by which protocol.
        what: The call, and the notation of the rows.
        gives: The signature whose answer it has to be.
        ask: The answer to some rows, one array per output.
        few: Whether it is made for few rows, and a sample of them is asked.
    """

    where: str
    what: str
    gives: str
    ask: Callable[[Rows], Arrays]
    few: bool = False


def gives(signature: str) -> str:
    """The signature of raw columns, or the head, that has the same answer."""
    if signature in METHODS:
        return signature
    return TRANSFORM if signature in (TRANSFORM, TRANSFORM_EXAMPLES) else DEFAULT


def call(model: ServedModel, signature: str, rows: Rows) -> Arrays:
    """Calls a signature of the loaded graph, as plain TensorFlow does."""
    found = model.signatures[signature](**rows.arguments(signature))
    return {name: one.numpy() for name, one in found.items()}


def joined(parts: Iterable[Arrays]) -> Arrays:
    """The answers to several requests, one after the other."""
    found = list(parts)
    return {name: np.concatenate([one[name] for one in found]) for name in found[0]}


def in_process(folder: Path, model: ServedModel) -> Iterator[Way]:
    """All signatures of the loaded graph, and the library's own calls."""
    for name in model.signatures:
        yield Way("SavedModel", name, gives(name), partial(call, model, name))
    yield Way("load_model", "predict", DEFAULT, lambda rows: model.predict(rows.table))
    own = fk.Preprocessor.load(folder).transform
    yield Way("Preprocessor", "columns", TRANSFORM, lambda rows: own(rows.table))
    yield Way("Preprocessor", "dicts", TRANSFORM, lambda rows: own(rows.dicts), True)
    yield Way("Scorer", "a dict", DEFAULT, partial(scored, fk.Scorer(folder)), True)


def scored(scorer: fk.Scorer, rows: Rows) -> Arrays:
    """The answers of a scorer, which takes one row at a time."""
    return joined(
        {name: np.asarray(one)[np.newaxis] for name, one in scorer(row).items()}
        for row in rows.dicts
    )
