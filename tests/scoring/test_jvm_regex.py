"""Java patterns translated to Python; expected results were computed by Java."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkops.errors import ModelError
from sparkops.scoring.ir.description import Step
from sparkops.scoring.jvm.regex import translate_regex, translate_search_regex
from sparkops.scoring.stages.feature.text.regex_tokenizer import make_tokenizer
from sparkops.scoring.stages.feature.text.tokenizer import tokenize


def split(pattern: str, text: str, *, gaps: bool = True, shortest: int = 0) -> list[str]:
    params = {"pattern": pattern, "gaps": gaps, "lower": False, "shortest": shortest}
    return make_tokenizer(Step("tokenize_by_pattern", "RegexTokenizer", ("t",), ("o",), params))(text)


@pytest.mark.parametrize(
    ("pattern", "text", "parts"),
    [
        (r"\s+", "  a b ", ["", "a", "b"]),
        (r"\W", "x--y,z,,", ["x", "", "y", "z"]),
        (r"[^a-z']+", "don't stop", ["don't", "stop"]),
        (",", "", [""]),
        (",", ",,", []),
        ("a{2,3}?", "aaaaab", ["", "", "ab"]),
        ("(?:ab|c)d?", "xabdcy", ["x", "", "y"]),
        (".", "a\x85b", ["", "\x85"]),
        (r"\w+", "\u00e9a\u00e9", ["\u00e9", "\u00e9"]),
        (
            r"[^\p{L}\p{N}]+",
            "\u00dcber-\u0416uk 7\u0663, \U00010400x",
            ["\u00dcber", "\u0416uk", "7\u0663", "\U00010400x"],
        ),
        (r"\P{L}+|\pZ", "a1b\u2003\u00e9", ["a", "b", "\u00e9"]),
        (r"[\p{P}\p{S}\p{Z}]+", "\u00ab\u00e9\u00bb \u20ac5\u2013x", ["", "\u00e9", "5", "x"]),
        (r"(?U)\W+", "na\u00efve e\u0301t\u00e9_1\u3000\u4e2d", ["na\u00efve", "e\u0301t\u00e9_1", "\u4e2d"]),
        (r"(?U)[\s\d]", "a\u00a0b\u0663c", ["a", "b", "c"]),
        (r"[\p{Punct}\h]", "a\xa0b!c", ["a", "b", "c"]),
        ("^x", "xax", ["", "ax"]),
        (r"-(?=\d)", "a-1--2", ["a", "1-", "2"]),
        (r"(?<=\d),(?!\d)", "1,2,a,b", ["1,2", "a,b"]),
    ],
)
def test_text_is_split_as_java_does(pattern: str, text: str, parts: list[str]) -> None:
    assert split(pattern, text) == parts


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [("a$", "111100001101"), ("^[a-z]*$", "111110101100"), (r"^\s*$", "000010010000"), ("x?", "1" * 12)],
)
def test_a_pattern_is_found_in_the_same_texts_as_in_java(pattern: str, matches: str) -> None:
    texts = [
        "a",
        "a\n",
        "a\r\n",
        "a\u2028",
        "",
        "a\n\n",
        "ab\r\n",
        "\n\r",
        "ba",
        "a\x85",
        "a\n\r",
        "\u00e9\r\na",
    ]
    assert "".join(str(int(bool(translate_search_regex(pattern).search(text)))) for text in texts) == matches


def test_repeated_pairs_are_matched_in_linear_time() -> None:
    pattern = r"\w+(?:[-']\w+)*"
    assert split(pattern, "don't do-it-", gaps=False) == ["don't", "do-it"]
    assert split(f"{pattern}!", "a-" * 200 + "b", gaps=False) == []


def test_minimum_token_length_counts_utf16_units() -> None:
    assert split(r"\s", "\U0001f600 b cd", shortest=2) == ["\U0001f600", "cd"]
    assert split(r"\w+", "a bc d", gaps=False, shortest=2) == ["bc"]


def test_white_space_is_that_of_java() -> None:
    text = "A\x0bB\x1cC\x85D\u2003E\xa0F\r\nG  "
    assert tokenize(text) == ["a", "b\x1cc\x85d\u2003e\xa0f", "", "g"]
    assert tokenize("") == [""]
    assert tokenize(" \n") == []


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("x*", "nothing at all"),
        ("", "nothing at all"),
        ("a|", "nothing at all"),
        ("x$", r"`\$`"),
        (r"\bx", r"`\\b`"),
        (r"(a)\1", r"`\\1`"),
        (r"\p{IsGreek}", r"`\\p\{IsGreek\}`"),
        (r"\P{Alpha}", r"`\\P\{Alpha\}`"),
        (r"(?U)\p{Alpha}", r"`\\p\{Alpha\}`"),
        (r"(?i)a", "begins with"),
        ("(?i)a", r"`\(\?`"),
        ("(?<=a+)b", "repetition within a lookbehind"),
        ("(?<=a|b)c", "more than single characters"),
        (r"(?<=\p{L})b", "may be halves"),
        ("(?<=a.)b", "may be halves"),
        ("(?!a).", "may be half of one"),
        ("(?!a)b*", "may match nothing"),
        ("(?=a)*b", "is repeated"),
        ("(?>a)b", r"`\(\?`"),
        ("[a-z&&[^b]]", "class within a class"),
        ("[a[bc]]", "class within a class"),
        (r"[a-\w]", "range"),
        (r"[\w-a]", "range"),
        ("[a-c-e]", "in the midst"),
        ("[\u0100-\uffff]", "halves"),
        ("\U0001f600", "basic plane"),
        ("a++", "never gives back"),
        ("(a+)+", "in two ways"),
        ("(?:a|ab)*c", "in two ways"),
        (r"(?:\w\w*)*c", "in two ways"),
        ("(?:-a*a*)*c", "in two ways"),
        ("(?:(?:-a+)*)*c", "nothing is repeated"),
        ("a{3,2}", "repetition"),
        ("a{1,99999}", "repetition"),
        ("a{", "`{`"),
        ("(a", "ends too early"),
        ("a)", "without its"),
        ("[a", "ends too early"),
        ("\\", "ends too early"),
        (r"\u12", "number"),
        ("(" * 50 + "a" + ")" * 50, "too deep"),
        ("a" * 2000, "longer"),
    ],
)
def test_unsupported_patterns_are_refused(pattern: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        translate_regex(pattern)


@given(st.text(alphabet=r"ab0-\sSwWdDp{Alph}[]()^|?*+.,&x41u é" + "\n"), st.text())
def test_any_pattern_is_translated_or_refused(pattern: str, text: str) -> None:
    try:
        regex = translate_regex(pattern)
    except ModelError:
        return
    assert all(match[0] for match in regex.finditer(text))
