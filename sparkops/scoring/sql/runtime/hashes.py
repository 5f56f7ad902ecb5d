"""Hash functions of Spark: digests of strings, and murmur3 and xxHash64 of several values.

As in Spark's `HashExpression`, the hash of a value is the seed of the next one, and null leaves the seed as it is. The
code of xxHash64 follows https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md.
"""

from __future__ import annotations

import hashlib
from binascii import crc32 as _crc32
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from struct import pack, unpack
from typing import Any

from ...text import murmur3
from ..types import parse_decimal_type
from .time_zone import make_to_micros_function

SEED = 42
_MASK = 0xFFFFFFFFFFFFFFFF
_PRIME_1, _PRIME_2, _PRIME_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_PRIME_4, _PRIME_5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
_SHA2 = {0: "sha256", 224: "sha224", 256: "sha256", 384: "sha384", 512: "sha512"}
# Decimals of more digits are hashed as bytes.
_MAX_LONG_DIGITS = 18
_EPOCH = date(1970, 1, 1)


def encode_text(text: str) -> bytes:
    """Return a text in UTF-8; a lone surrogate is encoded as `?`, as in Java."""
    return text.encode("utf-8", "replace")


def md5(text: str) -> str:
    """Return the MD5 digest of a text as hexadecimal digits."""
    return hashlib.md5(encode_text(text), usedforsecurity=False).hexdigest()


def sha1(text: str) -> str:
    """Return the SHA-1 digest of a text as hexadecimal digits."""
    return hashlib.sha1(encode_text(text), usedforsecurity=False).hexdigest()


def sha2(text: str, bits: int) -> str | None:
    """Return the SHA-2 digest of a text as hexadecimal digits; None for an unknown number of bits."""
    name = _SHA2.get(bits)
    return None if name is None else hashlib.new(name, encode_text(text)).hexdigest()


def crc32(text: str) -> int:
    """Return the CRC-32 of a text."""
    return _crc32(encode_text(text))


def make_hash_function(kind: str, types: Sequence[str], zone: str) -> Callable[..., int]:
    """Return Spark's `hash` ("murmur3") or `xxhash64` of values of these types.

    Args:
        kind: The function.
        types: Types of the arguments.
        zone: The session's time zone, for timestamps.
    """
    functions = [_make_value_hash_function(kind, type_, zone) for type_ in types]
    return partial(_chain, functions)


def _chain(functions: Sequence[Callable[[Any, int], int]], *values: Any) -> int:
    state = SEED
    for function, value in zip(functions, values, strict=True):
        if value is not None:
            state = function(value, state)
    return state


def _make_value_hash_function(kind: str, type_: str, zone: str) -> Callable[[Any, int], int]:
    hash_integer, hash_long, hash_bytes = (
        (murmur3.hash_int_with_seed, murmur3.hash_long_with_seed, murmur3.hash_bytes_with_seed)
        if kind == "murmur3"
        else (_xxhash_integer, _xxhash_long, _xxhash_bytes)
    )
    digits = parse_decimal_type(type_)
    if digits is not None:
        number = partial(_to_unscaled, digits[1])
        if digits[0] <= _MAX_LONG_DIGITS:
            return lambda value, seed: hash_long(number(value), seed)
        return lambda value, seed: hash_bytes(_to_bytes(number(value)), seed)
    to_micros = make_to_micros_function(zone)
    functions: Mapping[str, Callable[[Any, int], int]] = {
        "string": lambda value, seed: hash_bytes(encode_text(value), seed),
        "double": lambda value, seed: hash_long(_get_double_bits(value), seed),
        "float": lambda value, seed: hash_integer(_get_float_bits(value), seed),
        "date": lambda value, seed: hash_integer((value - _EPOCH).days, seed),
        "timestamp": lambda value, seed: hash_long(to_micros(value), seed),
        "long": hash_long,
    }
    return functions.get(type_, lambda value, seed: hash_integer(int(value), seed))


def _to_unscaled(scale: int, value: Decimal) -> int:
    return int(value.scaleb(scale))


def _to_bytes(value: int) -> bytes:
    """Return the shortest two's complement of an integer, as Java's BigInteger writes it."""
    size = ((value + (value < 0)).bit_length() + 8) // 8
    return value.to_bytes(size, "big", signed=True)


def _get_double_bits(value: float) -> int:
    """Return the bits of a double as Spark hashes it: one NaN, and 0.0 for -0.0."""
    value = float("nan") if value != value else value + 0.0  # noqa: PLR0124
    return int(unpack("<q", pack("<d", value))[0])


def _get_float_bits(value: float) -> int:
    """Return the bits of a float as Spark hashes it: one NaN, and 0.0 for -0.0."""
    value = float("nan") if value != value else value + 0.0  # noqa: PLR0124
    return int(unpack("<i", pack("<f", value))[0])


def _rotate(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & _MASK


def _finish(state: int) -> int:
    state = (state ^ state >> 33) * _PRIME_2 & _MASK
    state = (state ^ state >> 29) * _PRIME_3 & _MASK
    state ^= state >> 32
    return state - (1 << 64) if state >= 1 << 63 else state


def _xxhash_integer(value: int, seed: int) -> int:
    """Return xxHash64 of the four bytes of an integer."""
    state = (seed + _PRIME_5 + 4) & _MASK
    state ^= (value & 0xFFFFFFFF) * _PRIME_1 & _MASK
    return _finish((_rotate(state, 23) * _PRIME_2 + _PRIME_3) & _MASK)


def _xxhash_long(value: int, seed: int) -> int:
    """Return xxHash64 of the eight bytes of an integer."""
    state = (seed + _PRIME_5 + 8) & _MASK
    return _finish(_mix_word(state, value & _MASK))


def _xxhash_bytes(data: bytes, seed: int) -> int:
    """Return xxHash64 of bytes."""
    length, position = len(data), 0
    if length >= 32:  # noqa: PLR2004
        state, position = _consume_stripes(data, seed)
    else:
        state = (seed + _PRIME_5) & _MASK
    state = (state + length) & _MASK
    while position + 8 <= length:
        state = _mix_word(state, int.from_bytes(data[position : position + 8], "little"))
        position += 8
    if position + 4 <= length:
        state ^= int.from_bytes(data[position : position + 4], "little") * _PRIME_1 & _MASK
        state = (_rotate(state, 23) * _PRIME_2 + _PRIME_3) & _MASK
        position += 4
    for byte in data[position:]:
        state = _rotate(state ^ byte * _PRIME_5 & _MASK, 11) * _PRIME_1 & _MASK
    return _finish(state)


def _mix_word(state: int, word: int) -> int:
    state ^= _rotate(word * _PRIME_2 & _MASK, 31) * _PRIME_1 & _MASK
    return (_rotate(state, 27) * _PRIME_1 + _PRIME_4) & _MASK


def _consume_stripes(data: bytes, seed: int) -> tuple[int, int]:
    """Return the state after all complete stripes of 32 bytes, and the number of their bytes."""
    lanes = [seed + _PRIME_1 + _PRIME_2, seed + _PRIME_2, seed, seed - _PRIME_1]
    end = len(data) // 32 * 32
    words = unpack(f"<{end // 8}Q", data[:end])
    for position, word in enumerate(words):
        lane = position % 4
        lanes[lane] = _rotate((lanes[lane] + word * _PRIME_2) & _MASK, 31) * _PRIME_1 & _MASK
    state = sum(map(_rotate, lanes, (1, 7, 12, 18))) & _MASK
    for lane in lanes:
        state = (
            (state ^ _rotate(lane * _PRIME_2 & _MASK, 31) * _PRIME_1 & _MASK) * _PRIME_1 + _PRIME_4
        ) & _MASK
    return state, end
