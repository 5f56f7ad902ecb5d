"""Spark's hash: murmur3 x86 32-bit with seed 42, as a signed 32-bit integer."""

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
# Constants of the algorithm: factors of each word, factors of the final mix, increment of the state.
_C1, _C2 = 0xCC9E2D51, 0x1B873593
_FINAL_1, _FINAL_2 = 0x85EBCA6B, 0xC2B2AE35
_INCREMENT = 0xE6546B64
# Tokens that are cached, and their maximum length.
_CACHE_SIZE, _MAX_CACHED_LENGTH = 1 << 13, 64
# Tokens that are hashed together: their maximum length, and the number from which it is faster.
_MAX_BULK_LENGTH, _MIN_BULK = 24, 12


def hash_string(text: str) -> int:
    """Return the hash of a text in UTF-8; a lone surrogate is encoded as `?`, as in Java."""
    data = text.encode("utf-8", "replace")
    aligned = len(data) & ~3
    words = unpack(f"<{aligned >> 2}I", data[:aligned])
    return _hash(words, int.from_bytes(data[aligned:], "little"), len(data))


def hash_integer(value: int) -> int:
    """Return the hash of a 32-bit integer."""
    return _hash((value & _MASK,), 0, 4)


def hash_long(value: int) -> int:
    """Return the hash of a 64-bit integer."""
    return _hash((value & _MASK, value >> 32 & _MASK), 0, 8)


def hash_int_with_seed(value: int, seed: int) -> int:
    """Return the hash of a 32-bit integer after other values, whose hash is the seed."""
    return _hash((value & _MASK,), 0, 4, seed & _MASK)


def hash_long_with_seed(value: int, seed: int) -> int:
    """Return the hash of a 64-bit integer after other values, whose hash is the seed."""
    return _hash((value & _MASK, value >> 32 & _MASK), 0, 8, seed & _MASK)


def hash_bytes_with_seed(data: bytes, seed: int) -> int:
    """Return the hash of bytes as Spark's SQL function does it: each remaining byte is a word, with its sign."""
    aligned = len(data) & ~3
    words = unpack(f"<{aligned >> 2}I", data[:aligned])
    rest = tuple((byte - 256 if byte > 127 else byte) & _MASK for byte in data[aligned:])  # noqa: PLR2004
    return _hash((*words, *rest), 0, len(data), seed & _MASK)


def hash_value(value: Any, type_: str) -> int:
    """Return the hash of a value of one of Spark's types: text, boolean or number; null hashes to the seed."""
    if value is None:
        return SEED
    if type_ == "string":
        return hash_string(value)
    if type_ == "double":
        return hash_long(unpack("<q", pack("<d", nan if isnan(value) else value))[0])
    if type_ == "float":
        return hash_integer(unpack("<i", pack("<f", nan if isnan(value) else value))[0])
    return hash_long(value) if type_ == "long" else hash_integer(int(value))


def hash_strings(texts: Sequence[str]) -> Numbers:
    """Return the hash of many texts, computed together: one big integer holds the state of each text in a 64-bit lane.

    A product of two 32-bit numbers fits into its lane, so one operation on the big integer advances all states.
    """
    # NumPy encodes ASCII texts itself.
    is_ascii = "".join(texts).isascii()
    data = texts if is_ascii else [text.encode("utf-8", "replace") for text in texts]
    lengths = np.fromiter(map(len, data), np.int64, len(data))
    count, width = (int(lengths.max()) + 3) // 4 or 1, 8 * len(data)
    words = np.array(data, dtype=f"S{4 * count}").view("<u4").reshape(-1, count).T
    complete = _to_lanes(_build_complete_word_masks(count).take(lengths >> 2, axis=1))
    one = int.from_bytes(b"\1\0\0\0\0\0\0\0" * (len(data) * count), "little")
    mask, mixed = one * _MASK, _to_lanes(words) * _C1
    mixed = ((mixed & mask) << 15 | (mixed & mask) >> 17) & mask
    mixed = mixed * _C2 & mask
    one &= (1 << 8 * width) - 1
    mask, added, state = one * _MASK, one * _INCREMENT, one * SEED
    for _ in range(count):
        state ^= mixed & mask
        rotated = ((state << 13 | state >> 19) & mask) * 5 + added & mask
        # The remaining bytes, and padding, are mixed into the state only.
        state ^= (state ^ rotated) & complete
        mixed, complete = mixed >> 8 * width, complete >> 8 * width
    state ^= _to_lanes(lengths)
    state = (state ^ state >> 16 & mask) * _FINAL_1 & mask
    state = (state ^ state >> 13 & mask) * _FINAL_2 & mask
    state ^= state >> 16 & mask
    return np.frombuffer(state.to_bytes(width, "little"), "<u8").astype(np.uint32).view(np.int32)


@lru_cache(maxsize=8)
def _build_complete_word_masks(count: int) -> Numbers:
    """Return all bits for each position of a 4-byte word, by number of complete words, where the word is complete."""
    return np.where(np.arange(count)[:, None] < np.arange(count + 1), _MASK, 0)


def _to_lanes(numbers: Numbers) -> int:
    """Return 32-bit numbers as one big integer, each in a 64-bit lane."""
    return int.from_bytes(numbers.astype("<u8").tobytes(), "little")


class HashedSlots(dict[str | None, int]):
    """The slot of each token, with a cache of recent tokens.

    Args:
        size: Number of slots of the vector.
        prefix: Prepended to each token before hashing.
    """

    def __init__(self, size: int, prefix: str = "") -> None:
        super().__init__()
        self.size, self.prefix = size, prefix

    def __missing__(self, word: str | None) -> int:
        slot = SEED % self.size if word is None else hash_string(self.prefix + word) % self.size
        if word is None or len(word) <= _MAX_CACHED_LENGTH:
            self._store([word], [slot])
        return slot

    def find_slots(self, words: Sequence[str | None]) -> list[int]:
        """Return the slot of each token; many new tokens are hashed together."""
        cached = [*map(self.get, words)]
        if None not in cached:
            return cached  # type: ignore[return-value]
        pairs = zip(words, cached, strict=True)
        new = [
            word
            for word, slot in pairs
            if slot is None and word is not None and len(word) <= _MAX_BULK_LENGTH
        ]
        if len(new) >= _MIN_BULK:
            texts = [self.prefix + word for word in new] if self.prefix else new
            slots: list[int] = (hash_strings(texts) % self.size).tolist()
            self._store(new, slots)
            if len(new) == len(words):
                return slots
        return [self[word] for word in words]

    def _store(self, words: Sequence[str | None], slots: Sequence[int]) -> None:
        if len(self) + len(words) > _CACHE_SIZE:
            self.clear()
        self.update(zip(words[:_CACHE_SIZE], slots, strict=False))


def _hash(words: tuple[int, ...], tail: int, length: int, seed: int = SEED) -> int:
    """Return the hash of 32-bit words, the remaining bytes and the length in bytes."""
    state = seed
    for word in words:
        mixed = word * _C1 & _MASK
        state ^= (mixed << 15 & _MASK | mixed >> 17) * _C2 & _MASK
        state = (state << 13 & _MASK | state >> 19) * 5 + _INCREMENT & _MASK
    mixed = tail * _C1 & _MASK
    state ^= (mixed << 15 & _MASK | mixed >> 17) * _C2 & _MASK ^ length
    state = (state ^ state >> 16) * _FINAL_1 & _MASK
    state = (state ^ state >> 13) * _FINAL_2 & _MASK
    state ^= state >> 16
    return state - (1 << 32) if state >= 1 << 31 else state
