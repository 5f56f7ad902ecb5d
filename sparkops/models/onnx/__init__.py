"""A compiled model as a graph of ONNX, in double precision, proved against its certificate."""

from sparkops.models.onnx.answers import answers
from sparkops.models.onnx.build import not_exported, to_onnx
from sparkops.models.onnx.inputs import feed

__all__ = ["answers", "feed", "not_exported", "to_onnx"]
