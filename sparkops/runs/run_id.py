"""Ids of runs."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Final

# Crockford's base 32: no i, l, o, u.
_ID_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"


def make_run_id(time: datetime | None = None) -> str:
    """Return an id that sorts by time and is unique (`20261121-141305-7k3x9m2pqa`).

    It consists of the UTC second, three letters for the part of the second (steps of 31 us), and 35 random bits.
    """
    time = (time or datetime.now(UTC)).astimezone(UTC)
    steps = time.microsecond * len(_ID_LETTERS) ** 3 // 1_000_000
    fraction = "".join(_ID_LETTERS[steps >> shift & 31] for shift in (10, 5, 0))
    suffix = fraction + "".join(secrets.choice(_ID_LETTERS) for _ in range(7))
    return f"{time:%Y%m%d-%H%M%S}-{suffix}"
