"""Spark's hash; expected values were computed by Spark 4.1.4."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkops.scoring.text.murmur3 import HashedSlots, hash_string, hash_strings, hash_value


@pytest.mark.parametrize(
    ("text", "slot"),
    [("s=a", 88482), ("b=true", 43733), ("b=false", 188590), ("s=", 157705), ("x", 130154), ("h", 209078)],
)
def test_text_hashes_as_in_spark(text: str, slot: int) -> None:
    assert hash_string(text) % 2**18 == slot


@pytest.mark.parametrize(
    ("type_", "values", "slots"),
    [
        ("string", ["the", "THE", None, "x"], [1, 1, 10, 10]),
        ("integer", [1, 2, None, -1], [3, 6, 10, 13]),
        ("long", [1, -1], [13, 9]),
        ("double", [1.0, -0.0, 0.0, nan], [2, 11, 13, 15]),
        ("float", [1.5, inf], [8, 13]),
        ("boolean", [True, False], [3, 15]),
        ("byte", [1], [3]),
        ("short", [1], [3]),
    ],
)
def test_values_of_each_type_hash_as_in_spark(type_: str, values: list[Any], slots: list[int]) -> None:
    assert [hash_value(value, type_) % 16 for value in values] == slots


@given(st.text(), st.integers(1, 2**20))
def test_any_text_always_has_the_same_slot(text: str, size: int) -> None:
    slots = HashedSlots(size)
    first = slots[text]
    assert 0 <= first < size
    assert slots[text] == first == hash_string(text) % size


@given(st.lists(st.text(), min_size=1))
def test_many_texts_hash_as_one_by_one(texts: list[str]) -> None:
    assert hash_strings(texts).tolist() == [hash_string(text) for text in texts]


@given(st.lists(st.text(max_size=30) | st.none()), st.sets(st.text(max_size=30), min_size=12))
def test_slots_are_the_same_for_one_or_many_tokens(words: list[str | None], new: set[str]) -> None:
    slots, tokens = HashedSlots(1000), [*words, *new, *words]
    assert (
        slots.find_slots(tokens) == [HashedSlots(1000)[word] for word in tokens] == slots.find_slots(tokens)
    )


def test_the_cache_of_tokens_is_bounded() -> None:
    slots = HashedSlots(2**18)
    for index in range(10_000):
        assert slots[f"w{index}"] >= 0
    assert len(slots) < 2**13 + 1
    assert len(slots.find_slots([f"v{index}" for index in range(10_000)])) == 10_000
    assert len(slots) < 2**13 + 1
    long = "x" * 1000
    assert slots[long] == hash_string(long) % 2**18
    assert long not in slots


def test_a_lone_surrogate_hashes_as_a_question_mark() -> None:
    assert hash_string("a\ud800b") == hash_string("a?b")
