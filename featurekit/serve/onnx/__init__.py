"""ONNX: preprocessing and model as one file of standard operators."""

from importlib.util import find_spec

from featurekit.errors import MissingDependencyError

for _package in ("onnx", "onnxruntime", "tf2onnx", "tensorflow"):
    if find_spec(_package) is None:
        raise MissingDependencyError(_package, "onnx")
