"""Random damage of bytes, texts, JSON values and arrays, and hostile values to put into them."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import numpy as np
import yaml

from fuzzing.watch import MARKER

HOSTILE_TEXTS = (
    "", " ", "\x00", "\n", "\r\n", "\t", "a\nb", "'", '"', "`", "\\", "../../etc/passwd", "/etc/passwd", "~root", "..", ".",
    "%s%n", "{0.__class__}", "${env:HOME}", "$(id)", "`id`", "; id", "|id", "-", "--", "--help", "@", "models:/x", "file:///etc/passwd",
    "http://10.0.0.1/x", "<script>fuzz()</script>", "javascript:fuzz()", "{{7*7}}", "\ud800", "\udfff", "\u202e", "\u0000\u0001", "\ufeff",
    "é" * 40, "\U0001f600", "x" * 300, "x" * 5000, "nan", "inf", "-0", "1e999", "null", "None", "true", "0x10", "1_000", "٣",
    MARKER, f"'; {MARKER} #", f"\n{MARKER}\n", f"'+{MARKER}+'", f"{{{MARKER}}}", f'"""{MARKER}', f"${{{MARKER}}}",
)  # fmt: skip
HOSTILE_VALUES: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 2, 255, 2**31, -(2**31) - 1, 2**53 + 1, 2**63, 10**30, 0.5, -0.0, 1e308, float("nan"), float("inf"), -1e-320,
    [], {}, [None], [[]], {"a": 1}, ["x"], [[1]], {"type": 1}, {"is": "Field", "name": "x"}, 10**400, "vector", "string", "trees", "double",
    "array<string>", "decimal(99,2)", "error", "skip", "keep",
)  # fmt: skip
_MAX_BYTES = 300_000
_OTHER_TYPES = (np.float16, np.float32, np.float64, np.int8, np.uint8, np.int64, np.bool_)
_BAD_INTEGERS = (-1, 0, 1, 5, 2**31, -(2**62))
_BAD_DOUBLES = (np.nan, np.inf, -np.inf, 1e308, -0.0, 0.5)


def mutate_bytes(content: bytes, draw: Random) -> bytes:
    """Return content with some bytes changed, cut out, doubled, inserted or cut off."""
    for _ in range(draw.choice((1, 1, 1, 2, 5))):
        content = _mutate_once(content, draw)[:_MAX_BYTES]
    return content


def _mutate_once(content: bytes, draw: Random) -> bytes:
    position, length = draw.randrange(len(content) + 1), draw.choice((1, 1, 2, 8, 64))
    head, middle, tail = (
        content[:position],
        content[position : position + length],
        content[position + length :],
    )
    match draw.randrange(7):
        case 0:
            new = head + draw.randbytes(length)
        case 1:
            new = head
        case 2:
            new = head + middle * draw.choice((2, 50))
        case 3:
            return head
        case 4:
            new = head + bytes(byte ^ (1 << draw.randrange(8)) for byte in middle[:1]) + middle[1:]
        case 5:
            new = head + hostile_text(draw).encode("utf-8", "surrogatepass") + middle
        case _:
            return b"" if draw.random() < 0.1 else head + b"\x00" * length + tail
    return new + tail


def mutate_text(text: str, draw: Random) -> str:
    """Return a text that is damaged by characters rather than by bytes."""
    position, length = draw.randrange(len(text) + 1), draw.choice((1, 1, 2, 5, 20))
    head, middle, tail = text[:position], text[position : position + length], text[position + length :]
    match draw.randrange(5):
        case 0:
            return head + hostile_text(draw) + tail
        case 1:
            return head + tail
        case 2:
            return head + middle * draw.choice((2, 30)) + tail
        case 3:
            return (
                head
                + chr(draw.choice((0, 9, 10, 34, 39, 40, 41, 91, 92, 93, 123, 125, 0x2028, 0xE9, 0x1F600)))
                + middle
                + tail
            )
        case _:
            other = draw.randrange(len(text) + 1)
            return head + text[other : other + length] + tail


def hostile_text(draw: Random) -> str:
    """Return a text that breaks what quotes, escapes or interprets it wrongly."""
    text = draw.choice(HOSTILE_TEXTS)
    return text if draw.random() < 0.8 else text + draw.choice(HOSTILE_TEXTS)


def hostile_value(draw: Random) -> Any:
    """Return a JSON value of an unexpected type or size."""
    if draw.random() < 0.3:
        return hostile_text(draw)
    if draw.random() < 0.02:
        return nest(draw.choice((20, 200, 900)), draw)
    return json.loads(json.dumps(draw.choice(HOSTILE_VALUES)))


def dump_yaml(value: Any, draw: Random) -> str:
    """Return a value as YAML, in its block style or as JSON, which is YAML too."""
    try:
        return yaml.safe_dump(value, allow_unicode=draw.random() < 0.5)
    except RecursionError:
        return json.dumps(value, default=str)


def nest(depth: int, draw: Random) -> Any:
    """Return lists or mappings within each other."""
    value: Any = draw.choice((1, "x", None))
    for _ in range(depth):
        value = [value] if draw.random() < 0.5 else {"a": value}
    return value


def mutate_json(value: Any, draw: Random) -> None:
    """Change, remove, copy or exchange one item anywhere in nested lists and mappings."""
    while True:
        keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = draw.choice(keys)
        if isinstance(value[key], dict | list) and value[key] and draw.random() < 0.8:
            value = value[key]
            continue
        _change_item(value, key, keys, draw)
        return


def _change_item(value: Any, key: Any, keys: list[Any], draw: Random) -> None:
    damage = draw.random()
    if damage < 0.12:
        del value[key]
    elif damage < 0.24:
        other = draw.choice(keys)
        value[key], value[other] = value[other], value[key]
    elif damage < 0.3 and isinstance(value, dict):
        value[hostile_text(draw)] = hostile_value(draw)
    elif damage < 0.36 and isinstance(value, dict):
        value[draw.choice([*keys, "x"])] = value.pop(key)
    elif damage < 0.36 and isinstance(value, list):
        value.extend([value[key]] * draw.choice((1, 3, 200)))
    elif damage < 0.6:
        value[key] = _change_slightly(value[key], draw)
    else:
        value[key] = hostile_value(draw)


def _change_slightly(value: Any, draw: Random) -> Any:
    """Return another value of the same type, or the same value as another type."""
    if isinstance(value, bool):
        return draw.choice((not value, int(value), None))
    if isinstance(value, int):
        return draw.choice((value + 1, value - 1, -value, 0, value * 10**6, str(value)[:50]))
    if isinstance(value, float):
        return draw.choice((value + 1, -value, 0, value * 1e6, float("nan"), float("inf"), str(value)))
    if isinstance(value, str):
        return draw.choice((f"{value}x"[:500], "", [value]))
    return draw.choice(([value], {"a": value}))


def disturb_array(array: Any, draw: Random) -> Any:
    """Return an array with other numbers, another shape or another type."""
    kind = draw.randrange(7)
    if kind == 0 or not array.size:
        return np.zeros(draw.choice((0, 1, 7, 100)), dtype=array.dtype)
    if kind == 1:
        return array.reshape(-1, 1) if array.ndim == 1 else array.ravel()
    if kind == 2:
        with np.errstate(all="ignore"):
            return array.astype(draw.choice(_OTHER_TYPES))
    if kind == 3:
        return array[: array.shape[0] // 2]
    is_integer = array.dtype.kind == "i"
    changed = array.astype(np.int64 if is_integer else np.float64)
    changed.reshape(-1)[draw.randrange(array.size)] = draw.choice(
        _BAD_INTEGERS if is_integer else _BAD_DOUBLES
    )
    return np.concatenate([changed, changed]) if kind == 4 else changed
