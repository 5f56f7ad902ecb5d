"""Delta tables and read-only sources."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparkops.tables.tables import Tables

__all__ = ["Tables"]


def __getattr__(name: str) -> Any:
    """Import `Tables` when it is first used: what lists tables needs a small part of the package."""
    if name != "Tables":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("sparkops.tables.tables").Tables
