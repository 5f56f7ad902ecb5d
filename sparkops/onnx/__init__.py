"""Compiled models as ONNX graphs in double precision, verified against their certificates."""

from sparkops.onnx.conversion import list_unsupported, to_onnx
from sparkops.onnx.inputs import build_feed
from sparkops.onnx.outputs import read_answers

__all__ = ["build_feed", "list_unsupported", "read_answers", "to_onnx"]
