"""The surfaces that are fuzzed, by name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from fuzzing.surface import Surface

# Share of each surface in the cases of `--total`, in hundredths: those whose cases take long get fewer.
SHARES: Mapping[str, int] = {
    "model-folders": 10,
    "compiles": 5,
    "command-lines": 3,
    "configuration": 10,
    "rows": 14,
    "http-requests": 15,
    "api-requests": 2,
    "pages": 2,
    "run-records": 4,
    "state-files": 1,
    "sql-statements": 15,
    "patterns": 14,
    "suites": 5,
}
NAMES = tuple(SHARES)


def load_surface(name: str) -> Surface:
    """Import and return a surface."""
    surface: Surface = import_module(f"fuzzing.surfaces.{name.replace('-', '_')}").SURFACE
    return surface
