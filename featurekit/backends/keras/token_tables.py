"""Tables of tokens: in the graph itself, or in files beside it."""

from collections.abc import Callable, Mapping
from itertools import count
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import numpy as np
import tensorflow as tf

Ids: TypeAlias = Mapping[Any, int]
"""Ids by token: bytes, or integers."""
MakeTable: TypeAlias = Callable[[Ids, int], tf.lookup.StaticHashTable]
"""Makes the table of ids, with the id of tokens that are not in it."""

MAX_IN_GRAPH = 1_000
"""Larger tables are files: a graph is one message, held twice while it is loaded."""


def table_in_graph(ids: Ids, default: int = -1) -> tf.lookup.StaticHashTable:
    """A table of constants.

    Args:
        ids: By token.
        default: The id of other tokens. Defaults to -1.
    """
    tokens, values = _tensors(ids)
    return tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(tokens, values), default
    )


class TableFiles:
    """Makes tables, large ones from files that a SavedModel takes among its assets.

    Args:
        folder: Where the files are written; needed until the model is saved.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        self._folder = Path(folder)
        self._numbers = count()

    def __call__(self, ids: Ids, default: int = -1) -> tf.lookup.StaticHashTable:
        """A table; see `table_in_graph`."""
        if len(ids) <= MAX_IN_GRAPH:
            return table_in_graph(ids, default)
        path = self._folder / f"vocabulary_{next(self._numbers)}.tensors"
        tokens, values = _tensors(ids)
        first = _first_of_consecutive(values.numpy())
        parts = [tokens] if first is not None else [tokens, values]
        serialized = [tf.io.serialize_tensor(part) for part in parts]
        path.write_bytes(tf.io.serialize_tensor(tf.stack(serialized)).numpy())
        return tf.lookup.StaticHashTable(
            _FileInitializer(path, tokens.dtype, first), default
        )


class _FileInitializer(tf.lookup.TextFileInitializer):
    """Fills a table from a file of serialized tensors: tokens, and ids if they differ.

    TensorFlow's own files of text have a token per line, so no token with a line break.
    What it has for these tracks the file as an asset, which is why this inherits it.

    Args:
        path: The file: a serialized tensor of serialized tensors.
        dtype: Of the tokens.
        first: The first id where ids are consecutive; else None.
    """

    def __init__(self, path: Path, dtype: tf.DType, first: int | None) -> None:
        whole_line, line_number = (
            tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.lookup.TextFileIndex.LINE_NUMBER,
        )
        super().__init__(str(path), dtype, whole_line, tf.int64, line_number)
        self._dtype = dtype
        self._first = first
        self._resource_name = f"hash_table_{uuid4()}"

    @property
    def _shared_name(self) -> str:
        """What the table is called; TensorFlow would take the path, which is gone."""
        return self._resource_name

    def initialize(self, table: tf.lookup.StaticHashTable) -> tf.Operation:
        """Reads the file into the table."""
        parts = tf.io.parse_tensor(
            tf.io.read_file(tf.convert_to_tensor(self._filename)), tf.string
        )
        tokens = tf.io.parse_tensor(parts[0], self._dtype)
        if self._first is None:
            ids = tf.io.parse_tensor(parts[1], tf.int64)
        else:
            ids = self._first + tf.range(tf.size(tokens, tf.int64))
        return tf.raw_ops.InitializeTableV2(
            table_handle=table.resource_handle, keys=tokens, values=ids
        )


def _tensors(ids: Ids) -> tuple[tf.Tensor, tf.Tensor]:
    tokens = list(ids)
    dtype = tf.int64 if tokens and isinstance(tokens[0], int) else tf.string
    shape = [len(tokens)]
    return (
        tf.constant(tokens, dtype, shape),
        tf.constant(list(ids.values()), tf.int64, shape),
    )


def _first_of_consecutive(ids: np.ndarray[Any, Any]) -> int | None:
    first = int(ids[0])
    return first if np.array_equal(ids, first + np.arange(len(ids))) else None
