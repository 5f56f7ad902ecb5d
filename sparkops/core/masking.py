"""Replace secrets in text that is printed or stored, in every form in which common encodings write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sparkops.core.url_credentials import HIDDEN, mask_url_credentials

if TYPE_CHECKING:
    from sparkops.core.secret_search import SecretPatterns

__all__ = [
    "HIDDEN",
    "MIN_SECRET_LENGTH",
    "contains_secret",
    "find_open_secret",
    "find_secrets",
    "mask",
    "mask_json",
    "mask_parameters",
    "mask_url_credentials",
]

# A shorter text would match parts of ordinary words.
MIN_SECRET_LENGTH: Final = 4
_NUMBER: Final = re.compile(r"[+-]?\d{1,400}(?:\.\d{1,400})?")


def mask(text: str, secrets: Iterable[str]) -> str:
    """Replace by `***` every secret, however it is escaped or encoded, and the credentials in URLs.

    A secret shorter than `MIN_SECRET_LENGTH` is replaced where it stands as a word. Of a secret of several lines, each
    line of some length is a secret, too. The beginning of a secret is replaced where `…` or `...` marks a shortened
    text.
    """
    spans = find_secrets(text, secrets)
    if spans:
        ends = [0, *(end for _, end in spans)]
        starts = [*(start for start, _ in spans), len(text)]
        text = HIDDEN.join(text[end:start] for end, start in zip(ends, starts, strict=True))
    return mask_url_credentials(text)


def find_secrets(text: str, secrets: Iterable[str]) -> list[tuple[int, int]]:
    """Return start and end of everything that `mask` replaces for some secrets, in order."""
    compiled = _compile(secrets)
    return [] if compiled is None else compiled.find_spans(text)


def mask_json(value: Any, secrets: Iterable[str]) -> Any:
    """Return a JSON value whose texts are masked; numbers and keys stay, other objects become masked text.

    Masking precedes encoding, because JSON writes a secret in another form.
    """
    secrets = tuple(secrets)
    if isinstance(value, Mapping):
        return {str(key): mask_json(inner, secrets) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [mask_json(inner, secrets) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return mask(str(value), secrets)


def contains_secret(value: Any, secrets: Iterable[str]) -> bool:
    """Return whether a JSON value contains a secret: in a text, as a key, or as a number."""
    secrets = tuple(secrets)
    if isinstance(value, Mapping):
        return any(contains_secret(part, secrets) for item in value.items() for part in item)
    if isinstance(value, list | tuple):
        return any(contains_secret(inner, secrets) for inner in value)
    if isinstance(value, str):
        compiled = _compile(secrets)
        return compiled is not None and bool(compiled.find_forms(value))
    if value is None or isinstance(value, bool):
        return False
    text = str(value)
    return text in secrets or (
        isinstance(value, int | float | Decimal)
        and _NUMBER.fullmatch(text) is not None
        and Decimal(text) in _read_numbers(secrets)
    )


def mask_parameters(params: Mapping[str, Any], secrets: Iterable[str]) -> dict[str, Any]:
    """Return JSON values of parameters as they are shown: `***` in place of each one that contains a secret.

    A number that equals a secret counts as one.
    """
    secrets = tuple(secrets)
    return {name: HIDDEN if contains_secret(value, secrets) else value for name, value in params.items()}


def find_open_secret(text: str, secrets: Iterable[str]) -> int | None:
    """Return where a secret begins that the end of a text interrupts; None if there is none."""
    compiled = _compile(secrets) if text else None
    return None if compiled is None else compiled.find_open(text)


@lru_cache(maxsize=64)
def _read_numbers(secrets: tuple[str, ...]) -> frozenset[Decimal]:
    """Return the secrets that are numbers."""
    return frozenset(Decimal(secret) for secret in secrets if _NUMBER.fullmatch(secret))


def _compile(secrets: Iterable[str]) -> SecretPatterns | None:
    secrets = tuple(sorted(set(secrets)))
    if not secrets:
        return None
    # Imported here because a command without secrets needs none of it.
    from sparkops.core.secret_search import compile_secrets

    return compile_secrets(secrets, min_length=MIN_SECRET_LENGTH)
