"""A compiled model as a graph of ONNX, in double precision, proved against its certificate."""

from sparkops.onnx.answers import answers
from sparkops.onnx.conversion import not_exported, to_onnx
from sparkops.onnx.inputs import feed

__all__ = ["answers", "feed", "not_exported", "to_onnx"]
