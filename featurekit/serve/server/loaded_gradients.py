"""Gradients that loading a graph leaves behind.

TensorFlow registers the custom gradients of every graph that it loads, under new names,
and never forgets them: each holds the whole graph. A server computes no gradients.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from tensorflow.python.framework import ops


@contextmanager
def forgotten_gradients() -> Iterator[None]:
    """Takes back the gradients that are registered by what is loaded in the block."""
    # TensorFlow has no public way to do that.
    registered = ops.gradient_registry._registry
    before = set(registered)
    try:
        yield
    finally:
        for name in registered.keys() - before:
            del registered[name]
