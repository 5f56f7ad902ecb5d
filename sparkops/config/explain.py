"""What pydantic says about the settings, in words, each with file and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from sparkops.config.settings import (
    CheckSettings,
    ModelSettings,
    Settings,
    SparkSettings,
    TableSettings,
)
from sparkops.config.yaml_tree import Route

_SECTIONS: Final[Mapping[str, type[BaseModel]]] = {
    "tables": TableSettings,
    "spark": SparkSettings,
    "models": ModelSettings,
    "checks": CheckSettings,
}
_HIDDEN_KEYS: Final = ("root", "env")


def explain(error: ValidationError, places: Mapping[Route, str], secret: Mapping[Route, str]) -> list[str]:
    """Return one line per setting that is wrong.

    Args:
        error: What pydantic found.
        places: Route to where it was written.
        secret: Routes whose values may not be printed.
    """
    lines: dict[Route, str] = {}
    for found in error.errors(include_url=False):
        route = _known_route(tuple(str(part) for part in found["loc"]), places)
        lines.setdefault(route, f"{_where(route, places)}: {_told(found, route, secret)}")
    return list(lines.values())


def _known_route(route: Route, places: Mapping[Route, str]) -> Route:
    """Return the route without the names of types that pydantic adds for a union."""
    sizes = range(len(route), 0, -1)
    return next((route[:size] for size in sizes if route[:size] in places), route)


def _where(route: Route, places: Mapping[Route, str]) -> str:
    return places.get(route, "conf")


def _told(found: Any, route: Route, secret: Mapping[Route, str]) -> str:
    if found["type"] == "extra_forbidden":
        return _unknown(route)
    value = "" if route in secret or isinstance(found["input"], Mapping) else f" is {found['input']!r}:"
    message = str(found["msg"])
    return f"`{'.'.join(route)}`{value} {message[:1].lower()}{message[1:]}"


def _unknown(route: Route) -> str:
    known = _keys(route[:-1])
    near = get_close_matches(route[-1], known, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    return f"`{'.'.join(route)}` is not a setting.{hint} Known here: {', '.join(known)}."


def _keys(route: Route) -> Sequence[str]:
    section: type[BaseModel] = _SECTIONS.get(route[0], Settings) if route else Settings
    names = (field.alias or name for name, field in section.model_fields.items())
    return [name for name in names if section is not Settings or name not in _HIDDEN_KEYS]
