"""Numbers of versions and lines in texts that users and others wrote."""

from __future__ import annotations

from typing import Final

# Digits of a number that is parsed: Python refuses thousands of them, and accepts digits of other scripts.
_MAX_DIGITS: Final = 18


def is_number(text: str) -> bool:
    """Return whether a text is a whole number that `int` parses into one of 64 bits, without a sign."""
    return text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS
