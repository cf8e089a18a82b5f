"""Every example in a docstring runs and gives what it says."""

import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

import featurekit

# Importing these packages loads TensorFlow, Keras or Beam.
# Examples of the public API may export or train; those modules are the heavy ones.
HEAVY = ("backends.keras", "beam", "layers", "models", "serve.", "tfdata")


def modules(*, heavy: bool) -> Iterator[str]:
    for found in pkgutil.walk_packages(featurekit.__path__, "featurekit."):
        name = found.name.removeprefix("featurekit.")
        if not name.startswith("proto") and name.startswith(HEAVY) == heavy:
            yield found.name


def run_examples(module: ModuleType) -> None:
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    result = doctest.testmod(module, optionflags=flags, raise_on_error=False)
    assert not result.failed, f"{result.failed} examples of {module.__name__} fail"


@pytest.mark.parametrize("name", list(modules(heavy=False)))
def test_examples(name: str) -> None:
    if name == "featurekit.torchdata":
        pytest.importorskip("torch")
    run_examples(importlib.import_module(name))


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", list(modules(heavy=True)))
def test_examples_of_keras_and_beam(name: str) -> None:
    pytest.importorskip("tensorflow")
    run_examples(importlib.import_module(name))
