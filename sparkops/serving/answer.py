"""The answers to a request as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sparkops.serving.row_scoring import Answers

# Rows that are written at once: the JSON encoder holds Python's lock meanwhile.
_CHUNK = 500


def format_answers(answers: Answers) -> bytes:
    """Return `predictions` in row order, `rejected` if the model dropped rows, and `errors` if rows are invalid."""
    text = f'{{"predictions":{_format_list(answers.predictions)}'
    if answers.rejected:
        rejected = [{"row": index, "reason": reason} for index, reason in answers.rejected.items()]
        text += f',"rejected":{_format_list(rejected)}'
    if answers.errors:
        errors = [
            {"row": index, **({"field": problem.field} if problem.field else {}), "reason": problem.reason}
            for index, problem in answers.errors.items()
        ]
        text += f',"errors":{_format_list(errors)}'
    return f"{text}}}".encode()


def format_json(value: Any) -> bytes:
    """Return a value as JSON in ASCII; NaN and infinities, which JSON cannot represent, are null."""
    return _format(value).encode()


def _format_list(items: Sequence[Any]) -> str:
    if len(items) <= _CHUNK:
        return _format(items)
    return f"[{','.join(_format_chunks(items))}]"


def _format_chunks(items: Sequence[Any]) -> Iterator[str]:
    for start in range(0, len(items), _CHUNK):
        yield _format(items[start : start + _CHUNK])[1:-1]


def _format(value: Any) -> str:
    try:
        return _ENCODER.encode(value)
    except ValueError:
        return _ENCODER.encode(_to_finite(value))


def _to_text(value: Any) -> str:
    """Return a date, time or decimal as text."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _to_finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _to_finite(item) for name, item in value.items()}
    return [_to_finite(item) for item in value] if isinstance(value, list | tuple) else value


_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=_to_text)
