"""Columns of many rows as NumPy arrays."""
