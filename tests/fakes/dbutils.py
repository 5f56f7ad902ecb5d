"""A fake of Databricks' `dbutils.widgets`: it takes strings only and raises the same errors."""

from __future__ import annotations

from collections.abc import Sequence

MAX_PARAMETER_BYTES = 10_000


class InputWidgetNotDefined(Exception):
    """No widget of this name."""


class Widgets:
    """Widgets of one notebook run; `parameters` are the job parameters, which override the values of widgets."""

    def __init__(self, parameters: dict[str, str] | None = None) -> None:
        self.parameters = dict(parameters or {})
        for name, value in self.parameters.items():
            _require_string(name, value)
        if sum(len(k.encode()) + len(v.encode()) for k, v in self.parameters.items()) > MAX_PARAMETER_BYTES:
            raise ValueError(f"parameters are limited to {MAX_PARAMETER_BYTES} bytes")
        self.created: dict[str, tuple[str, tuple[str, ...], str]] = {}
        self._values: dict[str, str] = {}

    def text(self, name: str, defaultValue: str, label: str | None = None) -> None:
        self._create("text", name, defaultValue, None, label)

    def dropdown(
        self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None
    ) -> None:
        self._create("dropdown", name, defaultValue, choices, label)

    def combobox(
        self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None
    ) -> None:
        self._create("combobox", name, defaultValue, None, label)
        self.created[name] = ("combobox", tuple(choices), label or name)

    def multiselect(
        self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None
    ) -> None:
        self._create("multiselect", name, defaultValue, choices, label)

    def get(self, name: str) -> str:
        if name in self.parameters:
            return self.parameters[name]
        if name not in self._values:
            raise InputWidgetNotDefined(f"No input widget named {name} is defined")
        return self._values[name]

    def remove(self, name: str) -> None:
        if name not in self._values:
            raise InputWidgetNotDefined(f"No input widget named {name} is defined")
        del self._values[name], self.created[name]

    def choose(self, name: str, value: str) -> None:
        """Set a widget's value, as a user does in the notebook."""
        self._values[name] = _require_string(name, value)

    def _create(
        self, kind: str, name: str, default: str, choices: Sequence[str] | None, label: str | None
    ) -> None:
        _require_string("name", name)
        _require_string(name, default)
        for choice in choices or ():
            _require_string(name, choice)
        if choices is not None and default not in choices:
            raise ValueError(
                f"requirement failed: The default value {default!r} is not among the choices of {name}"
            )
        if choices is not None and len(choices) > 1024:
            raise ValueError("at most 1024 choices")
        self.created[name] = (kind, tuple(choices or ()), label or name)
        # An existing widget keeps its value.
        self._values.setdefault(name, default)


class DBUtils:
    """The object that a notebook knows as `dbutils`."""

    def __init__(self, parameters: dict[str, str] | None = None) -> None:
        self.widgets = Widgets(parameters)


def _require_string(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name}: a widget takes a string, not {type(value).__name__}")
    return value
