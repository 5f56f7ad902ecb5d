"""JSON read in parts equals JSON read at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkops.serving.json_body import read_json
from sparkops.serving.large_json import decode_in_parts
from sparkops.serving.request_error import RequestError
from sparkops.serving.request_rows import InputSchema

DECODER = json.JSONDecoder(object_pairs_hook=dict)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=3), children, max_size=4)
    ),
    max_leaves=20,
)


def outcome(decode: Any, text: str) -> Any:
    """Return what a text is read as, or that it is refused."""
    try:
        return "value", decode(text)
    except json.JSONDecodeError:
        return "refused", None


@given(VALUES, st.sampled_from([None, 1, "\t"]))
def test_every_value_is_read(value: Any, indent: Any) -> None:
    assert decode_in_parts(json.dumps(value, indent=indent), DECODER) == value


@given(VALUES, st.data())
def test_what_is_no_json_is_refused(value: Any, data: st.DataObject) -> None:
    text = json.dumps(value)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 3)))
    changed = (
        text[:start]
        + data.draw(st.sampled_from(["", ",", "]", "}", "[", "{", '"', ":", " ", "1"]))
        + text[end:]
    )
    assert outcome(lambda text: decode_in_parts(text, DECODER), changed) == outcome(DECODER.decode, changed)


@pytest.mark.parametrize(
    "text", ["", " ", "{", "[", '{"a"', '{"a":', '{"a":1', '{"a":[{}', "[[1]", "[[1],", "{} {}", "\ufeff{}"]
)
def test_a_text_that_ends_early_is_refused(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        decode_in_parts(text, DECODER)


def test_a_large_body_is_refused_for_the_same_reasons_as_a_small_one() -> None:
    space = " " * 70_000
    for body, message in (
        ('{"instances": [{"a": 1, "a": 2}]}', "names `a` twice"),
        ('{"instances": [], "instances": []}', "names `instances` twice"),
        ('{"instances": [{"a": "\\ud800"}]}', "half of a surrogate pair"),
        ('{"instances": [{"a": 1]}', "not JSON"),
        ("[" * 100_000, "too many levels"),
        ("1", "a JSON number"),
    ):
        for text in (body, space + body + space):
            with pytest.raises(RequestError, match=message):
                read_json(text, InputSchema(()))
