"""A secret value of a parameter: passed to the job, shown nowhere."""

from __future__ import annotations

import hmac
from typing import Any

from sparkops.core.masking import HIDDEN


class Secret:
    """A text that is never shown: its `repr` and `str` are `***`, and records, logs and reports hide it.

    Args:
        value: The text.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text."""
        return self._value

    def __repr__(self) -> str:
        """Return `Secret(***)`."""
        return f"Secret({HIDDEN})"

    def __str__(self) -> str:
        """Return `***`."""
        return HIDDEN

    def __format__(self, specification: str) -> str:
        """Return `***`, whatever the format."""
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        """Return whether the other is a secret with the same text."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        """Return a hash of the text."""
        return hash((Secret, self._value))

    def __reduce__(self) -> Any:
        """Pickle the text: executors get the value that the job got."""
        return Secret, (self._value,)
