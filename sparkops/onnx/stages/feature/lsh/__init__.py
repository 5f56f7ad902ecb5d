"""Locality-sensitive hashing."""
