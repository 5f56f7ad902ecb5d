"""Batches of rows as NumPy columns."""
