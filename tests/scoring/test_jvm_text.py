"""Lower-casing as in Java 17; expected results were computed by Java."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkops.scoring.jvm.text import count_utf16_units, lower

EVERY_CHARACTER = "8e117aff3ab249213bb621618d37ed821549fe75892464e6b0b7bb755da56b4b"


def test_every_character_is_lower_cased_as_in_java() -> None:
    characters = [chr(index) for index in range(0x110000) if not 0xD800 <= index < 0xE000]
    changed = [(letter, lower(letter)) for letter in characters if lower(letter) != letter]
    text = "".join(f"{ord(letter):x}:{low!a};" for letter, low in changed)
    assert len(changed) == 1393
    assert sha256(text.encode()).hexdigest() == EVERY_CHARACTER


@pytest.mark.parametrize(
    ("text", "low"),
    [
        ("\u0391\u03a3", "\u03b1\u03c2"),
        ("\u03a3", "\u03c3"),
        ("\u0391\u03a3 \u0391\u03a3", "\u03b1\u03c2 \u03b1\u03c2"),
        ("\u0391\u03a3-\u0391", "\u03b1\u03c3-\u03b1"),
        ("\u0391\u03a3.\u0391", "\u03b1\u03c3.\u03b1"),
        ("\u0391\u03a3.", "\u03b1\u03c2."),
        ("\u0391.\u03a3", "\u03b1.\u03c2"),
        ("\u0391..\u03a3", "\u03b1..\u03c3"),
        ("\u0391\u03a3'\u0391", "\u03b1\u03c3'\u03b1"),
        ("\u0391\u03a31", "\u03b1\u03c21"),
        ("1\u03a3", "1\u03c3"),
        ("\u03911\u03a3", "\u03b11\u03c2"),
        ("\u0391\u03a31\u0391", "\u03b1\u03c31\u03b1"),
        ("\u03911.2\u03a3", "\u03b11.2\u03c2"),
        ("\u03911,2\u03a3", "\u03b11,2\u03c2"),
        ("\u03911.\u03a3", "\u03b11.\u03c3"),
        ("\u0391\u03a3_\u0391", "\u03b1\u03c3_\u03b1"),
        ("\u0391\u0301\u03a3", "\u03b1\u0301\u03c2"),
        ("\u0391\u03a3\u0301\u0391", "\u03b1\u03c3\u0301\u03b1"),
        ("\u0391-\u0301\u03a3", "\u03b1-\u0301\u03c3"),
        ("\u0391\u200d\u03a3", "\u03b1\u200d\u03c2"),
        ("\u0391\xad\u03a3", "\u03b1\xad\u03c2"),
        ("\u0391\u09642\u03a3", "\u03b1\u09642\u03c2"),
        ("\u0391\u0964\u03a3", "\u03b1\u0964\u03c3"),
        ("\u0391\u03a3\u4e00\u0391", "\u03b1\u03c2\u4e00\u03b1"),
        ("\u0391\u4e00\u03a3", "\u03b1\u4e00\u03c3"),
        ("\u0391\u3400\u03a3", "\u03b1\u3400\u03c2"),
        ("\u05d0\u03a3", "\u05d0\u03c3"),
        ("\u2160\u03a3", "\u2170\u03c2"),
        ("\u0391\u03a3\u24b6", "\u03b1\u03c2\u24d0"),
        ("\u03a3\u0345", "\u03c3\u0345"),
        ("\u03a3\u03a3\u03a3", "\u03c3\u03c3\u03c2"),
        ("\U00010400\u03a3", "\U00010428\u03c2"),
        ("x\U00010400\u03a3", "x\U00010428\u03c3"),
        ("\u0391\u03a3\U00010400", "\u03b1\u03c3\U00010428"),
    ],
)
def test_a_capital_sigma_is_lower_cased_by_the_word_boundaries_of_java(text: str, low: str) -> None:
    assert lower(text) == low


@given(st.text())
def test_any_text_can_be_lower_cased_and_measured(text: str) -> None:
    assert count_utf16_units(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2
    if "\u03a3" not in text:
        assert lower(text) == "".join(map(lower, text))
