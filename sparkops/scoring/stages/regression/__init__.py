"""Regressors of one Spark class each."""
