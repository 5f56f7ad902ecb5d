"""Export of SQL expressions to ONNX, as far as ONNX computes exactly what Spark does."""

from sparkops.onnx.sql.exporter import export_expression, find_unsupported_reason

__all__ = ["export_expression", "find_unsupported_reason"]
