"""Regular expressions of Java: not translated, or searched in hostile texts within the time of a case."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from fuzzing.mutations import hostile_text, mutate_text
from fuzzing.surface import ACCEPTED, Case, RunCase, Surface, describe_refusal
from sparkops.errors import RowError, SparkopsError
from sparkops.scoring.jvm.regex import translate_group_regex, translate_regex, translate_search_regex

_ATOMS = (
    "a", "b", "K", "[X-c]", "[^K]", "[a-z&&[^b]]", ".", r"\d", r"\s", r"\S", r"\w", r"\W", r"\D", r"\b", r"\B", r"\R", r"\X", r"\G", r"\A", r"\z", r"\1",
    r"\k<n>", r"\p{L}", r"\p{IsAlphabetic}", r"\pN", r"\Qa\E", r"\x41", r"\u0041", r"\x{1F600}", r"\cA", r"\07", "(a|b)", "(?:ab)", "(?<n>a)", "(?i)", "(?U)",
    "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?>a)", "(a*)*", "(a+)+", "(a|a)*", "(a|aa)+", "é", "\u017f", "\U0001f600", "\ud800", "[", "]", "(", ")", "{", "}", "|", "^", "$",
)  # fmt: skip
_QUANTIFIERS = (
    "",
    "",
    "*",
    "+",
    "?",
    "*?",
    "++",
    "?+",
    "{2,20}",
    "{1,3}",
    "{0}",
    "{,3}",
    "{3}",
    "{2147483648}",
    "{1000}",
)
_TEXTS = ("a", "ab", "aab", "\n", " ", "é", "K\u212a", "\U0001f600", "0", "a\r\n", "-a")


def draw_case(draw: Random) -> Case:
    """Return a pattern and a text; some texts repeat a few characters many times, on which backtracking takes long."""
    pattern = "".join(draw.choice(_ATOMS) + draw.choice(_QUANTIFIERS) for _ in range(draw.randint(1, 8)))
    if draw.random() < 0.2:
        pattern = mutate_text(pattern, draw)
    if draw.random() < 0.01:
        pattern = draw.choice(("(", "[", "(?:", "a|")) * draw.choice((30, 400, 5000))
    text = draw.choice(_TEXTS) * draw.choice((0, 1, 5, 30, 5000, 50_000)) + draw.choice(
        ("", "!", hostile_text(draw))
    )
    return {"pattern": pattern, "text": text}


@contextmanager
def prepare(folder: Path) -> Iterator[RunCase]:
    """Yield the function that translates a pattern and searches a text."""
    del folder
    yield run_case


def run_case(case: Case, folder: Path) -> str:
    """Translate the pattern of a case in each of the three forms, and search the text."""
    del folder
    outcome = "not translated"
    for translate in (translate_regex, translate_search_regex, translate_group_regex):
        try:
            pattern = translate(case["pattern"])
        except SparkopsError as error:
            describe_refusal(error)
            continue
        outcome = ACCEPTED
        try:
            pattern.search(case["text"])
            if translate is not translate_search_regex:
                sum(1 for _ in pattern.finditer(case["text"]))
        except RowError as error:
            outcome = describe_refusal(error)
    return outcome


# Python's engine gets texts that it may search for about four seconds, see `bounded_pattern`; a case searches five times.
SURFACE = Surface("patterns", draw_case, prepare, seconds=20.0)
