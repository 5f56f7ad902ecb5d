"""Settings that cannot be used: each raises its error where it is used, so that everything else works without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NoReturn, TypeVar

from sparkops.config.yaml_tree import KeyPath
from sparkops.errors import ConfigError

Value = TypeVar("Value")

# Key paths whose settings are used by some commands only; a mistake below one of them does not stop the others.
_ENTRIES: Final = ("params", "tables")
# The same, for a variable of the environment that is not set: a mistake in these sections stops every command.
_SECTIONS: Final = ("spark", "models", "serving", "checks", "warehouse", "reports", "jobs")


def find_scope(path: KeyPath, *, is_unset: bool = False) -> KeyPath | None:
    """Return the smallest part of the settings that a mistake makes unusable; None when all of them are.

    Args:
        path: Key path of the mistake.
        is_unset: Whether the value depends on this machine: a variable of the environment, an installed package.
    """
    if path[:1] and path[0] in _ENTRIES:
        return path[:2] if len(path) > 1 else None
    return path[:1] if is_unset and path[:1] and path[0] in _SECTIONS else None


class UnusableSetting:
    """Replaces a section or value that cannot be used; any use of it raises ConfigError with file and line."""

    def __init__(self, message: str) -> None:
        object.__setattr__(self, "_message", message)

    def __getattr__(self, name: str) -> Any:
        """Raise, except for the special names by which libraries inspect a value."""
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()

    def _refuse(self, *_: Any) -> NoReturn:
        raise ConfigError(object.__getattribute__(self, "_message"))

    __str__ = __fspath__ = __contains__ = __iter__ = __getitem__ = __bool__ = __len__ = __format__ = _refuse


class PartialMapping(dict[str, Value]):
    """The usable entries of a mapping; looking up one of the others raises ConfigError with file and line.

    Args:
        usable: The usable entries.
        messages: What is wrong with the unusable entries, by key.
    """

    def __init__(self, usable: Mapping[str, Value], messages: Mapping[str, str]) -> None:
        super().__init__(usable)
        self.messages = dict(messages)

    def _require(self, key: object) -> None:
        if key in self.messages:
            raise ConfigError(self.messages[str(key)])

    def __missing__(self, key: str) -> Value:
        """Raise the error of an unusable entry, else KeyError."""
        self._require(key)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        """Return whether there is an entry; raise the error of an unusable one."""
        self._require(key)
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return an entry; raise the error of an unusable one."""
        self._require(key)
        return super().get(key, default)
