"""Control characters of the data reach no terminal and no page."""

from __future__ import annotations

import json
import unicodedata

import pytest

from sparkops.core.control_characters import escape_controls, escape_controls_but_styles


def test_no_control_character_is_left() -> None:
    every = "".join(map(chr, range(0x110000)))
    escaped = escape_controls(every)
    left = [sign for sign in set(escaped) if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")]
    assert sorted(left) == ["\t", "\n"]
    assert not {
        sign
        for sign in escaped
        if unicodedata.bidirectional(sign) in ("LRO", "RLO", "LRE", "RLE", "PDF", "LRI", "RLI", "FSI", "PDI")
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", r"\u001b]0;title\u0007"),
        ("a\x1b[2Jb", r"a\u001b[2Jb"),
        ("\x9b31m", r"\u009b31m"),
        ("abc\u202ecba", r"abc\u202ecba"),
        ("two\r\nlines", "two\\u000d\nlines"),
        ("é\tß\n中", "é\tß\n中"),
    ],
)
def test_a_control_character_is_shown_as_its_escape(text: str, shown: str) -> None:
    assert escape_controls(text) == shown


def test_styles_may_be_kept() -> None:
    assert escape_controls_but_styles("\x1b[1;31mred\x1b[0m\x1b[2J") == "\x1b[1;31mred\x1b[0m\\u001b[2J"


def test_escapes_in_json_mean_the_same_text() -> None:
    value = {"a": "\u202e\x7f\u2028\x85"}
    assert json.loads(escape_controls(json.dumps(value, ensure_ascii=False))) == value
