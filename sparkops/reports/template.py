"""Load the templates of the pages."""

from __future__ import annotations

from functools import cache
from typing import Any

from sparkops.pipeline.table import Pin
from sparkops.reports.formatting import clean, format_time, format_value


def load_template(name: str) -> Any:
    """Return a template of the pages; it escapes text and replaces control characters."""
    return _build_environment().get_template(name)


# Kept because it keeps its compiled templates, and compiling one takes longer than a page.
@cache
def _build_environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sparkops.reports", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    environment.filters["value"] = format_value
    environment.filters["time"] = format_time
    environment.filters["version"] = _format_version
    return environment


def _format_version(pin: Pin) -> str:
    return f"version {pin.version}" if pin.version is not None else "files"
