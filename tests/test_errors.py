"""Messages of errors."""

from __future__ import annotations

import pytest

from sparkops.errors import ModelError, as_clause


@pytest.mark.parametrize(
    ("message", "clause"),
    [
        (ModelError("The model is gone."), "The model is gone"),
        ("no such file\n", "no such file"),
        ("a long list of names, ...", "a long list of names, ..."),
        ("", ""),
    ],
)
def test_a_message_is_used_within_a_sentence_without_its_full_stop(message: object, clause: str) -> None:
    assert as_clause(message) == clause
