"""Evaluate a compiled suite on a DataFrame, in one Spark job if possible."""
