"""The surfaces that are fuzzed, by name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from fuzzing.surface import Surface

_MODULES = (
    "model_folders",
    "compiles",
    "command_lines",
    "configuration",
    "rows",
    "http_requests",
    "pages",
    "run_records",
    "sql_statements",
    "patterns",
    "suites",
)
NAMES: Mapping[str, str] = {module.replace("_", "-"): module for module in _MODULES}


def load_surface(name: str) -> Surface:
    """Import and return a surface."""
    surface: Surface = import_module(f"fuzzing.surfaces.{NAMES[name]}").SURFACE
    return surface
