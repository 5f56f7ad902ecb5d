"""The results of checks as lines: what was asked, what was found, what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_WORD = {"fail": "FAIL", "warn": "warn", "quarantine": "held"}
_SAMPLES = 3
_LONG = 60  # characters of what was observed


def check_lines(checks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield one line for each result, aligned; those that did not hold tell what broke them."""
    asked = [f"{check['table']}: {_asked(check)}" for check in checks]
    found = list(map(_found, checks))
    width = max((len(text) for text, told in zip(asked, found, strict=True) if told), default=0)
    for check, text, told in zip(checks, asked, found, strict=True):
        yield f"{mark(check)} {text.ljust(width)}  {told}".rstrip()


def mark(check: Mapping[str, Any]) -> str:
    """Return a result as four characters."""
    return "ok  " if check["success"] else _WORD[check["policy"]]


def tally(checks: Sequence[Mapping[str, Any]]) -> str:
    """Return what checks found in a few words: `8 checks: 6 ok, 1 held, 1 warn`."""
    marks = [mark(check).strip() for check in checks]
    counts = [f"{marks.count(word)} {word}" for word in ("ok", *_WORD.values()) if word in marks]
    return f"{len(checks)} check{'' if len(checks) == 1 else 's'}: {', '.join(counts)}"


def _asked(check: Mapping[str, Any]) -> str:
    column = check["kwargs"].get("column")
    shown = [] if column is None else [str(column)]
    shown += [f"{key}={value}" for key, value in check["kwargs"].items() if key != "column"]
    return f"{check['expectation']}({', '.join(shown)})"


def _found(check: Mapping[str, Any]) -> str:
    if check["error"]:
        return f"not evaluated: {check['error']}"
    if check["unexpected"] and check["rows"]:
        of = f"{check['unexpected']:,} of {check['rows']:,} rows"
        of += f", {check['over']}" if check.get("over") else ""
        return of + ("" if check["success"] else _such_as(check["samples"]))
    if check["success"] or check["observed"] is None:
        return ""
    text = str(check["observed"])
    return f"observed {text if len(text) <= _LONG else text[: _LONG - 1] + '…'}"


def _such_as(samples: Sequence[Any]) -> str:
    """Return a few of the values that broke it; nulls say no more than the count does."""
    different = list(dict.fromkeys(str(value) for value in samples if value is not None))[:_SAMPLES]
    return f", such as {', '.join(different)}" if different else ""
