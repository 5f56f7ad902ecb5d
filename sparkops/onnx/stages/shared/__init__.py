"""Converters of operations that several Spark classes compile to."""
