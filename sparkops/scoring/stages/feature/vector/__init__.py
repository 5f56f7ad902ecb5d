"""Vectors: assembly, products, projections."""
