"""The `Args:` section of a docstring, in the forms people write it."""

from __future__ import annotations

from sparkops.pipeline.parameters.docstring import read_args, read_summary, remove_args

DOC = """Average
delay.

More words.

Args:
    day: The day,
        which goes on.

    n (int): How many: at most 9.
    *rest: Others.

Returns:
    A frame.
"""


def test_entries_are_read_with_their_continued_lines():
    assert read_args(DOC) == {
        "day": "The day, which goes on.",
        "n": "How many: at most 9.",
        "rest": "Others.",
    }


def test_the_summary_is_one_line():
    assert read_summary(DOC) == "Average delay."


def test_the_args_section_is_removed():
    assert remove_args(DOC) == "Average\ndelay.\n\nMore words.\n\nReturns:\n    A frame."


def test_a_docstring_without_the_section_has_no_entries():
    assert read_args("Only words: these.") == {}
    assert read_args("") == {}
