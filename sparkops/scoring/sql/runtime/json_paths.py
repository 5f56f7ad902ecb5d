"""Functions of JSON texts, which are read and written as Jackson does for Spark.

Single quotes and control characters are accepted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from ....errors import ModelError
from ...jvm.numbers import choose_text_function
from .evaluation_error import EvaluationError

_PATH = re.compile(r"\$(?:\.[^.\[\]'?*\s]+|\['[^'?*\[\]\s]+'\]|\[\d{1,9}\])*", re.ASCII)
_NODE = re.compile(r"\.([^.\[]+)|\['([^']+)'\]|\[(\d+)\]", re.ASCII)
_STRING = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)|(\")", re.DOTALL)
_SPACE = " \t\r\n"
_MAX_DIGITS = 1000
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNESCAPED = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_WRITTEN_ESCAPES = re.compile('[\x00-\x1f"\\\\\ud800-\udfff\U00010000-\U0010ffff]')


class _Number(str):
    """The text of a number."""

    __slots__ = ()


class _Real(_Number):
    """The text of a number with a point or an exponent."""

    __slots__ = ()


class _Object(list[tuple[str, Any]]):
    """The fields of an object, of which several may have one name."""

    __slots__ = ()


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _read_number(text: str) -> _Number:
    if len(text) > _MAX_DIGITS:
        raise ValueError(text)
    return _Number(text)


def _read_real(text: str) -> _Real:
    if len(text) > _MAX_DIGITS:
        raise ValueError(text)
    return _Real(text)


_DECODE = json.JSONDecoder(
    strict=False,
    object_pairs_hook=_Object,
    parse_constant=_refuse_constant,
    parse_int=_read_number,
    parse_float=_read_real,
).raw_decode


def _parse(text: str) -> Any:
    """Return the first value of a JSON text; what follows it is ignored.

    Raises:
        ValueError: The value is malformed.
        EvaluationError: It is too deep.
    """
    text = text.lstrip(_SPACE)
    try:
        try:
            value, end = _DECODE(text)
        except ValueError:
            if "'" not in text:
                raise
            text = _STRING.sub(_replace_single_quotes, text)
            value, end = _DECODE(text)
    except RecursionError:
        raise EvaluationError("reads a JSON text of very many levels") from None
    following = text[end : end + 1]
    if isinstance(value, _Number) and following and following not in _SPACE:
        raise ValueError(text)
    if (value is None or isinstance(value, bool)) and (following.isalnum() or following in ("_", "$")):
        raise ValueError(text)
    return value


def _replace_single_quotes(match: re.Match[str]) -> str:
    body = match[1] if match[1] is not None else match[2]
    return f'"{_ESCAPED.sub(_keep_escape, body)}"'


def _keep_escape(match: re.Match[str]) -> str:
    """Return an escape of a text in single quotes as one in double quotes has it."""
    if match[2]:
        return '\\"'
    return "'" if match[1] == "'" else match[0]


def make_get_function(path: str, java: int) -> Callable[[str], str | None]:
    """Return the function that gives the value at a path such as `$.a.b[0]`.

    A text is returned without quotes, other values as JSON.

    Args:
        path: The path, without wildcards.
        java: The version of Java, which decides how doubles are written.

    Raises:
        ModelError: The path is not supported.
    """
    if not _PATH.fullmatch(path):
        raise ModelError(f"its path `{path}` is not supported")
    nodes: list[str | int] = [
        int(match[3]) if match[3] else match[1] or match[2] for match in _NODE.finditer(path)
    ]
    write_double = choose_text_function("double", java)

    def get(text: str) -> str | None:
        try:
            value = _find(_parse(text), nodes, 0)
        except ValueError:
            return None
        if value is _MISSING:
            return None
        if type(value) is not str:
            return _write(value, write_double)
        # Jackson writes no half of a character.
        return None if not value.isascii() and _SURROGATE.search(value) else value

    return get


_MISSING = object()


def _find(value: Any, nodes: list[str | int], depth: int) -> Any:
    """Return the value at a path; `_MISSING` if there is none. Of fields of one name the first with a value counts."""
    if depth == len(nodes):
        return value
    node = nodes[depth]
    if isinstance(node, int):
        is_array = isinstance(value, list) and not isinstance(value, _Object)
        return _find(value[node], nodes, depth + 1) if is_array and node < len(value) else _MISSING
    if isinstance(value, _Object):
        for name, field in value:
            if name == node and field is not None:
                inner = _find(field, nodes, depth + 1)
                if inner is not _MISSING:
                    return inner
    return _MISSING


def _write(value: Any, write_double: Callable[[float], str]) -> str:
    """Return a value as JSON."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, _Real):
        text = write_double(float(value))
        return f'"{text}"' if text.endswith("y") else text
    if isinstance(value, _Number):
        return "0" if value == "-0" else str(value)
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, _Object):
        fields = (f"{_quote(name)}:{_write(field, write_double)}" for name, field in value)
        return f"{{{','.join(fields)}}}"
    return f"[{','.join([_write(item, write_double) for item in value])}]"


def _quote(text: str) -> str:
    return f'"{_WRITTEN_ESCAPES.sub(_write_escape, text)}"'


def _write_escape(match: re.Match[str]) -> str:
    letter = match[0]
    units = letter.encode("utf-16-be", "surrogatepass").hex().upper()
    return _UNESCAPED.get(letter) or "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def array_length(text: str) -> int | None:
    """Return the number of elements of a JSON array; None for another value."""
    try:
        value = _parse(text)
    except ValueError:
        return None
    return len(value) if isinstance(value, list) and not isinstance(value, _Object) else None


def object_keys(text: str) -> list[str] | None:
    """Return the names of the fields of a JSON object; None for another value."""
    try:
        value = _parse(text)
    except ValueError:
        return None
    return [name for name, _ in value] if isinstance(value, _Object) else None
