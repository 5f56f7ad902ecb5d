"""Describe the error that stopped a run: the message, the first error of its chain, Spark's failed stage."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from sparkops.core.masking import mask
from sparkops.core.wording import format_count, truncate
from sparkops.errors import RunCancelled, RunTimedOut, SparkopsError
from sparkops.runs.records.attempt_files import open_record

# Spark's words in the message of an error and in the JVM's log.
_STAGE: Final = re.compile(r"Task (\d+) in stage (\d+)\.(\d+) failed (\d+) times")
# The last line of a Python traceback, which Spark's error of a Python function contains.
_RAISED: Final = re.compile(r"^(?:\w+\.)*(\w+: \S.*)$", re.MULTILINE)
_TRACEBACK: Final = "Traceback (most recent call last)"
_MAX_TEXT: Final = 1000
# Bytes at the end of a log in which the failed stage is looked for.
_MAX_LOG: Final = 4 << 20


def describe_failure(
    shown: SparkopsError, origin: BaseException, log: Path, *, secrets: Sequence[str] = ()
) -> dict[str, str]:
    """Return the error as a record has it.

    Args:
        shown: The error that the user is shown: `kind` and `message`.
        origin: The exception that stopped the run. The first error of its chain is `cause`.
        log: The attempt's log, in which the JVM names the stage where Spark's error does not: `stage`.
        secrets: Values that are masked before a text is shortened, which would leave a part of one.
    """
    facts = describe_error(shown)
    if isinstance(shown, RunCancelled | RunTimedOut):
        return facts
    chain = list(_walk_chain(origin))
    cause = _describe_first(chain[-1], secrets)
    if not isinstance(chain[-1], SparkopsError) and not _repeats(facts["message"], cause):
        facts["cause"] = cause
    stage = _find_stage(chain, log)
    return facts | ({"stage": stage} if stage else {})


def describe_error(error: SparkopsError) -> dict[str, str]:
    """Return kind and message of an error, as a record has them."""
    return {"kind": type(error).__name__, "message": str(error)}


def _walk_chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it was raised from, the first of them last."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        context = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or context


def _describe_first(error: BaseException, secrets: Sequence[str]) -> str:
    """Return the class and first line of an error.

    For an error in one of Spark's Python workers, return those of the worker's error.
    """
    text = mask(_get_text(error), secrets)
    _, traceback, frames = text.partition(_TRACEBACK)
    raised = _RAISED.findall(frames.partition("\nJVM stacktrace")[0]) if traceback else []
    line = next((line.strip() for line in text.splitlines() if line.strip()), "no message")
    return truncate(raised[-1] if raised else f"{type(error).__name__}: {line}", _MAX_TEXT)


def _repeats(message: str, cause: str) -> bool:
    """Return whether a message has the words of the cause; Spark adds an SQLSTATE to them."""
    return cause.partition(": ")[2].partition(" SQLSTATE:")[0] in message


def _get_text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the text of another library's error may need a session that is gone
        return ""


def _find_stage(chain: list[BaseException], log: Path) -> str | None:
    """Return the stage that failed; None if none did."""
    from_spark = [error for error in chain if type(error).__module__.partition(".")[0] in ("pyspark", "py4j")]
    # Spark rethrows the error of a task unchanged if it has an error class; then only the log names the stage.
    texts = [f"{_get_text(error)} {getattr(error, '_stackTrace', '')}" for error in from_spark]
    matches = [match for text in texts if (match := _STAGE.search(text))]
    if not matches and from_spark:
        matches = list(_STAGE.finditer(_read_end(log)))
    if not matches:
        return None
    task, stage, attempt, times = matches[-1].groups()
    retried = f", attempt {attempt}" if int(attempt) else ""
    return f"{stage}{retried}: task {task} failed {format_count(int(times), 'time')}"


def _read_end(log: Path) -> str:
    with suppress(OSError), open_record(log) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _MAX_LOG))
        return file.read(_MAX_LOG).decode(errors="replace")
    return ""
