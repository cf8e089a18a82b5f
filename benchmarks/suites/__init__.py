"""The suites, in the order of the report."""

from benchmarks.suite import Suite
from benchmarks.suites import (
    codec,
    convert,
    layers,
    reading,
    scaling,
    serving,
    transform,
)

_MODULES = (codec, convert, transform, scaling, layers, serving, reading)
SUITES: dict[str, Suite] = {module.SUITE.name: module.SUITE for module in _MODULES}
