"""Spark's hash: murmur3, 32 bits, seed 42; as a whole number from -2**31 to 2**31 - 1."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import isnan, nan
from struct import pack, unpack
from typing import Any

import numpy as np

from ..ir.arrays import Numbers

SEED = 42
_MASK = 0xFFFFFFFF
_FIRST, _SECOND, _THIRD, _FOURTH = 0xCC9E2D51, 0x1B873593, 0x85EBCA6B, 0xC2B2AE35
_ADDED = 0xE6546B64
_KEPT, _LONGEST = 1 << 13, 64  # words that are remembered, and their length
_SHORT, _MANY = 24, 12  # words that are hashed at once: their length, and how many are worth it


def hash_string(text: str) -> int:
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
        return hash_string(value)
    if kind == "double":
        return hash_long(unpack("<q", pack("<d", nan if isnan(value) else value))[0])
    if kind == "float":
        return hash_integer(unpack("<i", pack("<f", nan if isnan(value) else value))[0])
    return hash_long(value) if kind == "long" else hash_integer(int(value))


def hash_strings(texts: Sequence[str]) -> Numbers:
    """Return `hash_text` of each, all at once: one whole number holds the state of each text in 64 bits of its own.

    A product of two numbers of 32 bits stays within its 64, so Python's arithmetic works on all of them together.
    """
    plain = "".join(texts).isascii()  # then NumPy writes the bytes itself
    data = texts if plain else [text.encode("utf-8", "replace") for text in texts]
    lengths = np.fromiter(map(len, data), np.int64, len(data))
    count, width = (int(lengths.max()) + 3) // 4 or 1, 8 * len(data)
    words = np.array(data, dtype=f"S{4 * count}").view("<u4").reshape(-1, count).T
    follows = _together(_following(count).take(lengths >> 2, axis=1))
    one = int.from_bytes(b"\1\0\0\0\0\0\0\0" * (len(data) * count), "little")
    mask, mixed = one * _MASK, _together(words) * _FIRST
    mixed = ((mixed & mask) << 15 | (mixed & mask) >> 17) & mask
    mixed = mixed * _SECOND & mask
    one &= (1 << 8 * width) - 1
    mask, added, state = one * _MASK, one * _ADDED, one * SEED
    for _ in range(count):
        state ^= mixed & mask
        turned = ((state << 13 | state >> 19) & mask) * 5 + added & mask
        state ^= (state ^ turned) & follows  # of the bytes left over, and of no bytes, that was all
        mixed, follows = mixed >> 8 * width, follows >> 8 * width
    state ^= _together(lengths)
    state = (state ^ state >> 16 & mask) * _THIRD & mask
    state = (state ^ state >> 13 & mask) * _FOURTH & mask
    state ^= state >> 16 & mask
    return np.frombuffer(state.to_bytes(width, "little"), "<u8").astype(np.uint32).view(np.int32)


@lru_cache(maxsize=8)
def _following(count: int) -> Numbers:
    """Return, for each place of a word of 4 bytes and each number of whole ones, all bits if it is one of them."""
    return np.where(np.arange(count)[:, None] < np.arange(count + 1), _MASK, 0)


def _together(numbers: Numbers) -> int:
    """Return numbers of 32 bits as one, each in 64 bits."""
    return int.from_bytes(numbers.astype("<u8").tobytes(), "little")


class HashedSlots(dict[str | None, int]):
    """The slot of each word; those that were asked of late are kept.

    Args:
        size: Slots of the vector.
        prefix: Put before each word.
    """

    def __init__(self, size: int, prefix: str = "") -> None:
        super().__init__()
        self.size, self.prefix = size, prefix

    def __missing__(self, word: str | None) -> int:
        slot = SEED % self.size if word is None else hash_string(self.prefix + word) % self.size
        if word is None or len(word) <= _LONGEST:
            self._keep([word], [slot])
        return slot

    def of_all(self, words: Sequence[str | None]) -> list[int]:
        """Return the slot of each word; many new ones are hashed at once."""
        found = [*map(self.get, words)]
        if None not in found:
            return found  # type: ignore[return-value]
        pairs = zip(words, found, strict=True)
        new = [word for word, slot in pairs if slot is None and word is not None and len(word) <= _SHORT]
        if len(new) >= _MANY:
            texts = [self.prefix + word for word in new] if self.prefix else new
            slots: list[int] = (hash_strings(texts) % self.size).tolist()
            self._keep(new, slots)
            if len(new) == len(words):
                return slots
        return [self[word] for word in words]

    def _keep(self, words: Sequence[str | None], slots: Sequence[int]) -> None:
        if len(self) + len(words) > _KEPT:
            self.clear()
        self.update(zip(words[:_KEPT], slots, strict=False))


def _hash(words: tuple[int, ...], tail: int, length: int) -> int:
    """Return the hash of words of 32 bits, of what is left over, and of how many bytes they are."""
    state = SEED
    for word in words:
        mixed = word * _FIRST & _MASK
        state ^= (mixed << 15 & _MASK | mixed >> 17) * _SECOND & _MASK
        state = (state << 13 & _MASK | state >> 19) * 5 + _ADDED & _MASK
    mixed = tail * _FIRST & _MASK
    state ^= (mixed << 15 & _MASK | mixed >> 17) * _SECOND & _MASK ^ length
    state = (state ^ state >> 16) * _THIRD & _MASK
    state = (state ^ state >> 13) * _FOURTH & _MASK
    state ^= state >> 16
    return state - (1 << 32) if state >= 1 << 31 else state
