"""No pattern takes long to search a text, and RE2 finds what Python finds."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkops.errors import ModelError, RowError
from sparkops.scoring.jvm.bounded_pattern import BoundedPattern, substitute
from sparkops.scoring.jvm.regex import translate_group_regex, translate_regex, translate_search_regex
from sparkops.scoring.sql.runtime.regular_expressions import (
    make_extract_all_function,
    make_replace_function,
    make_split_function,
)

ATOMS = st.sampled_from(
    ["a", "b", "K", "s", "[X-c]", "[^K]", "[k-sA]", ".", r"\d", r"\s", r"\S", r"\w", r"\W", r"\D", "[ab]", "[^a]", r"[^\s]", r"[\s\d]", "[a-z.]", r"\u2028", "é", r"\x0b", r"\p{Alpha}", "(a|b)", "(?:ab)", r"\.", "-", r"[\S]"]
)  # fmt: skip
QUANTIFIERS = st.sampled_from(["", "*", "+", "?", "*?", "+?", "{2,20}", "{1,3}"])
SEQUENCES = st.lists(st.tuples(ATOMS, QUANTIFIERS).map("".join), min_size=1, max_size=6).map("".join)
PATTERNS = st.tuples(
    st.sampled_from(["", "^"]),
    st.lists(SEQUENCES, min_size=1, max_size=2).map("|".join),
    st.sampled_from(["", "$"]),
).map("".join)
TEXTS = st.text(alphabet="abABkKsS\u212a\u017f01. -\t\n\r\x0b\x85\u2028é中\U0001f600", max_size=30)


def find_all(pattern: Any, text: str) -> list[tuple[Any, ...]]:
    groups = range(pattern.groups + 1)
    return [
        (match.start(), match.end(), *(match[group] for group in groups)) for match in pattern.finditer(text)
    ]


@given(PATTERNS, TEXTS)
@settings(max_examples=600)
def test_both_engines_find_the_same(pattern: str, text: str) -> None:
    for translate, flags in itertools.product(
        (translate_group_regex, translate_search_regex), (0, re.IGNORECASE)
    ):
        try:
            bounded = translate(pattern, flags=flags)
        except ModelError:
            continue
        if not isinstance(bounded, BoundedPattern) or bounded.linear is None:
            continue
        assert (bounded.pattern.search(text) is None) == (replace(bounded, short=-1).search(text) is None), (
            pattern
        )
        if "$" not in pattern and translate is translate_group_regex:
            assert find_all(bounded.pattern, text) == find_all(bounded.linear, text), pattern
            assert bounded.pattern.split(text) == bounded.linear.split(text), pattern


LONG = 60_000
# A repeated group that may match one text in two ways is not supported at all.
EXPONENTIAL = [r"(\w+\s*)+:", "(a|b)*c"]
HOSTILE = {
    r"^\d*\.?\d*$": "1" * LONG + "x",
    r"\s*,\s*": " " * LONG,
    "a*a*a*a*a*b": "a" * LONG,
    r"(\w+\s*)+:": "ab " * (LONG // 3),
    r"[a-z]+\d": "a" * LONG,
    r"(a|b)*c": "ab" * (LONG // 2),
    r"x*y*z*$": "xyz" * (LONG // 3) + "!",
    r"^[^@]+@[^@]+\.[a-z]+$": "a@" + "a." * (LONG // 2),
    r"a.*b.*c.*d": "a" * LONG,
    r"\d{2,1000}x": "1" * LONG,
}


@pytest.mark.parametrize("pattern", HOSTILE)
def test_a_long_text_is_searched_by_the_linear_engine(pattern: str) -> None:
    text = HOSTILE[pattern]
    try:
        compiled = translate_search_regex(pattern)
    except ModelError:
        assert pattern in EXPONENTIAL
        return
    assert isinstance(compiled, BoundedPattern)
    assert compiled.linear is not None
    assert (compiled.search(text) is None) is not pattern.startswith("x*")


@pytest.mark.parametrize("pattern", [r"\W+", r"\s+", "[^a-z]+", "a|b", "^a+b", r"\d{1,3}-\d", "abc", r",\s*"])
def test_a_pattern_that_does_not_backtrack_is_left_to_python(pattern: str) -> None:
    assert isinstance(translate_regex(pattern), re.Pattern)


@pytest.mark.parametrize("pattern", [r"a+(?=b)c", r"a+y$"])
def test_what_the_linear_engine_cannot_express_is_refused_for_long_texts(pattern: str) -> None:
    extract = make_extract_all_function(pattern, 0)
    assert extract("abc1") is not None
    with pytest.raises(RowError, match="A text of 60,000 characters is refused"):
        extract("a" * LONG)


def test_without_the_linear_engine_python_searches_every_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparkops.scoring.jvm.bounded_pattern.find_spec", lambda _: None)
    assert isinstance(translate_regex(r"\s*,\s*"), re.Pattern)


def test_a_half_of_a_surrogate_pair_is_left_to_python() -> None:
    assert translate_regex(r"\s*,\s*").split("a, " * 400 + "\ud800 ,b")[-2:] == ["\ud800", "b"]


def test_functions_of_long_texts_give_the_same_as_of_short_ones() -> None:
    long = "a1b22 , " * 300
    python = re.compile(r"\s*,\s*")
    assert make_split_function(r"\s*,\s*", -1)(long) == python.split(long)
    assert make_replace_function(r"([a-z]+)(\d+)", "$2$1")(long) == re.sub(r"([a-z]+)(\d+)", r"\2\1", long)
    bounded = translate_group_regex(r"([a-z]+)(\d+) *,")
    assert substitute(bounded, lambda match: f"<{match[1]}>", long) == re.sub(
        r"([a-z]+)(\d+) *,", r"<\1>", long
    )


def test_a_long_pattern_is_shortened_in_the_message() -> None:
    pattern = translate_search_regex(r"\p{L}+\p{L}+(?=x)")
    with pytest.raises(RowError, match="may take too long") as raised:
        pattern.search("\ud800" * 200_000)
    assert len(str(raised.value)) < 500
