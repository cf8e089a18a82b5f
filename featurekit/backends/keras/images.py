"""Decoding and resizing images in a graph."""

from math import prod

import tensorflow as tf

from featurekit.backends.keras.values import Outcome, Value
from featurekit.plan import ops
from featurekit.plan.image_header import JPEG_START, PNG_HEADER
from featurekit.spec.steps.images import MAX_SIDE


def decode_images(op: ops.DecodeImage, x: Value) -> Outcome:
    """The numbers, and the rows whose headers are refused.

    A file that is damaged behind its header fails the call: no operation of TensorFlow
    catches the error of another one.
    """
    valid = tf.ones_like(x.tensor, tf.bool) if x.valid is None else x.valid
    dtype = tf.int64 if op.resize == "none" else tf.float64
    zeros = tf.zeros([prod(op.shape)], dtype)
    kinds = (
        tf.TensorSpec([prod(op.shape)], dtype),
        tf.TensorSpec([], tf.bool),
    )

    def decode(row: tuple[tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        data, there = row
        accepted = there & _accepts(op, data)
        found = tf.cond(accepted, lambda: _decode(op, data), lambda: zeros)
        return found, there & ~accepted

    found, refused = tf.map_fn(decode, (x.tensor, valid), fn_output_signature=kinds)
    return Outcome(Value(found), refused)


def _is_jpeg(data: tf.Tensor) -> tf.Tensor:
    start = tf.strings.substr(data, 0, len(JPEG_START))
    return tf.equal(start, tf.constant(JPEG_START))


def _accepts(op: ops.DecodeImage, data: tf.Tensor) -> tf.Tensor:
    """As `accepts_header`."""
    sizes = tf.cond(
        _is_jpeg(data), lambda: _jpeg_header(data), lambda: _png_header(data)
    )
    height, width, channels = tf.unstack(sizes, num=3)
    sides = tf.stack([height, width])
    fits = tf.reduce_all((sides > 0) & (sides <= MAX_SIDE))
    fits &= height * width <= op.max_pixels
    known = tf.equal(channels, op.channels)
    fits &= known | tf.equal(channels, 1)
    if op.resize == "none":
        fits &= tf.reduce_all(tf.equal(sides, [op.height, op.width]))
    return fits


def _jpeg_header(data: tf.Tensor) -> tf.Tensor:
    return tf.io.extract_jpeg_shape(data, tf.int64)


def _png_header(data: tf.Tensor) -> tf.Tensor:
    """Height, width and channels of a PNG of 8 bits; zeros of anything else."""
    is_png = tf.equal(
        tf.strings.substr(data, 0, len(PNG_HEADER)), tf.constant(PNG_HEADER)
    )
    is_png &= tf.strings.length(data) >= 26
    taken = tf.where(is_png, data, tf.constant(bytes(26)))
    numbers = tf.cast(
        tf.io.decode_raw(tf.strings.substr(taken, 16, 10), tf.uint8), tf.int64
    )
    places = tf.constant([2**24, 2**16, 2**8, 1], tf.int64)
    width, height = (tf.reduce_sum(numbers[at : at + 4] * places) for at in (0, 4))
    # By color type; 1 and 5 do not exist, and no image has 0 channels or 5.
    channels = tf.gather(tf.constant([1, 0, 3, 3, 1, 0, 3], tf.int64), numbers[9] % 7)
    sound = is_png & tf.equal(numbers[8], 8) & (numbers[9] < 7) & (channels > 0)
    return tf.where(sound, tf.stack([height, width, channels]), tf.zeros([3], tf.int64))


def _decode(op: ops.DecodeImage, data: tf.Tensor) -> tf.Tensor:
    pixels = tf.cond(
        _is_jpeg(data),
        lambda: tf.io.decode_jpeg(
            data, op.channels, dct_method="INTEGER_ACCURATE", fancy_upscaling=True
        ),
        lambda: tf.io.decode_png(data, op.channels),
    )
    pixels = tf.cast(pixels, tf.int64)
    found = pixels if op.resize == "none" else _resize(op, pixels)
    return tf.reshape(found, [prod(op.shape)])


def _resize(op: ops.DecodeImage, pixels: tf.Tensor) -> tf.Tensor:
    """The weighted means; sums of integers are exact, in any order."""
    size = tf.shape(pixels, tf.int64)
    down, down_weights = _taps(op, size[0], op.height)
    across, across_weights = _taps(op, size[1], op.width)
    lines = _weigh(pixels, down, down_weights)
    sums = _weigh(tf.transpose(lines, [1, 0, 2]), across, across_weights)
    sums = tf.transpose(sums, [1, 0, 2])
    totals = tf.reduce_sum(down_weights, 0)[:, tf.newaxis] * tf.reduce_sum(
        across_weights, 0
    )
    return tf.cast(sums, tf.float64) / tf.cast(totals, tf.float64)[:, :, tf.newaxis]


def _weigh(lines: tf.Tensor, taps: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Weighted sums of lines, one tap after the other: all at once would be large."""
    target = taps.shape[1]
    start = tf.zeros(tf.concat([[target], tf.shape(lines)[1:]], 0), tf.int64)

    def add(at: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        weight = weights[at][:, tf.newaxis, tf.newaxis]
        return at + 1, sums + tf.gather(lines, taps[at]) * weight

    count = tf.shape(taps)[0]
    shape = tf.TensorShape([target, None, None])
    _, sums = tf.while_loop(
        lambda at, _: at < count,
        add,
        (tf.constant(0), start),
        shape_invariants=(tf.TensorShape([]), shape),
    )
    return sums


def _taps(
    op: ops.DecodeImage, size: tf.Tensor, target: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Pixels of the source and their weights, both [taps, target]."""
    goal = tf.constant(target, tf.int64)
    radius = 2 * (tf.maximum(size, goal) if op.resize == "antialias" else goal)
    centers = (2 * tf.range(goal) + 1) * size
    first = (centers - radius) // (2 * goal)
    taps = tf.range(radius // goal + 2)[:, tf.newaxis] + first
    weights = radius - tf.abs((2 * taps + 1) * goal - centers)
    inside = (taps >= 0) & (taps < size)
    kept = tf.where(inside, tf.maximum(weights, 0), tf.zeros_like(weights))
    return tf.clip_by_value(taps, 0, size - 1), kept
