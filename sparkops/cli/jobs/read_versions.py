"""The options --at and --as-of: the versions of tables and models that a command reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sparkops.core.version_number import is_number
from sparkops.errors import InputError


def parse_versions(words: Sequence[str]) -> dict[str, int]:
    """Parse `name=version` texts.

    Raises:
        InputError: One has another form.
    """
    versions: dict[str, int] = {}
    for word in words:
        name, _, version = word.partition("=")
        if not name or not is_number(version):
            raise InputError(
                f"--at takes NAME=VERSION with a whole number, as in --at flights=12; not `{word}`."
            )
        versions[name] = int(version)
    return versions


def parse_time(text: str | None) -> datetime | None:
    """Parse an ISO date or time; without a zone it is UTC.

    Raises:
        InputError: It has another form.
    """
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (OverflowError, ValueError) as error:
        raise InputError(
            f"--as-of takes an ISO time, as in 2013-06-01 or 2013-06-01T12:00:00Z; not `{text}`."
        ) from error
