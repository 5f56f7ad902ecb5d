"""Vectors: assembly, selection of slots, products, projections."""
