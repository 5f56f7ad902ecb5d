"""Delta tables and read-only sources: pinned, read, staged, published once, listed and restored."""

from sparkops.tables.tables import Tables

__all__ = ["Tables"]
