"""Drift: whether live rows are distributed as the training rows were.

Loads no TensorFlow.
"""

from featurekit.serve.drift.monitor import Monitor as Monitor
from featurekit.serve.drift.report import DriftReport as DriftReport
from featurekit.serve.drift.report import DriftTest as DriftTest
from featurekit.serve.drift.report import compare as compare
from featurekit.serve.drift.sketches import FeatureRates as FeatureRates
from featurekit.serve.drift.sketches import Sketches as Sketches
from featurekit.serve.drift.sketching import sketch as sketch

__all__ = [
    "DriftReport",
    "DriftTest",
    "FeatureRates",
    "Monitor",
    "Sketches",
    "compare",
    "sketch",
]
