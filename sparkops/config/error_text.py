"""What pydantic says about the settings, in words, each with file and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ValidationError

from sparkops.config.settings import (
    CheckSettings,
    ModelSettings,
    Settings,
    SparkSettings,
    TableSettings,
)
from sparkops.config.yaml_tree import KeyPath

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_SECTIONS: Final[Mapping[str, type[BaseModel]]] = {
    "tables": TableSettings,
    "spark": SparkSettings,
    "models": ModelSettings,
    "checks": CheckSettings,
}
_WORDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("dict_type", "mapping_type", "model_type", "model_attributes_type"), "it must hold keys"
    ),
    **dict.fromkeys(("tuple_type", "list_type"), "it must be a list"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "it must be true or false"),
    "string_type": "it must be a text: put it in quotes",
}
_SHOWN: Final = 80
_HIDDEN_KEYS: Final = ("root", "env")


def format_validation_error(
    error: ValidationError, places: Mapping[KeyPath, str], secret: Mapping[KeyPath, str]
) -> list[str]:
    """Return one line per setting that is wrong.

    Args:
        error: What pydantic found.
        places: Route to where it was written.
        secret: Routes whose values may not be printed.
    """
    lines: dict[KeyPath, str] = {}
    for found in error.errors(include_url=False):
        route = _known_route(tuple(str(part) for part in found["loc"]), places)
        lines.setdefault(route, f"{_where(route, places)}: {_told(found, route, secret)}")
    return list(lines.values())


def _known_route(route: KeyPath, places: Mapping[KeyPath, str]) -> KeyPath:
    """Return the route without the names of types that pydantic adds for a union."""
    sizes = range(len(route), 0, -1)
    return next((route[:size] for size in sizes if route[:size] in places), route)


def _where(route: KeyPath, places: Mapping[KeyPath, str]) -> str:
    return places.get(route, "conf")


def _told(found: ErrorDetails, route: KeyPath, secret: Mapping[KeyPath, str]) -> str:
    if found["type"] == "extra_forbidden":
        return _unknown(route)
    value = "" if route in secret else f" is {_short(found['input'])}"
    return f"`{'.'.join(route)}`{value}: {_allowed(found)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _allowed(found: ErrorDetails) -> str:
    if found["type"] == "literal_error":
        return f"it must be {found['ctx']['expected']}"
    return _WORDS.get(found["type"], f"{found['msg'][:1].lower()}{found['msg'][1:]}")


def find_inconsistencies(settings: Settings, places: Mapping[KeyPath, str]) -> list[str]:
    """Return one line per table whose settings, each right by itself, do not fit together."""
    lines = []
    for name, table in settings.tables.items():
        where, told = _where(("tables", name), places), f"`tables.{name}`"
        if not name.isidentifier():
            lines.append(f"{where}: {told}: a job could not name it: letters, digits and _ only")
        if table.path is not None and table.name is not None:
            lines.append(f"{where}: {told} has a path and a name: give the one it is found by")
        if table.format != "delta" and table.path is None and table.name is None:
            lines.append(f"{where}: {told} is read from {table.format} files: give their path")
    return lines


def _unknown(route: KeyPath) -> str:
    known = _keys(route[:-1])
    near = get_close_matches(route[-1], known, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    return f"`{'.'.join(route)}` is not a setting.{hint} Known here: {', '.join(known)}."


def _keys(route: KeyPath) -> Sequence[str]:
    section: type[BaseModel] = _SECTIONS.get(route[0], Settings) if route else Settings
    names = (field.alias or name for name, field in section.model_fields.items())
    return [name for name in names if section is not Settings or name not in _HIDDEN_KEYS]
