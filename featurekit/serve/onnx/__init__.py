"""ONNX: preprocessing and model as one file of standard operators.

Writing a file takes TensorFlow; `OnnxScorer` answers rows without it.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from featurekit.errors import MissingDependencyError

if TYPE_CHECKING:
    from featurekit.serve.onnx.export import export_onnx as export_onnx
    from featurekit.serve.onnx.scorer import OnnxScorer as OnnxScorer

_LAZY = {
    "OnnxScorer": ("scorer", ("onnxruntime",)),
    "export_onnx": ("export", ("onnx", "onnxruntime", "tf2onnx", "tensorflow")),
}
"""By name the module that has it, and the packages that it needs."""
__all__ = sorted(_LAZY)


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, packages = _LAZY[name]
    for package in packages:
        if find_spec(package) is None:
            raise MissingDependencyError(package, "onnx")
    return getattr(import_module(f"{__name__}.{module}"), name)
