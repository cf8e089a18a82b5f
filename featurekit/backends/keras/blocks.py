"""Columns stacked into blocks: where the value of each node of a plan is."""

from collections.abc import Sequence

import tensorflow as tf

from featurekit.backends.keras.values import Value


class Blocks:
    """Stacked values of a plan's nodes; moves rows only where a stage needs others.

    Args:
        size: How many nodes the plan has.
    """

    def __init__(self, size: int) -> None:
        self._blocks: list[Value] = []
        self._places: list[tuple[int, int]] = [(-1, -1)] * size
        self._rows: dict[int, list[tf.Tensor]] = {}
        self._ones: dict[int, Value] = {}

    def put(self, nodes: Sequence[int], block: Value) -> None:
        """Adds the values of some nodes.

        Args:
            nodes: Their positions.
            block: Their values, stacked in this order, shape (nodes, batch, ...).
        """
        for row, node in enumerate(nodes):
            self._places[node] = (len(self._blocks), row)
        self._blocks.append(block)

    def put_one(self, node: int, value: Value) -> None:
        """Adds the value of a node, shape (batch, ...), that stays by itself."""
        self._ones[node] = value

    def stacked(self, nodes: Sequence[int]) -> Value:
        """The values of some nodes, shape (nodes, batch)."""
        alone = [node for node in dict.fromkeys(nodes) if node in self._ones]
        if alone:
            self._stack(alone)
        places = [self._places[node] for node in nodes]
        parts: list[tuple[int, list[int]]] = []
        for block, row in places:
            if not parts or parts[-1][0] != block:
                parts.append((block, []))
            parts[-1][1].append(row)
        found = [self._chosen(block, rows) for block, rows in parts]
        if len(found) == 1:
            return found[0]
        valid = None
        if found[0].valid is not None:
            valid = tf.concat([value.valid for value in found], axis=0)
        return Value(tf.concat([value.tensor for value in found], axis=0), valid)

    def _chosen(self, block: int, rows: list[int]) -> Value:
        tensor, valid = self._blocks[block]
        if rows == list(range(tensor.shape[0])):
            return Value(tensor, valid)
        if rows == list(range(rows[0], rows[0] + len(rows))):
            part = slice(rows[0], rows[0] + len(rows))
            return Value(tensor[part], None if valid is None else valid[part])
        return Value(
            tf.gather(tensor, rows), None if valid is None else tf.gather(valid, rows)
        )

    def _stack(self, alone: Sequence[int]) -> None:
        """Stacks values that were by themselves."""
        values = [self._ones.pop(node) for node in alone]
        valid = None
        if values[0].valid is not None:
            valid = tf.stack([value.valid for value in values])
        self.put(alone, Value(tf.stack([value.tensor for value in values]), valid))

    def one(self, node: int) -> Value:
        """The value of one node, shape (batch,)."""
        if node in self._ones:
            return self._ones[node]
        block, row = self._places[node]
        valid = self._blocks[block].valid
        return Value(self.tensor(node), None if valid is None else valid[row])

    def tensor(self, node: int) -> tf.Tensor:
        """The tensor of one node, shape (batch,) or (batch, width)."""
        if node in self._ones:
            return self._ones[node].tensor
        block, row = self._places[node]
        if block not in self._rows:
            self._rows[block] = tf.unstack(self._blocks[block].tensor)
        return self._rows[block][row]
