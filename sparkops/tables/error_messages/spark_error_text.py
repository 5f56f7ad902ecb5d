"""The words in an error of Spark: its whole text with the causes, and the sentence that says what went wrong."""

from __future__ import annotations

import re

_ROOMS = ("pyspark", "py4j", "delta", "grpc")
_TRACE = re.compile(r"^\s*(at |\.\.\. \d+ more|Suppressed: )")
_CLASS = re.compile(r"^(?:Caused by: |: )?(?:[a-z][\w$]*\.)+[A-Z][\w$]*(?:Exception|Error)\w*: ")
_STAGE = re.compile(
    r"^Job aborted due to stage failure:.*?most recent failure: [^)]*\)\s*(?:\([^)]*\))?:? ?", re.DOTALL
)
_STATE = re.compile(r"\s*SQLSTATE: \w+;?")
_CAUSE = re.compile(r"^(?:Caused by: |: )", re.MULTILINE)
_STREAM = re.compile(r"^\[STREAM_FAILED\] Query \[.*?\] terminated with exception: ", re.DOTALL)
_EMPTY = ("Exception thrown in awaitResult", "Driver stacktrace", "An error occurred while calling")


def spark_text(error: BaseException) -> str | None:
    """Return the whole text of an error of Spark, or None when neither it nor what it was raised from is Spark's."""
    found: BaseException | None = error
    while found is not None:
        if type(found).__module__.split(".")[0] in _ROOMS:
            return str(found)
        found = found.__cause__
    return None


def causes(text: str) -> tuple[str, ...]:
    """Return the messages of an error and its causes, the deepest last, without classes and stack traces."""
    plain = "\n".join(line for line in text.splitlines() if not _TRACE.match(line))
    found = [_sentence(part) for part in _CAUSE.split(plain)]
    kept = [part for part in found if part and not part.startswith(_EMPTY)]
    return tuple(dict.fromkeys(kept))


def root_cause(text: str) -> str:
    """Return one sentence that says what went wrong, as deep as Spark's text goes."""
    if "Traceback (most recent call last)" in text:
        return _python_cause(text)
    found = causes(text)
    named = [cause for cause in found if cause.startswith("[")]
    best = (named or list(found) or [text.strip()])[-1]
    return best.split("\n")[0][:600]


def _python_cause(text: str) -> str:
    """Return the last line of the traceback of a Python worker."""
    tail = text.rsplit("Traceback (most recent call last)", maxsplit=1)[-1]
    lines = [
        line.strip()
        for line in tail.splitlines()
        if re.match(r"\s*[A-Za-z_][\w.]*(Error|Exception|Warning|Interrupt)?: ", line)
    ]
    return lines[0][:600] if lines else text.strip().splitlines()[0]


def _sentence(part: str) -> str:
    text = _CLASS.sub("", part.strip())
    text = _CLASS.sub("", _STAGE.sub("", _STREAM.sub("", text)))
    return _STATE.sub("", text).strip()
