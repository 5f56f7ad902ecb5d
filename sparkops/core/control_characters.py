"""Show control characters as escapes, so that no text of the data or of a server controls a terminal or a page."""

from __future__ import annotations

import re
from typing import Final

# Categories: C0 but for tab and line feed, DEL and C1, separators of lines, marks and overrides of the writing
# direction, surrogates.
_CONTROLS: Final = (
    *range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F),
    *range(0x2066, 0x206A), *range(0xD800, 0xE000),
)  # fmt: skip
_ESCAPES: Final = {code: f"\\u{code:04x}" for code in _CONTROLS}
_STYLE: Final = re.compile(r"(\x1b\[[0-9;]*m)")


def escape_controls(text: str) -> str:
    r"""Return a text whose control characters, but for tabs and line feeds, are written as in JSON: `\u001b`.

    These are the control characters of ASCII and Latin-1, those of Unicode that end a line or change the direction of
    writing, and halves of surrogate pairs, which no file can hold.
    """
    return text.translate(_ESCAPES)


def escape_controls_but_styles(text: str) -> str:
    """Escape a text as `escape_controls` does, except sequences for colours and bold type."""
    if "\x1b" not in text:
        return escape_controls(text)
    parts = _STYLE.split(text)
    return "".join(part if number % 2 else escape_controls(part) for number, part in enumerate(parts))
