"""Extract the text of an error of Spark: all of it, its causes, and the sentence that names the root cause."""

from __future__ import annotations

import re

from sparkops.driver.engine_failure import read_error_text

_PACKAGES = ("pyspark", "py4j", "delta", "grpc")
_TRACE = re.compile(r"^\s*(at |\.\.\. \d+ more|Suppressed: )")
_CLASS = re.compile(r"^(?:Caused by: |: )?(?:[a-z][\w$]*\.)+[A-Z][\w$]*(?:Exception|Error)\w*: ")
_STAGE = re.compile(
    r"^Job aborted due to stage failure:.*?most recent failure: [^)]*\)\s*(?:\([^)]*\))?:? ?", re.DOTALL
)
_STATE = re.compile(r"\s*SQLSTATE: \w+;?")
_CAUSE = re.compile(r"^(?:Caused by: |: )", re.MULTILINE)
_STREAM = re.compile(r"^\[STREAM_FAILED\] Query \[.*?\] terminated with exception: ", re.DOTALL)
_MAX_LENGTH = 600
_UNINFORMATIVE = ("Exception thrown in awaitResult", "Driver stacktrace", "An error occurred while calling")


def extract_spark_text(error: BaseException) -> str | None:
    """Return the text of an error of Spark, or of its nearest cause that is one; None if there is none."""
    current: BaseException | None = error
    while current is not None:
        if type(current).__module__.split(".")[0] in _PACKAGES:
            return read_error_text(current)
        current = current.__cause__
    return None


def list_error_causes(text: str) -> tuple[str, ...]:
    """Return the messages of an error and its causes, the root cause last, without class names and stack traces."""
    without_trace = "\n".join(line for line in text.splitlines() if not _TRACE.match(line))
    messages = [_extract_message(part) for part in _CAUSE.split(without_trace)]
    return tuple(dict.fromkeys(part for part in messages if part and not part.startswith(_UNINFORMATIVE)))


def find_root_cause(text: str) -> str:
    """Return the first line of the deepest cause; the deepest with an error class of Spark is preferred."""
    if "Traceback (most recent call last)" in text:
        return _find_python_cause(text)
    messages = list_error_causes(text)
    classified = [message for message in messages if message.startswith("[")]
    deepest = (classified or list(messages) or [text.strip()])[-1]
    return deepest.split("\n")[0][:_MAX_LENGTH]


def _find_python_cause(text: str) -> str:
    """Return the error line of the last traceback of a Python worker."""
    tail = text.rsplit("Traceback (most recent call last)", maxsplit=1)[-1]
    lines = [
        line.strip()
        for line in tail.splitlines()
        if re.match(r"\s*[A-Za-z_][\w.]*(Error|Exception|Warning|Interrupt)?: ", line)
    ]
    return lines[0][:_MAX_LENGTH] if lines else text.strip().splitlines()[0]


def _extract_message(part: str) -> str:
    text = _CLASS.sub("", part.strip())
    text = _CLASS.sub("", _STAGE.sub("", _STREAM.sub("", text)))
    return _STATE.sub("", text).strip()
