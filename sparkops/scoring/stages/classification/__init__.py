"""Classifiers of one Spark class each."""
