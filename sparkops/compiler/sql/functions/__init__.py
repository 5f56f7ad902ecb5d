"""Spark's functions: those that are compiled, with the implicit casts of their arguments, and those that are not."""
