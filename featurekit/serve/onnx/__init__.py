"""ONNX: preprocessing and model as one file of standard operators."""
