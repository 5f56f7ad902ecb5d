"""Format validation errors of settings, each with file and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from pydantic import BaseModel, ValidationError

from sparkops.config.settings import (
    CheckSettings,
    ExecutionSettings,
    ModelSettings,
    ServingSettings,
    Settings,
    SparkSettings,
    TableSettings,
)
from sparkops.config.yaml_tree import KeyPath, SettingProblem
from sparkops.core.wording import did_you_mean, truncate

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_SECTIONS: Final[Mapping[str, type[BaseModel]]] = {
    "tables": TableSettings,
    "spark": SparkSettings,
    "models": ModelSettings,
    "serving": ServingSettings,
    "checks": CheckSettings,
    "execution": ExecutionSettings,
}
_DESCRIPTIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("dict_type", "mapping_type", "model_type", "model_attributes_type"), "it must contain keys"
    ),
    **dict.fromkeys(("tuple_type", "list_type"), "it must be a list"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "it must be true or false"),
    "string_type": "it must be text: put it in quotes",
}
# Characters of a value, and of a key with its sections, in a message.
_MAX_VALUE: Final = 80
_MAX_KEY: Final = 200
_HIDDEN_KEYS: Final = ("root", "env")


class Origins(Protocol):
    """Where values come from, and how they were written.

    Attributes:
        places: `file:line` of each value, by key path.
        references: Texts with `${env:NAME}`, by key path; the values that they stand for must not be printed.
        texts: Texts of scalars in the file, by key path, where they differ from the value: `012`.
    """

    places: Mapping[KeyPath, str]
    references: dict[KeyPath, str]
    texts: dict[KeyPath, str]


def format_validation_error(error: ValidationError, origins: Origins) -> list[SettingProblem]:
    """Return one problem per invalid setting."""
    problems: dict[KeyPath, SettingProblem] = {}
    for detail in error.errors(include_url=False):
        path = _find_existing_path(tuple(str(part) for part in detail["loc"]), origins.places)
        text = f"{_format_place(path, origins.places)}: {_describe(detail, path, origins)}"
        problems.setdefault(path, SettingProblem(path, text))
    return list(problems.values())


def _find_existing_path(path: KeyPath, places: Mapping[KeyPath, str]) -> KeyPath:
    """Return the key path without the type names that pydantic adds for a union."""
    sizes = range(len(path), 0, -1)
    return next((path[:size] for size in sizes if path[:size] in places), path)


def _format_place(path: KeyPath, places: Mapping[KeyPath, str]) -> str:
    return places.get(path, "conf")


def _describe(detail: ErrorDetails, path: KeyPath, origins: Origins) -> str:
    if detail["type"] == "extra_forbidden":
        return _describe_unknown(path)
    value = (
        ""
        if path in origins.references
        else f" is {origins.texts.get(path) or _format_value(detail['input'])}"
    )
    return f"`{'.'.join(path)}`{value}: {_describe_allowed(detail)}"


def _format_value(value: object) -> str:
    return truncate(repr(value), _MAX_VALUE)


def _describe_allowed(detail: ErrorDetails) -> str:
    if detail["type"] == "literal_error":
        return f"it must be {detail['ctx']['expected']}"
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    return _DESCRIPTIONS.get(detail["type"], f"{detail['msg'][:1].lower()}{detail['msg'][1:]}")


def find_inconsistencies(settings: Settings, places: Mapping[KeyPath, str]) -> list[SettingProblem]:
    """Return one problem per table whose settings are valid by themselves but contradict each other."""
    problems = []
    for name, table in settings.tables.items():
        mistakes = []
        if not name.isidentifier():
            mistakes.append(": a job cannot refer to this name: use letters, digits and _ only")
        if table.path is not None and table.name is not None:
            mistakes.append(" has a path and a name: give only one of them")
        if table.format != "delta" and table.path is None and table.name is None:
            mistakes.append(f" is read from {table.format} files: give their path")
        path = ("tables", name)
        problems += [
            SettingProblem(path, f"{_format_place(path, places)}: `tables.{name}`{text}") for text in mistakes
        ]
    return problems


def _describe_unknown(path: KeyPath) -> str:
    known = _list_keys(path[:-1])
    hint = did_you_mean(path[-1], known)
    return f"`{truncate('.'.join(path), _MAX_KEY)}` is not a setting.{hint} Known here: {', '.join(known)}."


def _list_keys(path: KeyPath) -> Sequence[str]:
    section: type[BaseModel] = _SECTIONS.get(path[0], Settings) if path else Settings
    names = (field.alias or name for name, field in section.model_fields.items())
    return [name for name in names if section is not Settings or name not in _HIDDEN_KEYS]
