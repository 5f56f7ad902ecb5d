"""The answers to a request as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sparkops.serving.row_scoring import Answers

Encode = Callable[[Any], str]
# Rows that are written at once: the JSON encoder holds Python's lock meanwhile.
_CHUNK = 500


def format_answers(answers: Answers, *, strict: bool = False) -> bytes:
    """Return `predictions` in row order, `rejected` if the model dropped rows, and `errors` if rows are invalid.

    Args:
        answers: The answers.
        strict: Write NaN and infinities as the text "NaN", "Infinity" and "-Infinity"; otherwise they are written as
            literals, which the JSON standard does not have, as MLflow's server does.
    """
    encode = _format_strictly if strict else _LITERAL_ENCODER.encode
    text = f'{{"predictions":{_format_list(answers.predictions, encode)}'
    if answers.rejected:
        rejected = [{"row": index, "reason": reason} for index, reason in answers.rejected.items()]
        text += f',"rejected":{_format_list(rejected, encode)}'
    if answers.errors:
        errors = [
            {"row": index, **({"field": problem.field} if problem.field else {}), "reason": problem.reason}
            for index, problem in answers.errors.items()
        ]
        text += f',"errors":{_format_list(errors, encode)}'
    return f"{text}}}".encode()


def format_json(value: Any) -> bytes:
    """Return a value as JSON in ASCII; NaN and infinities, which JSON cannot represent, are null."""
    return _format(value).encode()


def _format_list(items: Sequence[Any], encode: Encode) -> str:
    if len(items) <= _CHUNK:
        return encode(items)
    return f"[{','.join(_format_chunks(items, encode))}]"


def _format_chunks(items: Sequence[Any], encode: Encode) -> Iterator[str]:
    for start in range(0, len(items), _CHUNK):
        yield encode(items[start : start + _CHUNK])[1:-1]


def _format(value: Any) -> str:
    try:
        return _ENCODER.encode(value)
    except ValueError:
        return _ENCODER.encode(_replace_non_finite(value, lambda _: None))


def _format_strictly(value: Any) -> str:
    try:
        return _ENCODER.encode(value)
    except ValueError:
        return _ENCODER.encode(_replace_non_finite(value, json.dumps))


def _to_text(value: Any) -> str:
    """Return a date, time or decimal as text."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _replace_non_finite(value: Any, replacement: Callable[[float], Any]) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else replacement(value)
    if isinstance(value, Mapping):
        return {name: _replace_non_finite(item, replacement) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replace_non_finite(item, replacement) for item in value]
    return value


_LITERAL_ENCODER = json.JSONEncoder(separators=(",", ":"), default=_to_text)
_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=_to_text)
