"""Secrets: written as `${env:NAME}`, read from the environment, never printed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sparkops.config.yaml_tree import KeyPath

_REFERENCE: Final = re.compile(r"\$\{env:([^}]*)\}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET_KEY: Final = re.compile(
    r"(?i)(^|[._-])(secret|password|passwd|token|secret[._-]?key|account[._-]?key|api[._-]?key)$"
    r"|client\.secret\.|account\.key\."
)
_LOGIN: Final = re.compile(r"(://[^/\s:@]*):[^/\s@]+@")
_SHORTEST: Final = 4
HIDDEN: Final = "***"


class MissingVariable(Exception):
    """A reference that the environment does not answer; told by `load` with its file and line."""


def has_reference(value: Any) -> bool:
    """Tell whether a value refers to the environment."""
    return isinstance(value, str) and _REFERENCE.search(value) is not None


def resolve(text: str, environment: Mapping[str, str], found: set[str]) -> str:
    """Return the text with its references replaced, and add every secret to `found`.

    Raises:
        Missing: For a name that is not set, is empty, or is no name.
    """

    def one(match: re.Match[str]) -> str:
        value = _look_up(match[1], environment)
        found.add(value)
        return value

    return _REFERENCE.sub(one, text)


def _look_up(name: str, environment: Mapping[str, str]) -> str:
    if not _NAME.fullmatch(name):
        raise MissingVariable(f"`${{env:{name}}}` names no environment variable: write ${{env:NAME}}")
    if not environment.get(name):
        state = "empty" if name in environment else "not set"
        raise MissingVariable(
            f"the environment variable {name} is {state}: set it, as in `export {name}=...`"
        )
    return environment[name]


def is_secret_key(route: KeyPath) -> bool:
    """Tell whether a key of the settings holds a secret by its name: it may only be a reference."""
    return _SECRET_KEY.search(".".join(route)) is not None


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return a text with every secret in it, and every password of a URL, replaced by `***`.

    A secret of fewer than four letters is left: it would blot out ordinary words.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, HIDDEN)
    return _LOGIN.sub(rf"\1:{HIDDEN}@", text)


def masked(
    values: Any, references: Mapping[KeyPath, str], secrets: Iterable[str], route: KeyPath = ()
) -> Any:
    """Return plain values as a record may hold them: references as they were written, secrets hidden.

    Args:
        values: Mappings, lists and scalars.
        references: Route to the text with its reference, as the file holds it.
        secrets: The values that were read.
        route: Where `values` stands.
    """
    if route in references:
        return references[route]
    if isinstance(values, Mapping):
        return {key: masked(value, references, secrets, (*route, str(key))) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [masked(value, references, secrets, (*route, str(n))) for n, value in enumerate(values)]
    return mask(values, secrets) if isinstance(values, str) else values
