"""Whole numbers in texts of users and other writers: versions, line numbers."""

from __future__ import annotations

from typing import Final

# So many digits fit into 64 bits. Python's `int` refuses texts of thousands of digits.
_MAX_DIGITS: Final = 18


def is_number(text: str) -> bool:
    """Return whether a text is a whole number without a sign that fits into 64 bits, in ASCII digits."""
    return text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS
