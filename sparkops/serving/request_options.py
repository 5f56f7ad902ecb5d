"""The options in a request's query: explanation, outputs, and handling of extra fields and invalid rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal, TypeVar
from urllib.parse import parse_qsl

from sparkops.serving.request_error import RequestError

Extra = Literal["ignore", "refuse", "pass"]
OnError = Literal["fail", "null"]
EXTRA_MODES: tuple[Extra, ...] = ("ignore", "refuse", "pass")
ERROR_MODES: tuple[OnError, ...] = ("fail", "null")
_NAMES = ("explain", "outputs", "extra", "on_error", "strict")
_MAX_PARAMETERS = 20
Value = TypeVar("Value", bound=str)


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """How the rows of a request are scored.

    Args:
        explain: Add the contribution of each field to each answer.
        outputs: Names of the outputs in an answer; empty for all that the model returns by default.
        extra: What happens to fields that the model does not know: "ignore" and count them, "refuse" the row, or "pass"
            them back with the answer.
        on_error: What an invalid row does: "fail" refuses the request, "null" answers null for the row and gives the
            reason.
        strict: Write NaN and infinities as text, because the JSON standard has no literals for them.
    """

    explain: bool = False
    outputs: tuple[str, ...] = ()
    extra: Extra = "ignore"
    on_error: OnError = "fail"
    strict: bool = False


def read_options(query: bytes, defaults: RequestOptions) -> RequestOptions:
    """Return the options of a request.

    Args:
        query: Query of its URL.
        defaults: Options that the query does not name.

    Raises:
        RequestError: An option is unknown, named twice, or has an unknown value.
    """
    if not query:
        return defaults
    values = _parse_query(query)
    options = defaults
    if "explain" in values:
        options = replace(options, explain=_choose(values, "explain", ("true", "false")) == "true")
    if "outputs" in values:
        options = replace(options, outputs=_read_names(values["outputs"]))
    if "strict" in values:
        options = replace(options, strict=_choose(values, "strict", ("true", "false")) == "true")
    if "extra" in values:
        options = replace(options, extra=_choose(values, "extra", EXTRA_MODES))
    if "on_error" in values:
        options = replace(options, on_error=_choose(values, "on_error", ERROR_MODES))
    return options


def _parse_query(query: bytes) -> dict[str, str]:
    """Return the parameters of a query, each of which is known and named once."""
    try:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
    except ValueError as error:
        raise RequestError(f"The query has more than {_MAX_PARAMETERS} parameters.") from error
    values = dict(pairs)
    if len(values) != len(pairs):
        raise RequestError("The query names a parameter twice; name each once.")
    for name in values:
        if name not in _NAMES:
            near = get_close_matches(name[:40], _NAMES, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            raise RequestError(f"The query parameter `{name}` is unknown.{hint} Known: {', '.join(_NAMES)}.")
    return values


def _read_names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise RequestError("`outputs` names no output; write it as outputs=prediction,probability.")
    return names


def _choose(values: dict[str, str], name: str, allowed: Sequence[Value]) -> Value:
    for value in allowed:
        if values[name] == value:
            return value
    *others, last = allowed
    raise RequestError(f"`{name}` must be {', '.join(others)} or {last}, not `{values[name]}`.")
