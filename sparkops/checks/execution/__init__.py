"""Evaluate a suite on a DataFrame in one Spark job where possible."""
