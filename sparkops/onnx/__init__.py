"""Compiled models as ONNX graphs in double precision, verified against their certificates."""

from sparkops.onnx.conversion import not_exported, to_onnx
from sparkops.onnx.inputs import feed
from sparkops.onnx.outputs import answers

__all__ = ["answers", "feed", "not_exported", "to_onnx"]
