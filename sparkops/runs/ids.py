"""Run ids: sortable by the moment of their making, unique without a clock's help."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u


def new_id(now: datetime | None = None) -> str:
    """Return an id such as `20261121-141305-7k3x9m2pqa`: UTC second, then 50 random bits."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    tail = "".join(secrets.choice(_LETTERS) for _ in range(10))
    return f"{moment:%Y%m%d-%H%M%S}-{tail}"
