"""Runs: executed, published, recorded."""
