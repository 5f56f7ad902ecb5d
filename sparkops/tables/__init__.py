"""Delta tables and read-only sources."""

from sparkops.tables.tables import Tables

__all__ = ["Tables"]
