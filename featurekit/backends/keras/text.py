"""Text in a graph: normal forms and other cases, code point by code point.

Code points of all texts are one tensor, beside the row of each. Everything is done to
all of them at once, but for composition: code points that can have nothing to do with
those before them begin a cluster, and a loop goes through all clusters side by side. It
runs as often as the longest one has code points, which are few in any language.
"""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from featurekit.backends.keras.values import Outcome, Value
from featurekit.backends.unicode_arrays import (
    FOLLOWS,
    LENGTH_BITS,
    PAGE_BITS,
    PointTable,
    composition_arrays,
    mapping_arrays,
)
from featurekit.plan import ops
from featurekit.plan.unicode_tables import TextMapping


class Points(NamedTuple):
    """The code points of texts.

    Args:
        values: int32, shape (code points,).
        rows: int64, shape (code points,): the text of each, not decreasing.
    """

    values: tf.Tensor
    rows: tf.Tensor


def map_text(chosen: Sequence[ops.MapText], x: Value) -> Outcome:
    """Texts by the tables of Unicode; what is not UTF-8 is refused."""
    texts = tf.reshape(x.tensor, [-1])
    # What is not UTF-8 is replaced when it is decoded, and so differs afterwards.
    decoded = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
    refused = tf.not_equal(tf.strings.unicode_encode(decoded, "UTF-8"), texts)
    points = Points(decoded.flat_values, decoded.value_rowids())
    change = chosen[0].change

    def changed() -> tf.Tensor:
        found = change_points(change, points)
        ragged = tf.RaggedTensor.from_value_rowids(
            found.values, found.rows, tf.size(texts, tf.int64), validate=False
        )
        return tf.strings.unicode_encode(ragged, "UTF-8")

    if change in ("casefold", "lower"):
        found = changed()
    else:  # no normal form changes ASCII
        found = tf.cond(tf.reduce_any(points.values > 127), changed, lambda: texts)
    shape = tf.shape(x.tensor)
    value = Value(tf.reshape(found, shape), x.valid)
    return Outcome(value, tf.reshape(refused, shape))


def strip_text(chosen: Sequence[ops.StripText], x: Value) -> Outcome:
    """Texts without whitespace at their ends."""
    del chosen
    return Outcome(Value(tf.strings.strip(x.tensor), x.valid))


def change_points(change: TextMapping, points: Points) -> Points:
    """The code points after a change."""
    points = _map(change, points)
    if change in ("casefold", "lower"):
        return points
    classes = _look_up(composition_arrays().properties, points.values) & 0xFF
    begins = _begins(points.rows)
    segments = tf.cumsum(tf.cast(begins | tf.equal(classes, 0), tf.int64))
    keys = segments * 256 + tf.cast(classes, tf.int64)
    points = points._replace(values=_in_order(keys, points.values))
    return _compose(points) if change in ("NFC", "NFKC") else points


def _look_up(table: PointTable, points: tf.Tensor) -> tf.Tensor:
    pages = tf.gather(
        tf.constant(table.pages), tf.bitwise.right_shift(points, PAGE_BITS)
    )
    places = tf.bitwise.left_shift(pages, PAGE_BITS) | (points & 0xFF)
    return tf.gather(tf.constant(table.values), places)


def _begins(rows: tf.Tensor) -> tf.Tensor:
    """Whether a code point is the first of its text."""
    before = tf.concat([tf.constant([-1], tf.int64), rows[:-1]], axis=0)
    return tf.not_equal(rows, before)


def _map(change: TextMapping, points: Points) -> Points:
    """Each code point as what it becomes by itself."""
    table, targets = mapping_arrays(change)
    entries = _look_up(table, points.values)
    lengths = tf.where(tf.equal(entries, 0), 1, entries & ((1 << LENGTH_BITS) - 1))
    source = tf.repeat(tf.range(tf.size(entries)), lengths)
    first = tf.gather(tf.cumsum(lengths, exclusive=True), source)
    entry = tf.gather(entries, source)
    place = (
        tf.bitwise.right_shift(entry, LENGTH_BITS) + tf.range(tf.size(source)) - first
    )
    itself = tf.gather(points.values, source)
    found = tf.where(tf.equal(entry, 0), itself, tf.gather(tf.constant(targets), place))
    return Points(found, tf.gather(points.rows, source))


def _in_order(keys: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """The values by their keys; those of one key as they are."""
    return tf.cond(
        tf.reduce_any(keys[1:] < keys[:-1]),
        lambda: tf.gather(values, tf.argsort(keys, stable=True)),
        lambda: values,
    )


class _Clusters(NamedTuple):
    """How far the composition of clusters is; a number for each cluster.

    Args:
        values: int32: all code points.
        kept: bool: which of them are still there.
        starter: int32: the place of the last starter; -1 without one.
        adjacent: bool: whether nothing was kept after it.
        last_class: int32: the class of what was kept last.
    """

    values: tf.Tensor
    kept: tf.Tensor
    starter: tf.Tensor
    adjacent: tf.Tensor
    last_class: tf.Tensor


def _compose(points: Points) -> Points:
    properties = _look_up(composition_arrays().properties, points.values)
    classes, follows = properties & 0xFF, properties >= FOLLOWS
    begins = _begins(points.rows) | (tf.equal(classes, 0) & ~follows)
    starts = tf.cast(tf.where(begins)[:, 0], tf.int32)
    count = tf.size(points.values)
    sizes = tf.concat([starts[1:], [count]], axis=0) - starts
    starts, sizes = (tf.boolean_mask(one, sizes > 1) for one in (starts, sizes))
    first = tf.gather(classes, starts)
    state = _Clusters(
        points.values,
        tf.fill([count], True),
        tf.where(tf.equal(first, 0), starts, -1),
        tf.equal(first, 0),
        first,
    )

    def step(place: tf.Tensor, state: _Clusters) -> tuple[tf.Tensor, _Clusters]:
        within = place < sizes
        here = tf.where(within, starts + place, starts)
        may_follow = within & tf.gather(follows, here)
        return place + 1, _add(
            state, here, within, may_follow, tf.gather(classes, here)
        )

    longest = tf.reduce_max(tf.concat([sizes, [0]], axis=0))
    _, done = tf.while_loop(lambda place, _: place < longest, step, (1, state))
    return Points(
        *(tf.boolean_mask(one, done.kept) for one in (done.values, points.rows))
    )


def _add(
    state: _Clusters,
    here: tf.Tensor,
    within: tf.Tensor,
    may_follow: tf.Tensor,
    own: tf.Tensor,
) -> _Clusters:
    """The next code point of each cluster, of those that have one."""
    has_starter = state.starter >= 0
    starter = tf.maximum(state.starter, 0)
    found = _pair(tf.gather(state.values, starter), tf.gather(state.values, here))
    reached = state.adjacent | (state.last_class < own)
    composed = may_follow & has_starter & reached & (found >= 0)
    places = tf.boolean_mask(starter, composed)[:, tf.newaxis]
    gone = tf.boolean_mask(here, composed)[:, tf.newaxis]
    kept = within & ~composed
    begins = kept & tf.equal(own, 0)
    return _Clusters(
        tf.tensor_scatter_nd_update(
            state.values, places, tf.boolean_mask(found, composed)
        ),
        tf.tensor_scatter_nd_update(
            state.kept, gone, tf.zeros_like(gone[:, 0], tf.bool)
        ),
        tf.where(begins, here, state.starter),
        begins | (state.adjacent & ~kept),
        tf.where(kept, own, state.last_class),
    )


def _pair(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    """What two code points become; -1 if they stay."""
    _, pairs, composed = composition_arrays()
    key = tf.bitwise.left_shift(tf.cast(first, tf.int64), 21) + tf.cast(
        second, tf.int64
    )
    place = tf.minimum(tf.searchsorted(tf.constant(pairs), key), len(pairs) - 1)
    same = tf.equal(tf.gather(tf.constant(pairs), place), key)
    return tf.where(same, tf.gather(tf.constant(composed), place), -1)
