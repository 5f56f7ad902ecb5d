"""Frequent pattern mining."""
