"""Secrets: written as `${env:NAME}` or `${env:NAME:-default}`, read from the environment, never printed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sparkops.config.yaml_tree import KeyPath
from sparkops.core.masking import MIN_SECRET_LENGTH, mask_json, mask_url_credentials
from sparkops.core.sensitive_names import SECRET_PARAMETER_PREFIX, is_secret_name, is_secret_variable
from sparkops.core.url_credentials import find_url_credentials

_REFERENCE: Final = re.compile(r"\$\{env:([^}]*)\}")
# A value of one or two characters, such as a number of cores, is hidden only where it is written as a reference.
_MIN_HIDDEN_LENGTH: Final = 3
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class UnusableVariable(Exception):
    """A reference to an environment variable that is not set or too short to hide; `load` adds file and line."""


def read_variable(name: str) -> str | None:
    """Return a variable of the environment, or None if it is not set."""
    return os.environ.get(name)


def find_variables(text: str) -> list[str]:
    """Return the names of the variables that a text refers to."""
    return [match[1].partition(":-")[0] for match in _REFERENCE.finditer(text)]


def find_parameter_secrets(environment: Mapping[str, str]) -> set[str]:
    """Return the values of variables that give secret parameters, of any job.

    Values that are too short to be masked are left out: a job refuses them.
    """
    return {
        value
        for name, value in environment.items()
        if name.startswith(SECRET_PARAMETER_PREFIX) and len(value) >= MIN_SECRET_LENGTH
    }


def has_reference(value: Any) -> bool:
    """Return whether a value refers to an environment variable."""
    return isinstance(value, str) and _REFERENCE.search(value) is not None


def resolve_references(text: str, environment: Mapping[str, str], secrets: set[str]) -> str:
    """Replace the references in a text, and add every secret to `secrets`.

    `${env:NAME:-default}` is the default where the variable is not set or empty, as in a shell. A default is written in
    the file, so it is no secret.

    Raises:
        UnusableVariable: A variable without a default is not set or empty; the name of a variable is invalid; or the
            name says that it holds a secret, and the value is too short to be hidden.
    """

    def replace_reference(match: re.Match[str]) -> str:
        name, has_default, default = match[1].partition(":-")
        if not _NAME.fullmatch(name):
            raise UnusableVariable(
                f"`{match[0]}` is not the name of an environment variable: write ${{env:NAME}} or "
                "${env:NAME:-default}"
            )
        value = environment.get(name)
        if value:
            if len(value) < MIN_SECRET_LENGTH and is_secret_variable(name):
                raise UnusableVariable(
                    f"the environment variable {name} has fewer than {MIN_SECRET_LENGTH} characters: so short a secret "
                    "cannot be hidden in logs. Use a longer one, or a name that does not mean a secret"
                )
            if len(value) >= _MIN_HIDDEN_LENGTH:
                secrets.add(value)
            return value
        if has_default:
            return default
        state = "empty" if name in environment else "not set"
        raise UnusableVariable(
            f"the environment variable {name} is {state}: set it, as in `export {name}=...`, or write "
            f"${{env:{name}:-default}}"
        )

    return _REFERENCE.sub(replace_reference, text)


def has_literal_default(text: str) -> bool:
    """Return whether a reference has a default that is not empty."""
    return any(match.partition(":-")[2] for match in _REFERENCE.findall(text))


def is_secret_key(path: KeyPath) -> bool:
    """Return whether the name of a key says that it holds a secret; its value must then be a reference."""
    return is_secret_name(".".join(path))


def find_unmasked_credentials(value: Any) -> set[str]:
    """Return the credentials of a URL that `mask` leaves in it, such as a password with spaces."""
    if not isinstance(value, str) or "://" not in value:
        return set()
    masked = mask_url_credentials(value)
    return {text for text in find_url_credentials(value) if len(text) >= MIN_SECRET_LENGTH and text in masked}


def mask_values(
    values: Any, references: Mapping[KeyPath, str], secrets: Iterable[str], path: KeyPath = ()
) -> Any:
    """Return values that are safe to store: references as written, secrets masked.

    Args:
        values: Mappings, lists and scalars.
        references: Texts with references, as written, by key path.
        secrets: The secret values.
        path: Key path of `values`.
    """
    if path in references:
        return references[path]
    if isinstance(values, Mapping):
        return {
            key: mask_values(value, references, secrets, (*path, str(key))) for key, value in values.items()
        }
    if isinstance(values, list | tuple):
        return [mask_values(value, references, secrets, (*path, str(n))) for n, value in enumerate(values)]
    return mask_json(values, secrets)
