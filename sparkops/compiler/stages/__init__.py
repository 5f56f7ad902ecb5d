"""Compilers of saved stages: one file a family, found by `registry`."""
