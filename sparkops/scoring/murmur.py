"""Spark's hash: murmur3, 32 bits, seed 42; as a whole number from -2**31 to 2**31 - 1."""

from __future__ import annotations

from math import isnan, nan
from struct import pack, unpack
from typing import Any

SEED = 42
_MASK = 0xFFFFFFFF
_FIRST, _SECOND = 0xCC9E2D51, 0x1B873593
_KEPT, _LONGEST = 1 << 16, 64  # words that are remembered, and their length


def hash_text(text: str) -> int:
    """Return the hash of text's UTF-8; a lone surrogate counts as `?`, as in Java."""
    data = text.encode("utf-8", "replace")
    whole = len(data) & ~3
    words = unpack(f"<{whole >> 2}I", data[:whole])
    return _hash(words, int.from_bytes(data[whole:], "little"), len(data))


def hash_integer(value: int) -> int:
    """Return the hash of a number of 32 bits."""
    return _hash((value & _MASK,), 0, 4)


def hash_long(value: int) -> int:
    """Return the hash of a number of 64 bits."""
    return _hash((value & _MASK, value >> 32 & _MASK), 0, 8)


def hash_value(value: Any, kind: str) -> int:
    """Return the hash of a value of one of Spark's types: text, boolean or number; null is the seed."""
    if value is None:
        return SEED
    if kind == "string":
        return hash_text(value)
    if kind == "double":
        return hash_long(unpack("<q", pack("<d", nan if isnan(value) else value))[0])
    if kind == "float":
        return hash_integer(unpack("<i", pack("<f", nan if isnan(value) else value))[0])
    return hash_long(value) if kind == "long" else hash_integer(int(value))


class Slots(dict[str | None, int]):
    """The slot of each word; those that were asked of late are kept.

    Args:
        size: Slots of the vector.
        prefix: Put before each word.
    """

    def __init__(self, size: int, prefix: str = "") -> None:
        super().__init__()
        self.size, self.prefix = size, prefix

    def __missing__(self, word: str | None) -> int:
        slot = SEED % self.size if word is None else hash_text(self.prefix + word) % self.size
        if word is None or len(word) <= _LONGEST:
            if len(self) >= _KEPT:
                self.clear()
            self[word] = slot
        return slot


def _hash(words: tuple[int, ...], tail: int, length: int) -> int:
    """Return the hash of words of 32 bits, of what is left over, and of how many bytes they are."""
    state = SEED
    for word in words:
        mixed = word * _FIRST & _MASK
        state ^= (mixed << 15 & _MASK | mixed >> 17) * _SECOND & _MASK
        state = (state << 13 & _MASK | state >> 19) * 5 + 0xE6546B64 & _MASK
    mixed = tail * _FIRST & _MASK
    state ^= (mixed << 15 & _MASK | mixed >> 17) * _SECOND & _MASK ^ length
    state = (state ^ state >> 16) * 0x85EBCA6B & _MASK
    state = (state ^ state >> 13) * 0xC2B2AE35 & _MASK
    state ^= state >> 16
    return state - (1 << 32) if state >= 1 << 31 else state
