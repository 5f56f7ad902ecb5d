"""Expressions of SQL as parts of a graph, as far as they have an exact form."""

from sparkops.onnx.sql.exporter import (expression, without_form)

__all__ = ["expression", "without_form"]
