"""The types of settings: numbers within bounds, durations and addresses."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from sparkops.core.duration import MAX_SECONDS, parse_seconds

_HOST: Final = re.compile(
    r"(?:http://)?(?:\[[0-9a-f:.]+\]|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::[0-9]{1,5})?", re.IGNORECASE
)
# Characters of a secret that signs: a shorter one can be guessed by who has a signature.
_MIN_SIGNING_SECRET: Final = 16

Scalar = str | int | float | bool | None
Count = Annotated[int, Field(ge=1, le=1 << 53)]
Seconds = Annotated[float, Field(gt=0, le=MAX_SECONDS, allow_inf_nan=False)]


def parse_wait(value: Any) -> Any:
    """Return the seconds of a text: a number such as `90`, or a duration such as `90s`, `10m` or `1h`.

    A value that is not text is left to pydantic.
    """
    if not isinstance(value, str):
        return value
    try:
        return parse_seconds(value)
    except ValueError:
        raise ValueError("write a duration as 90s, 10m or 1h; 0 does not wait") from None


def convert_null_to_text(value: Any) -> Any:
    """Return "null" for YAML's null: a mode has that name."""
    return "null" if value is None else value


def _require_address(value: str) -> str:
    """Refuse a URI that cannot be read; paths and names have no scheme, and are not examined."""
    try:
        parts = urlsplit(value)
        if parts.scheme in ("http", "https"):
            # Reading the port validates it.
            _ = parts.port
    except ValueError:
        raise ValueError("this is no URI: the host or port in it has another form") from None
    return value


Address = Annotated[str, AfterValidator(_require_address)]


def _require_host(value: str) -> str:
    if _HOST.fullmatch(value) is None:
        raise ValueError(
            "write a host as hooks.example.com, hooks.example.com:8443, *.example.com or http://host"
        )
    return value.lower()


def _require_signing_secret(value: str) -> str:
    if 0 < len(value) < _MIN_SIGNING_SECRET:
        raise ValueError(f"a secret that signs has {_MIN_SIGNING_SECRET} characters or more")
    return value


PermittedHost = Annotated[str, AfterValidator(_require_host)]
SigningSecret = Annotated[str, AfterValidator(_require_signing_secret)]
