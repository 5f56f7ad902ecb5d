"""Environments of the configuration, as records name them."""

from __future__ import annotations

from typing import Final

# Those that are selected without --env.
DEFAULT_ENVIRONMENTS: Final = ("", "base", "local")


def is_same_environment(one: str, other: str) -> bool:
    """Return whether two names stand for the same environment: all that are selected without --env do."""
    return one == other or (one in DEFAULT_ENVIRONMENTS and other in DEFAULT_ENVIRONMENTS)
