"""Subgraphs that several converters use."""
